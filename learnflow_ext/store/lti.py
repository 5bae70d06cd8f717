"""Which student's grade a learning platform must be told, where, and what it was told before.

A row for each student and assignment: the platform keeps one score there, so what matters is the latest. Its
effect is written in the consumer's transaction, so none is lost and none counts twice; telling comes later.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, delete, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.lti import Launch
from learnflow_ext.store import gradesheet, people, texts
from learnflow_ext.store.models import (
    Grade,
    LtiColumn,
    LtiPlace,
    LtiScore,
    Module,
    ResultRelease,
    Submission,
    User,
)
from learnflow_ext.store.upsert import insert

AT_ONCE = 200
"""Grades that are looked at in one round."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where one student's grades go."""

    client_id: str
    subject: str
    lineitems: str
    scopes: tuple[str, ...]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A grade that the platform may have to be told."""

    user_id: int
    module_id: int
    student: str
    course: str
    assignment: str
    title: str
    graded_at: datetime
    due_at: datetime
    """Both aware, UTC; each event of a grade sets the second one."""
    tries: int
    """Refusals before."""
    told: tuple[float, float] | None
    """Score and maximum that the platform was told; None for nothing."""
    told_as_of: datetime | None
    place: Place


async def remember(conn: AsyncConnection, launch: Launch, at: datetime) -> int:
    """Keep where a student came from; how many grades the platform is to be told because of it.

    These are all that they had before, where the place is another than before or new: it knows none of them.
    Else what had failed is tried again, and what was graded while nothing was passed back.
    """
    user_id = await people.ensure(conn, launch.user)
    values = {
        "issuer": launch.issuer,
        "client_id": launch.client_id,
        "deployment": launch.deployment,
        "context": launch.context,
        "subject": launch.subject,
        "lineitems": launch.lineitems,
        "scopes": " ".join(launch.scopes),
    }
    before = (
        await conn.execute(
            select(LtiPlace.subject, LtiPlace.lineitems).where(
                LtiPlace.user_id == user_id, LtiPlace.course == launch.course
            )
        )
    ).one_or_none()
    await conn.execute(
        insert(LtiPlace)
        .values(user_id=user_id, course=launch.course, launched_at=at, **values)
        .on_conflict_do_update(index_elements=["user_id", "course"], set_={"launched_at": at, **values})
    )
    if before is None or tuple(before) != (launch.subject, launch.lineitems):
        return await _all_anew(conn, user_id, launch.course, at)
    again = await conn.execute(
        update(LtiScore)
        .where(_mine(user_id, launch.course), LtiScore.state == "failed")
        .values(state="waiting", due_at=at, tries=0, note="")
    )
    return int(again.rowcount) + await _missed(conn, user_id, launch.course, at)


def _mine(user_id: int, course: str) -> ColumnElement[bool]:
    return and_(
        LtiScore.user_id == user_id,
        LtiScore.module_id.in_(select(Module.id).where(Module.course == course)),
    )


async def _all_anew(conn: AsyncConnection, user_id: int, course: str, at: datetime) -> int:
    """All grades of a student in a course, for a place that knows none of them, or what it was told long ago:
    what was graded again since bears that time, or it would be taken for the older one there."""
    known = await _noted(conn, user_id, course)
    await conn.execute(delete(LtiScore).where(_mine(user_id, course)))
    graded = await _graded(conn, user_id, course)
    if graded:
        rows = [
            _fresh(user_id, module_id, max(when, known.get(module_id, when)), at)
            for module_id, when in graded.items()
        ]
        await conn.execute(insert(LtiScore), rows)
    return len(graded)


async def _missed(conn: AsyncConnection, user_id: int, course: str, at: datetime) -> int:
    """Grades from a time at which nothing was passed back, so that nobody noted them."""
    known = await _noted(conn, user_id, course)
    missed = 0
    for module_id, when in (await _graded(conn, user_id, course)).items():
        if module_id not in known or when > known[module_id]:
            missed += await graded(conn, user_id, course, module_id, when, at)
    return missed


async def _noted(conn: AsyncConnection, user_id: int, course: str) -> dict[int, datetime]:
    """When each assignment was graded last, as far as it was noted for the platform."""
    rows = await conn.execute(select(LtiScore.module_id, LtiScore.graded_at).where(_mine(user_id, course)))
    return {row.module_id: row.graded_at for row in rows}


async def _graded(conn: AsyncConnection, user_id: int, course: str) -> dict[int, datetime]:
    """When work of the student in each assignment was last graded for the first time."""
    rows = await conn.execute(
        select(Submission.module_id, func.max(Submission.finished_at).label("graded_at"))
        .join(Module, Module.id == Submission.module_id)
        .where(
            Submission.user_id == user_id,
            Module.course == course,
            Submission.score.is_not(None),
            Submission.finished_at.is_not(None),
        )
        .group_by(Submission.module_id)
    )
    return {row.module_id: row.graded_at for row in rows}


def _fresh(user_id: int, module_id: int, graded_at: datetime, at: datetime) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "module_id": module_id,
        "state": "waiting",
        "graded_at": graded_at,
        "due_at": at,
        "tries": 0,
        "note": "",
    }


async def graded(
    conn: AsyncConnection, user_id: int, course: str, module_id: int, graded_at: datetime, at: datetime
) -> bool:
    """A student has another grade since `graded_at`; False where no platform is to be told."""
    place = await conn.scalar(
        select(LtiPlace.user_id).where(LtiPlace.user_id == user_id, LtiPlace.course == course)
    )
    if place is None:
        return False
    # Of events that come in another order the latest says when it was.
    latest = func.max if conn.dialect.name == "sqlite" else func.greatest
    this = literal(graded_at, LtiScore.__table__.c.graded_at.type)
    await conn.execute(
        insert(LtiScore)
        .values(**_fresh(user_id, module_id, graded_at, at))
        .on_conflict_do_update(
            index_elements=["user_id", "module_id"],
            set_={
                "state": "waiting",
                "graded_at": latest(LtiScore.graded_at, this),
                "due_at": at,
                "tries": 0,
                "note": "",
            },
        )
    )
    return True


async def given_out(conn: AsyncConnection, module_id: int, at: datetime) -> None:
    """Results that were held back may be told now."""
    await conn.execute(
        update(LtiScore).where(LtiScore.module_id == module_id, LtiScore.state == "waiting").values(due_at=at)
    )


async def due(conn: AsyncConnection, at: datetime, courses: Collection[str]) -> list[Due]:
    """What is due in `courses`, the longest first, `AT_ONCE` at most."""
    rows = await conn.execute(
        select(
            LtiScore.user_id,
            LtiScore.module_id,
            LtiScore.graded_at,
            LtiScore.due_at,
            LtiScore.tries,
            LtiScore.told_score,
            LtiScore.told_max,
            LtiScore.told_as_of,
            LtiPlace.client_id,
            LtiPlace.subject,
            LtiPlace.lineitems,
            LtiPlace.scopes,
            Module.course,
            Module.assignment,
            Module.title,
            User.name.label("student"),
        )
        .join(Module, Module.id == LtiScore.module_id)
        .join(User, User.id == LtiScore.user_id)
        .join(LtiPlace, and_(LtiPlace.user_id == LtiScore.user_id, LtiPlace.course == Module.course))
        .where(LtiScore.state == "waiting", LtiScore.due_at <= at, Module.course.in_(courses))
        .order_by(LtiScore.due_at, LtiScore.user_id, LtiScore.module_id)
        .limit(AT_ONCE)
    )
    return [
        Due(
            user_id=row.user_id,
            module_id=row.module_id,
            student=row.student,
            course=row.course,
            assignment=row.assignment,
            title=row.title,
            graded_at=row.graded_at,
            due_at=row.due_at,
            tries=row.tries,
            told=None if row.told_score is None else (row.told_score, row.told_max),
            told_as_of=row.told_as_of,
            place=Place(
                client_id=row.client_id,
                subject=row.subject,
                lineitems=row.lineitems,
                scopes=tuple(row.scopes.split()),
            ),
        )
        for row in rows
    ]


async def hold_back(conn: AsyncConnection, module_id: int, at: datetime, until: datetime, note: str) -> None:
    """All of an assignment that is due at `at` waits until then: one statement for a class, each minute."""
    await conn.execute(
        update(LtiScore)
        .where(LtiScore.module_id == module_id, LtiScore.state == "waiting", LtiScore.due_at <= at)
        .values(due_at=until, note=texts.clip(note, texts.LINE))
    )


class Counting(msgspec.Struct, frozen=True, kw_only=True):
    """The grade of a student in an assignment that counts."""

    score: float
    max_score: float
    settled: bool
    """False while a person should look at it, or a point of it is provisional."""


async def counting(conn: AsyncConnection, user_id: int, module_id: int) -> Counting | None:
    """What counts now, as on the dashboard; None for no grade."""
    provisional = exists(
        select(Grade.id).where(Grade.submission_number == Submission.number, Grade.provisional != "")
    )
    row = (
        await conn.execute(
            select(
                Submission.score,
                Submission.max_score,
                Submission.needs_review,
                provisional.label("provisional"),
            )
            .where(
                Submission.user_id == user_id,
                Submission.module_id == module_id,
                Submission.score.is_not(None),
            )
            .order_by(*gradesheet.merit())
            .limit(1)
        )
    ).one_or_none()
    if row is None:
        return None
    return Counting(
        score=row.score, max_score=row.max_score, settled=not (row.needs_review or row.provisional)
    )


async def begun(conn: AsyncConnection, one: Due) -> bool:
    """It is told now, so that nobody knows what the platform has until that is kept; False where there is
    nobody to tell it of any more, or another place.

    Otherwise what it was told before would be taken for what it has, by who comes after a lost answer or a
    restart in the middle: a grade that went there and back meanwhile would be told no more.
    """
    found = await conn.execute(update(LtiScore).where(_still(one)).values(told_score=None, told_max=None))
    return bool(found.rowcount)


async def told(
    conn: AsyncConnection, one: Due, score: float, maximum: float, as_of: datetime, note: str = ""
) -> None:
    """The platform has it. What was graded meanwhile still waits."""
    await conn.execute(
        update(LtiScore)
        .where(_still(one))
        .values(told_score=score, told_max=maximum, told_as_of=as_of, tries=0)
    )
    await settled(conn, one, note)


async def settled(conn: AsyncConnection, one: Due, note: str = "") -> None:
    """There is nothing to tell of it, until it is graded again."""
    await conn.execute(
        update(LtiScore).where(_unchanged(one)).values(state="told", note=texts.clip(note, texts.LINE))
    )


async def later(
    conn: AsyncConnection, one: Due, until: datetime, note: str, *, refused: bool = False
) -> None:
    """It waits until then; `refused` counts a try."""
    await conn.execute(
        update(LtiScore)
        .where(_unchanged(one), LtiScore.state == "waiting")
        .values(due_at=until, note=texts.clip(note, texts.LINE), tries=LtiScore.tries + int(refused))
    )


async def failed(conn: AsyncConnection, one: Due, note: str) -> None:
    """It is given up, until the student's next grade in it or launch."""
    await conn.execute(
        update(LtiScore)
        .where(_unchanged(one))
        .values(state="failed", note=texts.clip(note, texts.LINE), tries=LtiScore.tries + 1)
    )


