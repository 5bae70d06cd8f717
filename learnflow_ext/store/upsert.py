"""The one place that knows how the database spells `INSERT … ON CONFLICT`."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert

from learnflow_ext.store.base import Base


def insert(table: type[Base]) -> Insert:
    """An insert that takes `on_conflict_do_nothing` and `on_conflict_do_update`.

    PostgreSQL's statement: SQLite took the clause over from there, and its compiler reads it as well.
    """
    return postgresql_insert(table)
