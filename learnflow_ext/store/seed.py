"""Writes a made-up class into a database: for the demo, for trying the dashboard, and for its tests.

The rows say when things happened, in the past; nothing goes to the outbox, so no consumer takes it for news.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.alerts import Finding, Verdict
from learnflow_ext.contracts.events import Event
from learnflow_ext.contracts.grades import CellScore, CodeReview
from learnflow_ext.contracts.progress import Level
from learnflow_ext.store import (
    attendance,
    cell_points,
    code_reviews,
    courses,
    handed_in,
    outbox,
    people,
    texts,
)
from learnflow_ext.store.models import (
    AlertRow,
    Grade,
    HelpTurn,
    LoggedEvent,
    Progress,
    Run,
    Submission,
)

NAMESPACE = uuid.UUID("6f1f4b0e-2a52-4a70-9a3e-0d6c52b1c0aa")
"""Ids of made-up things are derived in it, so that the same class has the same ids."""
AT_ONCE = 80


class MadeRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a cell."""

    notebook: str
    assignment: str
    cell_id: str
    error: str
    """Class name; empty when it went well."""
    message: str
    at: datetime


class MadeTurn(msgspec.Struct, frozen=True, kw_only=True):
    """A question with its answer."""

    assignment: str
    notebook: str
    cell_id: str
    question: str
    error: str
    agent: str
    answer: str
    rung: int
    withheld: bool
    at: datetime


class MadeSubmission(msgspec.Struct, frozen=True, kw_only=True):
    """A graded submission."""

    assignment: str
    scores: tuple[tuple[str, float, float], ...]
    """(exercise, points, points to be had)."""
    review: CodeReview
    at: datetime


class MadeAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert, and what a teacher made of it."""

    finding: Finding
    open: bool
    verdict: Verdict
    by: str
    at: datetime


class MadeStudent(msgspec.Struct, frozen=True, kw_only=True):
    """One student's four weeks."""

    name: str
    runs: tuple[MadeRun, ...]
    turns: tuple[MadeTurn, ...]
    submissions: tuple[MadeSubmission, ...]
    alerts: tuple[MadeAlert, ...]
    levels: dict[str, Level]
    """By assignment, the level of the best submission."""
    events: tuple[tuple[datetime, Event], ...]


Made = TypeVar("Made", MadeTurn, MadeSubmission)


def made_id(*parts: object) -> str:
    """The same parts give the same id."""
    return str(uuid.uuid5(NAMESPACE, "/".join(map(str, parts))))


async def write(conn: AsyncConnection, course: str, students: Sequence[MadeStudent]) -> None:
    """Write `students` into `course`, whose assignments exist. IntegrityError when they are there already."""
    ids = {student.name: await people.ensure(conn, student.name) for student in students}
    for student in students:
        await _student(conn, course, ids[student.name], student)
    # What is shown by number is numbered as it would have come, not student by student.
    await _insert(
        conn,
        HelpTurn,
        [
            _turn(course, ids[student.name], student.name, number, turn)
            for turn, number, student in _by_time(students, lambda student: student.turns)
        ],
    )
    for made, number, student in _by_time(students, lambda student: student.submissions):
        await _submission(conn, course, ids[student.name], student.name, number, made)
    events = sorted(
        (
            (at, student.name, number, event)
            for student in students
            for number, (at, event) in enumerate(student.events)
        ),
        key=lambda entry: entry[:3],
    )
    await _insert(
        conn,
        LoggedEvent,
        [
            {
                "event_id": made_id(course, name, "event", number),
                "time": at,
                "topic": event.TOPIC,
                "type": event.TYPE,
                "course": course,
                "user_id": ids[name],
                "data": outbox.data_of(event),
            }
            for at, name, number, event in events
        ],
    )
    seen: dict[tuple[str, int], datetime] = {}
    for at, name, _, event in events:
        if event.TYPE in attendance.ACTIVITY:
            seen[course, ids[name]] = at
    await attendance.note(conn, seen)
    while await handed_in.sum_up_missing(conn):
        pass


def _by_time(
    students: Sequence[MadeStudent], of: Callable[[MadeStudent], Sequence[Made]]
) -> list[tuple[Made, int, MadeStudent]]:
    """(thing, its number among the student's, the student), the oldest thing first."""
    found = [(made, number, student) for student in students for number, made in enumerate(of(student))]
    return sorted(found, key=lambda one: (one[0].at, one[2].name, one[1]))


