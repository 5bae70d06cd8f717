"""Takes submissions off the queue, has them graded, and records what came of it.

The queue is a column of the database, so a restart forgets nothing. A grader that dies takes one attempt with
it and no submission.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import LearnFlowError, Unavailable
from learnflow_ext.contracts.grades import GradeRecord
from learnflow_ext.service import logs
from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.settings import LearnFlow, LearnFlowGrading
from learnflow_ext.store import submissions
from learnflow_ext.store.database import Database
from learnflow_ext.store.submissions import Claimed

POLL_SECONDS = 5.0
"""How often to look without having been woken; another process may have queued something."""
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
GIVEN_UP = (
    "Grading did not work, although it was tried {attempts} times. Your work is kept, and your teacher has "
    "been asked to look at it. You can also submit again."
)

log = logs.get("learnflow.grading")


class Grader(Protocol):
    """Grades one submission at a time; `learnflow_grading.client.GradingWorker` is one."""

    async def grade(
        self,
        *,
        submission_id: str,
        course: str,
        course_root: Path,
        assignment: str,
        student: str,
        submitted_dir: Path,
        submitted_at: str,
        cell_timeout: float,
        memory_mb: int,
        late_share: float,
        late_note: str,
    ) -> GradeRecord:
        """What grading the files in `submitted_dir` came to. LearnFlowError when it could not be done.

        `late_share`, 0 to 1, is taken off the points, and `late_note` tells the student.
        """
        ...


class GradingQueue:
    """Keeps the graders busy as long as submissions wait."""

    def __init__(
        self,
        db: Database,
        graders: Sequence[Grader],
        settings: LearnFlow,
        grading: LearnFlowGrading,
        metrics: Metrics,
        deadlines: Deadlines,
    ) -> None:
        """As many submissions are graded at the same time as there are `graders`."""
        self._deadlines = deadlines
        self._db = db
        self._graders = graders
        self._settings = settings
        self._grading = grading
        self._metrics = metrics
        self._woken = asyncio.Event()
        # Two who look at once could both take work of one student, which must not run side by side.
        self._claiming = asyncio.Lock()

    def wake(self) -> None:
        """Something was queued; look now."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled. What an earlier service left half graded is graded again."""
        again = await self._db.retrying(submissions.requeue_interrupted)
        if again:
            log.info("graded again after a restart", submissions=again)
        async with asyncio.TaskGroup() as group:
            for grader in self._graders:
                group.create_task(self._work(grader))

    async def _work(self, grader: Grader) -> None:
        while True:
            try:
                async with self._claiming:
                    claimed = await self._db.retrying(submissions.claim_next)
                if claimed is not None:
                    await self._grade(grader, claimed)
                    continue
            except LearnFlowError as error:
                log.error("the queue cannot be read", code=error.code, message=error.message)
            # Not wait_for: before Python 3.12 it may swallow the cancellation that ends this task.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._woken.wait()
            self._woken.clear()

    async def _grade(self, grader: Grader, claimed: Claimed) -> None:
        line = log.bind(
            submission=claimed.submission_id, assignment=claimed.assignment, attempt=claimed.attempts
        )
        started = time.monotonic()
        try:
            terms = await self._deadlines.of(claimed.course, claimed.assignment, claimed.student)
            record = await grader.grade(
                submission_id=claimed.submission_id,
                course=claimed.course,
                course_root=self._settings.course_root(claimed.course),
                assignment=claimed.assignment,
                student=claimed.student,
                submitted_dir=Path(claimed.files_path),
                submitted_at=claimed.submitted_at.isoformat(),
                cell_timeout=self._grading.cell_timeout,
                memory_mb=self._grading.memory_mb,
                late_share=terms.penalty(claimed.submitted_at),
                late_note=terms.remark(claimed.submitted_at),
            )
            await self._insist(lambda conn: submissions.record_grade(conn, record))
        except (LearnFlowError, OSError) as error:
            line.warning("grading failed", error=str(error), kind=type(error).__name__)
            hopeless = isinstance(error, LearnFlowError) and error.status < 500
            await self._failed(claimed, str(error) if hopeless else "")
        except Exception:
            # The boundary of a task that must outlive any one submission.
            line.exception("grading failed unexpectedly")
            await self._failed(claimed)
        else:
            self._metrics.gradings.labels(record.status).inc()
            self._metrics.grading_seconds.observe(time.monotonic() - started)
            line.info("graded", status=record.status, score=record.score, max_score=record.max_score)

    async def _failed(self, claimed: Claimed, reason: str = "") -> None:
        """Once more, or give up and ask a person to look; at once with a `reason` why it never can work."""
        if not reason and claimed.attempts < self._grading.max_attempts:
            self._metrics.grading_retries.inc()
            await asyncio.sleep(FIRST_PAUSE_SECONDS * claimed.attempts)
            await self._insist(lambda conn: submissions.requeue(conn, claimed.submission_id))
            return
        record = GradeRecord(
            submission_id=claimed.submission_id,
            course=claimed.course,
            assignment=claimed.assignment,
            student=claimed.student,
            status="failed",
            score=0.0,
            max_score=0.0,
            needs_review=True,
            message=reason or GIVEN_UP.format(attempts=claimed.attempts),
        )
        await self._insist(lambda conn: submissions.record_grade(conn, record))
        self._metrics.gradings.labels("failed").inc()
        log.error("gave up grading", submission=claimed.submission_id, attempts=claimed.attempts)

    async def _insist(self, write: Callable[[AsyncConnection], Awaitable[object]]) -> None:
        """Do `write`, however long the database takes: a grade is not given up because a disk is full."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                await self._db.retrying(write)
                return
            except Unavailable as error:
                log.error("the outcome of a grading cannot be kept yet", error=error.message)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