def _still(one: Due) -> ColumnElement[bool]:
    """The row of it, if its student's grades still go where they went when it was read."""
    same_place = exists(
        select(LtiPlace.user_id).where(
            LtiPlace.user_id == one.user_id,
            LtiPlace.course == one.course,
            LtiPlace.subject == one.place.subject,
            LtiPlace.lineitems == one.place.lineitems,
        )
    )
    return and_(LtiScore.user_id == one.user_id, LtiScore.module_id == one.module_id, same_place)


def _unchanged(one: Due) -> ColumnElement[bool]:
    """The same, if it was not graded since. Clocks differ: another grade may bear an earlier time."""
    return and_(_still(one), LtiScore.graded_at == one.graded_at, LtiScore.due_at == one.due_at)


async def column(conn: AsyncConnection, lineitems: str, module_id: int) -> str:
    """Address of an assignment's column; empty while none is known."""
    found = await conn.scalar(
        select(LtiColumn.url).where(LtiColumn.lineitems == lineitems, LtiColumn.module_id == module_id)
    )
    return found or ""


async def keep_column(conn: AsyncConnection, lineitems: str, module_id: int, url: str) -> None:
    """An assignment has this column from now on."""
    await conn.execute(
        insert(LtiColumn)
        .values(lineitems=lineitems, module_id=module_id, url=url)
        .on_conflict_do_update(index_elements=["lineitems", "module_id"], set_={"url": url})
    )


