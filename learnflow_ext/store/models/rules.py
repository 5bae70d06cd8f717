"""Constraints that many tables have."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from learnflow_ext.store import texts


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """`column` holds one of these words, which are ours: they are not quoted."""
    quoted = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({quoted})", name=f"{column}_known")


def bounded_data() -> CheckConstraint:
    """The column `data` of an event holds at most `texts.DATA` characters."""
    return CheckConstraint(f"length(data) <= {texts.DATA}", name="data_length")


def not_negative(*columns: str) -> list[CheckConstraint]:
    """Each of `columns` is 0 or more, or NULL."""
    return [CheckConstraint(f"{column} >= 0", name=f"{column}_not_negative") for column in columns]


def not_empty(*columns: str) -> list[CheckConstraint]:
    """None of `columns` is an empty text."""
    return [CheckConstraint(f"{column} <> ''", name=f"{column}_not_empty") for column in columns]
