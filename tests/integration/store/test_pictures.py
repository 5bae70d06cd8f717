"""What charts are made of, the same from both databases: runs by minutes, and evidence by day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, update

from learnflow_ext.contracts.grades import GradeRecord
from learnflow_ext.store import courses, evidence, grades, gradesheet, insight, people, quizzes, submissions
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import Run, Submission

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


async def test_runs_are_counted_by_spans_of_time(db: Database) -> None:
    seen = [
        ("ada", "c", 0, True),
        ("ada", "c", 599, False),
        ("ben", "c", 599, True),
        ("ada", "c", 600, True),
        ("ada", "c", -1, True),
        ("ada", "other", 0, True),
    ]
    async with db.begin() as conn:
        for number, (who, course, seconds, ok) in enumerate(seen):
            at = NOON + timedelta(seconds=seconds, milliseconds=400)
            await conn.execute(
                insert(Run).values(
                    user_id=await people.ensure(conn, who),
                    run_id=f"run-{number}",
                    course=course,
                    assignment="a",
                    notebook="a.ipynb",
                    cell_id="",
                    ok=ok,
                    exception="" if ok else "NameError",
                    message="",
                    duration_ms=1,
                    finished_at=at,
                    recorded_at=at,
                )
            )
    async with db.connect() as conn:
        found = await insight.activity(conn, "c", NOON, 600)
    assert [(one.begin - NOON.timestamp(), one.runs, one.failed, one.students) for one in found] == [
        (0, 3, 1, 2),
        (600, 1, 0, 1),
    ]


async def test_evidence_comes_in_order_with_its_time(db: Database) -> None:
    async with db.begin() as conn:
        for assignment, score, days in (("a", 4.0, 3), ("a", None, 2), ("b", 5.0, 1)):
            await courses.ensure(conn, "c", assignment)
            view = await submissions.create(
                conn, course="c", assignment=assignment, student="ada", files_path="/nowhere", size=1
            )
            record = GradeRecord(
                submission_id=view.submission_id,
                course="c",
                assignment=assignment,
                student="ada",
                status="failed" if score is None else "graded",
                score=score or 0.0,
                max_score=0.0 if score is None else 5.0,
            )
            await grades.record_grade(conn, record)
            await conn.execute(
                update(Submission)
                .where(Submission.submission_id == view.submission_id)
                .values(submitted_at=NOON - timedelta(days=days))
            )
        await quizzes.record(
            conn, student="ada", course="c", assignment="a", question="q", choices=["x"], right=False
        )
    async with db.connect() as conn:
        found = await evidence.history(conn, "c", "ada")
        assert await evidence.history(conn, "c", "nobody") == []
        counted = await gradesheet.counted(conn, "c", "b")
    steps = [(step.assignment, step.share, step.handed_in, step.right) for step in found]
    assert steps == [
        ("a", 0.8, True, None),
        ("a", None, True, None),
        ("b", 1.0, True, None),
        ("a", None, False, False),
    ]
    assert [one.at for one in found][:3] == [NOON - timedelta(days=days) for days in (3, 2, 1)]
    assert list(counted) == [("ada", "b")]
