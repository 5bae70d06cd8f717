"""Alerts: what is looked at to find them, who was told, and what teachers said."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec
from sqlalchemy import BigInteger, Row, Select, and_, bindparam, case, delete, func, or_, select, update
from sqlalchemy import insert as sql_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.alerts import (
    Alert,
    AlertState,
    Finding,
    Mark,
    Moment,
    Precision,
    Told,
    Trigger,
    Verdict,
)
from learnflow_ext.contracts.errors import NotFound
from learnflow_ext.contracts.events import StruggleChanged, StruggleDetected
from learnflow_ext.store import outbox, quizzes, texts
from learnflow_ext.store.clock import iso, now
from learnflow_ext.store.models import AlertRow, HelpTurn, Module, Quiz, Run, Submission, User

LOOK_BACK = timedelta(hours=2)
MOST_STEPS = 400
NOTEBOOK = ".ipynb"
ASKED: Trigger = "asked_teacher"
"""Not found out, but asked for: no rule holds it back."""


async def moments(conn: AsyncConnection, user_id: int, course: str, at: datetime) -> list[Moment]:
    """What a student did in `course` in the two hours before `at`, as their server and ours know it."""
    since = at - LOOK_BACK
    whose = {"user_id": user_id, "course": course, "since": since}
    found: list[Moment] = []
    for run in await conn.execute(_RUNS, whose):
        found.append(
            Moment(
                id=f"run:{run.run_id}",
                at=run.finished_at.timestamp(),
                kind="run",
                assignment=run.assignment,
                exercise=texts.clip(run.cell_id or run.notebook, texts.NAME),
                ok=run.ok,
                error=run.exception,
                text=run.message,
            )
        )
    for turn in await conn.execute(_TURNS, whose):
        found.append(
            Moment(
                id=f"question:{turn.request_id}",
                at=turn.asked_at.timestamp(),
                kind="question",
                assignment=turn.assignment,
                exercise=texts.clip(turn.cell_id or turn.notebook, texts.NAME),
                error=turn.exception,
                text=texts.clip(turn.question, 500),
            )
        )
    for quiz in await conn.execute(_QUIZZES, whose):
        found.append(
            Moment(
                id=f"quiz:{quiz.submission_id}",
                at=quiz.finished_at.timestamp(),
                kind="quiz",
                assignment=quiz.assignment,
                share=quiz.score / quiz.max_score,
            )
        )
    found += [
        Moment(
            id=f"answers:{one.assignment}:{one.share.answered}",
            at=one.at.timestamp(),
            kind="quiz",
            assignment=one.assignment,
            share=one.share.right / one.share.answered,
            answered=one.share.answered,
        )
        for one in await quizzes.recent(conn, user_id, course, since)
    ]
    return found


# Built once: each step of a student asks for all of them.
_RUNS = (
    select(
        Run.run_id,
        Run.finished_at,
        Run.assignment,
        Run.cell_id,
        Run.notebook,
        Run.ok,
        Run.exception,
        Run.message,
    )
    .where(
        Run.user_id == bindparam("user_id"),
        Run.course == bindparam("course"),
        Run.finished_at >= bindparam("since"),
    )
    .order_by(Run.finished_at.desc())
    .limit(MOST_STEPS)
)
_TURNS = (
    select(
        HelpTurn.request_id,
        HelpTurn.asked_at,
        HelpTurn.assignment,
        HelpTurn.cell_id,
        HelpTurn.notebook,
        HelpTurn.question,
        HelpTurn.exception,
    )
    .where(
        HelpTurn.user_id == bindparam("user_id"),
        HelpTurn.course == bindparam("course"),
        HelpTurn.asked_at >= bindparam("since"),
    )
    .order_by(HelpTurn.id.desc())
    .limit(50)
)
_QUIZZES = (
    select(
        Submission.submission_id,
        Submission.finished_at,
        Module.assignment,
        Submission.score,
        Submission.max_score,
    )
    .join(Module, Module.id == Submission.module_id)
    .join(Quiz, Quiz.module_id == Module.id)
    .where(
        Submission.user_id == bindparam("user_id"),
        Module.course == bindparam("course"),
        Submission.status == "graded",
        Submission.max_score > 0,
        Submission.finished_at >= bindparam("since"),
    )
)


async def active(conn: AsyncConnection, since: datetime) -> list[tuple[int, str, str]]:
    """(user id, name, course) of who reported a run that failed since then: the quiet ones are among them."""
    rows = await conn.execute(
        select(Run.user_id, User.name, Run.course)
        .join(User, User.id == Run.user_id)
        .where(Run.course != "", Run.recorded_at >= since, Run.ok.is_(False))
        .distinct()
    )
    return [(row.user_id, row.name, row.course) for row in rows]


def _encoded(finding: Finding) -> str:
    """As JSON that fits: the oldest steps go first."""
    while True:
        data = msgspec.json.encode(finding).decode()
        if len(data) <= texts.ANSWER or not finding.moments:
            return data
        finding = msgspec.structs.replace(finding, moments=finding.moments[1:])


async def raise_alert(
    conn: AsyncConnection, user_id: int, student: str, course: str, finding: Finding, *, at: datetime
) -> str:
    """Keep an alert, forget what was held about the student, and record `StruggleDetected`; its id."""
    await drop_held(conn, user_id, course)
    alert_id = await _insert(conn, user_id, course, finding, "open", at)
    await outbox.record(
        conn,
        StruggleDetected(
            course=course,
            student=student,
            alert_id=alert_id,
            trigger=finding.trigger,
            assignment=finding.assignment,
            # Of a cell without an id it is the notebook's name, which is personal and does not travel.
            exercise="" if finding.exercise.endswith(NOTEBOOK) else finding.exercise,
            exception=finding.error,
            failures=finding.failures,
        ),
    )
    return alert_id


async def ask_teacher(
    conn: AsyncConnection, user_id: int, course: str, finding: Finding, *, at: datetime
) -> None:
    """Keep a student's own request, in place of an open one about the same. `TeacherAsked` tells of it."""
    await conn.execute(
        delete(AlertRow).where(
            AlertRow.user_id == user_id,
            AlertRow.course == course,
            AlertRow.assignment == finding.assignment,
            AlertRow.exercise == finding.exercise,
            AlertRow.state == "open",
            AlertRow.trigger == ASKED,
        )
    )
    await _insert(conn, user_id, course, finding, "open", at)


