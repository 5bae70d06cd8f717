"""Many values as one: the statement's text stays the same for any number of them, and SQLite takes few apart.

A text that stays the same is built and planned once; one with a place for each value anew for each number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, any_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine


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


def _array(values: Iterable[Any], type_: type[TypeEngine[Any]]) -> ColumnElement[Any]:
    return bindparam(None, list(values), ARRAY(type_))
