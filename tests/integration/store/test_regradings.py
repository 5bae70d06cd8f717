"""Everybody graded again, and the order of what waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import event, func, select

from learnflow_ext.contracts.errors import Conflict, NotFound
from learnflow_ext.contracts.events import SubmissionGraded
from learnflow_ext.contracts.grades import (
    CellScore,
    CodeReview,
    CourseFile,
    GradeRecord,
    Regrading,
    SubmissionView,
)
from learnflow_ext.store import (
    claims,
    eventlog,
    evidence,
    grades,
    gradesheet,
    points,
    regradings,
    submissions,
)
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import Grade


async def submit(db: Database, student: str, assignment: str = "a", **more: Any) -> SubmissionView:
    async with db.begin() as conn:
        return await submissions.create(
            conn, course="c", assignment=assignment, student=student, files_path="/kept", size=7, **more
        )


async def claim(db: Database) -> str:
    async with db.begin() as conn:
        claimed = await claims.claim_next(conn, "a grader")
    return claimed.submission_id if claimed else ""


async def grade(db: Database, made: SubmissionView, score: float, **other: Any) -> None:
    record = GradeRecord(
        submission_id=made.submission_id,
        course=made.course,
        assignment=made.assignment,
        student=made.student,
        status="graded",
        score=score,
        max_score=10,
        cells=(CellScore(notebook="n", name="e", score=score, max_score=10),),
        feedback=(CourseFile(path="n.html", content=b"<p>so</p>"),),
    )
    async with db.begin() as conn:
        await grades.record_grade(conn, msgspec.structs.replace(record, **other))


async def view(db: Database, made: SubmissionView) -> SubmissionView:
    async with db.connect() as conn:
        return await submissions.view(conn, made.submission_id)


async def start(db: Database, assignment: str = "a") -> int:
    async with db.begin() as conn:
        return await regradings.start(conn, "c", assignment, "turing")


async def shown(db: Database, number: int) -> Regrading:
    async with db.connect() as conn:
        return await regradings.view(conn, "c", number)


class TestRegrading:
    async def test_says_who_has_other_points(self, db: Database) -> None:
        ada, ben = await submit(db, "ada"), await submit(db, "ben")
        await grade(db, ada, 5)
        await grade(db, ben, 7)
        number = await start(db)
        assert ((await shown(db, number)).waiting, (await view(db, ada)).score) == (2, 5)
        await grade(db, ada, 8)
        await grade(db, ben, 7)
        found = await shown(db, number)
        assert (found.total, found.waiting, found.started_by) == (2, 0, "turing")
        assert [(one.student, one.before, one.after, one.changed) for one in found.changes] == [
            ("ada", 5, 8, True),
            ("ben", 7, 7, False),
        ]
        assert ((await view(db, ada)).score, (await view(db, ada)).has_feedback) == (8, True)
        async with db.connect() as conn:
            assert await conn.scalar(select(func.count()).select_from(Grade)) == 2
            log = await eventlog.tail(conn, topic="progress.events")
        told = [(entry.student, entry.data.get("before")) for entry in log if "graded" in entry.type]
        assert sorted(told, key=str) == [("ada", 5), ("ada", None), ("ben", 7), ("ben", None)]
        (begun,) = [entry for entry in log if "regrading" in entry.type]
        assert (begun.student, begun.data["submissions"]) == ("turing", 2)

    async def test_what_cannot_be_graded_again_keeps_its_grade(self, db: Database) -> None:
        ada = await submit(db, "ada")
        await grade(db, ada, 5)
        number = await start(db)
        await grade(db, ada, 0, status="failed", cells=(), feedback=(), message="No luck.")
        found = await view(db, ada)
        assert (found.status, found.score, found.needs_review, found.has_feedback) == (
            "graded",
            5,
            True,
            True,
        )
        (one,) = (await shown(db, number)).changes
        assert (one.state, one.after, one.changed) == ("failed", 5, False)

    async def test_where_nobody_can_review_the_code_any_more_what_was_seen_holds(self, db: Database) -> None:
        seen = CodeReview(lines=5, mistakes=("return-in-loop",))
        ada = await submit(db, "ada")
        await grade(db, ada, 5, review=seen)
        await start(db)
        await grade(db, ada, 8)
        async with db.connect() as conn:
            found = (await evidence.of_students(conn, "c", ["ada"]))["ada"]
            log = await eventlog.tail(conn, student="ada", types=(SubmissionGraded.TYPE,))
        assert found.reviews == {"a": seen}
        assert [entry.data["code_lines"] for entry in log] == [5, 5]

    async def test_a_second_one_waits_for_the_first(self, db: Database) -> None:
        ada = await submit(db, "ada")
        with pytest.raises(Conflict, match="Nothing was handed in and graded"):
            await start(db)
        await grade(db, ada, 5)
        await start(db)
        with pytest.raises(Conflict, match="already"):
            await start(db)
        await grade(db, ada, 6)
        await start(db)

    async def test_of_what_nobody_knows_is_refused(self, db: Database) -> None:
        with pytest.raises(NotFound):
            await start(db, "unknown")
        with pytest.raises(NotFound):
            await shown(db, 77)


class TestWhoGaveWhichPoints:
    async def test_an_assignment_has_its_own_however_many_are_of_others(self, db: Database) -> None:
        for assignment in ("a", "a", "b", "b", "b"):
            await grade(db, await submit(db, "ada", assignment), 4)
        async with db.connect() as conn:
            found = await points.changes(conn, "c", assignment="a", limit=2)
            latest = await points.changes(conn, "c", assignment="a", limit=1)
        assert [one.attempt for one in found] == [2, 1]
        assert latest == found[:1]


class TestCancelling:
    async def test_one_that_was_to_be_graded_again_keeps_its_grade(self, db: Database) -> None:
        ada, ben, cem = [await submit(db, name) for name in ("ada", "ben", "cem")]
        for made in (ada, ben, cem):
            await grade(db, made, 5)
        number = await start(db)
        async with db.begin() as conn:
            await submissions.cancel(conn, "c", ben.submission_id)
        assert await claim(db) == ada.submission_id
        async with db.begin() as conn:
            assert await regradings.stop(conn, "c", number) == 1
        await grade(db, ada, 6)
        assert await claim(db) == ""
        found = await shown(db, number)
        assert [one.state for one in found.changes] == ["graded", "cancelled", "cancelled"]
        for made, score in ((ada, 6), (ben, 5), (cem, 5)):
            now_ = await view(db, made)
            assert (now_.status, now_.score, now_.has_feedback) == ("graded", score, True)

    async def test_one_of_another_course_or_one_that_is_done_is_refused(self, db: Database) -> None:
        ada = await submit(db, "ada")
        async with db.begin() as conn:
            with pytest.raises(NotFound):
                await submissions.cancel(conn, "other", ada.submission_id)
        await grade(db, ada, 5)
        async with db.begin() as conn:
            with pytest.raises(Conflict):
                await submissions.cancel(conn, "c", ada.submission_id)


class TestGradesheet:
    async def test_the_best_counts_with_what_lateness_took(self, db: Database) -> None:
        for score, penalty in ((9, 4), (7, 0)):
            made = await submit(db, "ada")
            cells = (
                CellScore(
                    notebook="n", name="e", score=score, max_score=10, provisional="It says so itself."
                ),
            )
            await grade(db, made, score - penalty, penalty=penalty, cells=cells)
        async with db.connect() as conn:
            (one,) = (await gradesheet.counted(conn, "c")).values()
            points = await gradesheet.provisional(conn, "c", 10)
        assert (one.raw_score, one.score, one.max_score) == (7, 7, 10)
        assert [(row.score, row.why) for row in points] == [
            (7, "It says so itself."),
            (9, "It says so itself."),
        ]


class TestTheOrder:
    async def test_the_nearest_deadline_first_and_regrades_last(self, db: Database) -> None:
        old = await submit(db, "old")
        await grade(db, old, 1)
        await start(db)
        none = await submit(db, "none")
        far = await submit(db, "far", due=now() + timedelta(days=2))
        near = await submit(db, "near", due=now() + timedelta(hours=1))
        missed = await submit(db, "missed", due=now() - timedelta(hours=1))
        order = [near, far, none, missed, old]
        assert [(await view(db, one)).position for one in order] == [1, 2, 3, 4, 5]
        assert [await claim(db) for _ in order] == [one.submission_id for one in order]

    async def test_what_a_student_waits_for_already_comes_after_their_own_regrades(
        self, db: Database
    ) -> None:
        old = await submit(db, "ada")
        await grade(db, old, 1)
        newer, others = await submit(db, "ada", due=now() + timedelta(hours=1)), await submit(db, "ben")
        await start(db)
        assert [await claim(db), await claim(db)] == [others.submission_id, old.submission_id]
        await grade(db, old, 2)
        assert await claim(db) == newer.submission_id

    async def test_one_students_work_stays_in_order_and_is_never_graded_side_by_side(
        self, db: Database
    ) -> None:
        first = await submit(db, "ada")
        second = await submit(db, "ada", due=now() + timedelta(hours=1))
        assert [await claim(db), await claim(db)] == [first.submission_id, ""]
        await grade(db, first, 1)
        assert await claim(db) == second.submission_id

    async def test_what_is_put_back_still_comes_before_what_the_student_handed_in_meanwhile(
        self, db: Database
    ) -> None:
        first = await submit(db, "ada")
        assert await claim(db) == first.submission_id
        await submit(db, "ada", due=now() + timedelta(hours=1))
        async with db.begin() as conn:
            assert await claims.requeue(conn, first.submission_id, "a grader")
        assert await claim(db) == first.submission_id

    async def test_runs_beside_them_are_not_read(self, db: Database) -> None:
        """A class runs thousands of cells between two grades: these have an index of their own."""
        await grade(db, await submit(db, "ada", "a"), 4)
        asked: list[tuple[str, Any]] = []

        def noted(_conn: object, _cursor: object, statement: str, given: Any, *_: object) -> None:
            asked.append((statement, given))

        async with db.connect() as conn:
            event.listen(conn.sync_connection, "before_cursor_execute", noted)
            (found,) = await points.changes(conn, "c")
            event.remove(conn.sync_connection, "before_cursor_execute", noted)
            ((statement, given),) = [one for one in asked if "event_log" in one[0]]
            if conn.dialect.name == "postgresql":
                # So few rows are quicker read from end to end.
                await conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
                await conn.exec_driver_sql("SET LOCAL enable_sort = off")
            explain = "EXPLAIN" if conn.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
            plan = await conn.exec_driver_sql(f"{explain} {statement}", given)
            lines = " ".join(str(row) for row in plan)
        assert found.after == 4
        # On PostgreSQL each month has its part of it, which is named after its columns.
        assert "ix_event_log_points" in lines or "_course_sequence_idx1" in lines
