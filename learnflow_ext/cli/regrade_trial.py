"""What grading everybody again would come to: it is done in a copy of the course, and nothing is kept."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import typer
from learnflow_grading.client import GradingWorker

from learnflow_ext.cli.bar import progress
from learnflow_ext.cli.course import printable
from learnflow_ext.cli.where import CannotRun
from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.grades import GradeRecord, Regraded
from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.service.tutors import course_files
from learnflow_ext.settings import LearnFlow, LearnFlowGrading
from learnflow_ext.store.clock import iso
from learnflow_ext.store.database import Database
from learnflow_ext.store.regradings import Ended

GRADEBOOK = "gradebook.db"
_LEFT_OUT = ("submitted", "autograded", "feedback", GRADEBOOK)
"""Of a course's folder: students' work, read where it was handed in, and what is copied otherwise."""
_TRIES = 2


async def tried(
    db: Database,
    settings: LearnFlow,
    grading: LearnFlowGrading,
    course: str,
    assignment: str,
    todo: Sequence[Ended],
    *,
    jobs: int,
    hidden: bool,
) -> list[Regraded]:
    """Grade `todo` in a copy of its course; what each came to, in its order. `db` is closed before and after.

    CannotRun when the course's folder is not there or cannot be read.
    """
    root = settings.course_root(course)
    # With --state alone nobody knows the teacher's own folder; the service keeps a copy of its file.
    file = course_files(settings).get(course, root / "course.yaml")
    with tempfile.TemporaryDirectory(prefix="learnflow-regrade-") as scratch:
        copy = Path(scratch, "course")
        await asyncio.to_thread(_copy, root, copy)
        trial = _Trial(course, assignment, copy, Deadlines({course: file}, db), grading)
        await db.open(create=False)
        try:
            with progress(len(todo), "Trying", hidden=hidden) as step:
                found = await trial.all(todo, jobs, step)
            for one, came_to in zip(todo, found, strict=True):
                if came_to.state == "failed" and (said := trial.told.get(one.number)):
                    typer.echo(printable(f"{one.student}: {said}"), err=True)
            return found
        finally:
            await db.close()


def _copy(root: Path, target: Path) -> None:
    if not (root / GRADEBOOK).is_file():
        raise CannotRun(
            f"There is no course at {root}, so nothing can be tried. Say where the classroom is: --config "
            "FILE or --state DIR."
        )
    try:
        shutil.copytree(root, target, ignore=lambda at, _: _LEFT_OUT if Path(at) == root else ())
        # The service may be writing to it.
        source = sqlite3.connect(f"file:{root / GRADEBOOK}?mode=ro", uri=True)
        with contextlib.closing(source), contextlib.closing(sqlite3.connect(target / GRADEBOOK)) as copy:
            source.backup(copy)
    except (OSError, sqlite3.Error) as error:
        raise CannotRun(
            f"The course at {root} cannot be copied: {error}. Run this as the user that the hub runs as."
        ) from error


class _Trial:
    def __init__(
        self, course: str, assignment: str, root: Path, terms: Deadlines, grading: LearnFlowGrading
    ) -> None:
        self._course = course
        self._assignment = assignment
        self._root = root
        self._terms = terms
        self._grading = grading
        self.told: dict[int, str] = {}
        """Why a submission could not be graded again, by its number."""

    async def all(self, todo: Sequence[Ended], jobs: int, step: Callable[[int], None]) -> list[Regraded]:
        """What each came to. One student's work is graded one after another: it shares a folder."""
        by_student: dict[str, list[Ended]] = {}
        for one in todo:
            by_student.setdefault(one.student, []).append(one)
        waiting = list(by_student.values())
        found: dict[int, Regraded] = {}

        async def work() -> None:
            async with GradingWorker() as worker:
                while waiting:
                    for one in waiting.pop():
                        found[one.number] = await self._one(worker, one)
                        step(1)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(jobs, len(waiting))):
                group.create_task(work())
        return [found[one.number] for one in todo]

    async def _one(self, worker: GradingWorker, one: Ended) -> Regraded:
        record = await self._graded(worker, one)
        graded = record is not None and record.status == "graded"
        if record is not None and not graded:
            self.told[one.number] = record.message
        return Regraded(
            student=one.student,
            submission_id=one.submission_id,
            submitted_at=iso(one.submitted_at),
            state="graded" if graded else "failed",
            before=one.score,
            before_max=one.max_score,
            after=record.score if record is not None and graded else one.score,
            after_max=record.max_score if record is not None and graded else one.max_score,
        )

    async def _graded(self, worker: GradingWorker, one: Ended) -> GradeRecord | None:
        """None for what could not be graded."""
        terms = await self._terms.of(self._course, self._assignment, one.student)
        for _ in range(_TRIES):
            try:
                return await worker.grade(
                    submission_id=one.submission_id,
                    course=self._course,
                    course_root=self._root,
                    assignment=self._assignment,
                    student=one.student,
                    submitted_dir=Path(one.files_path),
                    submitted_at=iso(one.submitted_at),
                    cell_timeout=terms.cell_seconds or self._grading.cell_timeout,
                    memory_mb=self._grading.memory_mb,
                    late_share=terms.penalty(one.submitted_at),
                    late_note=terms.remark(one.submitted_at),
                )
            except LearnFlowError as error:
                self.told[one.number] = error.message
                if error.status < 500:
                    break
        return None
