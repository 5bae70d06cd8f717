"""Answers to quiz questions: the first, which counts, and the latest, which is shown again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, String, bindparam, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import QuizAnswered
from learnflow_ext.store import courses, many, outbox, people
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import Module, QuizAnswer, User


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A student's answers to one question."""

    question: str
    choices: tuple[str, ...]
    """What was chosen last, as texts."""
    right: bool
    """Of the last answer, by the key of that time."""
    first_right: bool
    attempts: int
    """Answers, each different from the one before."""


class Share(msgspec.Struct, frozen=True):
    """How the first answers to the questions of an assignment went."""

    right: int = 0
    answered: int = 0


async def record(
    conn: AsyncConnection,
    *,
    student: str,
    course: str,
    assignment: str,
    question: str,
    choices: Sequence[str],
    right: bool,
) -> Answered:
    """Keep an answer that the service has checked, and say so with an event.

    The same answer twice running is one answer, and no event. For assignments that are known to be released.
    """
    user_id = await people.ensure(conn, student)
    module_id = await courses.ensure(conn, course, assignment)
    mine = (
        QuizAnswer.user_id == user_id,
        QuizAnswer.module_id == module_id,
        QuizAnswer.question == question,
    )
    before = (await conn.execute(select(QuizAnswer.__table__).where(*mine))).one_or_none()
    said, moment = msgspec.json.encode(list(choices)).decode(), now()
    if before is not None and (before.latest_choices, before.latest_right) == (said, right):
        return _answered(before)
    attempt = 1 if before is None else before.attempts + 1
    if before is None:
        await conn.execute(
            insert(QuizAnswer).values(
                user_id=user_id,
                module_id=module_id,
                question=question,
                first_choices=said,
                first_right=right,
                first_at=moment,
                latest_choices=said,
                latest_right=right,
                latest_at=moment,
                attempts=attempt,
            )
        )
    else:
        await conn.execute(
            update(QuizAnswer)
            .where(*mine)
            .values(latest_choices=said, latest_right=right, latest_at=moment, attempts=attempt)
        )
    await outbox.record(
        conn,
        QuizAnswered(
            course=course,
            student=student,
            assignment=assignment,
            question=question,
            choices=tuple(choices),
            right=right,
            attempt=attempt,
        ),
    )
    return Answered(
        question=question,
        choices=tuple(choices),
        right=right,
        first_right=right if before is None else before.first_right,
        attempts=attempt,
    )


async def of_student(
    conn: AsyncConnection, student: str, course: str, assignment: str
) -> tuple[Answered, ...]:
    """One's answers to an assignment's questions, by question; empty before the first."""
    rows = await conn.execute(
        select(QuizAnswer.__table__)
        .join(User, User.id == QuizAnswer.user_id)
        .join(Module, Module.id == QuizAnswer.module_id)
        .where(User.name == student, Module.course == course, Module.assignment == assignment)
        .order_by(QuizAnswer.question)
    )
    return tuple(_answered(row) for row in rows)


class Recent(msgspec.Struct, frozen=True, kw_only=True):
    """How the first answers to an assignment's questions went, up to now."""

    assignment: str
    share: Share
    at: datetime
    """Of the latest of them."""


async def recent(conn: AsyncConnection, user_id: int, course: str, since: datetime) -> list[Recent]:
    """Of the assignments of which a question was answered for the first time since then."""
    rows = await conn.execute(_RECENT, {"user_id": user_id, "course": course, "since": since})
    return [
        Recent(assignment=row.assignment, share=Share(int(row.right), int(row.answered)), at=row.at)
        for row in rows
    ]


_RIGHT = func.sum(case((QuizAnswer.first_right, 1), else_=0)).label("right")
_ANSWERED = func.count().label("answered")
_LATEST = func.max(QuizAnswer.first_at)
_RECENT = (
    select(Module.assignment, _RIGHT, _ANSWERED, _LATEST.label("at"))
    .join(Module, Module.id == QuizAnswer.module_id)
    .where(QuizAnswer.user_id == bindparam("user_id"), Module.course == bindparam("course"))
    .group_by(Module.assignment)
    .having(_LATEST >= bindparam("since"))
)


def shares(conn: AsyncConnection) -> Select[*tuple[Any, ...]]:
    """Asks how first answers went: `name`, `assignment`, `right` and `answered`, for parameters `course` and
    `students`. Who answered nothing is left out."""
    return (
        select(User.name, Module.assignment, _RIGHT, _ANSWERED)
        .join(User, User.id == QuizAnswer.user_id)
        .join(Module, Module.id == QuizAnswer.module_id)
        .where(Module.course == bindparam("course"), many.is_one_of(conn, User.name, "students", String))
        .group_by(User.name, Module.assignment)
    )


def _answered(row: object) -> Answered:
    values = row._mapping  # type: ignore[attr-defined]  # a row of the table
    return Answered(
        question=values["question"],
        choices=tuple(msgspec.json.decode(values["latest_choices"], type=list[str])),
        right=values["latest_right"],
        first_right=values["first_right"],
        attempts=values["attempts"],
    )