def _turn(course: str, user_id: int, name: str, number: int, turn: MadeTurn) -> dict[str, Any]:
    return {
        "request_id": made_id(course, name, "turn", number),
        "user_id": user_id,
        "course": course,
        "assignment": turn.assignment,
        "notebook": turn.notebook,
        "cell_id": turn.cell_id,
        "conversation": "",
        "question": turn.question,
        "exception": turn.error,
        "asked_agent": "tutor",
        "asked_at": turn.at,
        "agent": turn.agent,
        "intent": turn.agent,
        "answer": turn.answer,
        "rung": turn.rung,
        "withheld": turn.withheld,
        "first_words_ms": 90,
        "last_word_ms": 140,
        "answered_at": turn.at,
    }


async def _submission(
    conn: AsyncConnection, course: str, user_id: int, name: str, number: int, made: MadeSubmission
) -> None:
    key = await conn.scalar(
        insert(Submission)
        .values(
            submission_id=made_id(course, name, "submission", number),
            user_id=user_id,
            module_id=await courses.ensure(conn, course, made.assignment),
            status="graded",
            files_path="/nowhere",
            size=1,
            attempts=1,
            submitted_at=made.at,
            started_at=made.at,
            finished_at=made.at,
            score=sum(score for _, score, _ in made.scores),
            max_score=sum(most for *_, most in made.scores),
            needs_review=False,
            message="",
            duration_ms=400,
            review=code_reviews.encoded(made.review),
            points=cell_points.encoded(
                [
                    CellScore(notebook=made.assignment, name=part, score=score, max_score=most)
                    for part, score, most in made.scores
                ]
            ),
        )
        .returning(Submission.number)
    )
    await _insert(
        conn,
        Grade,
        [
            {
                "submission_number": key,
                "notebook": made.assignment,
                "name": part,
                "score": score,
                "max_score": most,
                "message": "",
            }
            for part, score, most in made.scores
        ],
    )


async def _student(conn: AsyncConnection, course: str, user_id: int, student: MadeStudent) -> None:
    modules: dict[str, int] = {}
    for assignment in {
        *(run.assignment for run in student.runs),
        *(one.assignment for one in student.submissions),
    }:
        modules[assignment] = await courses.ensure(conn, course, assignment)
    await _insert(
        conn,
        Run,
        [
            {
                "user_id": user_id,
                "run_id": made_id(student.name, "run", number),
                "course": course,
                "assignment": run.assignment,
                "notebook": run.notebook,
                "cell_id": run.cell_id,
                "ok": not run.error,
                "exception": run.error,
                "message": run.message,
                "duration_ms": 12,
                "finished_at": run.at,
                "recorded_at": run.at,
            }
            for number, run in enumerate(student.runs)
        ],
    )
    await _insert(conn, Progress, [_progress(user_id, modules[name], name, student) for name in modules])
    await _insert(
        conn,
        AlertRow,
        [
            {
                "alert_id": made_id(course, student.name, "alert", number),
                "user_id": user_id,
                "course": course,
                "assignment": alert.finding.assignment,
                "exercise": alert.finding.exercise,
                "trigger": alert.finding.trigger,
                "state": "open" if alert.open else "handled",
                "verdict": alert.verdict,
                "finding": msgspec.json.encode(alert.finding).decode()[: texts.ANSWER],
                "raised_at": alert.at,
                "marked_at": None if alert.open else alert.at,
                "marked_by": alert.by,
            }
            for number, alert in enumerate(student.alerts)
        ],
    )


def _progress(user_id: int, module_id: int, assignment: str, student: MadeStudent) -> dict[str, Any]:
    mine = [run for run in student.runs if run.assignment == assignment]
    graded = [one for one in student.submissions if one.assignment == assignment]
    best = max(
        (
            (sum(points for _, points, _ in one.scores), sum(most for *_, most in one.scores))
            for one in graded
        ),
        default=None,
    )
    return {
        "user_id": user_id,
        "module_id": module_id,
        "runs": len(mine),
        "failed_runs": sum(bool(run.error) for run in mine),
        "questions": sum(turn.assignment == assignment for turn in student.turns),
        "submissions": len(graded),
        "best_score": best[0] if best else None,
        "max_score": best[1] if best else None,
        "level": student.levels[assignment] if best else None,
        "last_activity": max((*(run.at for run in mine), *(one.at for one in graded)), default=None),
    }


async def _insert(conn: AsyncConnection, table: type[Any], rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), AT_ONCE):
        await conn.execute(insert(table), rows[start : start + AT_ONCE])
