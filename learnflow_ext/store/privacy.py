"""What the law asks: everything held about one person in a readable form, and forgetting them.

Both find a person's rows by the tables' own keys, so that a table that is added later is not forgotten.
"""

from __future__ import annotations

import base64
import contextlib
import secrets
import zlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, Table, bindparam, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import EVENT_TYPES, PYTHONS, TRACES
from learnflow_ext.store import door, people
from learnflow_ext.store.base import Base
from learnflow_ext.store.clock import iso
from learnflow_ext.store.models import (
    AlertRow,
    LoggedEvent,
    Module,
    Note,
    Practice,
    PracticeReview,
    RegradeRequest,
    Regrading,
    Submission,
    User,
)

ERASED = "erased-"
"""What the name of an erased person begins with; random digits follow."""
AT_ONCE = 500
JSON_COLUMNS = frozenset(
    {
        "data",
        "finding",
        "sent",
        "first_choices",
        "latest_choices",
        "points",
        "best_points",
        "evidence",
        "review",
        "wish",
    }
)
NOT_THEIRS = frozenset({"made_of"})
"""Columns that say nothing about the person: solution and tests of an exercise made for practice."""


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What erasing one person came to."""

    name: str
    """What stands in place of the person's name."""
    deleted: dict[str, int]
    """Rows deleted by table; tables without any are left out."""
    redacted: int
    """Events whose personal texts were emptied."""
    unsigned: int
    """Notes, regradings, and judged alerts, answered requests and read exercises of others, that no longer
    say by whom."""
    files: tuple[str, ...]
    """Folders of what the person handed in, which the caller removes."""


def belongs(table: Table, user_id: int) -> ColumnElement[bool] | None:
    """Which rows of `table` are about the person: by their own key, or by a row that is; None for no rows."""
    if table.name == User.__tablename__:
        return table.c.id == user_id
    if "user_id" in table.c:
        return table.c.user_id == user_id
    for key in table.foreign_keys:
        parent = key.column.table
        rows = None if parent is table else belongs(parent, user_id)
        if rows is not None:
            return key.parent.in_(select(key.column).where(rows))
    return None


async def files(conn: AsyncConnection, name: str) -> tuple[str, ...]:
    """Folders of what the person called `name` handed in; empty for one we do not know."""
    user_id = await people.find(conn, name)
    return () if user_id is None else await _files(conn, user_id)


async def export(conn: AsyncConnection, name: str) -> dict[str, list[dict[str, Any]]] | None:
    """All rows about the person, by table; None for one we do not know. Times are ISO 8601, UTC.

    `notes` are those the person posted; `alerts_judged`, `regradings_started`, `regrade_requests_answered`
    and `exercises_read` say what they did as a teacher, and nothing about the students it was about.
    """
    user_id = await people.find(conn, name)
    if user_id is None:
        return None
    modules = {
        row.id: {"course": row.course, "assignment": row.assignment}
        for row in await conn.execute(select(Module.id, Module.course, Module.assignment))
    }
    found: dict[str, list[dict[str, Any]]] = {}
    for table in Base.metadata.sorted_tables:
        rows = belongs(table, user_id)
        if rows is not None:
            wanted = select(table).where(rows).order_by(*table.primary_key.columns)
            found[table.name] = await _readable(conn, wanted, modules)
    found["notes"] = await _readable(
        conn, select(Note.__table__).where(Note.posted_by == name).order_by(Note.id), modules
    )
    judged = select(AlertRow.alert_id, AlertRow.course, AlertRow.verdict, AlertRow.marked_at)
    found["alerts_judged"] = await _readable(
        conn, judged.where(AlertRow.marked_by == name).order_by(AlertRow.id), modules
    )
    found["regradings_started"] = await _readable(
        conn, select(Regrading.__table__).where(Regrading.started_by == name).order_by(Regrading.id), modules
    )
    answered = select(RegradeRequest.state, RegradeRequest.answer, RegradeRequest.answered_at)
    found["regrade_requests_answered"] = await _readable(
        conn,
        answered.where(RegradeRequest.answered_by == name).order_by(RegradeRequest.submission_number),
        modules,
    )
    read = select(Practice.course, PracticeReview.state, PracticeReview.reason, PracticeReview.decided_at)
    found["exercises_read"] = await _readable(
        conn,
        read.select_from(PracticeReview)
        .join(Practice, Practice.id == PracticeReview.practice_id)
        .where(PracticeReview.decided_by == name)
        .order_by(PracticeReview.practice_id),
        modules,
    )
    return found


