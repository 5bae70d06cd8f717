"""Watching runs: which execute requests went out, and how they ended. Pure; the websocket feeds it.

Everything a kernel says is under the control of the student's code, so nothing here trusts a message's shape.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from learnflow_ext.contracts.help import ERROR_MIME, MAX_CELL_CHARS, MAX_TRACEBACK_CHARS, CellError

MAX_PENDING = 500
MAX_MESSAGE_CHARS = 300
MAX_NAME_CHARS = 100
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


class Run(msgspec.Struct, kw_only=True):
    """One execute request under way."""

    run_id: str
    session: str
    kernel_id: str
    cell_id: str
    code: str
    asked: float
    began: float | None = None
    ended: float | None = None
    failed: bool = False
    error: CellError | None = None
    replied: bool = False
    idle: bool = False

    @property
    def duration_ms(self) -> int:
        """From the kernel taking it up to its end; waiting behind other cells does not count."""
        start = self.began if self.began is not None else self.asked
        return max(0, round(((self.ended if self.ended is not None else start) - start) * 1000))


class RunLedger:
    """The runs under way in all kernels of this server, by the id of their request.

    It outlives a websocket, so a run is still known when the browser comes back and messages are replayed.
    Each run belongs to the session that asked: another tab sees the same messages and changes nothing.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._runs: OrderedDict[str, Run] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._runs)

    def __len__(self) -> int:
        return len(self._runs)

    def asked(self, session: str, kernel_id: str, message: Mapping[str, Any]) -> None:
        """An execute request goes to the kernel. `message` has `header`, `metadata`, `content`."""
        header, content = _mapping(message, "header"), _mapping(message, "content")
        run_id, code = header.get("msg_id"), content.get("code")
        if header.get("msg_type") != "execute_request" or not isinstance(run_id, str) or not run_id:
            return
        if not isinstance(code, str) or not code.strip() or content.get("silent"):
            return
        self._runs[run_id] = Run(
            run_id=run_id[:MAX_NAME_CHARS],
            session=session,
            kernel_id=kernel_id,
            cell_id=_text(_mapping(message, "metadata"), "cellId", MAX_NAME_CHARS),
            code=code[:MAX_CELL_CHARS],
            asked=self._clock(),
        )
        while len(self._runs) > MAX_PENDING:
            self._runs.popitem(last=False)

    def mine(self, session: str, run_id: object) -> bool:
        """Whether this session asked for that run, and it has not ended."""
        run = self._runs.get(run_id) if isinstance(run_id, str) else None
        return run is not None and run.session == session

    def heard(self, run_id: str, channel: str, kind: str, content: Mapping[str, Any]) -> Run | None:
        """A message about the run came from the kernel; the run once it is over, else None.

        It is over when both the reply and the idle status have come, in either order. A run that was only
        called off, because an earlier cell failed, is forgotten.
        """
        run = self._runs.get(run_id)
        if run is None:
            return None
        if channel == "iopub":
            self._published(run, kind, content)
        elif channel == "shell" and kind == "execute_reply":
            if content.get("status") == "aborted":
                del self._runs[run_id]
                return None
            run.replied = True
            run.failed = run.failed or content.get("status") == "error"
            if run.failed and run.error is None:
                run.error = _plain_error(run, content)
        if not (run.replied and run.idle):
            return None
        del self._runs[run_id]
        return run

    def _published(self, run: Run, kind: str, content: Mapping[str, Any]) -> None:
        if kind == "status":
            if content.get("execution_state") == "busy" and run.began is None:
                run.began = self._clock()
            elif content.get("execution_state") == "idle":
                run.idle, run.ended = True, self._clock()
        elif kind == "error":
            run.failed = True
            if run.error is None:
                run.error = _plain_error(run, content)
        elif kind in ("display_data", "execute_result"):
            error = _tutor_error(_mapping(content, "data").get(ERROR_MIME))
            if error is not None:
                run.error = error

    def lost(self, session: str, kernel_id: str, why: str) -> list[Run]:
        """The kernel is gone; this session's runs in it, ended as failures for which `why` is the sentence.

        Oldest first: that one was running, the others were waiting behind it.
        """
        gone = [run for run in self._runs.values() if (run.session, run.kernel_id) == (session, kernel_id)]
        for run in gone:
            del self._runs[run.run_id]
            run.failed, run.ended = True, self._clock()
            run.error = CellError(exception="KernelStopped", message=why, code=run.code)
        return gone


def _plain_error(run: Run, content: Mapping[str, Any]) -> CellError:
    lines = content.get("traceback")
    text = "\n".join(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else ""
    return CellError(
        exception=_text(content, "ename", MAX_NAME_CHARS) or "Error",
        message=strip_ansi(_text(content, "evalue", 4 * MAX_MESSAGE_CHARS))[:MAX_MESSAGE_CHARS],
        code=run.code,
        traceback=strip_ansi(text[: 4 * MAX_TRACEBACK_CHARS])[-MAX_TRACEBACK_CHARS:],
    )


def _tutor_error(bundle: object) -> CellError | None:
    """The error our kernel extension wrote down, bounded again: any cell can display this MIME type."""
    try:
        error = msgspec.convert(bundle, CellError)
    except msgspec.ValidationError:
        return None
    return bounded_error(error)


def strip_ansi(text: str) -> str:
    """The text without the codes that colour it in a terminal."""
    return _ANSI.sub("", text)


def bounded_error(error: CellError) -> CellError:
    """The same error with every text cut to what may travel."""
    return msgspec.structs.replace(
        error,
        exception=error.exception[:MAX_NAME_CHARS],
        message=error.message[: 4 * MAX_MESSAGE_CHARS],
        code=error.code[:MAX_CELL_CHARS],
        traceback=error.traceback[-MAX_TRACEBACK_CHARS:],
        diagnosis=None
        if error.diagnosis is None
        else msgspec.structs.replace(
            error.diagnosis,
            exception=error.diagnosis.exception[:MAX_NAME_CHARS],
            message=error.diagnosis.message[: 4 * MAX_MESSAGE_CHARS],
            source_line=error.diagnosis.source_line[:500],
            cause=error.diagnosis.cause[:2000],
            concept=error.diagnosis.concept[:MAX_NAME_CHARS],
        ),
        variables=tuple(
            msgspec.structs.replace(v, name=v.name[:100], type=v.type[:100], value=v.value[:120])
            for v in error.variables[:20]
        ),
    )


def _mapping(message: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = message.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(mapping: Mapping[str, Any], key: str, limit: int) -> str:
    value = mapping.get(key)
    return value[:limit] if isinstance(value, str) else ""
