"""`learnflow autograde`: an assignment of an ordinary nbgrader course folder, in sandboxes, in parallel."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer

from learnflow_ext.cli.bar import progress
from learnflow_ext.contracts.errors import LearnFlowError, Unavailable
from learnflow_ext.contracts.grades import GradeRecord

if TYPE_CHECKING:
    from learnflow_grading.client import GradingWorker

FOUND_A_PROBLEM = 1
_TRIES = 2


@dataclass(frozen=True)
class Folder:
    """One assignment of a course folder."""

    course: str
    root: Path
    assignment: str
    submitted: Path
    settings_file: Path | None


def autograde(
    assignment: str = typer.Argument(help="The assignment's name: its folder's in `source`."),
    course_dir: Path = typer.Option(Path("."), "--course-dir", help="The nbgrader course folder."),
    jobs: int = typer.Option(2, "--jobs", "-j", min=1, max=64, help="Submissions graded at the same time."),
    student: list[str] = typer.Option([], "--student", help="Only this student; may be given several times."),
    cell_timeout: float = typer.Option(5.0, min=0.5, help="Seconds a cell may run."),
    memory: int = typer.Option(256, min=64, help="Memory of each sandbox, in MB."),
    as_json: bool = typer.Option(
        False, "--json", help="One JSON object a line and student: points, messages, what is provisional."
    ),
) -> None:
    """Grade what was submitted, into `autograded` and the gradebook; tests run apart from the students' code.

    What is in `submitted` stays as it is. Exit code 1 when a submission could not be graded, 2 when none can.
    """
    records = asyncio.run(
        _all(course_dir, assignment, frozenset(student), jobs, cell_timeout, memory, as_json=as_json)
    )
    if not as_json:
        _summary(records)
    if any(record.status == "failed" for record in records):
        raise typer.Exit(FOUND_A_PROBLEM)


async def _all(
    course_dir: Path,
    assignment: str,
    only: frozenset[str],
    jobs: int,
    cell_timeout: float,
    memory: int,
    *,
    as_json: bool,
) -> list[GradeRecord]:
    """Every student's record, in the order in which they were done; of `only` these, or of all."""
    from learnflow_grading.client import GradingWorker, environment, error_of
    from learnflow_grading.forks import Forks
    from learnflow_kernels.janitor import sweep

    async with contextlib.AsyncExitStack() as stack:
        # Last of all: graders are killed, and leave the control groups of sandboxes that waited for work.
        stack.callback(sweep, young_s=0)
        # It loads nbgrader, once for all jobs; this process never does.
        forks = await stack.enter_async_context(Forks(environment()))
        looked = await forks.look(course_dir, assignment)
        if looked.code:
            raise error_of(looked.code, looked.message)
        students = [name for name in looked.students if not only or name in only]
        if not students:
            raise Unavailable(f"None of these students has submitted {assignment}.")
        folder = Folder(
            looked.course,
            Path(looked.root),
            assignment,
            Path(looked.submitted),
            Path(looked.settings_file) if looked.settings_file else None,
        )
        workers = [
            await stack.enter_async_context(GradingWorker(forks=forks))
            for _ in range(min(jobs, len(students)))
        ]
        records: list[GradeRecord] = []
        with progress(len(students), "Grading", hidden=as_json) as step:

            async def work(worker: GradingWorker) -> None:
                while todo:
                    record = await _one(worker, folder, todo.pop(0), cell_timeout, memory)
                    records.append(record)
                    if as_json:
                        typer.echo(msgspec.json.encode(msgspec.structs.replace(record, feedback=())).decode())
                    step(1)

            todo = list(students)
            async with asyncio.TaskGroup() as group:
                for worker in workers:
                    group.create_task(work(worker))
    return records


async def _one(
    worker: GradingWorker, folder: Folder, student: str, cell_timeout: float, memory: int
) -> GradeRecord:
    message = ""
    for _ in range(_TRIES):
        try:
            return await worker.grade(
                submission_id=student,
                course=folder.course,
                course_root=folder.root,
                assignment=folder.assignment,
                student=student,
                submitted_dir=folder.submitted / student / folder.assignment,
                cell_timeout=cell_timeout,
                memory_mb=memory,
                in_place=True,
                settings_file=folder.settings_file,
            )
        except LearnFlowError as error:
            message = error.message
            if error.status < 500:
                break
    return GradeRecord(
        submission_id=student,
        course=folder.course,
        assignment=folder.assignment,
        student=student,
        status="failed",
        score=0,
        max_score=0,
        needs_review=True,
        message=message,
    )


def _summary(records: list[GradeRecord]) -> None:
    graded = [record for record in records if record.status == "graded"]
    typer.echo(f"{len(graded)} of {len(records)} submissions graded.")
    if graded:
        mean = sum(record.score for record in graded) / len(graded)
        typer.echo(f"Mean score: {mean:.2f} of {graded[0].max_score:g}.")
    for record in sorted(records, key=lambda r: r.student):
        if record.needs_review:
            typer.echo(f"{record.student}: needs a look. {record.message}")
    reasons = {
        (cell.notebook, cell.name): cell.provisional
        for record in graded
        for cell in record.cells
        if cell.provisional
    }
    counts = Counter((cell.notebook, cell.name) for record in graded for cell in record.cells)
    if reasons:
        typer.echo(
            f"{len(reasons)} of {len(counts)} graded cells could not be tested apart from the students' code;"
        )
        typer.echo("their points are provisional:")
        for (notebook, name), reason in sorted(reasons.items()):
            typer.echo(f"  {notebook}, {name}: {reason}")
