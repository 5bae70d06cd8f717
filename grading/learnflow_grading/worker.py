"""The grading process: `python -m learnflow_grading.worker`.

Reads one op a line from stdin and writes one answer a line to what was stdout when it started. Libraries
that print, print to stderr. It ends when its stdin does, also in the middle of an op.
"""

from __future__ import annotations

import ctypes
import logging
import os
import queue
import signal
import sys
import threading
import uuid
import warnings
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
from sqlalchemy.exc import SAWarning

from learnflow_ext.contracts.errors import BadRequest, LearnFlowError

from .autograde import Submission, grade
from .course import Course, Limits, put_environment_on_path
from .gradebooks import keep_gradebooks
from .protocol import Answer, Op, ReleaseOp
from .release import release
from .trusted.runtime import close_all

log = logging.getLogger("learnflow.grading")
_PR_SET_PDEATHSIG = 1


def handle(op: Op) -> Answer:
    """Do one op. Raises LearnFlowError for what a user may be told."""
    if isinstance(op, ReleaseOp):
        done = release(Course(op.course, Path(op.course_root), Path(op.exchange_root)), op.assignment)
        return Answer(ok=True, exercises=done.exercises, title=done.title, notebooks=done.notebooks)
    limits = Limits(cell_timeout=op.cell_timeout, memory_mb=op.memory_mb)
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


def serve(lines: BinaryIO, out: BinaryIO) -> None:
    """Answer every line of `lines` on `out`, until they end; an op that is being done then is dropped."""
    todo: queue.Queue[bytes] = queue.Queue()
    busy = threading.Lock()

    def read() -> None:
        for line in lines:
            todo.put(line)
        todo.put(b"")
        if not busy.acquire(blocking=False):
            os._exit(0)  # whoever asked is gone, and nobody waits for the answer

    threading.Thread(target=read, daemon=True).start()
    while line := todo.get():
        with busy:
            out.write(msgspec.json.encode(answer(line)) + b"\n")
            out.flush()


def main() -> None:
    """Take stdout for the protocol alone, and serve."""
    out = os.fdopen(os.dup(1), "wb")
    os.set_inheritable(out.fileno(), False)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    # The service may be killed before it can close our stdin.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # nbgrader tells about every folder that it replaces.
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    # nbgrader's queries make SQLAlchemy complain on every submission; nothing is wrong with them.
    warnings.filterwarnings("ignore", category=SAWarning)
    put_environment_on_path()
    keep_gradebooks()
    try:
        serve(sys.stdin.buffer, out)
    finally:
        close_all()


if __name__ == "__main__":
    main()
