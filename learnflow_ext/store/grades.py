"""What grading came to: points and feedback, kept once."""

from __future__ import annotations

import asyncio
import math
import zlib
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from learnflow_ext.contracts.errors import Conflict, NotFound, Unprocessable
from learnflow_ext.contracts.events import Envelope, SubmissionGraded
from learnflow_ext.contracts.grades import CodeReview, CourseFile, FileSet, GradeRecord
from learnflow_ext.store import cell_points, code_reviews, handed_in, outbox, regradings, texts
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import FeedbackFile, Grade, Module, Submission, User

MAX_FEEDBACK_BYTES = 20 * 2**20
"""Of one submission, uncompressed; what goes beyond is left out, and a person is asked to look."""
MOST_PARTS = 300
"""Of a submission, that an event tells."""


async def record_grade(
    conn: AsyncConnection, record: GradeRecord, *, grader: str | None = None
) -> Envelope | None:
    """Keep what grading came to: scores, feedback, and a `SubmissionGraded`; None when it was kept before,
    and when it comes from a `grader` who was taken for dead meanwhile: others have the work then.

    What could not be graded again keeps the grade it had, and a person is asked to look.

    NotFound for an unknown submission, Conflict when the record names another student or assignment,
    Unprocessable for points that are no points.
    """
    statement = (
        select(
            Submission.number,
            Submission.user_id,
            Submission.module_id,
            Submission.submission_id,
            Submission.status,
            Submission.grader,
            Submission.score,
            Submission.max_score,
            Submission.points,
            Submission.review,
            Module.course,
            Module.assignment,
            User.name.label("student"),
        )
        .join(Module, Module.id == Submission.module_id)
        .join(User, User.id == Submission.user_id)
        .where(Submission.submission_id == record.submission_id)
    )
    # Held, so that of two who grade the same work at once the second finds it graded.
    statement = statement.with_for_update(key_share=True, of=(Submission, User))
    row = (await conn.execute(statement)).one_or_none()
    if row is None:
        raise NotFound("There is no such submission.")
    if (row.course, row.assignment, row.student) != (record.course, record.assignment, record.student):
        raise Conflict("The grade belongs to another submission.")
    if row.status in ("graded", "failed") or (grader is not None and row.grader != grader):
        return None
    points = [
        record.score,
        record.max_score,
        record.penalty,
        *(p for c in record.cells for p in (c.score, c.max_score)),
    ]
    if not all(math.isfinite(value) and value >= 0 for value in points):
        raise Unprocessable("Points are numbers from 0 upwards.")
    regrade = await regradings.waiting(conn, row.number)
    if regrade is not None and record.status == "failed" and regrade.before_score is not None:
        return await _keep_grade(conn, row, regrade, record.message)
    pages, dropped = await asyncio.to_thread(_compressed, record.feedback)
    message = record.message
    if dropped:
        message = f"{message} The feedback on {', '.join(dropped)} was too large to keep.".strip()
    needs_review = record.needs_review or bool(dropped)
    # The same files: where nobody can say any more what is the student's, what was seen before holds.
    seen = record.review or code_reviews.decoded(row.review)
    review = seen if record.status == "graded" else None
    text = cell_points.encoded(record.cells)
    await conn.execute(
        update(Submission)
        .where(Submission.number == row.number)
        .values(
            status=record.status,
            grader=None,
            # Nought points would say that the work was looked at.
            score=record.score if record.status == "graded" else None,
            max_score=record.max_score if record.status == "graded" else None,
            needs_review=needs_review,
            message=texts.clip(message, texts.PATH),
            duration_ms=max(record.duration_ms, 0),
            points=text,
            review=code_reviews.encoded(review),
            # Graded again, it keeps its time: it is no news of this student.
            finished_at=func.coalesce(Submission.finished_at, now()) if regrade is not None else now(),
        )
    )
    parts: tuple[str, ...] = ()
    if regrade is not None or row.score is not None:
        parts = await _other_points(conn, row.number, record)
        for table in (Grade, FeedbackFile):
            await conn.execute(delete(table).where(table.submission_number == row.number))
    if regrade is not None:
        after = (record.score, record.max_score) if record.status == "graded" else (None, None)
        await regradings.done(conn, regrade, record.status, *after)
    if record.cells:
        await conn.execute(
            insert(Grade),
            [
                {
                    "submission_number": row.number,
                    "notebook": cell.notebook,
                    "name": cell.name,
                    "score": cell.score,
                    "max_score": cell.max_score,
                    "message": texts.clip(cell.message, texts.PATH),
                    "provisional": texts.clip(cell.provisional, texts.PATH),
                }
                for cell in record.cells
            ],
        )
    if pages:
        await conn.execute(
            insert(FeedbackFile),
            [{"submission_number": row.number, "path": path, "content": page} for path, page in pages],
        )
    await handed_in.sum_up(conn, row.user_id, row.module_id)
    return await outbox.record(
        conn,
        SubmissionGraded(
            course=record.course,
            student=record.student,
            submission_id=record.submission_id,
            assignment=record.assignment,
            status=record.status,
            score=record.score,
            max_score=record.max_score,
            needs_review=needs_review,
            penalty=record.penalty,
            before=regrade.before_score if regrade is not None else None,
            attempt=await attempt_number(conn, row.number),
            grader=texts.clip(record.grader, texts.NAME),
            by=regrade.by if regrade is not None else "",
            parts=parts,
            **_evidence(text, review),
        ),
    )


