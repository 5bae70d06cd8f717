"""Takes submissions off the queue, has them graded, and records what came of it.

The queue is a column of the database, so a restart forgets nothing, and any number of processes share it:
each holds a `store.presence` while it grades. Work of one whose presence is gone is taken over by the others.
A grader that dies takes one attempt with it and no submission; one that stops in order takes neither.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import LearnFlowError, Unavailable
from learnflow_ext.contracts.grades import GradeRecord
from learnflow_ext.service import logs
from learnflow_ext.service.code_reviews import review_of
from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.settings import LearnFlow, LearnFlowGrading
from learnflow_ext.store import claims, grades
from learnflow_ext.store.claims import Claimed
from learnflow_ext.store.database import ConnectionLost, Database
from learnflow_ext.store.presence import Presence, presence_of, present

POLL_SECONDS = 5.0
"""How often to look without having been woken; another process may have queued something."""
LOOK_SECONDS = 3.0
"""How often to look for work of graders who are gone."""
PUT_BACK_SECONDS = 5.0
"""How long to try to put work back when stopping; what stays is taken over all the same."""
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
GIVEN_UP = (
    "Grading did not work, although it was tried {attempts} times. Your work is kept, and your teacher has "
    "been asked to look at it. You can also submit again."
)

log = logs.get("learnflow.grading")

T = TypeVar("T")


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


class GradingProcess(Grader, Protocol):
    """A grader that is a process."""

    async def start(self) -> None:
        """Get ready ahead of the first job."""
        ...

    async def stop(self) -> None:
        """End, with all children."""
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
        self._bells: set[asyncio.Event] = set()
        """One for each grader: nobody's answering a call may silence it for another."""
        # Those of this process need not wait for each other in the database.
        self._claiming = asyncio.Lock()
        self._draining = asyncio.Event()
        self._at_work: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Something was queued; look now."""
        for bell in self._bells:
            bell.set()

    async def run(self) -> None:
        """Until cancelled or drained. What graders who are gone left half graded is graded again."""
        if not self._graders:
            await self._draining.wait()
        pause = FIRST_PAUSE_SECONDS
        while not self._draining.is_set():
            presence = presence_of(self._db)
            try:
                async with presence.held(lambda _: self.wake()):
                    pause = FIRST_PAUSE_SECONDS
                    await self._take_part(presence)
            except LearnFlowError as error:
                log.error("nothing is graded for now", code=error.code, message=error.message)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._draining.wait()
            pause = min(pause * 2, POLL_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Take nothing more; what is in hand has `seconds` to be done, and is then put back for others."""
        self._draining.set()
        self.wake()
        late = set(self._at_work)
        if late:
            _, late = await asyncio.wait(late, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def _take_part(self, presence: Presence) -> None:
        """Grade as `presence` until that is lost, or there is nothing in hand any more after `drain`."""
        await self._take_over()
        lost: asyncio.Task[object] = asyncio.create_task(presence.lost.wait())
        looking = asyncio.create_task(self._keep_looking())
        self._at_work = {asyncio.create_task(self._work(each, presence)) for each in self._graders}
        working = set(self._at_work)
        try:
            while working and not lost.done():
                done, _ = await asyncio.wait((lost, looking, *working), return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    if not task.cancelled():
                        # A fault of ours ends the queue, and is told.
                        task.result()
                working -= done
            if lost.done():
                log.warning("not known to be at work any more: beginning anew", grader=presence.id)
        finally:
            for task in (lost, looking, *working):
                task.cancel()
            await asyncio.gather(lost, looking, *working, return_exceptions=True)

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._take_over()
            except LearnFlowError as error:
                log.error("cannot look for work that was left behind", code=error.code, message=error.message)

    async def _take_over(self) -> None:
        """Put back what graders who are gone had in hand."""
        async with self._db.glance() as conn:
            holders = await claims.graders(conn)
        if not holders:
            return
        # In this order: a grader is present before it takes anything.
        gone = {holder for holder in holders if holder is not None} - await present(self._db)
        if gone or None in holders:
            again = await self._db.retrying(lambda conn: claims.requeue_interrupted(conn, gone))
            log.info("graded again, for who graded them is gone", submissions=again, graders=sorted(gone))
            self.wake()

    async def _work(self, grader: Grader, presence: Presence) -> None:
        bell = asyncio.Event()
        self._bells.add(bell)
        try:
            await self._work_at(bell, grader, presence)
        finally:
            self._bells.discard(bell)

    async def _work_at(self, bell: asyncio.Event, grader: Grader, presence: Presence) -> None:
        name = presence.id
        while not self._draining.is_set():
            # Before looking: whatever is queued from here on rings again.
            bell.clear()
            try:
                async with self._claiming:
                    claimed = await self._db.retrying(lambda conn: claims.claim_next(conn, name))
                if claimed is not None:
                    await self._grade(grader, claimed, name)
                    continue
            except ConnectionLost as error:
                # Nobody knows whether something was taken; under this name nobody would take it over.
                log.error("the queue cannot be read", code=error.code, message=error.message)
                presence.lost.set()
            except LearnFlowError as error:
                log.error("the queue cannot be read", code=error.code, message=error.message)
            if self._draining.is_set():
                return
            # Not wait_for: before Python 3.12 it may swallow the cancellation that ends this task.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await bell.wait()

    async def _grade(self, grader: Grader, claimed: Claimed, name: str) -> None:
        try:
            await self._try(grader, claimed, name)
        except asyncio.CancelledError:
            await self._put_back(claimed, name)
            raise

    async def _try(self, grader: Grader, claimed: Claimed, name: str) -> None:
        line = log.bind(
            submission=claimed.submission_id, assignment=claimed.assignment, attempt=claimed.attempts
        )
        if claimed.attempts > self._grading.max_attempts:
            line.error("whoever graded it died each time")
            await self._failed(claimed, name)
            return
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
                cell_timeout=terms.cell_seconds or self._grading.cell_timeout,
                memory_mb=self._grading.memory_mb,
                late_share=terms.penalty(claimed.submitted_at),
                late_note=terms.remark(claimed.submitted_at),
            )
            if record.status == "graded":
                review = await review_of(
                    Path(claimed.files_path), self._settings.exchange_root, claimed.course, claimed.assignment
                )
                record = msgspec.structs.replace(record, review=review)
            kept = await self._insist(lambda conn: grades.record_grade(conn, record, grader=name))
        except (LearnFlowError, OSError) as error:
            line.warning("grading failed", error=str(error), kind=type(error).__name__)
            hopeless = isinstance(error, LearnFlowError) and error.status < 500
            await self._failed(claimed, name, str(error) if hopeless else "")
        except Exception:
            # The boundary of a task that must outlive any one submission.
            line.exception("grading failed unexpectedly")
            await self._failed(claimed, name)
        else:
            if kept is None:
                line.warning("graded, but there is a grade already, or others have taken it over")
                return
            self._metrics.gradings.labels(record.status).inc()
            self._metrics.grading_seconds.observe(time.monotonic() - started)
            line.info("graded", status=record.status, score=record.score, max_score=record.max_score)

    async def _put_back(self, claimed: Claimed, name: str) -> None:
        """Leave to others, at once, what was interrupted."""
        try:
            async with asyncio.timeout(PUT_BACK_SECONDS):
                await self._db.retrying(
                    lambda conn: claims.requeue(conn, claimed.submission_id, name, counts=False)
                )
        except (LearnFlowError, TimeoutError) as error:
            log.warning("left for others to take over", submission=claimed.submission_id, error=str(error))

    async def _failed(self, claimed: Claimed, name: str, reason: str = "") -> None:
        """Once more, or give up and ask a person to look; at once with a `reason` why it never can work."""
        if not reason and claimed.attempts < self._grading.max_attempts:
            self._metrics.grading_retries.inc()
            await asyncio.sleep(FIRST_PAUSE_SECONDS * claimed.attempts)
            await self._insist(lambda conn: claims.requeue(conn, claimed.submission_id, name))
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
            message=reason or GIVEN_UP.format(attempts=min(claimed.attempts, self._grading.max_attempts)),
        )
        if await self._insist(lambda conn: grades.record_grade(conn, record, grader=name)) is None:
            return
        self._metrics.gradings.labels("failed").inc()
        log.error("gave up grading", submission=claimed.submission_id, attempts=claimed.attempts)

    async def _insist(self, write: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """What `write` returns, however long that takes: a grade is not given up because a disk is full."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return await self._db.retrying(write)
            except Unavailable as error:
                log.error("the outcome of a grading cannot be kept yet", error=error.message)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
