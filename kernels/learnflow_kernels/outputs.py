"""How much one cell may show: the rest is dropped in the kernel, with one sentence that says so.

This keeps an honest student's endless `print` from drowning the browser and the notebook file. Code that
wants to get round it can, within its own kernel; the server guards itself.
"""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from typing import Any

from jupyter_client.session import Session

BYTES_ENV = "LEARNFLOW_OUTPUT_BYTES"
DEFAULT_BYTES = 1_000_000
RICH_FACTOR = 10
"""Pictures and tables may be this much larger than text: one plot is easily 100 kB."""
TRACEBACK_CHARS = 50_000
MESSAGE_CHARS = 5_000
_CELLS_KEPT = 64


def notice(limit: int) -> str:
    """The sentence for a cell that printed more than `limit` bytes."""
    size = f"{limit / 1_000_000:g} MB" if limit >= 100_000 else f"{limit} bytes"
    return f"This cell printed more than {size}, so the rest is not shown."


def _cut(text: str, size: int) -> str:
    """The start of `text` that takes at most `size` bytes."""
    return text[:size].encode("utf-8", "replace")[:size].decode("utf-8", "ignore")


def _size(value: object) -> int:
    """Bytes of one MIME representation: text as it is, anything else as JSON."""
    return len(value) if isinstance(value, str) else len(json.dumps(value, default=str))


class OutputBudget:
    """What the cells of one kernel have shown so far. Used from several threads."""

    def __init__(self, limit: int = DEFAULT_BYTES) -> None:
        """`limit` is in bytes of text a cell; pictures and tables get `RICH_FACTOR` times that."""
        self.limit = limit
        self._lock = threading.Lock()
        self._spent: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def _take(self, cell: str, text: int, rich: int) -> tuple[int, int]:
        """Book what is about to be shown; what was left before it, in bytes (negative: long used up)."""
        with self._lock:
            spent_text, spent_rich = self._spent.pop(cell, (0, 0))
            self._spent[cell] = (spent_text + text, spent_rich + rich)
            while len(self._spent) > _CELLS_KEPT:
                self._spent.popitem(last=False)
        return self.limit - spent_text, self.limit * RICH_FACTOR - spent_rich

    def cleared(self, cell: str) -> None:
        """The cell's output was cleared: what an animation showed before no longer counts."""
        with self._lock:
            self._spent.pop(cell, None)

    def text(self, cell: str, text: str) -> str:
        """As much of `text` as may be shown, with the sentence where it is cut; empty when it was said."""
        left, _ = self._take(cell, len(text), 0)
        if len(text) <= left:
            return text
        return f"{_cut(text, left)}\n{notice(self.limit)}\n" if left >= 0 else ""

    def bundle(self, cell: str, data: dict[str, Any]) -> dict[str, Any] | None:
        """The MIME bundle as it may be shown; None when nothing of it may, and that was said."""
        plain = data.get("text/plain", "")
        others = {mime: value for mime, value in data.items() if mime != "text/plain"}
        if not isinstance(plain, str):  # which no honest one is
            plain, others = "", data
        text = len(plain)
        rich = sum(_size(value) for value in others.values())
        left, rich_left = self._take(cell, text, rich)
        if text <= left and rich <= rich_left:
            return data
        if left < 0 or rich_left < 0:
            return None
        return {"text/plain": f"{_cut(plain, left)}\n{notice(self.limit)}"}


def bounded_error(content: dict[str, Any]) -> dict[str, Any]:
    """An error's content with a message and a traceback of bearable length."""
    bounded = dict(content)
    value = str(bounded.get("evalue", ""))
    if len(value) > MESSAGE_CHARS:
        bounded["evalue"] = value[:MESSAGE_CHARS] + "…"
    lines, left = [], TRACEBACK_CHARS
    for line in bounded.get("traceback", []):
        lines.append(line if len(line) <= left else line[:left] + "…")
        left -= len(lines[-1])
        if left <= 0:
            break
    bounded["traceback"] = lines
    return bounded


class BoundedSession(Session):
    """The kernel's end of the Jupyter protocol, with every cell's output inside its budget."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.budget = OutputBudget(int(os.environ.get(BYTES_ENV, DEFAULT_BYTES)))

    def bounded(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """The message as it may go out; None when it must not."""
        kind = message["header"]["msg_type"]
        cell = str((message.get("parent_header") or {}).get("msg_id", ""))
        content = message.get("content")
        if not isinstance(content, dict):
            return message
        if kind == "stream":
            text = self.budget.text(cell, content.get("text", ""))
            return {**message, "content": {**content, "text": text}} if text else None
        if kind in ("display_data", "execute_result", "update_display_data"):
            data = self.budget.bundle(cell, content.get("data", {}))
            return None if data is None else {**message, "content": {**content, "data": data}}
        if kind == "clear_output":
            self.budget.cleared(cell)
        elif kind == "error" or (kind == "execute_reply" and content.get("status") == "error"):
            return {**message, "content": bounded_error(content)}
        return message

    def send(
        self,
        stream: Any,
        msg_or_type: dict[str, Any] | str,
        content: dict[str, Any] | None = None,
        parent: dict[str, Any] | None = None,
        ident: bytes | list[bytes] | None = None,
        buffers: list[bytes | memoryview[bytes]] | None = None,
        track: bool = False,
        header: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> dict[str, Any] | None:
        """As the parent's, within the budget; None when the message was dropped."""
        if isinstance(msg_or_type, str):
            message = self.msg(msg_or_type, content=content, parent=parent, header=header, metadata=metadata)
        else:
            message = dict(msg_or_type)
        bounded = self.bounded(message)
        if bounded is None:
            return None
        return super().send(stream, bounded, ident=ident, buffers=buffers, track=track)