async def forget_column(conn: AsyncConnection, lineitems: str, module_id: int) -> None:
    """The platform does not know it any more."""
    await conn.execute(
        delete(LtiColumn).where(LtiColumn.lineitems == lineitems, LtiColumn.module_id == module_id)
    )


async def waiting(conn: AsyncConnection, course: str, note: str) -> dict[str, int]:
    """By assignment of `course`, in order of name, how many grades wait for what `note` says; without those
    that a teacher gave out, which are on their way."""
    rows = await conn.execute(
        select(Module.assignment, func.count().label("grades"))
        .select_from(LtiScore)
        .join(Module, Module.id == LtiScore.module_id)
        .outerjoin(ResultRelease, ResultRelease.module_id == Module.id)
        .where(
            Module.course == course,
            LtiScore.state == "waiting",
            LtiScore.note == note,
            ResultRelease.module_id.is_(None),
        )
        .group_by(Module.assignment)
        .order_by(Module.assignment)
    )
    return {row.assignment: row.grades for row in rows}


async def of_student(conn: AsyncConnection, student: str) -> Sequence[Any]:
    """Rows (course, assignment, state, note, told_score, told_max, told_as_of) of one student, by name."""
    rows = await conn.execute(
        select(
            Module.course,
            Module.assignment,
            LtiScore.state,
            LtiScore.note,
            LtiScore.told_score,
            LtiScore.told_max,
            LtiScore.told_as_of,
        )
        .join(Module, Module.id == LtiScore.module_id)
        .join(User, User.id == LtiScore.user_id)
        .where(User.name == student)
        .order_by(Module.course, Module.assignment)
    )
    return rows.all()
