"""What LearnFlow uses of other projects that begins with an underscore, and so may change without notice.

Each entry is the dotted name of the owner (a class, or a module), and below it the names: with their
parameters where they are called or overridden, with ATTRIBUTE where a value is read or written.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ATTRIBUTE = "(a value)"

PRIVATES: Mapping[str, Mapping[str, str]] = {
    # Whether an answer has gone out: grading/learnflow_grading/formgrader_marks.py
    "nbgrader.server_extensions.formgrader.apihandlers.GradeHandler": {"_finished": ATTRIBUTE},
    # The chat: learnflow_ext/server/chat.py, personas.py
    "jupyterlab_chat.websocket_model.WsChatModel": {
        "_attachments": ATTRIBUTE,
        "_indexes_by_id": ATTRIBUTE,
        "_messages": ATTRIBUTE,
        "_metadata": ATTRIBUTE,
        "_users": ATTRIBUTE,
    },
    "jupyterlab_chat.chat_manager.ChatManager": {
        "_chats_by_id": ATTRIBUTE,
        "_emit_event": "self, event",
        "_event_logger": ATTRIBUTE,
        "_get_or_create_ws": "self, path",
        "_last_activity_by_id": ATTRIBUTE,
        "_model_for_path": "self, path",
    },
    "jupyter_ai_persona_manager.persona_manager.PersonaManager": {
        "_init_ep_persona_classes": "self",
        "_init_local_persona_classes": "self",
        "_init_persona_classes": "self",
        "_local_persona_classes": ATTRIBUTE,
    },
    # The file browser: learnflow_ext/server/contents.py
    "jupyter_server.services.contents.largefilemanager.AsyncLargeFileManager": {
        "_base_model": "self, path",
        "_copy_dir": "self, from_path, to_path_original, to_name, to_path",
        "_dir_model": "self, path, content",
        "_get_os_path": "self, path",
        "_read_file": "self, os_path, format, raw",
        "_save_directory": "self, os_path, model, path",
        "_save_large_file": "self, os_path, content, format",
    },
    # Kernels: learnflow_ext/server/kernels.py, learnflow_kernels/manager.py, launch.py
    "jupyter_server.services.kernels.kernelmanager.AsyncMappingKernelManager": {
        "_async_shutdown_all": "self, now",
        "_async_shutdown_kernel": "self, kernel_id, now, restart",
        "_async_start_kernel": "self, kernel_id, path, kwargs",
        "_check_kernel_id": "self, kernel_id",
        "_handle_kernel_died": "self, kernel_id",
        "_pending_kernels": ATTRIBUTE,
    },
    "jupyter_server.services.kernels.kernelmanager.ServerKernelManager": {
        "_async_cleanup_resources": "self, restart",
        "_launch_args": ATTRIBUTE,
        "_restarter": ATTRIBUTE,
    },
    "jupyter_server._tz": {"utcnow": ""},
    "ipykernel.iostream.OutStream": {"_original_stdstream_copy": ATTRIBUTE},
    # Start and sign-in: learnflow_ext/server/personas.py, learnflow_ext/service
    "jupyter_server.extension.application.ExtensionApp": {
        "_link_jupyter_server_extension": "self, serverapp"
    },
    "jupyterhub.services.auth.HubAuth": {"_token_authenticated": ATTRIBUTE},
    # Grading: learnflow_grading
    "nbconvert.filters.markdown_mistune.IPythonRenderer": {"_embed_image_or_attachment": "self, src"},
    "nbconvert.exporters.html.HTMLExporter": {"_create_environment": "self"},
    "nbgrader.preprocessors.Execute": {
        "_async_check_alive": "self",
        "_async_cleanup_kernel": "self",
        "_check_assign_resources": "self, resources",
        "_display_id_map": ATTRIBUTE,
        "_update_display_id": "self, display_id, msg",
    },
    "nbgrader.converters.GenerateFeedback": {"_format_dest": "self, assignment_id, student_id, escape"},
    "nbgrader.validator.Validator": {"_preprocess": "self, nb"},
    "IPython.core.interactiveshell.InteractiveShell": {"_showtraceback": "self, etype, evalue, stb"},
    "pandas.DataFrame": {"_update_inplace": "self, result"},
    # The hub: learnflow_hub
    "jupyterhub.spawner.LocalProcessSpawner": {"_signal": "self, sig"},
    # Sign-in from a learning platform: learnflow_hub/lti.py
    "jupyterhub.handlers.base.BaseHandler": {
        "_set_cookie": "self, key, value, encrypted, overrides",
        "_session_id": ATTRIBUTE,
    },
    "ltiauthenticator.lti13.handlers.LTI13LoginInitHandler": {"_set_oauth_cookie": "self, key, value"},
    "jupyterhub_traefik_proxy.fileprovider.TraefikFileProviderProxy": {
        "_setup_traefik_static_config": "self",
        "_start_external": "self",
        "_start_traefik": "self",
    },
}


def owner_of(dotted: str) -> Any:
    """The class or module of that name."""
    try:
        return importlib.import_module(dotted)
    except ImportError:
        module, _, name = dotted.rpartition(".")
        return getattr(importlib.import_module(module), name)


def changed(dotted: str, name: str, expected: str) -> str:
    """A sentence that says what is not as LearnFlow expects it; empty when all is well."""
    owner = owner_of(dotted)
    found = inspect.getattr_static(owner, name, None)
    if expected == ATTRIBUTE:
        there = (
            name in getattr(owner, "__annotations__", {}) or hasattr(owner, name) or mentioned(owner, name)
        )
        return "" if there else f"{dotted} has no {name} any more, which LearnFlow uses."
    if found is None:
        return f"{dotted} has no {name} any more, which LearnFlow calls or overrides."
    parameters = ", ".join(inspect.signature(getattr(owner, name)).parameters)
    if parameters != expected:
        return f"{dotted}.{name} takes ({parameters}) now; LearnFlow counts on ({expected})."
    return ""


def mentioned(owner: Any, name: str) -> bool:
    """Whether the owner's source, or that of a class it comes from, sets or reads `name` on an instance."""
    for cls in inspect.getmro(owner):
        path = inspect.getsourcefile(cls) if cls.__module__ != "builtins" else None
        if path and re.search(rf"\b{name}\b", Path(path).read_text(encoding="utf-8")):
            return True
    return False
