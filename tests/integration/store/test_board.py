"""What a teacher sees of a course, and what the log shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from learnflow_ext.contracts.grades import CellScore, GradeRecord
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.contracts.progress import Standing
from learnflow_ext.contracts.runs import RunReport
from learnflow_ext.store import (
    attendance,
    board,
    courses,
    eventlog,
    evidence,
    grades,
    handed_in,
    help,
    people,
    privacy,
    progress,
    runs,
    submissions,
)
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import Progress, Submission

EXERCISES = [("first", "e1", 2.0), ("first", "e2", 3.0)]


@pytest.fixture
async def course(db: Database) -> Database:
    async with db.begin() as conn:
        await courses.sync_assignment(conn, "c", "a1", "First steps", EXERCISES)
        await courses.sync_assignment(conn, "c", "a2", "Lists", [("lists", "l1", 4)])
        await courses.sync_assignment(conn, "other", "a1", "Elsewhere", [("x", "x", 1)])
    return db


async def graded(db: Database, student: str, points: tuple[float, float], *, review: bool = False) -> None:
    async with db.begin() as conn:
        made = await submissions.create(
            conn, course="c", assignment="a1", student=student, files_path="/x", size=1
        )
        await grades.record_grade(
            conn,
            GradeRecord(
                submission_id=made.submission_id,
                course="c",
                assignment="a1",
                student=student,
                status="graded",
                score=sum(points),
                max_score=5,
                needs_review=review,
                cells=tuple(
                    CellScore(notebook=n, name=name, score=got, max_score=most)
                    for (n, name, most), got in zip(EXERCISES, points, strict=True)
                ),
            ),
        )


class TestCourses:
    async def test_what_was_released_is_listed_in_order(self, course: Database) -> None:
        async with course.connect() as conn:
            first, second = await courses.assignments(conn, "c")
            assert await courses.assignments(conn, "unknown") == ()
        assert (first.assignment, first.title, first.max_score) == ("a1", "First steps", 5)
        assert [e.name for e in first.exercises] == ["e1", "e2"]
        assert second.assignment == "a2"

    async def test_a_new_release_replaces_the_exercises_and_keeps_the_grades(self, course: Database) -> None:
        await graded(course, "ada", (2, 1))
        async with course.begin() as conn:
            await courses.sync_assignment(conn, "c", "a1", "", [("first", "e2", 3), ("first", "e3", 1)])
        async with course.connect() as conn:
            info = (await courses.assignments(conn, "c"))[0]
            row = (await board.scores(conn, "c")).rows[0]
        assert (info.title, [e.name for e in info.exercises]) == ("a1", ["e2", "e3"])
        assert row.cells[0].exercises == (1, None)

    async def test_an_assignment_may_be_emptied(self, course: Database) -> None:
        async with course.begin() as conn:
            await courses.sync_assignment(conn, "c", "a1", "First steps", [])
            assert (await courses.assignments(conn, "c"))[0].exercises == ()


class TestScores:
    async def test_a_course_without_students_has_columns_and_no_rows(self, course: Database) -> None:
        async with course.connect() as conn:
            found = await board.scores(conn, "c")
        assert [info.assignment for info in found.assignments] == ["a1", "a2"]
        assert found.rows == ()

    async def test_the_roll_is_there_before_anybody_did_anything(self, course: Database) -> None:
        async with course.connect() as conn:
            found = await board.scores(conn, "c", ["chen", "ada"])
        assert [(row.student, row.last_activity) for row in found.rows] == [("ada", ""), ("chen", "")]
        assert [cell.assignment for cell in found.rows[0].cells] == ["a1", "a2"]
        assert found.rows[0].cells[0].best_score is None

    async def test_points_are_those_of_the_best_attempt_and_the_state_of_the_latest(
        self, course: Database
    ) -> None:
        await graded(course, "ada", (1, 0))
        await graded(course, "ada", (2, 3), review=True)
        await graded(course, "ada", (0, 1))
        async with course.begin() as conn:
            module = await courses.ensure(conn, "c", "a1")
            user = await people.ensure(conn, "ada")
            best = Standing(best_score=5, max_score=5, level="Mastered")
            await progress.apply_standing(conn, user, module, best, at=now())
            await submissions.create(
                conn, course="c", assignment="a1", student="ada", files_path="/x", size=1
            )
        async with course.connect() as conn:
            (row,) = (await board.scores(conn, "c")).rows
        cell = row.cells[0]
        assert list(cell.exercises) == [2, 3]
        assert (cell.best_score, cell.level, cell.submissions) == (5, "Mastered", 4)
        assert (cell.status, cell.needs_review) == ("queued", False)
        assert row.cells[1].status is None

    async def test_what_students_do_is_activity_and_what_happens_to_them_is_not(
        self, course: Database
    ) -> None:
        await graded(course, "ada", (1, 1))
        async with course.begin() as conn:
            await help.asked(conn, "ben", HelpRequest(text="hello?", course="c"), request_id="r")
            report = RunReport(
                run_id="1", notebook="n", course="c", assignment="a2", ok=False, duration_ms=1, finished_at=0
            )
            await runs.record_batch(conn, "chen", [report])
            await help.asked(conn, "dora", HelpRequest(text="hello?", course="other"), request_id="r2")
        async with course.connect() as conn:
            found = await board.scores(conn, "c")
            submitted = [e for e in await eventlog.tail(conn, student="ada") if "submitted" in e.type]
        rows = {row.student: row for row in found.rows}
        assert list(rows) == ["ada", "ben", "chen"]
        assert rows["ada"].last_activity == submitted[0].time
        assert (rows["chen"].cells[1].runs, rows["chen"].cells[1].failed_runs) == (1, 1)


class TestOverview:
    @pytest.mark.parametrize("elsewhere", [0, 9])
    async def test_who_is_in_the_log_alone_is_on_it_however_many_are_in_other_courses(
        self, course: Database, elsewhere: int
    ) -> None:
        await graded(course, "ada", (1, 0))
        await graded(course, "ben", (1, 0))
        async with course.begin() as conn:
            await help.asked(conn, "chen", HelpRequest(text="?", course="c"), request_id="r")
            for number in range(elsewhere):
                request = HelpRequest(text="?", course="other")
                await help.asked(conn, f"x{number}", request, request_id=f"x{number}")
        async with course.connect() as conn:
            since = now() - timedelta(minutes=1)
            found = await board.overview(conn, "c", ["dora"], active_since=since, limit=3)
            whole = await board.scores(conn, "c", ["dora"])
        assert (found.students, found.found, found.active) == (4, 4, 3)
        assert [row.student for row in found.board.rows] == ["ada", "ben", "chen"]
        assert found.board.rows == whole.rows[:3]
        assert all(row.last_activity for row in found.board.rows)


class TestFeed:
    async def test_the_newest_come_first_and_only_of_the_course(self, course: Database) -> None:
        for number, name in enumerate(["c", "other", "c", "c"]):
            async with course.begin() as conn:
                await help.asked(
                    conn, "ada", HelpRequest(text=str(number), course=name), request_id=str(number)
                )
        async with course.connect() as conn:
            feed = await board.feed(conn, "c", 2)
            assert [entry.data["text"] for entry in feed] == ["3", "2"]
            assert await board.feed(conn, "c", 2, after_sequence=feed[0].sequence) == []
            assert await board.feed(conn, "c", 9, after_sequence=feed[1].sequence) == feed[:1]


class TestTail:
    async def test_filters_and_places(self, course: Database) -> None:
        async with course.begin() as conn:
            for number, (student, name) in enumerate([("ada", "c"), ("ben", "c"), ("ada", "other")]):
                request = HelpRequest(text=str(number), course=name)
                await help.asked(conn, student, request, request_id=str(number))

        async def texts(**filters: Any) -> list[str]:
            async with course.connect() as conn:
                entries = await eventlog.tail(conn, **filters)
            return [entry.data["text"] for entry in entries]

        assert await texts() == ["0", "1", "2"]
        assert await texts(limit=2) == ["1", "2"]
        assert await texts(limit=0) == []
        assert await texts(student="ada") == ["0", "2"]
        assert await texts(course="c") == ["0", "1"]
        assert await texts(student="ada", course="c") == ["0"]
        assert await texts(student="nobody") == []
        assert await texts(topic="progress.events") == []
        assert await texts(topic="learning.requests", after=1, limit=1) == ["1"]
        async with course.connect() as conn:
            assert await eventlog.newest_sequence(conn) == 3


class TestProgress:
    async def test_every_assignment_is_there_with_zeros(self, course: Database) -> None:
        async with course.connect() as conn:
            found = await progress.of_student(conn, "nobody", "c")
            assert (await progress.of_student(conn, "nobody", "unknown")).assignments == ()
        assert [(a.assignment, a.runs, a.best_score, a.last_activity) for a in found.assignments] == [
            ("a1", 0, None, ""),
            ("a2", 0, None, ""),
        ]

    async def test_counts_add_up_and_a_standing_leaves_them(self, course: Database) -> None:
        async with course.begin() as conn:
            user, module = await people.ensure(conn, "ada"), await courses.ensure(conn, "c", "a1")
            assert await progress.standing(conn, user, module) is None
            await progress.apply_activity(conn, user, module, at=now(), runs=2, failed_runs=1)
            await progress.apply_activity(conn, user, module, at=now(), runs=1, questions=1)
            assert await progress.standing(conn, user, module) is None
            new = Standing(best_score=4, max_score=5, level="Proficient")
            await progress.apply_standing(conn, user, module, new, at=now())
            assert await progress.standing(conn, user, module) == new
        async with course.connect() as conn:
            found = (await progress.of_student(conn, "ada", "c")).assignments[0]
        assert (found.runs, found.failed_runs, found.questions, found.best_score) == (3, 1, 1, 4)


class TestGradedByAnOlderVersion:
    async def test_the_same_is_read_from_the_grades(self, course: Database) -> None:
        await graded(course, "ada", (2, 1))
        await graded(course, "ada", (0, 3))
        await graded(course, "ben", (2, 3))

        before = await read(course)
        (ada, ben) = before[0].rows
        assert (ada.cells[0].exercises, ben.cells[0].exercises) == ((0, 3), (2, 3))
        assert before[1]["ada"].answers == {"a1": [True, False, False, True]}
        assert before[1]["ada"].solved == {("a1", "e1"), ("a1", "e2")}
        assert len(before[1]["ada"].submitted) == 2
        async with course.begin() as conn:
            await conn.execute(update(Submission).values(points=None))
        assert await read(course) == before

    async def test_who_is_in_the_log_alone_is_on_the_board(self, course: Database) -> None:
        async with course.begin() as conn:
            await help.asked(conn, "zoe", HelpRequest(text="?", course="c"), request_id="r1")
            await help.asked(conn, "max", HelpRequest(text="?", course="other"), request_id="r2")
        await graded(course, "ada", (2, 1))
        async with course.connect() as conn:
            found = await board.scores(conn, "c")
        assert [row.student for row in found.rows] == ["ada", "zoe"]
        assert all(row.last_activity for row in found.rows)


async def read(db: Database) -> tuple[board.Board, dict[str, evidence.Checked]]:
    async with db.connect() as conn:
        return await board.scores(conn, "c"), await evidence.of_students(conn, "c", ["ada", "ben"])


async def summed(db: Database) -> list[bool]:
    async with db.connect() as conn:
        return [
            text is not None
            for text in await conn.scalars(select(Progress.evidence).order_by(Progress.user_id))
        ]


class TestSums:
    async def test_what_was_handed_in_and_graded_is_summed_up_at_once(self, course: Database) -> None:
        await graded(course, "ada", (2, 1))
        await graded(course, "ada", (2, 1))
        async with course.begin() as conn:
            await submissions.create(
                conn, course="c", assignment="a1", student="ben", files_path="/x", size=1
            )
        assert await summed(course) == [True, True]
        whole, checked = await read(course)
        cells = [row.cells[0] for row in whole.rows]
        assert [(cell.status, cell.exercises) for cell in cells] == [
            ("graded", (2, 1)),
            ("queued", (None, None)),
        ]
        assert checked["ada"].answers == {"a1": [True, False, True, False]}
        assert (len(checked["ada"].submitted), len(checked["ben"].submitted)) == (2, 1)

    async def test_a_change_by_hand_is_shown_and_summed_up_later(self, course: Database) -> None:
        await graded(course, "ada", (2, 3))
        await graded(course, "ada", (0, 1))
        await graded(course, "ben", (2, 3))
        async with course.begin() as conn:
            best = select(func.min(Submission.number)).scalar_subquery()
            await conn.execute(update(Submission).where(Submission.number == best).values(score=0))
        assert await summed(course) == [False, True]
        shown = await read(course)
        assert list(shown[0].rows[0].cells[0].exercises) == [0, 1]
        async with course.begin() as conn:
            assert await handed_in.sum_up_missing(conn) == 1
            assert await handed_in.sum_up_missing(conn) == 0
        assert await summed(course) == [True, True]
        assert await read(course) == shown

    async def test_a_count_without_submissions_is_done_with(self, course: Database) -> None:
        async with course.begin() as conn:
            user, module = await people.ensure(conn, "ada"), await courses.ensure(conn, "c", "a1")
            await progress.apply_activity(conn, user, module, at=now(), submissions=1)
        shown = await read(course)
        async with course.begin() as conn:
            assert await handed_in.sum_up_missing(conn) == 1
            assert await handed_in.sum_up_missing(conn) == 0
        assert await read(course) == shown


class TestAttendance:
    async def test_of_several_things_at_once_and_of_two_services_clocks_the_latest_counts(
        self, course: Database
    ) -> None:
        async with course.begin() as conn:
            user, moment = await people.ensure(conn, "ada"), now()
            await attendance.note(conn, {("c", user): moment, ("", user): moment})
            await attendance.note(conn, {("c", user): moment - timedelta(minutes=5)})
        async with course.connect() as conn:
            assert await attendance.of_course(conn, "c") == {"ada": moment}
            assert await attendance.of_course(conn, "") == {}

    async def test_who_was_erased_is_on_no_board(self, course: Database) -> None:
        await graded(course, "ada", (2, 1))
        await graded(course, "ben", (2, 1))
        async with course.begin() as conn:
            await privacy.erase(conn, "ada")
        assert [row.student for row in (await read(course))[0].rows] == ["ben"]

    @pytest.mark.parametrize("to", ["student", "assignment"])
    async def test_work_that_somebody_moves_empties_both_rows(self, course: Database, to: str) -> None:
        await graded(course, "ada", (2, 1))
        await graded(course, "ben", (1, 1))
        async with course.begin() as conn:
            moved = await conn.scalar(select(func.min(Submission.number)))
            await submissions.create(
                conn, course="c", assignment="a2", student="ada", files_path="/x", size=1
            )
            ada, ben = await people.ensure(conn, "ada"), await people.ensure(conn, "ben")
            here, there = await courses.find(conn, "c", "a1"), await courses.find(conn, "c", "a2")
        async with course.begin() as conn:
            changed = {"user_id": ben} if to == "student" else {"module_id": there}
            await conn.execute(update(Submission).where(Submission.number == moved).values(**changed))
        async with course.connect() as conn:
            rows = await conn.execute(select(Progress.user_id, Progress.module_id, Progress.evidence))
            empty = {(row.user_id, row.module_id) for row in rows if row.evidence is None}
        assert empty == {(ada, here), (ben, here) if to == "student" else (ada, there)}
