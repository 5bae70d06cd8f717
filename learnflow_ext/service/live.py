"""Tells open dashboards that something changed, and never more often than they can use.

A message says *that* something changed, not what: the page then fetches it with the teacher's own rights.
So it carries nothing private, and a message lost or merged costs nothing. Who asks for events gets each of
them besides, from `Tail`.

What all are told is made once, and handed to each socket that took what came before. One that did not is
left to a task of its own, which waits for it; nobody else does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import msgspec
from tornado.websocket import WebSocketClosedError

from learnflow_ext.contracts.errors import LearnFlowError, TooBusy
from learnflow_ext.contracts.events import (
    AssignmentSubmitted,
    RegradingStarted,
    RunFinished,
    SubmissionGraded,
)
from learnflow_ext.events.bus import Subscription
from learnflow_ext.events.wire import WireError, from_message
from learnflow_ext.service import logs
from learnflow_ext.service.live_box import Box, CatchUp, Send
from learnflow_ext.service.live_messages import Change, Waiting, What, as_text, merged
from learnflow_ext.service.tail import Place, Tail, Untold, all_told
from learnflow_ext.store import submissions
from learnflow_ext.store.database import Database

GROUP = "dashboard"
MAX_PER_PERSON = 20
SHORTEST_SECONDS = 0.02
"""Between two messages to the dashboards of a course."""
SHARE = 3
"""So many times longer than telling all of them took: most of the process's time is for others."""
AGAIN_SECONDS = 1.0
"""Until the log is read again after the database failed."""
LOOK_SECONDS = 5.0
"""How often the log is read where the bus tells nothing: it may be away, or have passed us by."""
MOST_WAITING = 100
"""Places in the queue that a message tells."""
_MOVES_THE_QUEUE = (AssignmentSubmitted, SubmissionGraded, RegradingStarted)
AT_A_TIME = 100
"""Sockets written to before other work of the process gets its turn."""

log = logs.get("learnflow.live")


Queue = Callable[[], Awaitable[tuple[Waiting, ...]]]
"""What of a course waits to be graded. Raises LearnFlowError."""


class _Board:
    """The dashboards of one course, and what they are to be told next."""

    def __init__(self, tail: Tail, catch_up: CatchUp, queue: Queue) -> None:
        self._queue = queue
        self.boxes: set[Box] = set()
        self.told = -1
        """How much of the tail all of them were told; below zero before anything was."""
        self._tail = tail
        self._catch_up = catch_up
        self._change: Change | None = None
        self._rung: set[int] = set()
        self._telling: asyncio.Task[None] | None = None

    def changed(self, change: Change) -> None:
        """Tell it as soon as may be; changes merge until then."""
        if not self.boxes:
            return
        self._change = merged(self._change, change)
        self._rung.add(change.sequence)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    def close(self) -> None:
        """Tell nothing more."""
        if self._telling is not None:
            self._telling.cancel()

    async def _tell(self) -> None:
        while self._change is not None:
            # Taken before the log is read: what comes meanwhile may be too late for this reading.
            change, self._change = self._change, None
            rung, self._rung = self._rung, set()
            try:
                if self._tail.followed:
                    await self._tail.refresh(rung)
                if "queue" in change.what:
                    change = msgspec.structs.replace(change, queue=await self._queue())
            except LearnFlowError as error:
                # Nor could anybody fetch what changed.
                log.warning("cannot read what to tell dashboards", code=error.code)
                self._change = merged(self._change, change)
                self._rung |= rung
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            self.told = self._tail.end
            text, began = as_text(change), time.monotonic()
            for number, box in enumerate(tuple(self.boxes), 1):
                box.offer(change, text, self._tail, self._catch_up)
                if number % AT_A_TIME == 0:
                    await asyncio.sleep(0)
            await asyncio.sleep(max(SHORTEST_SECONDS, SHARE * (time.monotonic() - began)))


class LiveBoards:
    """All dashboards that are open on this process."""

    def __init__(self, db: Database, untold: Untold = all_told) -> None:
        """`db` holds the log of events; nobody is told of those that are `untold`."""
        self._db = db
        self._tail = Tail(db, untold)
        self._boards: dict[str, _Board] = {}

    def open(
        self,
        course: str,
        person: str,
        send: Send,
        hang_up: Callable[[], None],
        after: Place | None = None,
        *,
        teacher: bool = True,
    ) -> Callable[[], None]:
        """Tell a dashboard from now on, see `Box`; what to call when it is gone.

        TooBusy above `MAX_PER_PERSON`.
        """
        boxes = (box for board in self._boards.values() for box in board.boxes)
        if sum(box.person == person for box in boxes) >= MAX_PER_PERSON:
            raise TooBusy("You have very many dashboards open. Close some of them first.", retry_after=30)
        box = Box(course, person, send, hang_up, after, teacher=teacher)
        board = self._boards.get(course)
        if board is None:
            board = self._boards[course] = _Board(self._tail, self._catch_up, partial(self._waiting, course))
        board.boxes.add(box)
        if box.follows:
            self._tail.join()
            box.begin(self._catch_up)

        def leave() -> None:
            board.boxes.discard(box)
            box.close()
            if box.follows:
                self._tail.leave()

        return leave

    async def _waiting(self, course: str) -> tuple[Waiting, ...]:
        async with self._db.glance() as conn:
            places = await submissions.places(conn, course, MOST_WAITING)
        return tuple(Waiting(submission_id=each, position=place) for each, place in places)

    def changed(self, course: str, what: Iterable[What], sequence: int = 0) -> None:
        """Something changed in `course`."""
        board = self._boards.get(course)
        if board is not None:
            board.changed(Change(what=tuple(sorted(set(what))), sequence=sequence))

    async def look(self) -> None:
        """Until cancelled: tell also what the bus brings to nobody here, within `LOOK_SECONDS`."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._tail.followed:
                continue
            try:
                await self._tail.refresh()
            except LearnFlowError as error:
                log.warning("cannot read what to tell dashboards", code=error.code)
                continue
            for course, board in self._boards.items():
                # What other courses have is no news here.
                if board.told < 0 or self._tail.since(board.told, course) != []:
                    self.changed(course, ("scores", "feed", "queue"), self._tail.place.mark)
                else:
                    board.told = self._tail.end

    async def follow(self, subscription: Subscription) -> None:
        """Pass on what the bus brings, until it is closed. Every message is acked, whatever it is."""
        try:
            async for delivery in subscription:
                try:
                    envelope = from_message(delivery.message)
                except WireError as error:
                    log.error("a message that is no event", topic=delivery.message.topic, error=str(error))
                else:
                    event = envelope.event
                    what: list[What] = ["scores"]
                    if not (isinstance(event, RunFinished) and event.ok):
                        what.append("feed")
                    if isinstance(event, _MOVES_THE_QUEUE):
                        what.append("queue")
                    self.changed(event.course, what, envelope.sequence)
                await delivery.ack()
        finally:
            for board in self._boards.values():
                board.close()
            await subscription.close()

    async def _catch_up(self, box: Box) -> None:
        """Whatever goes wrong ends this one connection; its reader comes again and says where it was."""
        try:
            await box.catch_up(self._db, self._tail)
        except WebSocketClosedError:
            return
        except LearnFlowError as error:
            log.warning("cannot tell a dashboard what it missed", code=error.code)
            box.hang_up()
        except Exception:
            # The boundary of a task that nobody waits for: without this the socket would stay, and be silent.
            log.exception("a dashboard cannot be told anything", course=box.course)
            box.hang_up()
