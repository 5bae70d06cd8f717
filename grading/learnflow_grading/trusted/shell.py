# mypy: disable-error-code="no-untyped-call,override,attr-defined,arg-type,assignment"
"""The IPython that runs student cells: magics, displays and tracebacks as in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Any as AnyTrait
from traitlets.config import Config

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
        from .agent import Overtime

        self.execution_count = count
        result = self.run_cell(code, store_history=False, silent=False)
        error = result.error_before_exec or result.error_in_exec
        if isinstance(error, Overtime):
            self.agent.output.entries = [e for e in self.agent.output.entries if e.get("ename") != "Overtime"]
            raise error
        return bool(result.success)


def make_shell(agent: Agent) -> AgentShell:
    """The one shell of this process."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Context"
    config.InteractiveShell.cache_size = 0
    HistoryManager.enabled = False
    AgentShell.clear_instance()
    InteractiveShell.clear_instance()
    shell: AgentShell = AgentShell.instance(config=config)
    shell.agent = agent
    shell.display_pub.agent = agent
    shell.displayhook.agent = agent
    shell.active_eventloop = None
    return shell
