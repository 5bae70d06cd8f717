# mypy: disable-error-code="no-untyped-call,override,attr-defined,arg-type,assignment,union-attr"
"""The IPython that runs student cells: magics, displays and tracebacks as in a notebook."""

from __future__ import annotations

import builtins
import linecache
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Any as AnyTrait
from traitlets.config import Config

from .clock import Overtime

if TYPE_CHECKING:
    from .agent import Agent

_MIMES = (
    "text/plain",
    "text/html",
    "text/markdown",
    "text/latex",
    "image/png",
    "image/jpeg",
    "application/json",
)


class _Publisher(DisplayPublisher):
    """Keeps what is displayed."""

    agent = AnyTrait()

    def publish(self, data: Any, metadata: Any = None, **_: Any) -> None:
        """One display."""
        self.agent.output.show("display_data", _plain(data))

    def clear_output(self, wait: bool = False) -> None:
        """Forget what this cell has shown."""
        self.agent.output.entries.clear()


class _Hook(DisplayHook):
    """Keeps the value of a cell's last line."""

    agent = AnyTrait()

    def write_output_prompt(self) -> None:
        """None is wanted."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """The result."""
        self.agent.output.show("execute_result", _plain(format_dict))


def _plain(data: Any) -> dict[str, Any]:
    import base64
    import json

    kept: dict[str, Any] = {}
    for mime in _MIMES:
        value = data.get(mime)
        if isinstance(value, bytes):
            kept[mime] = base64.b64encode(value).decode("ascii")
        elif isinstance(value, str):
            kept[mime] = value
        elif value is not None and mime == "application/json":
            kept[mime] = json.dumps(value)
    return kept


class AgentShell(InteractiveShell):
    """Runs cells for an agent."""

    agent = AnyTrait()
    display_pub_class = _Publisher
    displayhook_class = _Hook

    def init_display_pub(self) -> None:
        """IPython's, knowing the agent."""
        # `shell` is IPython's own here; no program is started.
        self.display_pub = _Publisher(parent=self, shell=self)  # nosec B604

    def init_displayhook(self) -> None:
        """IPython's, knowing the agent."""
        super().init_displayhook()
        self.displayhook = _Hook(parent=self, shell=self, cache_size=self.cache_size)  # nosec B604
        self.configurables.append(self.displayhook)
        from IPython.core.display_trap import DisplayTrap

        self.display_trap = DisplayTrap(hook=self.displayhook)

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        lines = stb if isinstance(stb, list) else [str(stb)]
        self.agent.output.error(etype.__name__, str(evalue), [str(line) for line in lines])

    def enable_gui(self, gui: Any = None) -> None:
        """There is none."""

    def run_in_agent(self, code: str, count: int) -> bool:
        """Run one cell; False when it raised. Overtime passes through."""
        self.execution_count = count
        result = self.run_cell(code, store_history=False, silent=False)
        error = result.error_before_exec or result.error_in_exec
        if isinstance(error, Overtime):
            self.agent.output.entries = [e for e in self.agent.output.entries if e.get("ename") != "Overtime"]
            raise error
        return bool(result.success)


class _Nobody:
    """In place of an agent, as long as there is none."""

    class output:
        """Forgets all."""

        entries: ClassVar[list[Any]] = []
        show = error = staticmethod(lambda *_: None)


_LAST = frozenset(("last_type", "last_value", "last_traceback", "last_exc"))
_waiting: list[tuple[AgentShell, dict[str, Any], dict[str, Any], list[str]]] = []
"""The shell that `warm_up` made, and what it had put into `builtins`, `sys` and `sys.path`."""


def _fresh() -> AgentShell:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Context"
    config.InteractiveShell.cache_size = 0
    HistoryManager.enabled = False
    AgentShell.clear_instance()
    InteractiveShell.clear_instance()
    shell: AgentShell = AgentShell.instance(config=config)
    shell.active_eventloop = None
    return shell


def warm_up() -> None:
    """Make the shell ahead of the fork, and have it do once what loads libraries at the first time.

    Making it takes 18 ms of a processor, its first cell 5, its first value 2, its first error 26. A fork that
    asks for no shell finds the interpreter as if there were none.
    """
    before, builtin_names, sys_names = list(sys.path), dict(vars(builtins)), dict(vars(sys))
    main, lines = sys.modules["__main__"], dict(linecache.cache)
    shell = _fresh()
    _use(shell, _Nobody())
    names = dict(shell.user_ns)
    for code in ("0", "1 / 0"):
        shell.run_cell(code, store_history=False)
    shell.user_ns.clear()
    shell.user_ns.update(names)
    shell.compile = shell.compiler_class()
    shell.InteractiveTB.tb = shell.last_execution_result = None
    shell.last_execution_succeeded = True
    linecache.cache.clear()
    linecache.cache.update(lines)
    changes = [_put_back(vars(builtins), builtin_names), _put_back(vars(sys), sys_names)]
    _waiting.append((shell, *changes, list(sys.path)))
    sys.path[:] = before
    sys.modules["__main__"] = main
    AgentShell.clear_instance()
    InteractiveShell.clear_instance()


def _put_back(names: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Make `names` what they were before; what they were just now, of those that differ."""
    changed = {name: value for name, value in names.items() if before.get(name, names) is not value}
    for name in changed:
        if name in before:
            names[name] = before[name]
        else:
            del names[name]
    return {name: value for name, value in changed.items() if name not in _LAST}


def _arrived() -> AgentShell:
    """The shell that was made ahead, at home in this process and folder."""
    shell, builtin_names, sys_names, path = _waiting.pop()
    vars(builtins).update(builtin_names)
    vars(sys).update(sys_names)
    sys.path[:] = path
    for cls in type(shell)._walk_mro():
        cls._instance = shell
    shell.init_sys_modules()
    shell.starting_dir = os.getcwd()
    shell.history_manager.dir_hist[:] = [Path.cwd()]
    # The fork's folders are its own, and empty.
    os.makedirs(shell.profile_dir.location, exist_ok=True)
    shell.profile_dir.check_dirs()
    return shell


def _use(shell: AgentShell, agent: Any) -> None:
    shell.agent = agent
    shell.display_pub.agent = agent
    shell.displayhook.agent = agent


def make_shell(agent: Agent) -> AgentShell:
    """The one shell of this process."""
    shell = _arrived() if _waiting else _fresh()
    _use(shell, agent)
    return shell
