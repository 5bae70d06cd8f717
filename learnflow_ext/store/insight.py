"""What teachers look up: who works on what, what was asked, what waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Integer,
    bindparam,
    case,
    cast,
    extract,
    func,
    insert,
    literal,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.store import many, texts
from learnflow_ext.store.clock import iso, now
from learnflow_ext.store.models import (
    Grade,
    HelpError,
    HelpTurn,
    Module,
    Note,
    OutboxEvent,
    Run,
    Submission,
    User,
)

EPOCH = datetime.fromtimestamp(0, UTC)


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


async def at_work(
    conn: AsyncConnection,
    course: str,
    since: datetime,
    until: datetime | None = None,
    *,
    limit: int = 5_000,
    offset: int = 0,
) -> tuple[list[AtWork], int]:
    """(who ran something in `course` since then, and before `until`, the latest first; how many these are on
    all pages, or 0 on a page beyond the last)."""
    here = [Run.course == course, Run.recorded_at >= since]
    if until is not None:
        here.append(Run.recorded_at < until)
    counts = (
        select(
            Run.user_id,
            func.count().label("runs"),
            func.sum(case((Run.ok, 0), else_=1)).label("failed"),
            func.max(Run.recorded_at).label("at"),
            func.count().over().label("everybody"),
        )
        .where(*here)
        .group_by(Run.user_id)
        .order_by(func.max(Run.recorded_at).desc(), Run.user_id)
        .limit(limit)
        .offset(offset)
        .cte("counts")
    )
    # Each one's latest run: of several reported at once, the one that ended last.
    place = func.row_number().over(
        partition_by=Run.user_id, order_by=(Run.recorded_at.desc(), Run.finished_at.desc(), Run.run_id)
    )
    latest = (
        select(Run.user_id, Run.assignment, Run.notebook, Run.ok, Run.exception, place.label("place"))
        .where(*here, Run.user_id.in_(select(counts.c.user_id)))
        .subquery()
    )
    found = await conn.execute(
        select(
            User.name,
            counts.c.runs,
            counts.c.failed,
            counts.c.at,
            counts.c.everybody,
            latest.c.assignment,
            latest.c.notebook,
            latest.c.ok,
            latest.c.exception,
        )
        .join(counts, counts.c.user_id == User.id)
        .join(latest, latest.c.user_id == User.id)
        .where(latest.c.place == 1)
        .order_by(counts.c.at.desc(), User.id)
    )
    rows = found.all()
    working = [
        AtWork(
            student=row.name,
            assignment=row.assignment,
            exercise=row.notebook,
            ok=row.ok,
            error=row.exception,
            runs=row.runs,
            failed=row.failed,
            at=iso(row.at),
        )
        for row in rows
    ]
    return working, rows[0].everybody if rows else 0


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """What a class ran in some minutes."""

    begin: int
    """Seconds since the epoch."""
    runs: int
    failed: int
    students: int


async def activity(
    conn: AsyncConnection,
    course: str,
    since: datetime,
    seconds: int,
    *,
    until: datetime | None = None,
    origin: datetime = EPOCH,
) -> list[Slot]:
    """Runs in `course` since then, and before `until`, by spans of `seconds` that begin at `origin` and at
    multiples of it from there; none for empty ones."""
    here = [Run.course == course, Run.recorded_at >= since]
    if until is not None:
        here.append(Run.recorded_at < until)
    first = int(origin.timestamp())
    span = ((cast(extract("epoch", Run.recorded_at), BigInteger) - first) // seconds).label("span")
    rows = await conn.execute(
        select(
            span,
            func.count().label("runs"),
            func.sum(case((Run.ok, 0), else_=1)).label("failed"),
            func.count(Run.user_id.distinct()).label("students"),
        )
        .where(*here)
        # By its name: the expression again would be another one, with parameters of its own.
        .group_by("span")
        .order_by("span")
    )
    return [
        Slot(begin=first + row.span * seconds, runs=row.runs, failed=row.failed, students=row.students)
        for row in rows
    ]


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
    conn: AsyncConnection,
    course: str,
    *,
    student: str = "",
    pattern: str = "",
    since: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Turn]:
    """What was asked in `course` and answered, newest first; of one student, about one pattern of errors, and
    since then, when named."""
    statement = (
        select(HelpTurn, User.name).join(User, User.id == HelpTurn.user_id).where(HelpTurn.course == course)
    )
    if student:
        statement = statement.where(User.name == student)
    if pattern:
        met = select(HelpError.turn_id).where(HelpError.fingerprint == pattern)
        statement = statement.where(HelpTurn.id.in_(met))
    if since is not None:
        statement = statement.where(HelpTurn.asked_at >= since)
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


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The points of one exercise of a submission."""

    exercise: str
    score: float
    max_score: float


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
    parts: tuple[Part, ...] = ()
    """The points by exercise; only where they were asked for."""