async def hold(conn: AsyncConnection, user_id: int, course: str, finding: Finding, *, at: datetime) -> None:
    """Keep a finding that nobody is told of now, in place of an older one about the same thing."""
    await drop_held(conn, user_id, course, finding)
    await _insert(conn, user_id, course, finding, "held", at)


async def refresh(conn: AsyncConnection, user_id: int, course: str, finding: Finding) -> None:
    """Give the open alert about the same thing its newest evidence; nothing when there is none."""
    await conn.execute(
        update(AlertRow)
        .where(
            AlertRow.user_id == user_id,
            AlertRow.course == course,
            AlertRow.assignment == finding.assignment,
            AlertRow.exercise == finding.exercise,
            AlertRow.state == "open",
            AlertRow.trigger != ASKED,
        )
        .values(finding=_encoded(finding))
    )


async def _insert(
    conn: AsyncConnection, user_id: int, course: str, finding: Finding, state: AlertState, at: datetime
) -> str:
    alert_id = uuid.uuid4().hex
    await conn.execute(
        sql_insert(AlertRow).values(
            alert_id=alert_id,
            user_id=user_id,
            course=course,
            assignment=finding.assignment,
            exercise=finding.exercise,
            trigger=finding.trigger,
            state=state,
            verdict="",
            finding=_encoded(finding),
            raised_at=at,
            marked_at=None,
            marked_by="",
        )
    )
    return alert_id


async def forget_words(conn: AsyncConnection, before: datetime) -> int:
    """Delete what students wrote from alerts raised before then; how many had something. The rest stays."""
    finding = AlertRow.finding
    worded = (
        ~finding.like('%"question":""%') | ~finding.like('%"code":""%') | finding.like('%"kind":"question"%')
    )
    rows = await conn.execute(select(AlertRow.id, finding).where(AlertRow.raised_at < before, worded))
    forgotten = 0
    for number, text in rows.all():
        found = msgspec.json.decode(text, type=Finding)
        steps = tuple(moment for moment in found.moments if moment.kind != "question")
        wordless = msgspec.structs.replace(found, question="", code="", moments=steps)
        await conn.execute(update(AlertRow).where(AlertRow.id == number).values(finding=_encoded(wordless)))
        forgotten += 1
    return forgotten


async def drop_held(conn: AsyncConnection, user_id: int, course: str, finding: Finding | None = None) -> None:
    """Forget what was held about a student: all, or what is about the same thing as `finding`."""
    statement = delete(AlertRow).where(
        AlertRow.user_id == user_id, AlertRow.course == course, AlertRow.state == "held"
    )
    if finding is not None:
        statement = statement.where(
            AlertRow.assignment == finding.assignment, AlertRow.exercise == finding.exercise
        )
    await conn.execute(statement)


async def waiting(conn: AsyncConnection) -> list[tuple[int, str, str]]:
    """(user id, name, course) of those about whom something is held."""
    rows = await conn.execute(
        select(AlertRow.user_id, User.name, AlertRow.course)
        .join(User, User.id == AlertRow.user_id)
        .where(AlertRow.state == "held")
        .distinct()
    )
    return [(row.user_id, row.name, row.course) for row in rows]


async def drop_stale(conn: AsyncConnection, before: datetime) -> None:
    """Forget what was held longer ago."""
    await conn.execute(delete(AlertRow).where(AlertRow.state == "held", AlertRow.raised_at < before))