async def erase(conn: AsyncConnection, name: str) -> Erased | None:
    """Forget the person, in the caller's transaction; None for one we do not know.

    Rows about them go, what has not travelled yet with them. The log stays, for nobody may shorten it, with
    the personal texts of its events emptied and under a name that says nothing. The pseudonym's row goes:
    what travelled belongs to nobody any more, and consumers pass over what still comes under it.
    """
    # Nobody writes for this person until we are done; who waits finds no such person and makes a new one.
    user_id = await conn.scalar(select(User.id).where(User.name == name).with_for_update())
    if user_id is None:
        return None
    if conn.dialect.name == "sqlite":
        # Else what was deleted stays readable in the file until its place is needed.
        await conn.execute(text("PRAGMA secure_delete = ON"))
    folders = await _files(conn, user_id)
    redacted = await _redact(conn, user_id, name)
    deleted = {}
    for table in reversed(Base.metadata.sorted_tables):
        rows = belongs(table, user_id)
        if rows is None or table.name in (User.__tablename__, LoggedEvent.__tablename__):
            continue
        gone = (await conn.execute(delete(table).where(rows))).rowcount
        if gone:
            deleted[table.name] = gone
    notes = await conn.execute(update(Note).where(Note.posted_by == name).values(posted_by=""))
    alerts = await conn.execute(update(AlertRow).where(AlertRow.marked_by == name).values(marked_by=""))
    regradings = await conn.execute(
        update(Regrading).where(Regrading.started_by == name).values(started_by="")
    )
    answers = await conn.execute(
        update(RegradeRequest).where(RegradeRequest.answered_by == name).values(answered_by="")
    )
    reviews = await conn.execute(
        update(PracticeReview).where(PracticeReview.decided_by == name).values(decided_by="")
    )
    nobody = ERASED + secrets.token_hex(8)
    await conn.execute(update(User).where(User.id == user_id).values(name=nobody))
    people.forget_turn(conn, name)
    return Erased(
        name=nobody,
        deleted=deleted,
        redacted=redacted,
        unsigned=sum(each.rowcount for each in (notes, alerts, regradings, answers, reviews)),
        files=folders,
    )


async def _files(conn: AsyncConnection, user_id: int) -> tuple[str, ...]:
    wanted = select(Submission.files_path).where(Submission.user_id == user_id).order_by(Submission.number)
    return tuple(await conn.scalars(wanted))


async def _redact(conn: AsyncConnection, user_id: int, name: str) -> int:
    """Empty the personal texts of the person's events; how many events had any."""
    table = LoggedEvent.__table__
    emptied = update(LoggedEvent).where(
        # The time names the month's table on PostgreSQL.
        LoggedEvent.sequence == bindparam("at"),
        LoggedEvent.time == bindparam("moment"),
    )
    assignments = defaultdict[str, set[str]](set)
    for row in await conn.execute(select(Module.course, Module.assignment)):
        assignments[row.course].add(row.assignment)
    count, last = 0, 0
    async with door.opened(conn, "redact", "a person is erased"):
        while True:
            page = (
                select(table.c.sequence, table.c.time, table.c.type, table.c.course, table.c.data)
                .where(table.c.user_id == user_id, table.c.sequence > last)
                .order_by(table.c.sequence)
                .limit(AT_ONCE)
            )
            rows = (await conn.execute(page)).all()
            if not rows:
                return count
            last = rows[-1].sequence
            changes = [
                {"at": row.sequence, "moment": row.time, "data": data}
                for row in rows
                if (data := redacted(row.type, row.data, name, assignments[row.course])) != row.data
            ]
            if changes:
                await conn.execute(emptied.values(data=bindparam("data")), changes)
            count += len(changes)


def redacted(type_: str, data: str, name: str, assignments: Collection[str]) -> str:
    """An event's `data` without what is personal in it, nor `name` anywhere.

    Of exceptions Python's own are left, and of assignments those named here, which the course has: any other
    is a folder that the person named. Of a type that this code does not know nothing is left, for nobody
    can say what is personal.
    """
    cls = EVENT_TYPES.get(type_)
    if cls is None:
        return "{}"
    fields = msgspec.json.decode(data, type=dict[str, Any])
    for field, value in fields.items():
        theirs = field in cls.PERSONAL or field in TRACES or value == name
        if field == "exception":
            theirs = theirs or value not in PYTHONS
        elif field == "assignment":
            theirs = theirs or value not in assignments
        if isinstance(value, str) and theirs:
            fields[field] = ""
    return msgspec.json.encode(fields).decode()


async def _readable(
    conn: AsyncConnection, wanted: Select[*tuple[Any, ...]], modules: Mapping[int, dict[str, str]]
) -> list[dict[str, Any]]:
    rows = []
    for row in (await conn.execute(wanted)).mappings():
        readable = {key: _value(key, value) for key, value in row.items() if key not in NOT_THEIRS}
        rows.append({**readable, **modules.get(row.get("module_id", 0), {})})
    return rows


def _value(column: str, value: object) -> object:
    """As JSON knows it: times as texts, JSON as what it says, pages as text."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, bytes):
        with contextlib.suppress(zlib.error, UnicodeDecodeError):
            return zlib.decompress(value).decode()
        return base64.b64encode(value).decode()
    if isinstance(value, str) and column in JSON_COLUMNS:
        with contextlib.suppress(msgspec.DecodeError):
            return msgspec.json.decode(value)
    return value
