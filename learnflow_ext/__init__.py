"""LearnFlow: tutor agents, sandboxed grading and a live dashboard for JupyterHub."""

from importlib.metadata import version
from typing import Any

__version__ = version("learnflow-ext")


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where `jupyter labextension` finds the built front end."""
    return [{"src": "labextension", "dest": "learnflow"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where jupyter-server finds the extension; imported late, so that the hub service stays light."""
    from learnflow_ext.server.extension import LearnFlowExtension

    return [{"module": "learnflow_ext.server.extension", "app": LearnFlowExtension}]
