"""What JupyterLab loads in a browser: what a student or teacher needs, and no other AI doors. Pure."""

from __future__ import annotations

from typing import Any

FRONT_ENDS = frozenset(
    {
        "learnflow",
        "@jupyter-ai/persona-manager",
        "@jupyter-widgets/jupyterlab-manager",
        "@jupyter/nbgrader",
        "jupyterlab-chat-extension",
        "jupyterlab_pygments",
    }
)
"""The installed front ends that are loaded; one that is not named here is as if it were not installed."""

DISABLED = (
    "@jupyter/nbgrader:course-list",
    "@jupyter/nbgrader:create-assignment",
    "@jupyter/nbgrader:formgrader",
    "@jupyterlab/application-extension:property-inspector",
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/apputils-extension:licenses-client",
    "@jupyterlab/apputils-extension:licenses-plugin",
    "@jupyterlab/celltags-extension",
    "@jupyterlab/debugger-extension",
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/filebrowser-extension:open-url",
    "@jupyterlab/filebrowser-extension:share-file",
    "@jupyterlab/fileeditor-extension:language-server",
    "@jupyterlab/help-extension:jupyter-forum",
    "@jupyterlab/help-extension:licenses-commands",
    "@jupyterlab/help-extension:resources",
    "@jupyterlab/logconsole-extension",
    "@jupyterlab/lsp-extension",
    "@jupyterlab/metadataform-extension",
    "@jupyterlab/notebook-extension:active-cell-tool",
    "@jupyterlab/notebook-extension:language-server",
    "@jupyterlab/notebook-extension:log-output",
    "@jupyterlab/notebook-extension:metadata-editor",
    "@jupyterlab/notebook-extension:open-with-no-kernel",
    "@jupyterlab/notebook-extension:tools",
    "@jupyterlab/notebook-extension:trust-status",
    "@jupyterlab/notebook-extension:update-raw-mimetype",
    "@jupyterlab/pluginmanager-extension",
    "@jupyterlab/running-extension:recently-closed",
    "@jupyterlab/running-extension:search-tabs",
    "@jupyterlab/running-extension:sidebar",
    "@jupyterlab/services-extension:nbconvert-manager",
    "@jupyterlab/terminal-extension",
    "@jupyterlab/workspaces-extension:indicator",
    "@jupyterlab/workspaces-extension:menu",
    "@jupyterlab/workspaces-extension:sidebar",
)
"""Plugins of those, and of JupyterLab itself, that stay off."""


TEACHING = frozenset({"@jupyter/nbgrader:create-assignment"})
"""Those of `DISABLED` that whoever teaches a course has: they write assignments with it."""


def student_page(page_config: dict[str, Any], *, teaches: bool = False) -> dict[str, Any]:
    """The page's configuration with only `FRONT_ENDS`, and without the plugins in `DISABLED`.

    Whoever `teaches` has the panel *Create Assignment* too.
    """
    loaded = [each for each in page_config.get("federated_extensions", []) if each.get("name") in FRONT_ENDS]
    off = set(DISABLED) - (TEACHING if teaches else frozenset())
    disabled = [*page_config.get("disabledExtensions", []), *off]
    return {**page_config, "federated_extensions": loaded, "disabledExtensions": sorted(set(disabled))}
