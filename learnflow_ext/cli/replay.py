"""`learnflow events replay`: whether what is kept of progress is what the events come to."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import msgspec
import typer

from learnflow_ext.cli.events import AT_ONCE, FOUND_A_PROBLEM
from learnflow_ext.cli.where import CannotRun, ConfigOption, StateOption, UrlOption, database
from learnflow_ext.contracts.events import Envelope
from learnflow_ext.service import words
from learnflow_ext.service.ledger import TYPES, Ledger
from learnflow_ext.service.standing import Standings, stand
from learnflow_ext.store import board, courses, eventlog, evidence, outbox, people, texts
from learnflow_ext.store.courses import AssignmentInfo
from learnflow_ext.store.database import Database
from learnflow_ext.store.eventlog import LogEntry
from learnflow_ext.store.evidence import Checked


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One value that is not what the events come to."""

    student: str
    topic: str
    """Empty for what is the course's: the row of days, and the next step."""
    what: str
    kept: str
    replayed: str


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay came to."""

    course: str
    events: int
    students: int
    waiting: int
    """Events that are still on their way to what is kept."""
    differences: list[Difference]


def replay(
    course: str = typer.Argument(help="The course, by the name of its hub groups."),
    config: ConfigOption = None,
    state: StateOption = None,
    database_url: UrlOption = None,
    as_json: bool = typer.Option(False, "--json", help="One JSON object."),
) -> None:
    """Play a course's events from the first on, and compare with what is kept: exit code 1 where they differ.

    Nothing is changed. Compared are levels and what they are made of, what students probably know, rows of
    days, and next steps. Events that were cut from the log are missing, as are those of before there was one.
    """
    found = asyncio.run(_replayed(database(config, state, database_url), texts.clip(course, texts.NAME)))
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(found)))
    else:
        for one in found.differences:
            of = f", {one.topic}" if one.topic else ""
            typer.echo(f"{one.student}{of}: {one.what} {one.kept} is kept, and the events say {one.replayed}")
        said = "differs from" if found.differences else "is"
        people_, events_ = words.many(found.students, "student"), words.many(found.events, "event")
        typer.echo(f"{found.course}: what is kept of {people_} {said} what {events_} come to.")
        if found.differences and found.waiting:
            typer.echo(
                f"{words.many(found.waiting, 'event')} on their way yet: look again when there are none."
            )
    if found.differences:
        raise typer.Exit(FOUND_A_PROBLEM)


async def _replayed(db: Database, course: str) -> Replayed:
    ledger, count, last = Ledger(course), 0, 0
    await db.open(create=False)
    try:
        # One view of everything: else what happens meanwhile is in what is kept alone.
        async with db.connect() as conn:
            while entries := await eventlog.tail(conn, course=course, types=TYPES, after=last, limit=AT_ONCE):
                ledger.take(_envelope(entry) for entry in entries)
                count, last = count + len(entries), entries[-1].sequence
            topics = await courses.assignments(conn, course)
            everybody = sorted({*ledger.students(), *await board.students(conn, course)})
            # Of who was erased nothing is kept, and their events are nobody's.
            names = sorted(await people.pseudonyms(conn, everybody))
            kept = await evidence.of_students(conn, course, names)
            waiting = await outbox.size(conn)
    finally:
        await db.close()
    if not topics and not count:
        raise CannotRun(f"Nothing is known of a course {course!r}.")
    at = datetime.now(UTC)
    return Replayed(
        course=course,
        events=count,
        students=len(names),
        waiting=waiting,
        differences=[
            one for name in names for one in _differences(kept[name], ledger.checked(name), topics, at)
        ],
    )


def _envelope(entry: LogEntry) -> Envelope:
    """CannotRun for an event whose form this version does not know: without it nothing can be compared."""
    try:
        event = outbox.event_of(entry.type, entry.course, entry.student, json.dumps(entry.data))
    except ValueError as error:
        raise CannotRun(
            f"Event {entry.id} in the log, number {entry.sequence}, cannot be read by this version: {error}."
        ) from error
    return Envelope(id=entry.id, sequence=entry.sequence, time=entry.time, event=event)


def _differences(
    kept: Checked, replayed: Checked, topics: tuple[AssignmentInfo, ...], at: datetime
) -> list[Difference]:
    one, other = (_values(stand(checked, topics, at, where=UTC)) for checked in (kept, replayed))
    return [
        Difference(student=kept.student, topic=topic, what=what, kept=value, replayed=other[topic, what])
        for (topic, what), value in one.items()
        if value != other[topic, what]
    ]


def _values(standing: Standings) -> dict[tuple[str, str], str]:
    """(topic, what it is) -> as it is shown."""
    found = {
        ("", "next step"): standing.next_said,
        ("", "row of days"): str(standing.streak.current),
        ("", "longest row of days"): str(standing.streak.longest),
    }
    for topic in standing.topics:
        found[topic.topic, "mastery"] = _share(topic.mastery)
        found[topic.topic, "level"] = topic.level or "none"
        found[topic.topic, "what it is made of"] = (
            ", ".join(f"{part} {_share(value)}" for part, value in topic.parts.items()) or "nothing"
        )
        found[topic.topic, "probably knows it"] = _share(topic.known)
        found[topic.topic, "solved"] = str(topic.solved)
    return found


def _share(value: float | None) -> str:
    return "none" if value is None else f"{100 * value:.1f} %"
