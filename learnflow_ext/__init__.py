"""LearnFlow: tutor agents, sandboxed grading and a live dashboard for JupyterHub."""

from importlib.metadata import version
from typing import Any

__version__ = version("learnflow-ext")


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where `jupyter labextension` finds the built front end."""
    return [{"src": "labextension", "dest": "learnflow"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where jupyter-server finds the extensions; imported late, so that the hub service stays light."""
    from learnflow_ext.server.extension import LearnFlowExtension
    from learnflow_ext.server.personas import TutorPersonasExtension

    return [
        {"module": "learnflow_ext.server.extension", "app": LearnFlowExtension},
        {"module": "learnflow_ext.server.personas", "app": TutorPersonasExtension},
    ]
