"""Answers to exercises that were made for one student, graded as submissions are.

The gradebook of practice knows nobody by name: whoever answers is called `learner` there.
"""

from __future__ import annotations

import asyncio
import uuid

from learnflow_ext.contracts.errors import TooBusy, Unavailable
from learnflow_ext.contracts.grades import FileSet, GradeRecord
from learnflow_ext.contracts.practice import PracticeResult
from learnflow_ext.service import logs, uploads
from learnflow_ext.service.grading_queue import Grader
from learnflow_ext.service.limits import RateLimiter
from learnflow_ext.service.practice_kept import Area
from learnflow_ext.service.practice_making import ONE_AT_A_TIME
from learnflow_ext.settings import LearnFlowGrading
from learnflow_ext.store import courses, practices
from learnflow_ext.store.clock import iso, now
from learnflow_ext.store.database import Database
from learnflow_ext.store.practices import PracticeRow

LEARNER = "learner"
"""Whoever a practice notebook is graded for."""
_LOOK_AGAIN = "Your teacher will have a look."

log = logs.get("learnflow.practice")


class Checks:
    """Grades answers, and records what they came to. Safe to use from many tasks."""

    def __init__(
        self, db: Database, worker: Grader, area: Area, grading: LearnFlowGrading, per_minute: int
    ) -> None:
        """A student may have `per_minute` answers checked."""
        self._db = db
        self._worker = worker
        self._area = area
        self._grading = grading
        self._limits = RateLimiter(per_minute)
        self._at_work: set[tuple[str, str]] = set()
        # A class that practises must not keep those waiting who hand in: at most one grader is taken.
        self._grader = asyncio.Semaphore(1)

    async def check(self, student: str, row: PracticeRow, files: FileSet) -> PracticeResult:
        """The answer in `files`, graded and recorded.

        TooLarge and Unprocessable for files that are no answer, TooBusy for too many, Unavailable while
        grading does not work; then nothing is recorded.
        """
        uploads.check(files, notebooks=(row.name,), max_bytes=self._grading.max_submission_mb * 1024 * 1024)
        mark = student, row.name
        if mark in self._at_work:
            raise TooBusy(ONE_AT_A_TIME, retry_after=5)
        self._limits.take(student)
        self._at_work.add(mark)
        try:
            record = await self._graded(row, files)
            return await self._recorded(student, row, record)
        finally:
            self._at_work.discard(mark)

    async def _graded(self, row: PracticeRow, files: FileSet) -> GradeRecord:
        root = self._area.course(row.course)
        folder = await uploads.keep(files, self._area.answers)
        try:
            async with self._grader:
                return await self._worker.grade(
                    submission_id=str(uuid.uuid4()),
                    course=row.course,
                    course_root=root,
                    assignment=row.name,
                    student=LEARNER,
                    submitted_dir=folder,
                    submitted_at=iso(now()),
                    cell_timeout=self._grading.cell_timeout,
                    memory_mb=self._grading.memory_mb,
                    late_share=0.0,
                    late_note="",
                )
        finally:
            await uploads.discard(folder)
            for step in ("submitted", "autograded", "feedback"):
                await uploads.discard(root / step / LEARNER / row.name)

    async def _recorded(self, student: str, row: PracticeRow, record: GradeRecord) -> PracticeResult:
        if record.status != "graded" or not record.max_score:
            raise Unavailable(_said(record) or "This answer could not be checked. Save it, then try again.")
        # Points of a test that ran beside the student's code would rest on that code's word.
        score = sum(cell.score for cell in record.cells if not cell.provisional)
        after = await self._db.retrying(
            lambda conn: practices.checked(conn, student, row.name, score=score, max_score=record.max_score)
        )
        async with self._db.connect() as conn:
            titles = {info.assignment: info.title for info in await courses.assignments(conn, row.course)}
        log.info("checked", name=row.name, course=row.course, score=score, max_score=record.max_score)
        return PracticeResult(
            name=row.name,
            title=row.title,
            score=score,
            max_score=record.max_score,
            best=after.score or 0.0,
            solved=score >= record.max_score,
            message=_said(record),
            attempt=after.attempts,
            counts_for=titles.get(row.assignment, ""),
        )


def _said(record: GradeRecord) -> str:
    """What the tests found, for the student. Nobody looks at practice, so nobody is announced."""
    general = record.message.removesuffix(_LOOK_AGAIN).strip()
    missing = [cell.message for cell in record.cells if cell.message and cell.score < cell.max_score]
    unsure = (
        ["Part of it cannot be checked safely, so it does not count."]
        if any(cell.provisional for cell in record.cells)
        else []
    )
    return " ".join(dict.fromkeys(filter(None, [general, *missing, *unsure])))
