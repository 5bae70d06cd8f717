"""Tells open dashboards that something changed, and never more often than they can use.

A message says *that* something changed, not what: the page then fetches it with the teacher's own rights.
So a socket carries nothing private, and a message lost or merged costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from learnflow_ext.contracts.errors import TooBusy
from learnflow_ext.contracts.events import RunFinished
from learnflow_ext.events.bus import Subscription
from learnflow_ext.events.wire import WireError, from_message
from learnflow_ext.service import logs, words
from learnflow_ext.store.eventlog import LogEntry

What = Literal["scores", "feed"]
GROUP = "dashboard"
MAX_PER_PERSON = 20

log = logs.get("learnflow.live")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a dashboard is sent."""

    kind: Literal["changed"] = "changed"
    what: tuple[What, ...]
    sequence: int
    """Place in `event_log` of the newest event behind it; 0 when unknown."""


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """The first message to who asked for events."""

    kind: Literal["hello"] = "hello"
    sequence: int
    """Of the newest event there is."""


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One event, for who asked for them."""

    kind: Literal["happened"] = "happened"
    what: str
    """run, question, answer, submission, grade, progress or alert."""
    sequence: int
    """What to give as `after` when the connection is lost."""
    time: str
    """ISO 8601, UTC."""
    student: str
    text: str
    """In words, continuing the sentence that the name begins; empty where there is nothing to say."""


_WHAT = {
    "org.learnflow.run.finished.v1": "run",
    "org.learnflow.help.asked.v1": "question",
    "org.learnflow.help.answered.v1": "answer",
    "org.learnflow.assignment.submitted.v1": "submission",
    "org.learnflow.submission.graded.v1": "grade",
    "org.learnflow.progress.changed.v1": "progress",
    "org.learnflow.struggle.detected.v1": "alert",
    "org.learnflow.struggle.changed.v1": "alert",
}


def happened(entry: LogEntry) -> Happened | None:
    """`entry` as a message; None for what concerns the machinery only."""
    what = _WHAT.get(entry.type)
    if what is None:
        return None
    said = words.line(entry.type, entry.student, entry.data)
    return Happened(
        what=what,
        sequence=entry.sequence,
        time=entry.time,
        student=entry.student,
        text=said.text if said else "",
    )


class Mailbox:
    """The changes one dashboard has not been sent yet, merged into one."""

    def __init__(self, course: str, person: str) -> None:
        """For the dashboard of `course` that `person` has open."""
        self.course = course
        self.person = person
        self._what: set[What] = set()
        self._sequence = 0
        self._full = asyncio.Event()

    def put(self, what: Iterable[What], sequence: int) -> None:
        """Add a change; returns at once."""
        self._what.update(what)
        self._sequence = max(self._sequence, sequence)
        self._full.set()

    async def take(self) -> Change:
        """Wait for a change, and empty the box."""
        await self._full.wait()
        self._full.clear()
        change = Change(what=tuple(sorted(self._what)), sequence=self._sequence)
        self._what.clear()
        return change


class LiveBoards:
    """All dashboards that are open on this process."""

    def __init__(self) -> None:
        self._boxes: set[Mailbox] = set()

    def open(self, course: str, person: str) -> tuple[Mailbox, Callable[[], None]]:
        """A mailbox, and what to call when the dashboard is gone. TooBusy above `MAX_PER_PERSON`."""
        if sum(box.person == person for box in self._boxes) >= MAX_PER_PERSON:
            raise TooBusy("You have very many dashboards open. Close some of them first.", retry_after=30)
        box = Mailbox(course, person)
        self._boxes.add(box)
        return box, lambda: self._boxes.discard(box)

    def changed(self, course: str, what: Iterable[What], sequence: int = 0) -> None:
        """Something changed in `course`."""
        what = tuple(what)
        for box in self._boxes:
            if box.course == course:
                box.put(what, sequence)

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
                    went_well = isinstance(event, RunFinished) and event.ok
                    self.changed(
                        event.course, ("scores",) if went_well else ("scores", "feed"), envelope.sequence
                    )
                await delivery.ack()
        finally:
            await subscription.close()
