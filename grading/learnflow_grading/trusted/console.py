"""The console of a student's code: what it writes, shows and reads."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from .clock import Overtime

if TYPE_CHECKING:
    from .agent import Agent

MAX_OUTPUT = 100_000
MAX_FLOOD = 64 * 1024 * 1024
_MAX_OUTPUTS = 500


class Output:
    """What a cell or call wrote and showed, in order; beyond the limits it is cut."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self._kept = self._seen = 0

    def stream(self, name: str, text: str) -> None:
        """What was written to `name`, stdout or stderr. Overtime for a flood."""
        self._seen += len(text)
        if self._seen > MAX_FLOOD:
            raise Overtime("flood")
        room = max(0, MAX_OUTPUT - self._kept)
        if not room or not text:
            return
        if len(text) > room:
            text = text[:room] + "\n... output cut ...\n"
            self._kept = MAX_OUTPUT
        self._kept += len(text)
        last = self.entries[-1] if self.entries else None
        if last is not None and last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        elif len(self.entries) < _MAX_OUTPUTS:
            self.entries.append({"output_type": "stream", "name": name, "text": text})

    def show(self, kind: str, data: dict[str, Any]) -> None:
        """A value, by MIME type; `kind` is what nbformat calls it. Overtime for a flood."""
        size = sum(len(str(value)) for value in data.values())
        self._seen += size
        if self._seen > MAX_FLOOD:
            raise Overtime("flood")
        if self._kept + size > MAX_OUTPUT * 40:
            data = {"text/plain": str(data.get("text/plain", ""))[:1000] + "\n... output cut ...\n"}
        if len(self.entries) < _MAX_OUTPUTS:
            self.entries.append({"output_type": kind, "data": data, "metadata": {}})

    def error(self, name: str, value: str, lines: list[str]) -> None:
        """What ended the cell: its class, its text, and its traceback."""
        self.entries.append(
            {
                "output_type": "error",
                "ename": name[:200],
                "evalue": value[:2000],
                "traceback": [line[:4000] for line in lines[:30]],
            }
        )


class Stream(io.TextIOBase):
    """Stands for `sys.stdout` and `sys.stderr`."""

    def __init__(self, name: str, agent: Agent) -> None:
        self._name, self._agent = name, agent
        self.encoding_ = "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._agent.output.stream(self._name, str(text))
        return len(text)


class Stdin(io.TextIOBase):
    """Stands for `sys.stdin`: whatever the test has put there."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    def readable(self) -> bool:
        return True

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        return str(self._agent.ask("readline", 0, "", []))

    def read(self, size: int | None = -1, /) -> str:
        return str(self._agent.ask("readall", 0, "", []))
