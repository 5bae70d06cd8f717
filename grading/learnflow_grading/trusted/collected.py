"""The outputs of one cell that runs on the test's side."""

from __future__ import annotations

import traceback
from typing import Any

MAX_OUTPUT = 100_000
_MAX_ENTRIES = 500


def cell_file(count: int) -> str:
    """The name by which tracebacks know the cell that runs as number `count`."""
    return f"<cell {count}>"


class Collected:
    """One cell's outputs, as nbformat wants them; beyond the limits they are cut."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self._kept = 0

    @property
    def results(self) -> list[dict[str, Any]]:
        """What the cell ended in, by MIME type; empty where it ended in nothing that counts."""
        return [entry["data"] for entry in self.entries if entry["output_type"] == "execute_result"]

    def stream(self, name: str, text: str) -> None:
        """What was written to `name`, stdout or stderr."""
        room = MAX_OUTPUT - self._kept
        if room <= 0 or not text:
            return
        if len(text) > room:
            text = text[:room] + "\n... output cut ...\n"
        self._kept += len(text)
        last = self.entries[-1] if self.entries else None
        if last is not None and last["output_type"] == "stream" and last["name"] == name:
            last["text"] += text
        elif len(self.entries) < _MAX_ENTRIES:
            self.entries.append({"output_type": "stream", "name": name, "text": text})

    def show(self, kind: str, text: str) -> None:
        """A value; `kind` is `execute_result`, from which nbgrader reads points, or `display_data`."""
        if self._kept < MAX_OUTPUT and len(self.entries) < _MAX_ENTRIES:
            self._kept += len(text)
            self.entries.append(
                {"output_type": kind, "data": {"text/plain": text[:MAX_OUTPUT]}, "metadata": {}}
            )

    def error(self, error: BaseException, code: str, count: int) -> None:
        """What ended the cell `code`, number `count`, and in which of its lines."""
        name = type(error).__name__
        try:
            text = str(error)
        except Exception:  # a student's class has a `__str__` that fails
            text = ""
        line = _line(error, count)
        lines = [f"{name}: {text[:2000]}"]
        if line is not None:
            source = code.split("\n")
            shown = source[line - 1] if 0 < line <= len(source) else ""
            lines = [f"Cell In[{count}], line {line}\n----> {line} {shown}", *lines]
        self.entries.append(
            {"output_type": "error", "ename": name, "evalue": text[:2000], "traceback": lines}
        )


def _line(error: BaseException, count: int) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == cell_file(count):
        return error.lineno
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == cell_file(count)]
    return lines[0] if lines else None
