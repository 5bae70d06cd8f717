"""What JupyterLab loads in a student's browser: what a student needs, and no other AI doors. Pure."""

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
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/debugger-extension",
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/fileeditor-extension:language-server",
    "@jupyterlab/lsp-extension",
    "@jupyterlab/notebook-extension:language-server",
    "@jupyterlab/pluginmanager-extension",
    "@jupyterlab/services-extension:nbconvert-manager",
    "@jupyterlab/terminal-extension",
)
"""Plugins of those, and of JupyterLab itself, that stay off."""


def student_page(page_config: dict[str, Any]) -> dict[str, Any]:
    """The page's configuration with only `FRONT_ENDS`, and without the plugins in `DISABLED`."""
    loaded = [each for each in page_config.get("federated_extensions", []) if each.get("name") in FRONT_ENDS]
    disabled = [*page_config.get("disabledExtensions", []), *DISABLED]
    return {**page_config, "federated_extensions": loaded, "disabledExtensions": sorted(set(disabled))}
