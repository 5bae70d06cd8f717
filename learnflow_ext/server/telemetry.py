"""The kernel's websocket, watched: what ran and how it ended becomes a report and the tutor's context."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from typing import Any, Protocol

from jupyter_client.jsonutil import json_default
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from traitlets import Instance, Integer

from learnflow_ext.contracts.paths import place_of
from learnflow_ext.contracts.runs import RunReport
from learnflow_ext.diagnosis.fingerprint import attempt_of
from learnflow_ext.server.allowance import Allowance
from learnflow_ext.server.context import Situation, Situations
from learnflow_ext.server.reports import Reporter
from learnflow_ext.server.runs import MAX_MESSAGE_CHARS, Run, RunLedger

SETTING = "learnflow_telemetry"
_log = logging.getLogger(__name__)
_V1 = "v1.kernel.websocket.jupyter.org"
_WATCHED = frozenset({"status", "error", "display_data", "execute_result", "execute_reply"})
TOO_FAST = (
    "Your cell prints faster than the browser can show, so part of its output is left out. "
    "Print less, for instance only every hundredth step."
)
TOO_BIG = "One output of your cell is too large to show, so it is left out."
REPLIES_BYTES, REPLIES_BYTES_PER_S = 5_000_000, 500_000
"""What a kernel may send beside its output, to one tab: replies and questions are small."""
BUSY_PATIENCE_S = 3.0
"""How long a tab that opens waits for a kernel that is busy to answer."""
STOPPED = "Python stopped while this cell was running, so it was started afresh. Your notebook is safe."
GIVEN_UP = "It has stopped too often in a row to be started again: choose Restart Kernel in the Kernel menu."


class Sessions(Protocol):
    """What we need of jupyter-server's session manager."""

    async def list_sessions(self) -> list[dict[str, Any]]: ...


