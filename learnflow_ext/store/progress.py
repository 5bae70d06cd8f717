"""Standing of students in assignments: counts of what they did, and the best score."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, and_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.progress import AssignmentProgress, Level, Standing, StudentProgress
from learnflow_ext.store.clock import iso
from learnflow_ext.store.models import Module, Progress, User
from learnflow_ext.store.upsert import insert


async def apply_activity(
    conn: AsyncConnection,
    user_id: int,
    module_id: int,
    *,
    at: datetime,
    runs: int = 0,
    failed_runs: int = 0,
    questions: int = 0,
    submissions: int = 0,
) -> None:
    """Add to a student's counts in an assignment, in the transaction of what is counted."""
    await conn.execute(
        _ADD,
        {
            "user_id": user_id,
            "module_id": module_id,
            "last_activity": at,
            "runs": runs,
            "failed_runs": failed_runs,
            "questions": questions,
            "submissions": submissions,
        },
    )


async def apply_activity_in(
    conn: AsyncConnection,
    user_id: int,
    course: str,
    assignment: str,
    *,
    at: datetime,
    runs: int = 0,
    failed_runs: int = 0,
    questions: int = 0,
) -> None:
    """As `apply_activity`, for an assignment by its name; one that nobody knows is counted nowhere."""
    await conn.execute(
        _ADD_BY_NAME,
        {
            "user_id": user_id,
            "course": course,
            "assignment": assignment,
            "last_activity": at,
            "runs": runs,
            "failed_runs": failed_runs,
            "questions": questions,
            "submissions": 0,
        },
    )


_COUNTS = ("runs", "failed_runs", "questions", "submissions")
_ADDED = ("user_id", "module_id", "last_activity", *_COUNTS)


def adding(chosen: Select[*tuple[Any, ...]]) -> Insert:
    """Counts what `chosen` has, whose columns are those of `_ADDED`: each row is of another assignment."""
    return _counted(insert(Progress).from_select(_ADDED, chosen))


def _counted(statement: Insert) -> Insert:
    changes = {name: getattr(Progress, name) + statement.excluded[name] for name in _COUNTS}
    return statement.on_conflict_do_update(
        index_elements=["user_id", "module_id"],
        set_={**changes, "last_activity": statement.excluded.last_activity},
    )


def _add_by_name() -> Insert:
    columns = Progress.__table__.c
    given = [bindparam(name, type_=columns[name].type) for name in _ADDED if name != "module_id"]
    return adding(
        select(given[0], Module.id, *given[1:]).where(
            Module.course == bindparam("course"), Module.assignment == bindparam("assignment")
        )
    )


_ADD = _counted(insert(Progress).values({name: bindparam(name) for name in _ADDED}))
_ADD_BY_NAME = _add_by_name()
"""Built once: each run, question and submission is counted by them."""


_STANDING = select(Progress.best_score, Progress.max_score, Progress.level).where(
    Progress.user_id == bindparam("user_id"), Progress.module_id == bindparam("module_id")
)


async def standing(conn: AsyncConnection, user_id: int, module_id: int) -> Standing | None:
    """The best graded attempt so far; None before the first."""
    row = (await conn.execute(_STANDING, {"user_id": user_id, "module_id": module_id})).one_or_none()
    if row is None or row.best_score is None:
        return None
    return Standing(best_score=row.best_score, max_score=row.max_score, level=cast(Level, row.level))


async def apply_standing(
    conn: AsyncConnection, user_id: int, module_id: int, new: Standing, *, at: datetime
) -> None:
    """Keep `new` as the standing. `at` counts as activity only where there was none."""
    values = {"best_score": new.best_score, "max_score": new.max_score, "level": new.level}
    await conn.execute(
        insert(Progress)
        .values(
            user_id=user_id,
            module_id=module_id,
            runs=0,
            failed_runs=0,
            questions=0,
            submissions=0,
            last_activity=at,
        )
        .on_conflict_do_nothing(index_elements=["user_id", "module_id"])
    )
    await conn.execute(
        update(Progress).where(Progress.user_id == user_id, Progress.module_id == module_id).values(**values)
    )


async def of_student(conn: AsyncConnection, student: str, course: str) -> StudentProgress:
    """Every assignment of `course`, with zeros where the student did nothing yet.

    An unknown student or course gives an empty or all-zero answer, not an error.
    """
    rows = await conn.execute(_OF_STUDENT, {"student": student, "course": course})
    return StudentProgress(
        student=student,
        course=course,
        assignments=tuple(
            AssignmentProgress(
                assignment=row.assignment,
                runs=row.runs,
                failed_runs=row.failed_runs,
                questions=row.questions,
                submissions=row.submissions,
                best_score=row.best_score,
                max_score=row.max_score,
                level=cast("Level | None", row.level),
                last_activity=iso(row.last_activity),
            )
            for row in rows
        ),
    )


_STUDENT = select(User.id).where(User.name == bindparam("student")).scalar_subquery()
_OF_STUDENT = (
    select(
        Module.assignment,
        func.coalesce(Progress.runs, 0).label("runs"),
        func.coalesce(Progress.failed_runs, 0).label("failed_runs"),
        func.coalesce(Progress.questions, 0).label("questions"),
        func.coalesce(Progress.submissions, 0).label("submissions"),
        Progress.best_score,
        Progress.max_score,
        Progress.level,
        Progress.last_activity,
    )
    .outerjoin(Progress, and_(Progress.module_id == Module.id, Progress.user_id == _STUDENT))
    .where(Module.course == bindparam("course"))
    .order_by(Module.assignment)
)
