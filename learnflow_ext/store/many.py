"""Many values as one: as a parameter, and as a result.

The text of a statement stays the same for any number of parameters, and SQLite takes few apart: what stays
the same is built and planned once; one with a place for each value anew for each number. A result of a few
long rows is read several times as fast as one of many short rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    Text,
    any_,
    bindparam,
    cast,
    extract,
    func,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def column_of(
    conn: AsyncConnection, values: Iterable[Any], type_: type[TypeEngine[Any]]
) -> ColumnElement[Any]:
    """`values` (numbers or texts) as a column of rows, to select from."""
    if conn.dialect.name == "postgresql":
        return func.unnest(_array(values, type_)).column_valued("value", joins_implicitly=True)
    listed = func.json_each(json.dumps(list(values))).table_valued("value", joins_implicitly=True)
    return listed.c.value


def one_of(
    conn: AsyncConnection,
    column: ColumnElement[Any] | Any,
    values: Iterable[Any],
    type_: type[TypeEngine[Any]],
) -> ColumnElement[bool]:
    """Whether `column` is one of `values`, which are numbers or texts."""
    if conn.dialect.name == "postgresql":
        found: ColumnElement[bool] = column == any_(_array(values, type_))
        return found
    inside: ColumnElement[bool] = column.in_(select(column_of(conn, values, type_)))
    return inside


def gathered(conn: AsyncConnection, *columns: ColumnElement[Any] | Any) -> ColumnElement[str]:
    """The rows of a group as one text for `rows_of`, in no order; for columns of numbers, texts and truths.

    SQLite keeps 15 digits of a number.
    """
    if conn.dialect.name == "postgresql":
        return cast(func.json_agg(func.json_build_array(*columns)), Text)
    return cast(func.json_group_array(func.json_array(*columns)), Text)


def embedded(conn: AsyncConnection, column: ColumnElement[Any] | Any) -> ColumnElement[Any]:
    """A column of JSON as text, for `gathered`: it stands in there as what it says. Nothing stays null."""
    return cast(column, JSON) if conn.dialect.name == "postgresql" else func.json(column)


def rows_of(text: str) -> list[list[Any]]:
    """What `gathered` gathered; a truth is 0 or 1 on SQLite."""
    return msgspec.json.decode(text, type=list[list[Any]])


def given_column(conn: AsyncConnection, name: str, type_: type[TypeEngine[Any]]) -> ColumnElement[Any]:
    """As `column_of`, for a statement that is built once: parameter `name` has what `given` makes."""
    if conn.dialect.name == "postgresql":
        values = func.unnest(bindparam(name, type_=ARRAY(type_)))
        return values.column_valued("value", joins_implicitly=True)
    listed = func.json_each(bindparam(name, type_=Text)).table_valued("value", joins_implicitly=True)
    return listed.c.value


def is_one_of(
    conn: AsyncConnection, column: ColumnElement[Any] | Any, name: str, type_: type[TypeEngine[Any]]
) -> ColumnElement[bool]:
    """As `one_of`, for a statement that is built once: parameter `name` is what `given` makes of values."""
    if conn.dialect.name == "postgresql":
        found: ColumnElement[bool] = column == any_(bindparam(name, type_=ARRAY(type_)))
        return found
    inside: ColumnElement[bool] = column.in_(select(given_column(conn, name, type_)))
    return inside


def given(conn: AsyncConnection, values: Iterable[Any]) -> list[Any] | str:
    """Numbers or texts as a parameter for `is_one_of`."""
    return list(values) if conn.dialect.name == "postgresql" else json.dumps(list(values))


def microseconds(at: datetime) -> int:
    """Since 1970."""
    return (at - EPOCH) // timedelta(microseconds=1)


def moment(conn: AsyncConnection, column: ColumnElement[Any] | Any) -> ColumnElement[Any]:
    """A time as `gathered` takes it, and `moment_of` reads it."""
    if conn.dialect.name == "postgresql":
        return cast(extract("epoch", column) * 1_000_000, BigInteger)
    return type_coerce(column, Text)


def moment_of(value: int | str) -> datetime:
    """Aware, UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    # By place, for by name it takes twice as long, and a class has thousands.
    return EPOCH + timedelta(0, 0, value)


def _array(values: Iterable[Any], type_: type[TypeEngine[Any]]) -> ColumnElement[Any]:
    return bindparam(None, list(values), ARRAY(type_))
