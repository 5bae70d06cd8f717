"""The websocket behind an open dashboard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec
from tornado.ioloop import PeriodicCallback
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from learnflow_ext.contracts.errors import BadRequest, Forbidden, LearnFlowError, TooBusy
from learnflow_ext.service.handlers.base import Common
from learnflow_ext.service.live import Hello, Mailbox, happened
from learnflow_ext.store import eventlog

SHORTEST_SECONDS = 0.1
"""Between two messages to the same dashboard."""
STILL_ALLOWED_SECONDS = 30
SETTLED_SECONDS = 2.0
"""Longer than a transaction that records events takes."""
AT_ONCE = 200
"""Events read at a time."""
MAX_DIGITS = 18
_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013


class LiveHandler(Common, WebSocketHandler):
    """`ws?course=…`: tells a teacher's dashboard that something changed.

    With `&after=N` it also tells what: every event of the course above sequence N, each once and in order,
    however often the connection was lost in between. They are read from the log at the reader's own pace, so
    a slow reader costs nothing but its own patience, and every replica tells the same.
    """

    _course: str = ""
    _after: int | None = None
    _leave: Callable[[], None] | None = None
    _sending: asyncio.Task[None] | None = None
    _rechecking: PeriodicCallback | None = None

    async def prepare(self) -> None:
        """Only teachers of the course, and only from our own pages."""
        origin = self.request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc.lower() != self.request.host.lower():
            raise Forbidden("Live updates are only for pages of this hub.")
        await super().prepare()
        # The handshake is Tornado's own method, which nothing of ours stands before.
        if self._refusal is not None:
            raise self._refusal
        self._course = self.get_query_argument("course", "")
        after = self.get_query_argument("after", "")
        if after:
            if not after.isdecimal() or len(after) > MAX_DIGITS:
                raise BadRequest("`after` is the sequence of the last event that was received: a number.")
            self._after = int(after)

    async def open(self, *args: str, **kwargs: str) -> None:
        """Begin to send."""
        try:
            box, self._leave = self.parts.live.open(self._course, self.person.name)
        except TooBusy as error:
            self.close(_TRY_AGAIN_LATER, error.message)
            return
        self.set_nodelay(True)
        self.parts.metrics.dashboards.inc()
        self._sending = asyncio.create_task(self._send(box))
        self._rechecking = PeriodicCallback(self._recheck, STILL_ALLOWED_SECONDS * 1000)
        self._rechecking.start()
        self.log.info("dashboard opened", course=self._course)

    async def _send(self, box: Mailbox) -> None:
        try:
            await self._catch_up()
        except WebSocketClosedError:
            return
        while True:
            change = await box.take()
            try:
                await self._tell(change.sequence)
                # Waits for a slow reader; meanwhile changes merge in the box instead of piling up.
                await self.write_message(msgspec.json.encode(change).decode())
            except WebSocketClosedError:
                return
            await asyncio.sleep(SHORTEST_SECONDS)

    async def _catch_up(self) -> None:
        """Tell what was missed, and from where on news will come."""
        if self._after is None:
            return
        async with self.parts.db.connect() as conn:
            newest = await eventlog.newest_sequence(conn)
        # A number from another database, or before a restore, would wait for events that never come.
        self._after = min(self._after, newest)
        await self.write_message(msgspec.json.encode(Hello(sequence=newest)).decode())
        if not self.parts.db.url.get_backend_name().startswith("sqlite"):
            # Below the newest there may be some whose transaction has not ended.
            await asyncio.sleep(SETTLED_SECONDS)
        await self._tell(newest)

    async def _tell(self, until: int) -> None:
        """Events above the last one told, up to sequence `until`: all of these are committed."""
        while self._after is not None and self._after < until:
            async with self.parts.db.connect() as conn:
                entries = await eventlog.tail(conn, course=self._course, after=self._after, limit=AT_ONCE)
            for entry in entries:
                if entry.sequence > until:
                    break
                if said := happened(entry):
                    await self.write_message(msgspec.json.encode(said).decode())
                self._after = entry.sequence
            if len(entries) < AT_ONCE or entries[-1].sequence > until:
                self._after = max(self._after, until)

    async def _recheck(self) -> None:
        """Close when the person stopped being an assistant or a teacher of the course."""
        try:
            person = await self.parts.people.find(self.person.name)
        except LearnFlowError as error:
            self.log.info("could not check a dashboard's teacher", code=error.code)
            return
        if not person.grades(self._course):
            self.close(_POLICY_VIOLATION, "This course's dashboard is not yours any more.")

    def on_message(self, message: str | bytes) -> None:
        """Our page never sends anything."""
        self.close(_POLICY_VIOLATION, "This socket only sends.")

    def on_close(self) -> None:
        """Forget the dashboard."""
        if self._leave is None:
            return
        self._leave()
        self._leave = None
        self.parts.metrics.dashboards.dec()
        if self._sending is not None:
            self._sending.cancel()
        if self._rechecking is not None:
            self._rechecking.stop()
