"""Which errors come up in a course, where, and to whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store.clock import iso
from learnflow_ext.store.models import HelpTurn, Run, User

MOST_PLACES = 5_000
MOST_EXAMPLES = 30


class CellErrors(msgspec.Struct, frozen=True, kw_only=True):
    """One type of error in one cell."""

    assignment: str
    notebook: str
    cell_id: str
    error: str
    runs: int
    students: frozenset[str]
    """Keys of those who met it: the same key is the same person, and says nothing else."""
    message: str
    """An example of it."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an error came up: in some cells, or in the rest of a notebook."""

    assignment: str
    error: str
    cells: Sequence[str]
    notebook: str | None = None
    """When given: in this notebook, and in none of `cells`."""

    def holds(self, table: type[Run] | type[HelpTurn]) -> list[ColumnElement[bool]]:
        """As conditions on `table`."""
        there = [table.assignment == self.assignment, table.exception == self.error]
        if self.notebook is not None:
            return [*there, table.notebook == self.notebook, table.cell_id.not_in(self.cells)]
        return [*there, table.cell_id.in_(self.cells)]


class ErrorOf(msgspec.Struct, frozen=True, kw_only=True):
    """How often one student met an error."""

    student: str
    runs: int
    at: str
    """The last time; ISO 8601, UTC."""
    message: str


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A message, and how many runs ended in it."""

    text: str
    runs: int


async def by_cell(conn: AsyncConnection, course: str, since: datetime) -> list[CellErrors]:
    """Errors in `course` since then, by cell and type, the most frequent first."""
    people = func.string_agg if conn.dialect.name == "postgresql" else func.group_concat
    keys = cast(Run.user_id, String).distinct()
    rows = await conn.execute(
        select(
            Run.assignment,
            Run.notebook,
            Run.cell_id,
            Run.exception,
            func.count().label("runs"),
            (people(keys, ",") if conn.dialect.name == "postgresql" else people(keys)).label("students"),
            func.max(Run.message).label("message"),
        )
        .where(Run.course == course, Run.recorded_at >= since, Run.ok.is_(False))
        .group_by(Run.assignment, Run.notebook, Run.cell_id, Run.exception)
        .order_by(func.count().desc())
        .limit(MOST_PLACES)
    )
    return [
        CellErrors(
            assignment=row.assignment,
            notebook=row.notebook,
            cell_id=row.cell_id,
            error=row.exception,
            runs=row.runs,
            students=frozenset(row.students.split(",")),
            message=row.message,
        )
        for row in rows
    ]


async def students_with(conn: AsyncConnection, course: str, since: datetime, place: Place) -> list[ErrorOf]:
    """Who met the error at `place` since then, the most often first."""
    rows = await conn.execute(
        select(
            User.name,
            func.count().label("runs"),
            func.max(Run.recorded_at).label("at"),
            func.max(Run.message).label("message"),
        )
        .join(User, User.id == Run.user_id)
        .where(Run.course == course, Run.recorded_at >= since, Run.ok.is_(False), *place.holds(Run))
        .group_by(User.name)
        .order_by(func.count().desc(), User.name)
        .limit(1000)
    )
    return [ErrorOf(student=row.name, runs=row.runs, at=iso(row.at), message=row.message) for row in rows]


async def messages(conn: AsyncConnection, course: str, since: datetime, place: Place) -> list[Example]:
    """What runs at `place` ended in since then, the most frequent first."""
    rows = await conn.execute(
        select(Run.message, func.count().label("runs"))
        .where(Run.course == course, Run.recorded_at >= since, Run.ok.is_(False), *place.holds(Run))
        .group_by(Run.message)
        .order_by(func.count().desc(), Run.message)
        .limit(MOST_EXAMPLES)
    )
    return [Example(text=row.message, runs=row.runs) for row in rows]


async def questions(conn: AsyncConnection, course: str, since: datetime, place: Place) -> list[str]:
    """What was asked in words about the error at `place` since then, newest first."""
    found = await conn.scalars(
        select(HelpTurn.question)
        .where(
            HelpTurn.course == course,
            HelpTurn.asked_at >= since,
            HelpTurn.question != "",
            *place.holds(HelpTurn),
        )
        .order_by(HelpTurn.id.desc())
        .limit(MOST_EXAMPLES)
    )
    return list(found)