def _evidence(points: str | None, review: CodeReview | None) -> dict[str, Any]:
    """What an event tells beside the points, so that all that progress rests on is in the stream."""
    cells = [cell for cell in cell_points.decoded(points) if cell.max_score > 0][:MOST_PARTS]
    seen = (
        {
            "code_lines": review.lines,
            "code_mistakes": review.mistakes,
            "code_remarks": review.remarks,
        }
        if review is not None
        else {}
    )
    return {
        "exercises": tuple(texts.clip(cell.name, texts.NAME) for cell in cells),
        "right": tuple(cell.score >= cell.max_score for cell in cells),
        **seen,
    }


async def attempt_number(conn: AsyncConnection, number: int) -> int:
    """Which of its student's attempts at the assignment a submission is, from 1."""
    own = aliased(Submission)
    counted = await conn.scalar(
        select(func.count())
        .select_from(Submission)
        .join(own, and_(own.user_id == Submission.user_id, own.module_id == Submission.module_id))
        .where(own.number == number, Submission.number <= number)
    )
    return counted or 0


async def _other_points(conn: AsyncConnection, number: int, record: GradeRecord) -> tuple[str, ...]:
    """The parts that have other points by `record` than before, each with both."""
    rows = await conn.execute(
        select(Grade.notebook, Grade.name, Grade.score).where(Grade.submission_number == number)
    )
    before = {(row.notebook, row.name): row.score for row in rows}
    after = {(cell.notebook, cell.name): cell.score for cell in record.cells}
    changed = [
        f"{texts.clip('/'.join(part), texts.NAME)}: {_said(before.get(part))} -> {_said(after.get(part))}"
        for part in dict.fromkeys((*before, *after))
        if before.get(part) != after.get(part)
    ]
    return tuple(changed[:MOST_PARTS])


def _said(points: float | None) -> str:
    return "none" if points is None else f"{points:.6g}"


async def _keep_grade(
    conn: AsyncConnection, row: Row[*tuple[Any, ...]], regrade: regradings.Waiting, message: str
) -> Envelope:
    """Leave the grade as it was before a regrade that could not be done."""
    await conn.execute(
        update(Submission)
        .where(Submission.number == row.number)
        .values(status="graded", grader=None, needs_review=True, message=texts.clip(message, texts.PATH))
    )
    await regradings.done(conn, regrade, "failed", regrade.before_score, regrade.before_max)
    return await outbox.record(
        conn,
        SubmissionGraded(
            course=row.course,
            student=row.student,
            submission_id=row.submission_id,
            assignment=row.assignment,
            status="graded",
            score=row.score,
            max_score=row.max_score,
            needs_review=True,
            before=row.score,
            attempt=await attempt_number(conn, row.number),
            by=regrade.by,
            **_evidence(row.points, code_reviews.decoded(row.review)),
        ),
    )


def _compressed(files: tuple[CourseFile, ...]) -> tuple[list[tuple[str, bytes]], list[str]]:
    """(path, compressed page) of what fits, and the paths of what does not."""
    pages, dropped, room = [], [], MAX_FEEDBACK_BYTES
    for file in files:
        if len(file.content) > room:
            dropped.append(file.path)
            continue
        room -= len(file.content)
        pages.append((file.path, zlib.compress(file.content, level=3)))
    return pages, dropped


async def feedback(conn: AsyncConnection, submission_id: str) -> FileSet:
    """The pages of feedback; no files before grading. NotFound for an unknown submission."""
    number = await conn.scalar(select(Submission.number).where(Submission.submission_id == submission_id))
    if number is None:
        raise NotFound("There is no such submission.")
    rows = await conn.execute(
        select(FeedbackFile.path, FeedbackFile.content)
        .where(FeedbackFile.submission_number == number)
        .order_by(FeedbackFile.path)
    )
    pages = [(row.path, row.content) for row in rows]
    return await asyncio.to_thread(
        lambda: FileSet(
            files=tuple(CourseFile(path=path, content=zlib.decompress(page)) for path, page in pages)
        )
    )