class Telemetry:
    """Turns runs that ended into reports and situations."""

    def __init__(self, reporter: Reporter, situations: Situations, sessions: Sessions) -> None:
        self.ledger = RunLedger()
        self._reporter = reporter
        self._situations = situations
        self._sessions = sessions
        self._tasks: set[asyncio.Task[None]] = set()

    def ended(self, run: Run) -> None:
        """A run is over. Returns before the report is queued: looking up the notebook takes a moment."""
        task = asyncio.create_task(self._record(run, time.time()))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a run could not be recorded: %r", error, exc_info=error)

    async def settle(self) -> None:
        """Wait until every run that ended has been queued."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _record(self, run: Run, finished_at: float) -> None:
        notebook = await self._notebook(run.kernel_id)
        course, assignment = place_of(notebook)
        error = run.error if run.failed else None
        self._situations.ran(Situation(notebook=notebook, cell_id=run.cell_id, code=run.code, error=error))
        self._reporter.add(
            RunReport(
                run_id=run.run_id,
                notebook=notebook,
                course=course,
                assignment=assignment,
                cell_id=run.cell_id,
                attempt=attempt_of(run.code),
                ok=not run.failed,
                exception=error.exception if error is not None else "",
                message=error.message[:MAX_MESSAGE_CHARS] if error is not None else "",
                duration_ms=run.duration_ms,
                finished_at=finished_at,
            )
        )

    async def _notebook(self, kernel_id: str) -> str:
        """Path of the notebook that the kernel serves, now: it may have been renamed. Empty when unknown."""
        for session in await self._sessions.list_sessions():
            kernel = session.get("kernel") or {}
            if kernel.get("id") == kernel_id:
                return str(session.get("path", ""))
        return ""


class WatchedConnection(ZMQChannelsWebsocketConnection):
    """jupyter-server's own connection, with an eye on the messages that pass."""

    max_output_bytes = Integer(
        10_000_000,
        help="""Largest single output, in bytes, that is sent to the browser; a bigger one is replaced by a
        sentence. A plot is well below 1 MB. 0 turns the limit off.""",
    ).tag(config=True)

    _replies = Instance(Allowance, args=(REPLIES_BYTES, REPLIES_BYTES_PER_S))
    _warnings = Instance(Allowance, args=(1, 1))

    @property
    def _telemetry(self) -> Telemetry | None:
        found: Telemetry | None = self.websocket_handler.settings.get(SETTING)
        return found

    def nudge(self) -> asyncio.Future[None]:
        """Wait until the kernel's messages reach us, for a moment also where it is said to be busy.

        jupyter-server takes the word of a kernel that has ended meanwhile, and waits for nothing; then the
        first cell of the new one may end unheard, and looks busy for ever.
        """
        kernel: Any = self.kernel_manager
        parent: Any = super()
        nudging: asyncio.Future[None]
        if getattr(kernel, "execution_state", None) != "busy":
            nudging = parent.nudge()
            return nudging
        kernel.execution_state = "idle"
        nudging = parent.nudge()
        kernel.execution_state = "busy"

        async def a_moment() -> None:
            done, _ = await asyncio.wait({nudging}, timeout=BUSY_PATIENCE_S)
            if not done:
                nudging.cancel()
                await asyncio.wait({nudging})
                await asyncio.sleep(0)  # it lets go of the channels that the caller takes now

        return asyncio.ensure_future(a_moment())

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        telemetry = self._telemetry
        if telemetry is not None:
            request = _execute_request(incoming_msg, v1=self.subprotocol == _V1)
            if request is not None:
                telemetry.ledger.asked(self.session.session, self.kernel_id, request)
        super().handle_incoming_message(incoming_msg)

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        channel = stream if isinstance(stream, str) else getattr(stream, "channel", "")
        telemetry = self._telemetry
        if telemetry is not None and telemetry.ledger and channel in ("iopub", "shell"):
            self._watch(telemetry, channel, outgoing_msg)
        size = sum(len(part) for part in outgoing_msg)
        if channel == "iopub" and 0 < self.max_output_bytes < size:
            self._leave_out(outgoing_msg)
            return
        if channel != "iopub" and not self._replies.take(size):
            if self._warnings.take(1):
                self._leave_out(outgoing_msg)
            return
        super().handle_outgoing_message(stream, outgoing_msg)

    def on_kernel_restarted(self) -> None:
        self._lost(self._why())
        # Otherwise the dead kernel's "busy" stays until the next cell.
        self.kernel_manager.execution_state = "starting"
        parent: Any = super()
        parent.on_kernel_restarted()

    def on_restart_failed(self) -> None:
        self._lost(f"{self._why()} {GIVEN_UP}")
        parent: Any = super()
        parent.on_restart_failed()

    def write_stderr(self, error_message: str, parent_header: Any) -> None:
        """Say it in a student's words; jupyter-server's own name settings that only an admin can change."""
        kind = TOO_FAST if "rate exceeded" in error_message else error_message
        parent: Any = super()
        parent.write_stderr(kind, parent_header)

    def _watch(self, telemetry: Telemetry, channel: str, frames: list[Any]) -> None:
        message = _about(self.session, frames)
        if message is None:
            return
        run_id, kind, content_frame = message
        if kind not in _WATCHED or not telemetry.ledger.mine(self.session.session, run_id):
            return
        content = _json(content_frame)
        if content is None:
            return
        run = telemetry.ledger.heard(run_id, channel, kind, content)
        if run is not None:
            telemetry.ended(run)

    def _leave_out(self, frames: list[Any]) -> None:
        _, rest = self.session.feed_identities(frames)
        parent = _json(rest[2]) if len(rest) > 2 else None
        self.write_stderr(TOO_BIG, parent or {})

    def _why(self) -> str:
        """Why the kernel ended, by the one who started it; a general sentence where it cannot tell."""
        why = getattr(getattr(self.kernel_manager, "provisioner", None), "why_it_ended", "")
        return why if isinstance(why, str) and why else STOPPED

    def _lost(self, why: str) -> None:
        """The kernel died: end our cells in its place, or they would look busy for ever."""
        iopub = self.channels.get("iopub")
        if iopub is not None and not iopub.closed():
            iopub.flush()  # what the kernel said before it died comes first
        telemetry = self._telemetry
        if telemetry is None:
            return
        for place, run in enumerate(telemetry.ledger.lost(self.session.session, self.kernel_id, why)):
            parent = {"msg_id": run.run_id, "session": run.session, "msg_type": "execute_request"}
            if place == 0:
                error = {"ename": "KernelStopped", "evalue": why, "traceback": [why]}
                self._tell("iopub", "error", error, parent)
                self._tell(
                    "shell", "execute_reply", {"status": "error", "execution_count": None, **error}, parent
                )
                telemetry.ended(run)
            else:
                self._tell("shell", "execute_reply", {"status": "aborted"}, parent)
            self._tell("iopub", "status", {"execution_state": "idle"}, parent)

    def _tell(self, channel: str, kind: str, content: dict[str, Any], parent: dict[str, Any]) -> None:
        """Send the browser a message that the kernel no longer can."""
        message = self.session.msg(kind, content=content, parent=parent)
        if self.subprotocol == _V1:
            self.write_message(serialize_msg_to_ws_v1(message, channel, self.session.pack), binary=True)
        else:
            self.write_message(json.dumps({**message, "channel": channel}, default=json_default))


def _execute_request(raw: Any, *, v1: bool) -> Mapping[str, Any] | None:
    """The execute request in a frame from the browser; None when it is something else, or nonsense."""
    try:
        if v1:
            channel, parts = deserialize_msg_from_ws_v1(raw)
            if channel != "shell":
                return None
            header = json.loads(bytes(parts[0]))
            if header.get("msg_type") != "execute_request":
                return None
            return {
                "header": header,
                "metadata": json.loads(bytes(parts[2])),
                "content": json.loads(bytes(parts[3])),
            }
        if not isinstance(raw, str):
            return None
        message = json.loads(raw)
        return message if isinstance(message, dict) and message.get("channel") == "shell" else None
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None


def _about(session: Any, frames: list[Any]) -> tuple[str, str, Any] | None:
    """Of a message from the kernel: its parent's id, its type, and the frame with its content."""
    try:
        _, rest = session.feed_identities(frames)
    except ValueError:
        return None
    if len(rest) < 5:
        return None
    header, parent = _json(rest[1]), _json(rest[2])
    if header is None or parent is None:
        return None
    run_id, kind = parent.get("msg_id"), header.get("msg_type")
    if not isinstance(run_id, str) or not isinstance(kind, str):
        return None
    return run_id, kind, rest[4]


def _json(frame: Any) -> dict[str, Any] | None:
    try:
        value = json.loads(bytes(frame))
    except (ValueError, TypeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
