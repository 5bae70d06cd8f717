"""What all that a student handed in to an assignment comes to, summed up beside their standing there.

A class is read as one short row a student and assignment, instead of all that was ever handed in. Who hands
in or grades sums up in the same transaction. A trigger empties the sum where anything else changes a
submission (an older version, a person with `psql`); until `sum_up_missing` fills it again whoever reads makes
it of the submissions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Row, Select, and_, bindparam, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.grades import CodeReview
from learnflow_ext.store import cell_points, code_reviews, many
from learnflow_ext.store.models import Module, Progress, Submission, User

AT_ONCE = 500
Key = tuple[str, str]
"""(student, assignment)."""


class Evidence(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """For mastery; as JSON in `Progress.evidence`."""

    answers: str = ""
    """For each graded exercise that has points, in the order of grading: 1 where it was right, else 0."""
    solved: tuple[str, ...] = ()
    """Exercises with full points in some submission."""
    submitted: tuple[int, ...] = ()
    """When work was handed in, in microseconds since 1970."""
    review: CodeReview | None = None
    """Of the code of the best attempt; of equal ones the latest."""


class Summed(msgspec.Struct, frozen=True):
    """One student in one assignment."""

    latest: Any
    """The row of what came last, of `number`, `submission_id`, `status` and `needs_review`."""
    best_points: dict[str, float]
    """By `place_of`, the points of the best that has any; what waits to be graded again has what it had."""
    evidence: Evidence


def place_of(notebook: str, exercise: str) -> str:
    """What an exercise is called in `Progress.best_points`."""
    return f"{notebook}\n{exercise}"


def summed_up(rows: Iterable[Row[*tuple[Any, ...]]]) -> Summed:
    """Of all submissions of one student to one assignment, at least one, in the order they came. Pure."""
    best: tuple[float, int] | None = None
    points: dict[str, float] = {}
    review: str | None = None
    answers: list[str] = []
    solved: set[str] = set()
    submitted: list[int] = []
    for row in rows:
        latest = row
        submitted.append(many.microseconds(row.submitted_at))
        cells = cell_points.decoded(row.points)
        for cell in cells:
            if cell.max_score > 0:
                right = cell.score >= cell.max_score
                answers.append("01"[right])
                if right:
                    solved.add(cell.name)
        if row.score is not None:
            # As `gradesheet.place`: of equal ones the latest.
            rank = (row.score / row.max_score if row.max_score else -1.0, row.number)
            if best is None or rank > best:
                best, review = rank, row.review
                points = {place_of(cell.notebook, cell.name): cell.score for cell in cells}
    evidence = Evidence(
        "".join(answers), tuple(sorted(solved)), tuple(submitted), code_reviews.decoded(review)
    )
    return Summed(latest, points, evidence)


async def sum_up(conn: AsyncConnection, user_id: int, module_id: int) -> None:
    """In the transaction that changed what `user_id` handed in to an assignment, and after it did.

    It has that person's turn, or their row; nobody else changes this at the same time.
    """
    whose = {"user_id": user_id, "module_id": module_id}
    rows = (await conn.execute(_theirs(conn), whose)).all()
    if rows:
        await conn.execute(_KEEP, {"whose": user_id, "where": module_id, **_values(summed_up(rows))})


async def sum_up_missing(conn: AsyncConnection) -> int:
    """Fill in what is empty, some of it; how many rows. What somebody is at work on is left to them."""
    empty = await conn.execute(
        select(Progress.user_id, Progress.module_id)
        .where(Progress.evidence.is_(None), Progress.submissions > 0)
        .limit(AT_ONCE)
        # Whoever changes a submission empties the sum, so that they wait for us, or we leave it alone.
        .with_for_update(skip_locked=True)
    )
    places = [(row.user_id, row.module_id) for row in empty]
    if not places:
        return 0
    found: dict[tuple[int, int], list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in await conn.execute(
        _columns(conn)
        .where(tuple_(Submission.user_id, Submission.module_id).in_(places))
        .order_by(Submission.number)
    ):
        found[row.user_id, row.module_id].append(row)
    await conn.execute(
        _KEEP,
        [
            {"whose": user_id, "where": module_id, **_values(summed_up(found[user_id, module_id]))}
            if found[user_id, module_id]
            else {"whose": user_id, "where": module_id, **_NOTHING}
            for user_id, module_id in places
        ],
    )
    return len(places)


async def missing(conn: AsyncConnection, course: str) -> dict[Key, Summed]:
    """What is not summed up in `course`, made of the submissions now. For who saw that something is."""
    found: dict[Key, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in await conn.execute(_missing(conn), {"course": course}):
        found[row.student, row.assignment].append(row)
    return {key: summed_up(rows) for key, rows in found.items()}


def _values(summed: Summed) -> dict[str, Any]:
    return {
        "latest": summed.latest.number,
        "best_points": msgspec.json.encode(summed.best_points).decode(),
        "evidence": msgspec.json.encode(summed.evidence).decode(),
    }


_NOTHING = {"latest": None, "best_points": "{}", "evidence": msgspec.json.encode(Evidence()).decode()}
"""Counted by a version that wrote the count alone; there is nothing to be shown."""

# Built once.
_KEEP = (
    update(Progress)
    .where(Progress.user_id == bindparam("whose"), Progress.module_id == bindparam("where"))
    .values({name: bindparam(name) for name in ("latest", "best_points", "evidence")})
)


def _columns(conn: AsyncConnection) -> Select[*tuple[Any, ...]]:
    return select(
        Submission.user_id,
        Submission.module_id,
        Submission.number,
        Submission.submission_id,
        Submission.status,
        Submission.needs_review,
        Submission.submitted_at,
        Submission.score,
        Submission.max_score,
        Submission.review,
        cell_points.column(conn).label("points"),
    )


_BUILT: dict[tuple[str, str], Select[*tuple[Any, ...]]] = {}
"""By the database's dialect, and what is asked."""


def _theirs(conn: AsyncConnection) -> Select[*tuple[Any, ...]]:
    key = (conn.dialect.name, "theirs")
    if key not in _BUILT:
        _BUILT[key] = (
            _columns(conn)
            .where(Submission.user_id == bindparam("user_id"), Submission.module_id == bindparam("module_id"))
            .order_by(Submission.number)
        )
    return _BUILT[key]


def _missing(conn: AsyncConnection) -> Select[*tuple[Any, ...]]:
    key = (conn.dialect.name, "missing")
    if key not in _BUILT:
        mine = and_(Submission.user_id == Progress.user_id, Submission.module_id == Progress.module_id)
        _BUILT[key] = (
            _columns(conn)
            .add_columns(User.name.label("student"), Module.assignment)
            .select_from(Progress)
            .join(Submission, mine)
            .join(User, User.id == Progress.user_id)
            .join(Module, Module.id == Progress.module_id)
            .where(Module.course == bindparam("course"), Progress.evidence.is_(None))
            .order_by(Submission.number)
        )
    return _BUILT[key]
