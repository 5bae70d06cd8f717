"""What teachers look up: who works on what, which errors come back, what was asked, what waits."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.store import texts
from learnflow_ext.store.clock import iso, now
from learnflow_ext.store.models import HelpTurn, Module, Note, OutboxEvent, Run, Submission, User

MOST_RUNS = 5_000
"""Runs that a look at the class reads at most: the latest."""


class AtWork(msgspec.Struct, frozen=True, kw_only=True):
    """The latest run of somebody who is working."""

    student: str
    assignment: str
    exercise: str
    ok: bool
    error: str
    runs: int
    """In the time looked at."""
    failed: int
    at: str
    """ISO 8601, UTC."""


async def at_work(conn: AsyncConnection, course: str, since: datetime) -> list[AtWork]:
    """Who ran something in `course` since then, the latest first."""
    rows = await conn.execute(
        select(
            User.name,
            Run.assignment,
            Run.notebook,
            Run.cell_id,
            Run.ok,
            Run.exception,
            Run.recorded_at,
        )
        .join(User, User.id == Run.user_id)
        .where(Run.course == course, Run.recorded_at >= since)
        .order_by(Run.recorded_at.desc(), Run.finished_at.desc())
        .limit(MOST_RUNS)
    )
    latest: dict[str, AtWork] = {}
    for row in rows:
        before = latest.get(row.name)
        if before is None:
            latest[row.name] = AtWork(
                student=row.name,
                assignment=row.assignment,
                exercise=row.notebook,
                ok=row.ok,
                error=row.exception,
                runs=1,
                failed=int(not row.ok),
                at=iso(row.recorded_at),
            )
        else:
            latest[row.name] = msgspec.structs.replace(
                before, runs=before.runs + 1, failed=before.failed + (not row.ok)
            )
    return list(latest.values())


class ErrorPattern(msgspec.Struct, frozen=True, kw_only=True):
    """An error that came up in a notebook of a course."""

    assignment: str
    notebook: str
    error: str
    runs: int
    students: int
    message: str
    """An example of it."""


async def error_patterns(
    conn: AsyncConnection, course: str, since: datetime, limit: int = 200
) -> list[ErrorPattern]:
    """Errors in `course` since then, those of most students first."""
    people = func.count(func.distinct(Run.user_id))
    rows = await conn.execute(
        select(
            Run.assignment,
            Run.notebook,
            Run.exception,
            func.count().label("runs"),
            people.label("students"),
            func.max(Run.message).label("message"),
        )
        .where(Run.course == course, Run.recorded_at >= since, Run.ok.is_(False))
        .group_by(Run.assignment, Run.notebook, Run.exception)
        .order_by(people.desc(), func.count().desc(), Run.assignment, Run.exception)
        .limit(limit)
    )
    return [
        ErrorPattern(
            assignment=row.assignment,
            notebook=row.notebook,
            error=row.exception,
            runs=row.runs,
            students=row.students,
            message=row.message,
        )
        for row in rows
    ]


class ErrorOf(msgspec.Struct, frozen=True, kw_only=True):
    """How often one student met an error."""

    student: str
    runs: int
    at: str
    """The last time; ISO 8601, UTC."""
    message: str


async def students_with(
    conn: AsyncConnection, course: str, since: datetime, notebook: str, error: str
) -> list[ErrorOf]:
    """Who met `error` in `notebook` since then, the most often first."""
    rows = await conn.execute(
        select(
            User.name,
            func.count().label("runs"),
            func.max(Run.recorded_at).label("at"),
            func.max(Run.message).label("message"),
        )
        .join(User, User.id == Run.user_id)
        .where(
            Run.course == course,
            Run.recorded_at >= since,
            Run.ok.is_(False),
            Run.notebook == notebook,
            Run.exception == error,
        )
        .group_by(User.name)
        .order_by(func.count().desc(), User.name)
        .limit(1000)
    )
    return [ErrorOf(student=row.name, runs=row.runs, at=iso(row.at), message=row.message) for row in rows]


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A question and its answer."""

    student: str
    at: str
    """ISO 8601, UTC."""
    assignment: str
    question: str
    agent: str
    answer: str
    """Empty while none came."""
    rung: int
    withheld: bool
    last_word_ms: int


