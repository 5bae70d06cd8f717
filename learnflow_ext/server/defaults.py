"""The settings of a student's server: lean, and with no way round the sandbox.

`configure(c)` is called by the configuration file that the spawner hands to each server. It must stay cheap
to import, and every class is named as text, so that nothing is loaded before it is used.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path

EXTENSIONS = ("jupyter_ai_router", "jupyterlab", "learnflow_ext")
"""The server extensions that are loaded, besides the hub's own; every other installed one is turned off.

jupyter-ai's chat and personas come through learnflow_ext, which wires them up with the student's folder
treated as hostile. nbgrader's load `nbgrader_config.py` from that folder; the rest are doors to tools and
models, ways round the sandbox, or memory for nothing.
"""

OFF = (
    "jupyter_ai_acp_client",
    "jupyter_ai_chat_commands",
    "jupyter_ai_persona_manager",
    "jupyter_ai_tools",
    "jupyter_live_content",
    "jupyter_lsp",
    "jupyter_server_mcp",
    "jupyter_server_terminals",
    "jupyterlab_chat",
    "jupyterlab_commands_toolkit",
    "nbgrader.server_extensions.assignment_list",
    "nbgrader.server_extensions.course_list",
    "nbgrader.server_extensions.formgrader",
    "nbgrader.server_extensions.validate_assignment",
    "notebook",
    "notebook_shim",
)
"""Known ones to be sure of, wherever they may be switched on; `installed_extensions` finds the others."""


def installed_extensions() -> set[str]:
    """Names of all server extensions that some package or admin has switched on for this environment."""
    names: set[str] = set()
    for folder in jupyter_config_path():
        for file in Path(folder).glob("jupyter_server_config.d/*.json"):
            try:
                content = json.loads(file.read_text())
            except (OSError, ValueError):
                continue  # jupyter-server skips it as well
            names.update(content.get("ServerApp", {}).get("jpserver_extensions", {}))
    return names


def configure(c: Any) -> None:
    """Set everything on the configuration `c` that makes a Jupyter server a student's.

    The caller adds what depends on the place: `c.ServerApp.root_dir`, address, and the hub's own settings.
    """
    _server(c)
    _kernels(c)
    _files(c)
    _lab(c)


def _server(c: Any) -> None:
    others = dict.fromkeys(installed_extensions().union(OFF), False)
    c.ServerApp.jpserver_extensions = {**others, **dict.fromkeys(EXTENSIONS, True)}
    c.ServerApp.terminals_enabled = False
    c.ServerApp.open_browser = False
    c.ServerApp.quit_button = False
    c.PersonaManagerExtension.persona_manager_class = "learnflow_ext.server.personas.TutorPersonaManager"
    c.TutorPersonaManager.default_persona_id = "jupyter-ai-personas::learnflow_ext::Tutor"
    c.TutorPersonaManager.builtin_mcp_servers = []


def _kernels(c: Any) -> None:
    c.ServerApp.kernel_manager_class = "learnflow_ext.server.kernels.PatientKernelManager"
    c.ServerApp.kernel_spec_manager_class = "learnflow_kernels.specs.SandboxKernelSpecManager"
    c.ServerApp.kernel_websocket_connection_class = "learnflow_ext.server.telemetry.WatchedConnection"
    c.MultiKernelManager.default_kernel_name = "python3"
    # seconds: how soon a dead kernel is noticed, and when a new one counts as well started
    c.KernelRestarter.time_to_dead = 1.0
    c.KernelRestarter.stable_start_time = 3.0
    # our kernels have sockets, not ports; with new ones, a browser that comes back meanwhile talks to nobody
    c.KernelRestarter.random_ports_until_alive = False
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
