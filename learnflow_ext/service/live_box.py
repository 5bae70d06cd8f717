"""One open dashboard: what it was sent, and what to do while its reader is behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tornado.websocket import WebSocketClosedError

from learnflow_ext.service.live_messages import Change, Hello, as_text, happened, merged
from learnflow_ext.service.tail import AT_ONCE, Place, Tail
from learnflow_ext.service.words import for_assistants
from learnflow_ext.store import eventlog
from learnflow_ext.store.database import Database

Send = Callable[[str], "asyncio.Future[None]"]
"""Writes a message; done when the network took it. Raises WebSocketClosedError, or its result does."""
CatchUp = Callable[["Box"], Awaitable[None]]
"""Sees to a reader that is behind."""


class Box:
    """One open dashboard, and what it was sent."""

    # There are thousands of them.
    __slots__ = (
        *("course", "person", "hang_up", "_teacher", "_send", "_place", "_position", "_greeted", "_last"),
        *("_missed", "_waiting"),
    )

    def __init__(
        self,
        course: str,
        person: str,
        send: Send,
        hang_up: Callable[[], None],
        after: Place | None = None,
        *,
        teacher: bool = True,
    ) -> None:
        """For the dashboard of `course` that `person` has open; events above `after`, none with None. Who is
        no `teacher` of it assists, and is told less.

        `hang_up` ends the connection, so that its reader comes again.
        """
        self.course = course
        self.person = person
        self.hang_up = hang_up
        self._teacher = teacher
        self._send = send
        self._place: Place | None = after
        """How far its reader was told; None for who wants no events."""
        self._position = -1
        """The same on this process's tail; below zero while it is told from the log."""
        self._greeted = False
        self._last: asyncio.Future[None] | None = None
        self._missed: Change | None = None
        self._waiting: asyncio.Task[None] | None = None
        """What sees to a reader that is behind."""

    @property
    def follows(self) -> bool:
        """Whether it is told events."""
        return self._place is not None

    def offer(self, change: Change, text: str, tail: Tail, catch_up: CatchUp) -> None:
        """Send `change`, of which `text` is the form, and what is new on `tail`; returns at once.

        A reader that is behind gets it from `catch_up`, as soon as it has taken what was sent.
        """
        news = tail.since(self._position, self.course) if self._position >= 0 else None
        slow = self._last is not None and not self._last.done()
        if self._waiting is not None or slow or (self.follows and news is None):
            self._missed = merged(self._missed, change)
            self.begin(catch_up)
            return
        try:
            for told in news or ():
                self._write(told.to(self._teacher))
            self._reached(tail)
            self._write(text)
        except WebSocketClosedError:
            # The handler hears of it too, and leaves.
            return

    def begin(self, catch_up: CatchUp) -> None:
        """Have a task see to this reader, unless one does already."""
        if self._waiting is None:
            self._waiting = asyncio.create_task(self._until_done(catch_up))

    async def _until_done(self, catch_up: CatchUp) -> None:
        try:
            await catch_up(self)
        finally:
            self._waiting = None

    async def _wait(self) -> None:
        """Until what was sent is taken. WebSocketClosedError when it never will be."""
        if self._last is not None:
            await self._last

    async def _greet(self, tail: Tail) -> None:
        """Say from where on events will be told."""
        assert self._place is not None
        self._greeted = True
        # A number from another database, or before a restore, would wait for events that never come.
        if self._place.mark > tail.place.mark:
            self._place = tail.place
        self._write(as_text(Hello(sequence=tail.place.mark, resume=str(self._place))))
        await self._wait()

    async def catch_up(self, db: Database, tail: Tail) -> None:
        """Send what was missed, as fast as the reader takes it, until it was sent everything."""
        await self._wait()
        while True:
            if self.follows:
                news = tail.since(self._position, self.course) if self._position >= 0 else None
                if news is None:
                    await self._replay(db, tail)
                    continue
                self._reached(tail)
                for told in news:
                    self._write(told.to(self._teacher))
                    await self._wait()
                if news:
                    continue
            if self._missed is None:
                # Nothing is awaited from here to the next `offer`, so nothing falls between.
                return
            text, self._missed = as_text(self._missed), None
            self._write(text)
            await self._wait()

    async def _replay(self, db: Database, tail: Tail) -> None:
        """Tell from the log what `tail` has read and this reader was not told."""
        assert self._place is not None
        # Afterwards the tail has read all that any replica told this reader.
        await tail.refresh()
        if not self._greeted:
            await self._greet(tail)
        position, until = tail.end, tail.place
        if self._place != until:
            await self._tell(db, tail, until)
        self._position, self._place = position, until

    async def _tell(self, db: Database, tail: Tail, until: Place) -> None:
        assert self._place is not None
        while True:
            async with db.connect() as conn:
                entries = await eventlog.since(
                    conn, self._place.mark, self._place.holes, course=self.course, limit=AT_ONCE
                )
            untold = await tail.untold(entries)
            for entry, place in self._place.after(await tail.titles.told(entries), until):
                self._place = place
                seen = entry if self._teacher else for_assistants(entry)
                if entry.sequence not in untold and (said := happened(seen, str(place))):
                    self._write(as_text(said))
                    await self._wait()
            if len(entries) < AT_ONCE or entries[-1].sequence > until.mark:
                return

    def close(self) -> None:
        """Send nothing more."""
        if self._waiting is not None:
            self._waiting.cancel()
        if self._last is not None:
            # What is still on its way fails now, which is no news.
            self._last.add_done_callback(_looked_at)

    def _reached(self, tail: Tail) -> None:
        if self.follows:
            self._position, self._place = tail.end, tail.place

    def _write(self, text: str) -> None:
        if self._last is not None:
            self._last.add_done_callback(_looked_at)
        self._last = self._send(text)


def _looked_at(sent: asyncio.Future[None]) -> None:
    """Nobody asks any more whether it arrived."""
    if not sent.cancelled():
        sent.exception()
