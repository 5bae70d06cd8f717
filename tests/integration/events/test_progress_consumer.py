"""From a grade to a standing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

import pytest
from sqlalchemy import delete, func, select

from learnflow_ext.contracts.events import Envelope, ProgressChanged, SubmissionGraded
from learnflow_ext.contracts.grades import CellScore, GradeRecord
from learnflow_ext.contracts.progress import AssignmentProgress
from learnflow_ext.events.memory import MemoryBus
from learnflow_ext.events.progress_consumer import progress_consumer
from learnflow_ext.events.relay import Relay
from learnflow_ext.events.wire import to_message
from learnflow_ext.progress.standing import after_grade
from learnflow_ext.store import claims, eventlog, grades, outbox, progress, regradings, submissions
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import Consumed, Pseudonym

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
Background = Callable[[Coroutine[object, object, None]], "asyncio.Task[None]"]


@pytest.fixture
async def graded(
    db: Database, bus: MemoryBus, background: Background, eventually: Eventually
) -> Callable[..., Awaitable[AssignmentProgress]]:
    """Submit and grade as the service does, wait until the stream is empty, and look at the standing."""
    background(progress_consumer(db, bus, after_grade).run())
    background(Relay(db, bus).run())

    async def play(score: float, max_score: float = 10, status: str = "graded") -> AssignmentProgress:
        async with db.begin() as conn:
            made = await submissions.create(
                conn, course="c", assignment="a", student="ada", files_path="/x", size=1
            )
        async with db.begin() as conn:
            await claims.claim_next(conn, "a grader")
            await grades.record_grade(
                conn,
                GradeRecord(
                    submission_id=made.submission_id,
                    course="c",
                    assignment="a",
                    student="ada",
                    status="graded" if status == "graded" else "failed",
                    score=score,
                    max_score=max_score,
                    cells=(CellScore(notebook="n", name="e", score=score, max_score=max_score),),
                ),
            )

        async def quiet() -> bool:
            async with db.connect() as conn:
                return await outbox.size(conn) == 0

        await eventually(quiet)
        async with db.connect() as conn:
            return (await progress.of_student(conn, "ada", "c")).assignments[0]

    return play


async def changes(db: Database) -> list[tuple[float, str]]:
    async with db.connect() as conn:
        entries = await eventlog.tail(conn, student="ada", topic="progress.events")
    return [(e.data["best_score"], e.data["level"]) for e in entries if e.type == ProgressChanged.TYPE]


async def test_a_grade_becomes_a_standing_and_an_event(
    db: Database, graded: Callable[..., Awaitable[AssignmentProgress]]
) -> None:
    found = await graded(7)
    assert (found.best_score, found.max_score, found.level) == (7, 10, "Proficient")
    assert found.submissions == 1
    assert await changes(db) == [(7, "Proficient")]


async def test_the_best_attempt_counts_and_only_changes_are_told(
    db: Database, graded: Callable[..., Awaitable[AssignmentProgress]]
) -> None:
    for score in (3, 9, 5, 9):
        found = await graded(score)
    assert (found.best_score, found.level, found.submissions) == (9, "Mastered", 4)
    assert await changes(db) == [(3, "Beginner"), (9, "Mastered")]


async def test_grading_that_failed_is_no_evidence(
    db: Database, graded: Callable[..., Awaitable[AssignmentProgress]]
) -> None:
    found = await graded(0, status="failed")
    assert (found.best_score, found.level) == (None, None)
    assert await changes(db) == []


async def test_an_assignment_without_points_is_no_evidence(
    db: Database, graded: Callable[..., Awaitable[AssignmentProgress]]
) -> None:
    assert (await graded(0, 0)).level is None


async def test_a_grade_whose_student_was_erased_meanwhile_changes_nothing(
    db: Database, bus: MemoryBus, background: Background
) -> None:
    background(progress_consumer(db, bus, after_grade).run())
    event = SubmissionGraded(
        course="c", student="ada", submission_id="s", assignment="a", status="graded", score=1, max_score=1
    )
    async with db.begin() as conn:
        recorded = await outbox.record(conn, event)
        (row,) = await outbox.pending(conn, 1)
        await conn.execute(delete(Pseudonym))
    async with asyncio.timeout(30):
        await (await bus.publish(to_message(recorded, row.pseudonym)))
    async with db.connect() as conn:
        assert (await progress.of_student(conn, "ada", "c")).assignments == ()


class TestACourseThatEnded:
    """Taken out of the classroom while its last grades were still on their way."""

    async def test_its_grade_is_kept_with_it_and_holds_up_no_other(
        self, db: Database, bus: MemoryBus, background: Background, eventually: Eventually
    ) -> None:
        background(progress_consumer(db, bus, after_grade).run())
        background(Relay(db, bus).run())
        for course, score in (("ended", 3.0), ("c", 9.0), ("ended", 5.0)):
            async with db.begin() as conn:
                await outbox.record(
                    conn,
                    SubmissionGraded(
                        course=course,
                        student="ada",
                        submission_id=f"{course}-{score}",
                        assignment="a",
                        status="graded",
                        score=score,
                        max_score=10.0,
                    ),
                )

        async def best(course: str) -> list[float | None]:
            async with db.connect() as conn:
                found = await progress.of_student(conn, "ada", course)
            return [one.best_score for one in found.assignments]

        async def arrived() -> bool:
            return await best("ended") == [5.0]

        await eventually(arrived)
        assert await best("c") == [9.0]
        async with db.connect() as conn:
            told = await eventlog.tail(conn, course="c", topic="progress.events")
        assert {entry.data["score"] for entry in told if entry.type == SubmissionGraded.TYPE} == {9.0}


async def test_a_regrade_may_take_points_away_again(
    db: Database, graded: Callable[..., Awaitable[AssignmentProgress]], eventually: Eventually
) -> None:
    await graded(4)
    await graded(9)
    async with db.begin() as conn:
        await regradings.start(conn, "c", "a", "turing")
    for score in (5, 3):
        async with db.begin() as conn:
            claimed = await claims.claim_next(conn, "a grader")
            assert claimed is not None
            await grades.record_grade(
                conn,
                GradeRecord(
                    submission_id=claimed.submission_id,
                    course="c",
                    assignment="a",
                    student="ada",
                    status="graded",
                    score=score,
                    max_score=10,
                ),
            )

    async def lower() -> bool:
        async with db.connect() as conn:
            return (await progress.of_student(conn, "ada", "c")).assignments[0].best_score == 5

    await eventually(lower)


async def test_a_first_grade_that_comes_after_its_regrade_brings_no_points_back(
    db: Database, bus: MemoryBus, background: Background, eventually: Eventually
) -> None:
    """Out of order, as after a message that had to be delivered once more."""
    background(progress_consumer(db, bus, after_grade).run())
    async with db.begin() as conn:
        made = await submissions.create(
            conn, course="c", assignment="a", student="ada", files_path="/x", size=1
        )
    told: list[Envelope | None] = []
    for score in (9, 3):
        async with db.begin() as conn:
            if told:
                await regradings.start(conn, "c", "a", "turing")
            await claims.claim_next(conn, "a grader")
            told.append(
                await grades.record_grade(
                    conn,
                    GradeRecord(
                        submission_id=made.submission_id,
                        course="c",
                        assignment="a",
                        student="ada",
                        status="graded",
                        score=score,
                        max_score=10,
                    ),
                )
            )
    async with db.connect() as conn:
        pseudonym = (await outbox.pending(conn, 1))[0].pseudonym
    first, again = told
    assert first is not None and again is not None
    async with asyncio.timeout(30):
        for recorded in (again, first):
            await (await bus.publish(to_message(recorded, pseudonym)))

    async def both() -> bool:
        async with db.connect() as conn:
            seen = await conn.scalar(select(func.count()).select_from(Consumed))
            return seen == 2

    await eventually(both)
    async with db.connect() as conn:
        (found,) = (await progress.of_student(conn, "ada", "c")).assignments
    assert (found.best_score, found.level) == (3, "Beginner")
    assert await changes(db) == [(3, "Beginner")]
