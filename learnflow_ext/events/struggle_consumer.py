"""Watches the stream for students who are stuck, and raises alerts.

An event only says whose turn it is: what is judged are the steps in the database. So events that come late,
twice or out of order lead to the same alerts, and nobody's event can speak for somebody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
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
from learnflow_ext.store import alerts, gradesheet, people
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database

GROUP = "struggle"
TOPICS = tuple(sorted({RunFinished.TOPIC, HelpAsked.TOPIC, SubmissionGraded.TOPIC, QuizAnswered.TOPIC}))

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

    def ends_with_points(self, finding: Finding) -> bool:
        """Whether nothing is left of it once its student has all points of its assignment."""
        ...

    async def shown(
        self, conn: AsyncConnection, course: str, assignments: Collection[str]
    ) -> Collection[str]:
        """Those of `assignments` whose points students may see: silence about others would tell them."""
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

    return Consumer(db, bus, GROUP, TOPICS, handle, wants=_may_show_struggle)


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
    over = await _over(conn, course, (*found, *held), ids, judge)
    for candidate in held:
        if candidate in over:
            await alerts.drop_held(conn, ids[candidate.student], course, candidate.finding)
    found, held = ([one for one in some if one not in over] for some in (found, held))
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


async def _over(
    conn: AsyncConnection,
    course: str,
    candidates: Iterable[Candidate],
    ids: Mapping[str, int],
    judge: Judge,
) -> list[Candidate]:
    """Those of `candidates` of whom nothing is left, for their students have all points and may know it."""
    ending = [one for one in candidates if judge.ends_with_points(one.finding)]
    if not ending:
        return []
    places = {(ids[one.student], one.finding.assignment) for one in ending}
    complete = await gradesheet.complete(conn, course, places)
    if not complete:
        return []
    shown = await judge.shown(conn, course, {assignment for _, assignment in complete})
    return [
        one
        for one in ending
        if one.finding.assignment in shown and (ids[one.student], one.finding.assignment) in complete
    ]