async def submissions(
    conn: AsyncConnection,
    course: str,
    *,
    student: str = "",
    assignment: str = "",
    statuses: Sequence[str] = (),
    to_check: bool = False,
    limit: int = 100,
    offset: int = 0,
) -> list[Queued]:
    """Submissions of `course` with their points by exercise, newest first; of those named, where any are."""
    wanted = [Module.course == course]
    if student:
        wanted.append(User.name == student)
    if assignment:
        wanted.append(Module.assignment == assignment)
    if statuses:
        wanted.append(Submission.status.in_(statuses))
    if to_check:
        wanted.append(Submission.needs_review.is_(True))
    found = await conn.execute(
        select(Submission, User.name, Module.assignment)
        .join(User, User.id == Submission.user_id)
        .join(Module, Module.id == Submission.module_id)
        .where(*wanted)
        .order_by(Submission.number.desc())
        .limit(limit)
        .offset(offset)
    )
    rows = found.all()
    parts: dict[int, list[Part]] = {}
    if rows:
        grades = await conn.execute(
            select(Grade.submission_number, Grade.name, Grade.score, Grade.max_score)
            .where(many.one_of(conn, Grade.submission_number, [row.number for row in rows], BigInteger))
            .order_by(Grade.id)
        )
        for one in grades:
            made = Part(exercise=one.name, score=one.score, max_score=one.max_score)
            parts.setdefault(one.submission_number, []).append(made)
    return [_queued(row, tuple(parts.get(row.number, ()))) for row in rows]


def _queued(row: Any, parts: tuple[Part, ...] = ()) -> Queued:
    return Queued(
        student=row.name,
        assignment=row.assignment,
        status=row.status,
        submitted_at=iso(row.submitted_at),
        finished_at=iso(row.finished_at),
        score=row.score,
        max_score=row.max_score,
        needs_review=row.needs_review,
        message=row.message,
        parts=parts,
    )


async def grading(conn: AsyncConnection, course: str, limit: int = 100) -> list[Queued]:
    """Submissions of `course`: what waits first, then the latest that ended."""
    rows = await conn.execute(_GRADING, {"course": course, "limit": limit})
    # Nothing says that a union keeps the order of its parts.
    ordered = sorted(rows, key=lambda row: (row.place, row.number if row.place < 2 else -row.number))
    return [_queued(row) for row in ordered]


def _grading() -> CompoundSelect[*tuple[Any, ...]]:
    """One statement for all four: to ask takes longer than to look."""
    parts = []
    for place, status in enumerate(("grading", "queued", "failed", "graded")):
        number = Submission.number
        part = (
            select(
                literal(place, Integer).label("place"),
                Submission.number,
                User.name,
                Module.assignment,
                Submission.status,
                Submission.submitted_at,
                Submission.finished_at,
                Submission.score,
                Submission.max_score,
                Submission.needs_review,
                Submission.message,
            )
            .join(User, User.id == Submission.user_id)
            .join(Module, Module.id == Submission.module_id)
            .where(Module.course == bindparam("course"), Submission.status == status)
            .order_by(number if place < 2 else number.desc())
            .limit(bindparam("limit", type_=Integer))
        )
        parts.append(select(part.subquery()))
    return union_all(*parts)


_GRADING = _grading()


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
    rows = await conn.execute(_NOTES, {"course": course, "limit": limit})
    return [ClassNote(text=row.text, by=row.posted_by, at=iso(row.posted_at)) for row in rows]


_NOTES = (
    select(Note.text, Note.posted_by, Note.posted_at)
    .where(Note.course == bindparam("course"))
    .order_by(Note.id.desc())
    .limit(bindparam("limit", type_=BigInteger))
)
"""Built once: each look at one's progress asks for it."""
