"""Views say in one row what teachers ask about first."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, select

from learnflow_ext.contracts.progress import Standing
from learnflow_ext.store import courses, people, progress
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import AlertRow
from learnflow_ext.store.views import STRUGGLING_STUDENTS, USER_PROGRESS_SUMMARY


async def classroom(db: Database) -> None:
    """ada: two assignments, one mastered, two open alerts and a closed one; ben: one alert, nothing else."""
    async with db.begin() as conn:
        ada, ben = await people.ensure(conn, "ada"), await people.ensure(conn, "ben")
        one, two = await courses.ensure(conn, "c", "one"), await courses.ensure(conn, "c", "two")
        elsewhere = await courses.ensure(conn, "d", "one")
        for module in (one, two, elsewhere):
            await progress.apply_activity(conn, ada, module, at=now(), runs=5, failed_runs=2, questions=1)
        best = Standing(best_score=9, max_score=10, level="Mastered")
        await progress.apply_standing(conn, ada, one, best, at=now())
        moment = now()
        for number, (user, trigger, state) in enumerate(
            [
                (ada, "same_error", "open"),
                (ada, "says_stuck", "open"),
                (ada, "same_error", "handled"),
                (ben, "low_quiz", "open"),
            ]
        ):
            await conn.execute(
                insert(AlertRow).values(
                    alert_id=f"a{number}",
                    user_id=user,
                    course="c",
                    assignment="one",
                    exercise="",
                    trigger=trigger,
                    finding="{}",
                    state=state,
                    verdict="",
                    raised_at=moment + timedelta(minutes=number),
                    marked_at=None,
                    marked_by="",
                )
            )


async def test_the_progress_of_a_student_in_a_course(db: Database) -> None:
    await classroom(db)
    view = USER_PROGRESS_SUMMARY
    async with db.connect() as conn:
        rows = (await conn.execute(select(view).order_by(view.c.course))).all()
    assert [(row.student, row.course) for row in rows] == [("ada", "c"), ("ada", "d")]
    in_c, in_d = rows
    assert (in_c.assignments, in_c.graded, in_c.mastered) == (2, 1, 1)
    assert (in_c.runs, in_c.failed_runs, in_c.questions, in_c.submissions) == (10, 4, 2, 0)
    assert (in_c.points, in_c.max_points) == (9, 10)
    assert abs(now() - in_c.last_activity) < timedelta(minutes=1)
    assert (in_d.graded, in_d.points) == (0, 0)


async def test_who_is_struggling(db: Database) -> None:
    await classroom(db)
    view = STRUGGLING_STUDENTS
    async with db.connect() as conn:
        rows = (await conn.execute(select(view).order_by(view.c.student))).all()
    ada, ben = rows
    assert (ada.student, ada.course, ada.open_alerts, ada.triggers) == ("ada", "c", 2, 2)
    assert ada.latest - ada.since == timedelta(minutes=1)
    assert (ada.runs, ada.failed_runs, ada.questions) == (10, 4, 2)
    assert (ben.student, ben.open_alerts, ben.runs) == ("ben", 1, 0)
