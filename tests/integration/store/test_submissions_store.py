"""The grading queue, and what grading came to."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from learnflow_ext.contracts.errors import BadRequest, Conflict, NotFound, Unprocessable
from learnflow_ext.contracts.events import AssignmentSubmitted, SubmissionGraded
from learnflow_ext.contracts.grades import CellScore, CourseFile, FileSet, GradeRecord, SubmissionView
from learnflow_ext.store import claims, eventlog, grades, submissions
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import NO_DEADLINE, REGRADE, Grade, Submission

ME, OTHER = "0123456789abcdef", "fedcba9876543210"
"""Two graders."""


async def submit(db: Database, student: str = "ada", assignment: str = "a") -> SubmissionView:
    async with db.begin() as conn:
        return await submissions.create(
            conn, course="c", assignment=assignment, student=student, files_path="/kept/here", size=7
        )


def record_of(view: SubmissionView, **other: Any) -> GradeRecord:
    record = GradeRecord(
        submission_id=view.submission_id,
        course=view.course,
        assignment=view.assignment,
        student=view.student,
        status="graded",
        score=3,
        max_score=5,
        cells=(CellScore(notebook="n", name="e1", score=3, max_score=5, message="one test failed"),),
        feedback=(CourseFile(path="n.html", content=b"<p>well done</p>" * 1000),),
    )
    return msgspec.structs.replace(record, **other)


async def grade(db: Database, record: GradeRecord) -> bool:
    async with db.begin() as conn:
        return await grades.record_grade(conn, record) is not None


async def view(db: Database, submission_id: str) -> SubmissionView:
    async with db.connect() as conn:
        return await submissions.view(conn, submission_id)


class TestTheQueue:
    async def test_who_came_first_is_graded_first(self, db: Database) -> None:
        made = [await submit(db, student) for student in ("ada", "ben", "chen")]
        assert [v.position for v in made] == [1, 2, 3]
        async with db.begin() as conn:
            claimed = await claims.claim_next(conn, ME)
        assert claimed is not None
        assert (claimed.student, claimed.attempts, claimed.files_path) == ("ada", 1, "/kept/here")
        assert (await view(db, made[0].submission_id)).status == "grading"
        assert (await view(db, made[0].submission_id)).position is None
        assert (await view(db, made[2].submission_id)).position == 2

    async def test_nobody_gets_what_another_worker_has(self, db: Database) -> None:
        for number in range(8):
            await submit(db, f"s{number}")

        async def worker() -> list[str]:
            taken: list[str] = []
            while True:
                async with db.begin() as conn:
                    claimed = await claims.claim_next(conn, ME)
                if claimed is None:
                    return taken
                taken.append(claimed.submission_id)

        taken = await asyncio.gather(worker(), worker(), worker())
        everything = [one for part in taken for one in part]
        assert len(everything) == len(set(everything)) == 8

    async def test_an_empty_queue_gives_nothing(self, db: Database) -> None:
        async with db.begin() as conn:
            assert await claims.claim_next(conn, ME) is None

    async def test_how_many_wait_and_how_long(self, db: Database) -> None:
        async def queue() -> submissions.Queue:
            async with db.connect() as conn:
                return await submissions.queue(conn)

        assert await queue() == submissions.Queue(waiting=0, longest_seconds=0.0)
        ada, _, chen = [await submit(db, student) for student in ("ada", "ben", "chen")]
        async with db.begin() as conn:
            for one, since, urgency in (
                (ada, timedelta(hours=1), NO_DEADLINE),
                # Handed in long ago, and graded again.
                (chen, timedelta(days=30), REGRADE),
            ):
                await conn.execute(
                    update(Submission)
                    .where(Submission.submission_id == one.submission_id)
                    .values(submitted_at=now() - since, urgency=urgency)
                )
        found = await queue()
        assert found.waiting == 3 and 3_600 <= found.longest_seconds < 4_000
        async with db.begin() as conn:
            assert await claims.claim_next(conn, ME)
        found = await queue()
        assert found.waiting == 2 and 0 <= found.longest_seconds < 400

    async def test_what_a_crash_interrupted_is_back_in_its_old_place(self, db: Database) -> None:
        first, _ = await submit(db, "ada"), await submit(db, "ben")
        async with db.begin() as conn:
            await claims.claim_next(conn, ME)
        async with db.begin() as conn:
            assert await claims.requeue_interrupted(conn, [ME]) == 1
        assert (await view(db, first.submission_id)).position == 1
        async with db.begin() as conn:
            again = await claims.claim_next(conn, ME)
        assert again is not None
        assert (again.submission_id, again.attempts) == (first.submission_id, 2)

    async def test_one_can_be_put_back(self, db: Database) -> None:
        made = await submit(db)
        async with db.begin() as conn:
            assert not await claims.requeue(conn, made.submission_id, ME)
            await claims.claim_next(conn, ME)
            assert await claims.requeue(conn, made.submission_id, ME)
        assert (await view(db, made.submission_id)).status == "queued"

    async def test_put_back_by_who_stops_it_counts_as_never_tried(self, db: Database) -> None:
        made = await submit(db)
        async with db.begin() as conn:
            await claims.claim_next(conn, ME)
            assert await claims.requeue(conn, made.submission_id, ME, counts=False)
            again = await claims.claim_next(conn, OTHER)
        assert again is not None
        assert again.attempts == 1

    async def test_what_others_have_in_hand_stays_theirs(self, db: Database) -> None:
        mine, theirs = await submit(db, "ada"), await submit(db, "ben")
        async with db.begin() as conn:
            await claims.claim_next(conn, ME)
            await claims.claim_next(conn, OTHER)
        async with db.connect() as conn:
            assert await claims.graders(conn) == {ME, OTHER}
        async with db.begin() as conn:
            assert not await claims.requeue(conn, theirs.submission_id, ME)
            assert await claims.requeue_interrupted(conn, [ME]) == 1
        assert (await view(db, mine.submission_id)).status == "queued"
        assert (await view(db, theirs.submission_id)).status == "grading"

    async def test_what_an_older_version_took_has_nobody(self, db: Database) -> None:
        made = await submit(db)
        async with db.begin() as conn:
            await claims.claim_next(conn, ME)
            await conn.execute(update(Submission).values(grader=None))
            assert await claims.requeue_interrupted(conn, []) == 1
        assert (await view(db, made.submission_id)).status == "queued"

    async def test_two_who_take_at_once_never_have_two_of_one_student(
        self, database_url: str, db: Database
    ) -> None:
        for _ in range(2):
            await submit(db)
        other = Database(database_url)
        await other.open()
        try:
            async with db.begin() as conn:
                assert await claims.claim_next(conn, ME) is not None
                second = asyncio.create_task(other.retrying(lambda conn: claims.claim_next(conn, OTHER)))
                # Time enough to take the second while the first is not committed.
                await asyncio.wait([second], timeout=0.5)
            assert await second is None
        finally:
            await other.close()

    async def test_submitting_is_told(self, db: Database) -> None:
        made = await submit(db)
        async with db.connect() as conn:
            (entry,) = await eventlog.tail(conn, topic="code.submissions")
        assert (entry.type, entry.data["submission_id"]) == (AssignmentSubmitted.TYPE, made.submission_id)

    @pytest.mark.parametrize("assignment", ["", "x" * 300, "a\0b"])
    async def test_an_assignment_without_a_usable_name_is_refused(
        self, db: Database, assignment: str
    ) -> None:
        with pytest.raises(BadRequest):
            await submit(db, assignment=assignment)


class TestAGrade:
    async def test_reaches_submission_cells_feedback_and_stream(self, db: Database) -> None:
        made = await submit(db)
        assert await grade(db, record_of(made, duration_ms=900))
        found = await view(db, made.submission_id)
        assert (found.status, found.score, found.max_score, found.has_feedback) == ("graded", 3, 5, True)
        async with db.connect() as conn:
            assert (await grades.feedback(conn, made.submission_id)) == FileSet(
                files=(CourseFile(path="n.html", content=b"<p>well done</p>" * 1000),)
            )
            assert await conn.scalar(select(Grade.message)) == "one test failed"
            (entry,) = await eventlog.tail(conn, topic="progress.events")
        assert (entry.type, entry.data["score"]) == (SubmissionGraded.TYPE, 3)

    async def test_recorded_twice_counts_once(self, db: Database) -> None:
        made = await submit(db)
        assert await grade(db, record_of(made))
        assert not await grade(db, record_of(made, score=5))
        assert (await view(db, made.submission_id)).score == 3
        async with db.connect() as conn:
            assert len(await eventlog.tail(conn, topic="progress.events")) == 1

    async def test_of_who_was_taken_for_dead_does_not_count(self, db: Database) -> None:
        made = await submit(db)
        async with db.begin() as conn:
            await claims.claim_next(conn, ME)
            await claims.requeue_interrupted(conn, [ME])
            await claims.claim_next(conn, OTHER)
        late, good = record_of(made, score=1), record_of(made, score=4)
        async with db.begin() as conn:
            assert await grades.record_grade(conn, late, grader=ME) is None
        async with db.begin() as conn:
            assert await grades.record_grade(conn, good, grader=OTHER) is not None
        assert (await view(db, made.submission_id)).score == 4
        async with db.connect() as conn:
            assert await claims.graders(conn) == frozenset()

    async def test_of_a_failed_grading_says_why(self, db: Database) -> None:
        made = await submit(db)
        await grade(db, record_of(made, status="failed", score=0, cells=(), feedback=(), message="No luck."))
        found = await view(db, made.submission_id)
        assert (found.status, found.message, found.has_feedback) == ("failed", "No luck.", False)
        assert (found.score, found.max_score) == (None, None)
        async with db.connect() as conn:
            assert (await grades.feedback(conn, made.submission_id)).files == ()

    @pytest.mark.parametrize("other", [{"student": "ben"}, {"assignment": "b"}, {"course": "d"}])
    async def test_of_another_student_or_assignment_is_refused(
        self, db: Database, other: dict[str, str]
    ) -> None:
        made = await submit(db)
        with pytest.raises(Conflict):
            await grade(db, record_of(made, **other))

    @pytest.mark.parametrize(
        "other",
        [
            {"score": float("nan")},
            {"score": -1},
            {"max_score": float("inf")},
            {"cells": (CellScore(notebook="n", name="e", score=float("nan"), max_score=1),)},
        ],
    )
    async def test_that_is_no_number_of_points_changes_nothing(
        self, db: Database, other: dict[str, Any]
    ) -> None:
        made = await submit(db)
        with pytest.raises(Unprocessable):
            await grade(db, record_of(made, **other))
        assert (await view(db, made.submission_id)).status == "queued"

    async def test_with_endless_feedback_keeps_what_fits_and_asks_a_person(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(grades, "MAX_FEEDBACK_BYTES", 10)
        made = await submit(db)
        pages = (CourseFile(path="big.html", content=b"x" * 11), CourseFile(path="ok.html", content=b"x"))
        await grade(db, record_of(made, feedback=pages))
        found = await view(db, made.submission_id)
        assert found.needs_review
        assert "big.html was too large" in found.message
        async with db.connect() as conn:
            kept = await grades.feedback(conn, made.submission_id)
        assert [file.path for file in kept.files] == ["ok.html"]


async def test_a_student_sees_their_own_oldest_first(db: Database) -> None:
    one, _, two = await submit(db), await submit(db, "ben"), await submit(db)
    other = await submit(db, assignment="b")
    async with db.connect() as conn:
        mine = await submissions.of_student(conn, "c", "ada")
        in_b = await submissions.of_student(conn, "c", "ada", "b")
    assert [v.submission_id for v in mine] == [v.submission_id for v in (one, two, other)]
    assert [v.submission_id for v in in_b] == [other.submission_id]


async def test_an_unknown_submission_is_not_found(db: Database) -> None:
    ghost = SubmissionView(
        submission_id="nope", course="c", assignment="a", student="ada", status="queued", submitted_at=""
    )
    with pytest.raises(NotFound):
        await view(db, "nope")
    with pytest.raises(NotFound):
        await grade(db, record_of(ghost))
    async with db.connect() as conn:
        with pytest.raises(NotFound):
            await grades.feedback(conn, "nope")