async def told(conn: AsyncConnection, course: str, since: datetime) -> list[Told]:
    """The alerts of `course` raised since then, and the open ones of any time; what students asked for is
    none, so that it takes no room from others."""
    rows = await conn.execute(
        select(AlertRow.assignment, AlertRow.exercise, AlertRow.raised_at, AlertRow.state, User.name)
        .join(User, User.id == AlertRow.user_id)
        .where(
            AlertRow.course == course,
            AlertRow.trigger != ASKED,
            or_(AlertRow.state == "open", and_(AlertRow.state == "handled", AlertRow.raised_at >= since)),
        )
    )
    return [
        Told(
            student=row.name,
            assignment=row.assignment,
            exercise=row.exercise,
            at=row.raised_at.timestamp(),
            open=row.state == "open",
        )
        for row in rows
    ]


def _views() -> Select[*tuple[object, ...]]:
    return select(AlertRow, User.name).join(User, User.id == AlertRow.user_id)


async def of_course(
    conn: AsyncConnection,
    course: str,
    *,
    states: Sequence[AlertState] = ("open",),
    student: str = "",
    trigger: str = "",
    verdicts: Sequence[Verdict] = (),
    limit: int = 100,
    offset: int = 0,
) -> list[Alert]:
    """Alerts of `course`, newest first; of one student, by one rule, with one of some verdicts when named."""
    statement = _views().where(AlertRow.course == course, AlertRow.state.in_(states))
    if student:
        statement = statement.where(User.name == student)
    if trigger:
        statement = statement.where(AlertRow.trigger == trigger)
    if verdicts:
        statement = statement.where(AlertRow.verdict.in_(verdicts))
    rows = await conn.execute(
        statement.order_by(AlertRow.raised_at.desc(), AlertRow.id.desc()).limit(limit).offset(offset)
    )
    return [_alert(row) for row in rows]


async def open_of(conn: AsyncConnection, course: str, student: str, limit: int) -> list[Alert]:
    """As `of_course`, the open ones about one student: each look at one's progress asks for them."""
    rows = await conn.execute(_OPEN_OF, {"course": course, "student": student, "limit": limit})
    return [_alert(row) for row in rows]


_OPEN_OF = (
    _views()
    .where(
        AlertRow.course == bindparam("course"), AlertRow.state == "open", User.name == bindparam("student")
    )
    .order_by(AlertRow.raised_at.desc(), AlertRow.id.desc())
    .limit(bindparam("limit", type_=BigInteger))
)


def _alert(row: Row[*tuple[Any, ...]]) -> Alert:
    return Alert(
        alert_id=row.alert_id,
        course=row.course,
        student=row.name,
        state=cast(AlertState, row.state),
        verdict=cast(Verdict, row.verdict),
        raised_at=iso(row.raised_at),
        marked_at=iso(row.marked_at),
        marked_by=row.marked_by,
        finding=msgspec.json.decode(row.finding, type=Finding),
    )


async def count(conn: AsyncConnection, course: str, state: AlertState) -> int:
    """How many alerts of `course` are in `state`."""
    return int(
        await conn.scalar(
            select(func.count())
            .select_from(AlertRow)
            .where(AlertRow.course == course, AlertRow.state == state)
        )
        or 0
    )


async def mark(conn: AsyncConnection, course: str, alert_id: str, what: Mark, by: str) -> None:
    """A teacher's word on an alert of `course`; the last word counts. NotFound for one it does not have."""
    student = await conn.scalar(
        select(User.name)
        .join(AlertRow, AlertRow.user_id == User.id)
        .where(AlertRow.course == course, AlertRow.alert_id == alert_id)
    )
    if student is None:
        raise NotFound("There is no such alert in this course any more.")
    values: dict[str, object] = {
        "state": "handled",
        "marked_at": now(),
        "marked_by": texts.clip(by, texts.NAME),
    }
    if what != "handled":
        values["verdict"] = what
    await conn.execute(update(AlertRow).where(AlertRow.alert_id == alert_id).values(**values))
    await outbox.record(conn, StruggleChanged(course=course, student=student, alert_id=alert_id, mark=what))


async def precision(conn: AsyncConnection, course: str) -> list[Precision]:
    """By trigger, how many alerts there were and what teachers thought of them."""
    rows = await conn.execute(
        select(
            AlertRow.trigger,
            func.count().label("raised"),
            func.sum(case((AlertRow.verdict == "helpful", 1), else_=0)).label("helpful"),
            func.sum(case((AlertRow.verdict == "false", 1), else_=0)).label("false"),
        )
        .where(AlertRow.course == course, AlertRow.state != "held")
        .group_by(AlertRow.trigger)
        .order_by(AlertRow.trigger)
    )
    return [
        Precision(trigger=cast(Trigger, row.trigger), raised=row.raised, helpful=row.helpful, false=row.false)
        for row in rows
    ]