async def conversations(
    conn: AsyncConnection, course: str, *, student: str = "", limit: int = 50, offset: int = 0
) -> list[Turn]:
    """What was asked in `course` and answered, newest first; of one student when named."""
    statement = (
        select(HelpTurn, User.name).join(User, User.id == HelpTurn.user_id).where(HelpTurn.course == course)
    )
    if student:
        statement = statement.where(User.name == student)
    rows = await conn.execute(statement.order_by(HelpTurn.id.desc()).limit(limit).offset(offset))
    return [
        Turn(
            student=row.name,
            at=iso(row.asked_at),
            assignment=row.assignment,
            question=row.question,
            agent=row.agent or row.asked_agent,
            answer=row.answer,
            rung=row.rung,
            withheld=row.withheld,
            last_word_ms=row.last_word_ms,
        )
        for row in rows
    ]


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """A submission and how far it is."""

    student: str
    assignment: str
    status: str
    submitted_at: str
    finished_at: str
    score: float | None
    max_score: float | None
    needs_review: bool
    message: str


async def grading(conn: AsyncConnection, course: str, limit: int = 100) -> list[Queued]:
    """Submissions of `course`: what waits first, then the latest that ended."""
    order = {"grading": 0, "queued": 1, "failed": 2, "graded": 3}
    rows: list[Queued] = []
    for status in order:
        found = await conn.execute(
            select(Submission, User.name, Module.assignment)
            .join(User, User.id == Submission.user_id)
            .join(Module, Module.id == Submission.module_id)
            .where(Module.course == course, Submission.status == status)
            .order_by(Submission.number if status in ("grading", "queued") else Submission.number.desc())
            .limit(limit)
        )
        rows += [
            Queued(
                student=row.name,
                assignment=row.assignment,
                status=row.status,
                submitted_at=iso(row.submitted_at),
                finished_at=iso(row.finished_at),
                score=row.score,
                max_score=row.max_score,
                needs_review=row.needs_review,
                message=row.message,
            )
            for row in found
        ]
    return rows


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """Events that wait to be passed on."""

    waiting: int
    oldest_s: float
    """Age of the oldest in seconds; 0 when none waits."""


async def lag(conn: AsyncConnection) -> Lag:
    """How far the relay is behind."""
    waiting = int(await conn.scalar(select(func.count()).select_from(OutboxEvent)) or 0)
    oldest = await conn.scalar(select(OutboxEvent.time).order_by(OutboxEvent.sequence).limit(1))
    age = (now() - oldest).total_seconds() if oldest is not None else 0.0
    return Lag(waiting=waiting, oldest_s=max(age, 0.0))


class ClassNote(msgspec.Struct, frozen=True, kw_only=True):
    """What a teacher told the whole class."""

    text: str
    by: str
    at: str
    """ISO 8601, UTC."""


async def post_note(conn: AsyncConnection, course: str, text: str, by: str) -> None:
    """Keep a note to the class. BadRequest for an empty one, or one longer than 1,000 characters."""
    clean = texts.clip(text.strip(), texts.PATH + 1)
    if not clean:
        raise BadRequest("Write something first.")
    if len(clean) > texts.PATH:
        raise BadRequest(f"A note has at most {texts.PATH} characters.")
    await conn.execute(
        insert(Note).values(course=course, text=clean, posted_by=texts.clip(by, texts.NAME), posted_at=now())
    )


async def notes(conn: AsyncConnection, course: str, limit: int = 5) -> list[ClassNote]:
    """The latest notes to the class, newest first."""
    rows = await conn.execute(select(Note).where(Note.course == course).order_by(Note.id.desc()).limit(limit))
    return [ClassNote(text=row.text, by=row.posted_by, at=iso(row.posted_at)) for row in rows]
