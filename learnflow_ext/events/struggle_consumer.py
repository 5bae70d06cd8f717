"""Watches the stream for students who are stuck, and raises alerts.

An event only says whose turn it is: what is judged are the steps in the database. So events that come late,
twice or out of order lead to the same alerts, and nobody's event can speak for somebody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.alerts import Candidate, Finding, Moment, Told
from learnflow_ext.contracts.events import (
    Envelope,
    Event,
    HelpAsked,
    QuizAnswered,
    RunFinished,
    SubmissionGraded,
)
from learnflow_ext.events.bus import Bus
from learnflow_ext.events.consumer import Consumer
from learnflow_ext.store import alerts, people
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database

GROUP = "struggle"

log = structlog.get_logger(__name__)


class Judge(Protocol):
    """What counts as struggle, and how much of it is told."""

    fresh: timedelta
    """What lies further back is the past."""
    held: timedelta
    """How long a finding waits for room."""
    remembered: timedelta
    """How far back alerts matter."""

    def watches(self, course: str, at: datetime) -> bool:
        """Whether alerts are raised in `course` at that moment: not during an exam."""
        ...

    def find(self, moments: Sequence[Moment], at: datetime) -> Sequence[Finding]:
        """What holds of one student."""
        ...

    def choose(
        self, found: Sequence[Candidate], waiting: Sequence[Candidate], told: Sequence[Told], at: datetime
    ) -> tuple[list[Candidate], list[Candidate]]:
        """(to raise, to let wait) of one course."""
        ...


def struggle_consumer(db: Database, bus: Bus, judge: Judge) -> Consumer:
    """A consumer that judges a student anew after each thing they did."""

    async def handle(conn: AsyncConnection, envelope: Envelope) -> None:
        event, at = envelope.event, now()
        if not judge.watches(event.course, at):
            return
        person = await people.behind(conn, event.student)
        if person is None:
            log.info("struggle.unlinked", event_id=envelope.id)
            return
        await _judge(conn, event.course, {person.name: person.id}, {}, judge, at)

    topics = sorted({RunFinished.TOPIC, HelpAsked.TOPIC, SubmissionGraded.TOPIC, QuizAnswered.TOPIC})
    return Consumer(db, bus, GROUP, topics, handle, wants=_may_show_struggle)


def _may_show_struggle(event: Event) -> bool:
    """Most events do not, and cost no look into the database."""
    match event:
        case RunFinished():
            return bool(event.course) and not event.ok
        case QuizAnswered():
            return bool(event.course) and event.attempt <= 1
        case _:
            return bool(event.course) and isinstance(event, HelpAsked | SubmissionGraded)


async def sweep(db: Database, judge: Judge) -> None:
    """Notice what no event tells: time that passes without progress, and room for what had to wait."""
    at = now()
    courses: dict[str, dict[str, int]] = defaultdict(dict)
    waiting: dict[str, dict[str, int]] = defaultdict(dict)
    await db.retrying(lambda conn: alerts.drop_stale(conn, at - judge.held))
    async with db.connect() as conn:
        for user_id, name, course in await alerts.active(conn, at - judge.fresh):
            courses[course][name] = user_id
        for user_id, name, course in await alerts.waiting(conn):
            waiting[course][name] = user_id
    for course in {*courses, *waiting}:
        if judge.watches(course, at):
            await db.retrying(
                partial(
                    _judge,
                    course=course,
                    students=courses[course],
                    waiting=waiting[course],
                    judge=judge,
                    at=at,
                )
            )


async def _judge(
    conn: AsyncConnection,
    course: str,
    students: dict[str, int],
    waiting: dict[str, int],
    judge: Judge,
    at: datetime,
) -> None:
    """Judge `students` by what they did, and those who are `waiting` by what was found before."""
    found = []
    for name, user_id in students.items():
        steps = await alerts.moments(conn, user_id, course, at)
        found += [Candidate(student=name, finding=finding) for finding in judge.find(steps, at)]
    ids = {**waiting, **students}
    held = [
        Candidate(student=alert.student, finding=alert.finding)
        for alert in (await alerts.of_course(conn, course, states=("held",), limit=1000) if waiting else ())
        # Another may have let somebody wait since `waiting` was read.
        if alert.student in ids
    ]
    if not found and not held:
        return
    for candidate in found:
        await alerts.refresh(conn, ids[candidate.student], course, candidate.finding)
    told = await alerts.told(conn, course, at - judge.remembered)
    raised, left = judge.choose(found, held, told, at)
    for candidate in raised:
        alert_id = await alerts.raise_alert(
            conn, ids[candidate.student], candidate.student, course, candidate.finding, at=at
        )
        log.info("struggle.alert", alert_id=alert_id, course=course, trigger=candidate.finding.trigger)
    for candidate in left:
        if candidate not in held:
            await alerts.hold(conn, ids[candidate.student], course, candidate.finding, at=at)
