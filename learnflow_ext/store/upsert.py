"""The one place that knows how the database spells `INSERT … ON CONFLICT`."""

from __future__ import annotations

from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from learnflow_ext.store.base import Base


def insert(table: type[Base]) -> Insert:
    """An insert that takes `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return sqlite_insert(table)
