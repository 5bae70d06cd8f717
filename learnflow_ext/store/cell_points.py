"""Points of a submission's cells as one text beside it: a whole class is read without a row for each cell.

`grades` stays what counts; the text is written with it, in one statement with the submission's own points.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.grades import CellScore
from learnflow_ext.store import many
from learnflow_ext.store.models import Grade, Submission


class Points(msgspec.Struct, frozen=True, array_like=True):
    """One graded cell."""

    notebook: str
    name: str
    score: float
    max_score: float


_DECODER = msgspec.json.Decoder(list[Points])


def encoded(cells: Sequence[CellScore]) -> str:
    """For `Submission.points`, in the order of grading."""
    points = [Points(cell.notebook, cell.name, cell.score, cell.max_score) for cell in cells]
    return msgspec.json.encode(points).decode()


def decoded(text: str | None) -> list[Points]:
    """What `encoded` wrote; empty for None."""
    return [] if text is None else _DECODER.decode(text)


def column(conn: AsyncConnection) -> ColumnElement[str | None]:
    """The text of a submission; made of its grades where an older version graded it; NULL before."""
    rows = (
        select(Grade.id, Grade.notebook, Grade.name, Grade.score, Grade.max_score)
        .where(Grade.submission_number == Submission.number)
        .order_by(Grade.id)
        .correlate(Submission)
        .subquery()
    )
    made = select(many.gathered(conn, rows.c.notebook, rows.c.name, rows.c.score, rows.c.max_score))
    # The empty text makes a text of what SQLite otherwise hands on as JSON.
    return func.coalesce(Submission.points, made.scalar_subquery().concat(""))
