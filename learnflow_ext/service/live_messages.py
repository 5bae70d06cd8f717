"""What a dashboard's socket says."""

from __future__ import annotations

from typing import Literal

import msgspec

from learnflow_ext.service import words
from learnflow_ext.store.eventlog import LogEntry

What = Literal["scores", "feed", "queue"]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that waits to be graded."""

    submission_id: str
    position: int
    """Place in the queue of all courses, from 1."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a dashboard is sent."""

    kind: Literal["changed"] = "changed"
    what: tuple[What, ...]
    sequence: int
    """Place in `event_log` of the newest event behind it; 0 when unknown."""
    queue: tuple[Waiting, ...] | msgspec.UnsetType = msgspec.UNSET
    """Where `what` has `queue`: what of the course waits by now, the next one first, a hundred at most. Names
    nobody, for it may be graded blind."""


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """The first message to who asked for events."""

    kind: Literal["hello"] = "hello"
    sequence: int
    """Of the newest event there is."""
    resume: str
    """Where the telling begins; what to give as `after` when the connection is lost before any event."""


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One event, for who asked for them."""

    kind: Literal["happened"] = "happened"
    what: str
    """run, question, answer, submission, grade, progress, alert, or other."""
    sequence: int
    """The event's place in the log."""
    resume: str
    """What to give as `after`, at any replica, when the connection is lost."""
    time: str
    """ISO 8601, UTC."""
    student: str
    who: str
    """The student as a sentence begins with them."""
    text: str
    """In words, continuing that sentence; empty where there is nothing to say."""
    tone: str
    """The mark in front of it: question, answer, trouble, work, grade or note; empty without text."""


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


def happened(entry: LogEntry, resume: str) -> Happened | None:
    """`entry` as a message; None for what concerns the machinery only."""
    said = words.line(entry.type, entry.student, entry.data)
    what = _WHAT.get(entry.type, "other" if said else "")
    if not what:
        return None
    return Happened(
        what=what,
        sequence=entry.sequence,
        resume=resume,
        time=entry.time,
        student=entry.student,
        who=words.shown_name(entry.student),
        text=said.text if said else "",
        tone=said.tone if said else "",
    )


def as_text(message: Change | Hello | Happened) -> str:
    """As it travels."""
    return msgspec.json.encode(message).decode()


def merged(one: Change | None, other: Change) -> Change:
    """Both in one message."""
    if one is None:
        return other
    what: set[What] = {*one.what, *other.what}
    queue = one.queue if other.queue is msgspec.UNSET else other.queue
    return Change(what=tuple(sorted(what)), sequence=max(one.sequence, other.sequence), queue=queue)
