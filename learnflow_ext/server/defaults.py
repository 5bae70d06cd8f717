"""The settings of a student's server: lean, and with no way round the sandbox.

`configure(c)` is called by the configuration file that the spawner hands to each server. It must stay cheap
to import, and every class is named as text, so that nothing is loaded before it is used.
"""

from __future__ import annotations

import os
from typing import Any

EXTENSIONS = {
    "jupyter_ai_router": True,
    "jupyterlab": True,
    "learnflow_ext": True,
    # jupyter-ai's chat and personas come through learnflow_ext, which wires them up with the student's folder
    # treated as hostile
    "jupyter_ai_persona_manager": False,
    "jupyterlab_chat": False,
    # other doors to tools and models
    "jupyter_ai": False,
    "jupyter_ai_acp_client": False,
    "jupyter_ai_chat_commands": False,
    "jupyter_ai_tools": False,
    "jupyter_server_mcp": False,
    "jupyterlab_ai_commands": False,
    "jupyterlab_commands_toolkit": False,
    # these load `nbgrader_config.py` from the student's folder, or belong to teachers
    "nbgrader.server_extensions.assignment_list": False,
    "nbgrader.server_extensions.course_list": False,
    "nbgrader.server_extensions.formgrader": False,
    "nbgrader.server_extensions.validate_assignment": False,
    # ways round the sandbox, or memory for nothing
    "jupyter_live_content": False,
    "jupyter_lsp": False,
    "jupyter_server_terminals": False,
    "notebook": False,
    "notebook_shim": False,
}


def configure(c: Any) -> None:
    """Set everything on the configuration `c` that makes a Jupyter server a student's.

    The caller adds what depends on the place: `c.ServerApp.root_dir`, address, and the hub's own settings.
    """
    _server(c)
    _kernels(c)
    _files(c)
    _lab(c)


def _server(c: Any) -> None:
    c.ServerApp.jpserver_extensions = dict(EXTENSIONS)
    c.ServerApp.terminals_enabled = False
    c.ServerApp.open_browser = False
    c.ServerApp.quit_button = False
    c.ServerApp.tornado_settings = {"websocket_max_message_size": 12 << 20}
    c.PersonaManagerExtension.persona_manager_class = "learnflow_ext.server.personas.TutorPersonaManager"
    c.TutorPersonaManager.default_persona_id = "jupyter-ai-personas::learnflow_ext::Tutor"
    c.TutorPersonaManager.builtin_mcp_servers = []


def _kernels(c: Any) -> None:
    c.ServerApp.kernel_spec_manager_class = "learnflow_kernels.specs.SandboxKernelSpecManager"
    c.ServerApp.kernel_websocket_connection_class = "learnflow_ext.server.telemetry.WatchedConnection"
    c.MultiKernelManager.default_kernel_name = "python3"
    # what one cell may send to the browser: bursts of 1.5 MB, then half a megabyte or 500 messages a second
    c.ZMQChannelsWebsocketConnection.iopub_data_rate_limit = 500_000.0
    c.ZMQChannelsWebsocketConnection.iopub_msg_rate_limit = 500.0
    c.ZMQChannelsWebsocketConnection.rate_limit_window = 3.0


def _files(c: Any) -> None:
    c.ServerApp.contents_manager_class = "learnflow_ext.server.contents.ConfinedContentsManager"
    c.ContentsManager.allow_hidden = False


def _lab(c: Any) -> None:
    c.LabApp.extension_manager = "readonly"
    c.LabApp.lock_all_plugins = True
    c.LabApp.news_url = None
    c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
    # browser tests reach into the running application; in a classroom nobody does
    c.LabApp.expose_app_in_browser = os.environ.get("LEARNFLOW_TEST_BROWSER") == "1"
