"""Keeps the standing of students from what was graded."""

from __future__ import annotations

from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import Envelope, Event, ProgressChanged, SubmissionGraded
from learnflow_ext.contracts.progress import Standing
from learnflow_ext.events.bus import Bus
from learnflow_ext.events.consumer import Consumer
from learnflow_ext.store import courses, outbox, people, progress, submissions
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database

GROUP = "progress"
TOPICS = (SubmissionGraded.TOPIC,)

log = structlog.get_logger(__name__)


class Judge(Protocol):
    """The rule by which a grade changes a standing; `learnflow_ext.progress.standing.after_grade` is one."""

    def __call__(self, before: Standing | None, score: float, max_score: float) -> Standing | None:
        """The standing after a grade; None while there is no evidence."""
        ...


def progress_consumer(db: Database, bus: Bus, judge: Judge) -> Consumer:
    """A consumer that writes `progress` rows and records `ProgressChanged` when a standing changed."""

    async def handle(conn: AsyncConnection, envelope: Envelope) -> None:
        assert isinstance(envelope.event, SubmissionGraded), "nothing else is wanted"
        await _graded(conn, envelope.event, judge)

    return Consumer(db, bus, GROUP, TOPICS, handle, wants=_changes_a_standing)


def _changes_a_standing(event: Event) -> bool:
    return isinstance(event, SubmissionGraded) and event.status == "graded"


async def _graded(conn: AsyncConnection, event: SubmissionGraded, judge: Judge) -> None:
    person = await people.behind(conn, event.student)
    if person is None:
        log.info("progress.unlinked", submission_id=event.submission_id)
        return
    module_id = await courses.ensure(conn, event.course, event.assignment)
    before = await progress.standing(conn, person.id, module_id)
    now_has = await submissions.points_of(conn, event.submission_id)
    if event.before is None and now_has in (None, (event.score, event.max_score)):
        after = judge(before, event.score, event.max_score)
    else:
        # A regrade may take points away again, so what was best is found anew: also when the first grade
        # comes after it, which must not bring them back.
        after = before
        for place, (score, max_score) in enumerate(await submissions.points(conn, person.id, module_id)):
            after = judge(None if place == 0 else after, score, max_score)
    if after is None or after == before:
        return
    await progress.apply_standing(conn, person.id, module_id, after, at=now())
    await outbox.record(
        conn,
        ProgressChanged(
            course=event.course,
            student=person.name,
            assignment=event.assignment,
            best_score=after.best_score,
            max_score=after.max_score,
            level=after.level,
        ),
    )
