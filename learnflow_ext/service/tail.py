"""The newest end of the log, read once for everybody on this process who follows it.

PostgreSQL numbers events before they commit, so a lower number may appear after a higher one. How far
somebody has read is therefore a `Place`: a number, and the few numbers below it that were not there yet. It
means the same on every replica, because the numbers are the database's.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence

import msgspec

from learnflow_ext.service.live_messages import as_text, happened
from learnflow_ext.service.titles import Titles
from learnflow_ext.service.words import for_assistants
from learnflow_ext.store import eventlog
from learnflow_ext.store.database import Database
from learnflow_ext.store.eventlog import LogEntry

AT_ONCE = 200
"""Events read at a time."""
RECENT = 1_000
"""Events kept in memory for readers that are a little behind; who is further behind reads the log."""
HOLE_SECONDS = 10.0
"""After so long a number that never appeared is taken to belong to a transaction that was rolled back."""
MAX_HOLES = 64
"""In one place. Each is a transaction that has not ended, or one that came to nothing a moment ago."""
LOOK_BACK = 200
"""Numbers below the newest that are looked at for holes in the beginning."""
_FAR = 10**18 - 1
_NUMBER = r"[0-9]{1,18}"
_PLACE = re.compile(rf"({_NUMBER})(?:-({_NUMBER}(?:\.{_NUMBER}){{0,{MAX_HOLES - 1}}}))?")


class Place(msgspec.Struct, frozen=True):
    """How far somebody has read: every event up to number `mark` but those of `holes`."""

    mark: int
    holes: tuple[int, ...] = ()
    """Ascending, all below `mark`."""

    def __str__(self) -> str:
        """`120`, or `120-117.119` with holes: what a client gives back."""
        return f"{self.mark}-{'.'.join(map(str, self.holes))}" if self.holes else str(self.mark)

    @classmethod
    def parse(cls, text: str) -> Place:
        """What `str` made, or any number, or `now`: behind all there is. ValueError for anything else."""
        if text == "now":
            return cls(_FAR)
        found = _PLACE.fullmatch(text)
        if found is None:
            raise ValueError("no place in the log")
        mark, holes = int(found[1]), [int(hole) for hole in (found[2] or "").split(".") if hole]
        if holes != sorted(set(holes)) or (holes and holes[-1] >= mark):
            raise ValueError("no place in the log")
        return cls(mark, tuple(holes))

    def has(self, sequence: int) -> bool:
        """Whether that event was read."""
        return sequence <= self.mark and sequence not in self.holes

    def after(self, entries: Sequence[LogEntry], until: Place) -> Iterator[tuple[LogEntry, Place]]:
        """Those of `entries` (oldest first, from here on) that `until` has, and the place behind each."""
        for entry in entries:
            reached = entry.sequence
            if self.has(reached) or not until.has(reached):
                continue
            still = [hole for hole in self.holes if hole > reached or not until.has(hole)]
            more = [hole for hole in until.holes if self.mark < hole < reached]
            # Should there be more than a place can hold, the oldest are those that never come.
            yield entry, Place(max(self.mark, reached), tuple(sorted(still + more)[-MAX_HOLES:]))


class Told(msgspec.Struct, frozen=True):
    """An event that was read, ready to be sent to any number of sockets."""

    course: str
    text: str
    to_assistants: str
    """The same without what is for teachers alone."""

    def to(self, teacher: bool) -> str:
        """The form for who teaches, or assists."""
        return self.text if teacher else self.to_assistants


Untold = Callable[[Sequence[LogEntry]], Awaitable[frozenset[int]]]
"""The sequences of events that nobody is told of."""


async def all_told(entries: Sequence[LogEntry]) -> frozenset[int]:
    """None of them is kept back."""
    return frozenset()


class Tail:
    """The end of `db`'s log. It is read when `refresh` is called, and only while somebody follows."""

    def __init__(self, db: Database, untold: Untold = all_told) -> None:
        """Nothing is read yet."""
        self._db = db
        self.untold = untold
        self.titles = Titles(db)
        self._followers = 0
        self._started = False
        self._mark = 0
        self._holes: dict[int, float] = {}
        """When each was noticed; ascending."""
        self._given_up: deque[int] = deque(maxlen=RECENT)
        self._recent: deque[Told] = deque(maxlen=RECENT)
        self._end = 0
        self._cut: dict[tuple[int, str], list[Told]] = {}
        """Answers of `since` until more is read: many ask the same."""
        self._lock = asyncio.Lock()
        self._rung: set[int] = set()
        self._coming: asyncio.Task[None] | None = None
        """The next reading, before it begins."""

    @property
    def followed(self) -> bool:
        """Whether anybody follows."""
        return self._followers > 0

    @property
    def end(self) -> int:
        """How many events were ever read here: a position for `since`, of this process only."""
        return self._end

    @property
    def place(self) -> Place:
        """How far the log was read."""
        return Place(self._mark, tuple(self._holes))

    def join(self) -> None:
        """Somebody follows from now on; they call `refresh` before anything else."""
        if not self._followers:
            # What nobody was interested in is not caught up with.
            self._started = False
        self._followers += 1

    def leave(self) -> None:
        """Somebody who joined is gone."""
        self._followers -= 1

    async def refresh(self, rung: Collection[int] = ()) -> None:
        """Read all that is committed by now. `rung`: numbers that the bus told of, so that they are there.

        One reading serves all who ask before it begins. DatabaseUnavailable when the log cannot be read; then
        nothing is lost, the next call reads it.
        """
        self._rung.update(rung)
        if self._coming is None:
            self._coming = asyncio.create_task(self._read_on())
            # Its failure is news only to who still waits.
            self._coming.add_done_callback(lambda read: read.cancelled() or read.exception())
        # Who stops waiting must not stop it for the others.
        await asyncio.shield(self._coming)

    async def _read_on(self) -> None:
        async with self._lock:
            self._coming = None
            if not self._started:
                await self._start()
            rung, self._rung = self._rung, set()
            self._look_at_holes(rung)
            more = True
            while more:
                async with self._db.connect() as conn:
                    entries = await eventlog.since(conn, self._mark, tuple(self._holes), limit=AT_ONCE)
                more = len(entries) == AT_ONCE
                untold = await self.untold(entries)
                for entry in await self.titles.told(entries):
                    self._read(entry, entry.sequence not in untold)

    def since(self, position: int, course: str) -> list[Told] | None:
        """Events of `course` read after `position`, in the order of reading; None when it is too long ago."""
        missing = self._end - position
        if missing > len(self._recent):
            return None
        found = self._cut.get((position, course))
        if found is None:
            newest = list(self._recent)[len(self._recent) - missing :]
            found = self._cut[position, course] = [told for told in newest if told.course == course]
        return found

    async def _start(self) -> None:
        async with self._db.connect() as conn:
            newest = await eventlog.newest_sequence(conn)
            there = set(await eventlog.sequences(conn, newest - LOOK_BACK))
        self._mark = newest
        self._holes = {}
        self._miss(number for number in range(max(1, newest - LOOK_BACK + 1), newest) if number not in there)
        self._recent.clear()
        self._cut.clear()
        self._started = True

    def _look_at_holes(self, rung: Collection[int]) -> None:
        """Give up on old ones, and have another look at those that the bus told of after all."""
        old = time.monotonic() - HOLE_SECONDS
        for number in [number for number, noticed in self._holes.items() if noticed < old]:
            del self._holes[number]
            self._given_up.append(number)
        late = set(self._given_up).intersection(rung)
        if late:
            for number in late:
                self._given_up.remove(number)
            self._holes = dict(sorted({**self._holes, **dict.fromkeys(late, time.monotonic())}.items()))

    def _read(self, entry: LogEntry, told: bool) -> None:
        if entry.sequence > self._mark:
            first = max(self._mark + 1, entry.sequence - LOOK_BACK)
            self._mark, before = entry.sequence, range(first, entry.sequence)
            self._miss(before)
        else:
            self._holes.pop(entry.sequence, None)
        resume = str(self.place)
        said = happened(entry, resume) if told else None
        if said is not None:
            seen = for_assistants(entry)
            less = said if seen is entry else happened(seen, resume)
            assert less is not None, "assistants are told of the same events"
            self._recent.append(Told(entry.course, as_text(said), as_text(less)))
            self._end += 1
            self._cut.clear()

    def _miss(self, numbers: Iterator[int] | range) -> None:
        noticed = time.monotonic()
        for number in numbers:
            self._holes[number] = noticed
        while len(self._holes) > MAX_HOLES:
            oldest = next(iter(self._holes))
            del self._holes[oldest]
            self._given_up.append(oldest)
