"""What the service itself has checked of students' work: the ground that mastery stands on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Float,
    Select,
    String,
    bindparam,
    cast,
    null,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.grades import CodeReview
from learnflow_ext.store import code_reviews, handed_in, many, practices, quizzes
from learnflow_ext.store.models import Grade, Module, Practice, Progress, QuizAnswer, Submission, User
from learnflow_ext.store.quizzes import Share

MOST_ANSWERS = 200_000
"""Of a course, that its knowledge tracing is fitted to."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One student in one course."""

    student: str
    best: dict[str, float]
    """By assignment, the best share of points, 0 to 1."""
    answers: dict[str, list[bool]]
    """By assignment, whether each graded exercise was right, in the order of grading."""
    solved: frozenset[tuple[str, str]]
    """(assignment, exercise) with full points in some submission."""
    submitted: tuple[datetime, ...]
    """When work was handed in."""
    quizzes: dict[str, Share] = {}
    """By assignment, how the first answers to its notebooks' questions went; only of those answered."""
    practice: dict[str, float] = {}
    """By assignment, points reached in exercises made for practice in its topic."""
    reviews: dict[str, CodeReview] = {}
    """By assignment, what the review saw in the best attempt, of equal ones the latest; only of those
    reviewed."""


async def answers_by_topic(conn: AsyncConnection, course: str) -> dict[str, list[list[bool]]]:
    """By assignment, each student's answers as in `Checked.answers`; of the latest `MOST_ANSWERS` ones."""
    latest = (
        select(
            Grade.id,
            Submission.number,
            Submission.user_id,
            Module.assignment,
            (Grade.score >= Grade.max_score).label("right"),
        )
        .join(Submission, Submission.number == Grade.submission_number)
        .join(Module, Module.id == Submission.module_id)
        .where(Module.course == course, Grade.max_score > 0)
        .order_by(Submission.number.desc())
        .limit(MOST_ANSWERS)
        .subquery()
    )
    found: dict[str, dict[int, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for row in await conn.execute(select(latest).order_by(latest.c.number, latest.c.id)):
        found[row.assignment][row.user_id].append(bool(row.right))
    return {assignment: list(students.values()) for assignment, students in found.items()}


async def of_students(conn: AsyncConnection, course: str, students: Sequence[str]) -> dict[str, Checked]:
    """The evidence about each of `students`; unknown ones have none."""
    if not students:
        return {}
    missing: dict[tuple[str, str], handed_in.Summed] | None = None
    whose = {"course": course, "students": many.given(conn, students)}
    asked: dict[str, dict[str, Share]] = defaultdict(dict)
    practised: dict[str, dict[str, float]] = defaultdict(dict)
    for row in await conn.execute(_beside(conn), whose):
        if row.answered is None:
            practised[row.name][row.assignment] = float(row.reached)
        else:
            asked[row.name][row.assignment] = Share(int(row.reached), int(row.answered))
    gathered = {name: text for name, text in await conn.execute(_asked(conn), whose)}
    checked = {}
    for student in students:
        best: dict[str, float] = {}
        answers: dict[str, list[bool]] = {}
        solved: list[tuple[str, str]] = []
        submitted: list[int] = []
        reviews: dict[str, CodeReview] = {}
        for stands in _STANDINGS.decode(gathered.get(student, "[]")):
            assignment = stands.assignment
            if stands.max_score:
                best[assignment] = (stands.best_score or 0.0) / stands.max_score
            found = stands.evidence
            if found is None and stands.submissions:
                if missing is None:
                    missing = await handed_in.missing(conn, course)
                if (student, assignment) in missing:
                    found = missing[student, assignment].evidence
            if found is None:
                continue
            if found.submitted:
                answers[assignment] = [each == "1" for each in found.answers]
                solved += [(assignment, exercise) for exercise in found.solved]
                submitted += found.submitted
            if found.review is not None:
                reviews[assignment] = found.review
        submitted.sort()
        checked[student] = Checked(
            student=student,
            best=best,
            answers=answers,
            solved=frozenset(solved),
            submitted=tuple([many.moment_of(each) for each in submitted]),
            quizzes=asked.get(student, {}),
            practice=practised.get(student, {}),
            reviews=reviews,
        )
    return checked


class _Standing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One student in one assignment, as the database gathers it, all of a student in one text."""

    assignment: str
    best_score: float | None
    max_score: float | None
    submissions: int
    evidence: handed_in.Evidence | None
    """None where nothing is summed up."""


def _beside(conn: AsyncConnection) -> CompoundSelect[*tuple[Any, ...]]:
    """First answers to quizzes, and points of practice, for which `answered` is null: in one trip."""
    dialect = conn.dialect.name
    if dialect not in _BESIDE:
        quiz, practice = quizzes.shares(conn).subquery(), practices.reached(conn).subquery()
        _BESIDE[dialect] = union_all(
            select(
                quiz.c.name, quiz.c.assignment, cast(quiz.c.right, Float).label("reached"), quiz.c.answered
            ),
            select(
                practice.c.name,
                practice.c.assignment,
                cast(practice.c.points, Float),
                cast(null(), BigInteger),
            ),
        )
    return _BESIDE[dialect]


_BESIDE: dict[str, CompoundSelect[*tuple[Any, ...]]] = {}
"""As `_ASKED`."""
_STANDINGS = msgspec.json.Decoder(list[_Standing])
_ASKED: dict[str, Select[*tuple[Any, ...]]] = {}
"""By the database's dialect. Built once, since each look at one's progress asks for it."""


def _asked(conn: AsyncConnection) -> Select[*tuple[Any, ...]]:
    dialect = conn.dialect.name
    if dialect not in _ASKED:
        gathered = many.gathered(
            conn,
            Module.assignment,
            Progress.best_score,
            Progress.max_score,
            Progress.submissions,
            many.embedded(conn, Progress.evidence),
        )
        _ASKED[dialect] = (
            select(User.name, gathered)
            .select_from(Progress)
            .join(User, User.id == Progress.user_id)
            .join(Module, Module.id == Progress.module_id)
            .where(Module.course == bindparam("course"), many.is_one_of(conn, User.name, "students", String))
            .group_by(User.name)
        )
    return _ASKED[dialect]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence about a student, and when it came."""

    at: datetime
    """Aware, UTC."""
    assignment: str
    share: float | None = None
    """Of the points of what was handed in, 0 to 1; None for other evidence, and for work without points."""
    handed_in: bool = False
    right: bool | None = None
    """Of a first answer to a question; None for other evidence."""
    practice: float = 0.0
    """Points of an exercise that was made for them."""
    review: CodeReview | None = None
    """Of the code of what was handed in; None for other evidence, and where none was looked at."""


async def history(conn: AsyncConnection, course: str, student: str) -> list[Step]:
    """What `of_students` tells of one student, piece by piece, the oldest first; empty for unknown ones."""
    steps = []
    for row in await conn.execute(
        select(
            Submission.submitted_at,
            Module.assignment,
            Submission.score,
            Submission.max_score,
            Submission.review,
        )
        .join(User, User.id == Submission.user_id)
        .join(Module, Module.id == Submission.module_id)
        .where(Module.course == course, User.name == student)
    ):
        share = row.score / row.max_score if row.score is not None and row.max_score else None
        steps.append(
            Step(
                at=row.submitted_at,
                assignment=row.assignment,
                share=share,
                handed_in=True,
                review=code_reviews.decoded(row.review),
            )
        )
    for answer in await conn.execute(
        select(QuizAnswer.first_at, Module.assignment, QuizAnswer.first_right)
        .join(User, User.id == QuizAnswer.user_id)
        .join(Module, Module.id == QuizAnswer.module_id)
        .where(Module.course == course, User.name == student)
    ):
        steps.append(Step(at=answer.first_at, assignment=answer.assignment, right=answer.first_right))
    for practised in await conn.execute(
        select(Practice.checked_at, Practice.assignment, Practice.score)
        .join(User, User.id == Practice.user_id)
        .where(
            Practice.course == course,
            User.name == student,
            Practice.score.is_not(None),
            Practice.assignment != "",
        )
    ):
        steps.append(Step(at=practised.checked_at, assignment=practised.assignment, practice=practised.score))
    return sorted(steps, key=lambda step: step.at)
