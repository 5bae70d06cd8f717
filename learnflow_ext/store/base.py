"""What every table shares: naming of constraints, times in UTC, bounded texts."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key. SQLite numbers rows by itself only for a column whose type is spelled INTEGER."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC to the microsecond.

    SQLite drops the zone, so it is put back on the way out. A naive time is refused on the way in: nobody
    could tell later what it meant.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """ValueError for a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone was about to be stored.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, UTC; None stays None."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables of LearnFlow. Every constraint has a name, so that a migration can drop it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def bound_texts(metadata: MetaData) -> None:
    """Give every text column with a length a check for it: SQLite ignores the length by itself."""
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, String) and column.type.length is not None:
                check = f"length({column.name}) <= {column.type.length}"
                table.append_constraint(CheckConstraint(check, name=f"{column.name}_length"))
