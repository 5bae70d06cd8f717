"""What the grading process is asked to do, done. Loading this loads nbgrader, which takes a moment."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime
from pathlib import Path

import msgspec

from learnflow_ext.contracts.errors import BadRequest, LearnFlowError

from .autograde import Submission, grade
from .course import Course, Limits
from .protocol import Answer, Op, ReleaseOp, seconds_for_all
from .release import release

log = logging.getLogger("learnflow.grading")


def handle(op: Op) -> Answer:
    """Do one op. Raises LearnFlowError for what a user may be told."""
    if isinstance(op, ReleaseOp):
        tried = op.cell_timeout > 0
        course = Course(
            op.course,
            Path(op.course_root),
            Path(op.exchange_root),
            limits=_limits(op) if tried else Limits(),
        )
        done = release(course, op.assignment, trial=tried)
        return Answer(ok=True, exercises=done.exercises, title=done.title, notebooks=done.notebooks)
    limits = _limits(op)
    record = grade(
        Course(
            op.course,
            Path(op.course_root),
            limits=limits,
            settings_file=Path(op.settings_file) if op.settings_file else None,
        ),
        Submission(
            op.submission_id,
            op.assignment,
            op.student,
            Path(op.submitted_dir),
            _time(op.submitted_at),
            in_place=op.in_place,
            late_share=op.late_share,
            late_note=op.late_note,
        ),
    )
    return Answer(ok=True, record=record)


def _limits(op: Op) -> Limits:
    return Limits(
        cell_timeout=op.cell_timeout,
        memory_mb=op.memory_mb,
        total_seconds=seconds_for_all(op.cell_timeout),
    )


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest("submitted_at is no ISO 8601 time.") from None
    if when.tzinfo is None:
        raise BadRequest("submitted_at has no time zone.")
    return when


def answer(line: bytes) -> Answer:
    """The answer to one line; never raises."""
    try:
        return handle(msgspec.json.decode(line, type=Op))
    except LearnFlowError as error:
        return Answer(ok=False, code=error.code, message=error.message)
    except msgspec.DecodeError as error:
        return Answer(ok=False, code=BadRequest.code, message=f"The grader does not understand this: {error}")
    except Exception:  # the process's boundary: the next submission must be graded whatever this one did
        error_id = uuid.uuid4().hex[:12]
        log.exception("Grading failed (%s)", error_id)
        message = f"Grading failed unexpectedly; the log says more under {error_id}."
        return Answer(ok=False, code=LearnFlowError.code, message=message)
