"""Grade one submission: put its files in place, run nbgrader on them in a sandbox, say what came of it."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path, PurePosixPath
from time import monotonic
from typing import Any

import nbformat
from nbclient.exceptions import DeadKernelError
from nbconvert.exporters.exporter import ResourcesDict
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import AssignLatePenalties, IgnorePattern, LimitOutput, SaveAutoGrades
from nbgrader.utils import setenv
from sqlalchemy.exc import SQLAlchemyError

from learnflow_ext.contracts.errors import LearnFlowError, TooLarge, Unavailable, Unprocessable
from learnflow_ext.contracts.grades import CellScore, CourseFile, GradeRecord

from . import feedback
from .blueprint import Blueprint, read_blueprint
from .course import Course, put_environment_on_path
from .execute import REASONS, STOPPED
from .gradebooks import grades_of
from .hidden import split_hidden
from .marks import Marks, attempt_of
from .messages import Points, explain, given_score
from .names import check_file, check_name
from .notebooks import read_notebook, repaired
from .sanitize import is_stock, sanitized
from .trusted.execute import FORGED, PROVISIONAL, TrustedExecute

log = logging.getLogger(__name__)

MAX_SUBMISSION_BYTES = 100 * 1024 * 1024
MAX_FILES = 500
_OURS = frozenset({"timestamp.txt", "submission_secret.txt"})
GRADER = f"LearnFlow {metadata.version('learnflow-ext')}, nbgrader {metadata.version('nbgrader')}"
"""What gives points here, for the record."""
_FORGED = "Your code showed a result of its own while it was tested, which gives no points."
_LOOK_AGAIN = "Your teacher will have a look."


@dataclass(frozen=True)
class Submission:
    """What is to be graded."""

    submission_id: str
    assignment: str
    student: str
    files: Path
    """Folder with the files as they were handed in; it is only read."""
    submitted_at: datetime | None = None
    """Aware; None means now."""
    in_place: bool = False
    """True for a teacher's own course folder: `files` is nbgrader's `submitted` folder and stays as it
    is, and no feedback is made."""
    late_share: float = 0.0
    """Share of the points, 0 to 1, that lateness takes off; with 0 nbgrader's own late policy holds."""
    late_note: str = ""
    """What the student is told of it; empty for work that is in time."""


class _Autograde(Autograde):
    """Keeps the reason for a failure, which nbgrader only logs, and the notebooks.

    nbgrader reads, copies, checks and writes each notebook twice. One that is in the teacher's frame already
    is graded in memory and written once.
    """

    cause: Exception | None = None

    def __init__(self, notebooks: Mapping[str, nbformat.NotebookNode], **more: Any) -> None:
        """`notebooks` in frames that were checked, by name; those that are not there go nbgrader's way."""
        super().__init__(**more)
        self._framed = notebooks
        self.graded: dict[str, nbformat.NotebookNode] = {}

    def convert_single_notebook(self, notebook_filename: str) -> None:
        try:
            if nb := self._framed.get(Path(notebook_filename).stem):
                self._grade(nb, notebook_filename)
            else:
                super().convert_single_notebook(notebook_filename)
        except Exception as error:
            self.cause = error
            raise

    def _grade(self, nb: nbformat.NotebookNode, filename: str) -> None:
        found = ResourcesDict()
        found.update(self.init_single_notebook_resources(filename))
        place = found["nbgrader"]
        folder = self._format_dest(place["assignment"], place["student"])
        found["metadata"] = ResourcesDict()
        found["metadata"].update(name=place["notebook"], path=folder)
        found["output_extension"] = self.exporter.file_extension
        run, *rest = [cls(parent=self.exporter) for cls in _GRADERS]
        with setenv(NBGRADER_EXECUTION="autograde"):
            nb, found = run(nb, found)
            # One step from here on, and nobody waits for a gradebook while a student's code runs.
            with Gradebook(self.coursedir.db_url):
                for each in rest:
                    nb, found = each(nb, found)
                nbformat.validate(nb, relax_add_props=True)
                self.write_single_notebook(_written(nb), found)
        self.graded[place["notebook"]] = nb


_GRADERS = (TrustedExecute, IgnorePattern, LimitOutput, SaveAutoGrades, AssignLatePenalties)
"""As in `course`, but for the check of what the frame holds."""


def _written(nb: nbformat.NotebookNode) -> str:
    """As `nbformat.writes` does it, of a notebook that is valid."""
    return f"{nbformat.v4.writes(nb)}\n"


def grade(course: Course, submission: Submission) -> GradeRecord:
    """Grade `submission`; another attempt of the same student replaces the former one in the course folder.

    What is wrong with the submission is in the record (`failed`, or `needs_review` with a sentence).
    BadRequest for names that cannot be folders, NotFound for an assignment that was never released,
    Unavailable (or the sandbox's own LearnFlowError) when grading itself does not work and may later.
    """
    start = monotonic()
    assignment = check_name(submission.assignment, "assignment")
    check_name(submission.student, "student")
    put_environment_on_path()
    blueprint = read_blueprint(
        course.db_url, course.name, course.folder("release", ".", assignment), assignment
    )
    if is_stock(course.config()):
        blueprint = sanitized(blueprint, course.db_url)
    notebooks, files, problems = _read(submission.files, blueprint)
    if not notebooks:
        problems = problems or [f"There is no {blueprint.notebooks[0].name}.ipynb in what you handed in."]
        return _record(course, submission, blueprint, status="failed", problems=problems, start=start)
    with contextlib.ExitStack() as stack:
        return _graded(stack, course, submission, blueprint, notebooks, files, problems, start)


def _graded(
    stack: contextlib.ExitStack,
    course: Course,
    submission: Submission,
    blueprint: Blueprint,
    notebooks: Mapping[str, nbformat.NotebookNode],
    files: Mapping[PurePosixPath, Path],
    problems: list[str],
    start: float,
) -> GradeRecord:
    assignment, student = submission.assignment, submission.student
    if submission.in_place:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="learnflow-submitted-"))
        course = dataclasses.replace(course, submitted=Path(scratch))
    when = (submission.submitted_at or datetime.now(UTC)).astimezone(UTC)
    _place(course, submission, notebooks, files, when)
    try:
        if not submission.in_place:
            with Gradebook(course.db_url, course.name) as gradebook:
                Marks(course.root).swap(gradebook, assignment, student, attempt_of(when))
        framed = {
            plan.name: notebooks[plan.name]
            for plan in blueprint.notebooks
            if plan.checked and plan.name in notebooks
        }
        graded = _run(course, assignment, student, framed)
    except _Ungradable as error:
        return _record(course, submission, blueprint, status="failed", problems=[str(error)], start=start)
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise Unavailable("Grading does not work at the moment; your submission was kept.") from error
    cells, found, penalty = _collect(course, blueprint, submission, graded)
    return _record(
        course,
        submission,
        blueprint,
        status="graded",
        problems=problems + found,
        cells=cells,
        pages=() if submission.in_place else feedback.generate(course, assignment, student),
        penalty=penalty,
        start=start,
    )


def _record(
    course: Course,
    submission: Submission,
    blueprint: Blueprint,
    *,
    status: str,
    problems: list[str],
    start: float,
    cells: tuple[CellScore, ...] = (),
    pages: tuple[CourseFile, ...] = (),
    penalty: float = 0.0,
) -> GradeRecord:
    said = [*problems, _LOOK_AGAIN] if problems else []
    if status == "graded" and submission.late_note:
        said = [submission.late_note, *said]
    return GradeRecord(
        submission_id=submission.submission_id,
        course=course.name,
        assignment=submission.assignment,
        student=submission.student,
        status="graded" if status == "graded" else "failed",
        score=max(0.0, sum(cell.score for cell in cells) - penalty),
        max_score=blueprint.max_score,
        cells=cells,
        needs_review=bool(problems),
        message=" ".join(said),
        feedback=pages,
        duration_ms=round((monotonic() - start) * 1000),
        penalty=penalty,
        grader=GRADER,
    )


def _regular_files(folder: Path) -> list[tuple[str, Path]]:
    """(path below `folder`, file) of its regular files; links, devices and hidden names are left out."""
    found: list[tuple[str, Path]] = []
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        for name in sorted(names):
            path = Path(parent, name)
            if path.is_file() and not path.is_symlink() and not name.startswith("."):
                found.append((path.relative_to(folder).as_posix(), path))
    return found


def _read(
    folder: Path, blueprint: Blueprint
) -> tuple[dict[str, nbformat.NotebookNode], dict[PurePosixPath, Path], list[str]]:
    """The notebooks that can be graded, repaired; the other files; and what is wrong, in sentences."""
    notebooks: dict[str, nbformat.NotebookNode] = {}
    files: dict[PurePosixPath, Path] = {}
    problems: list[str] = []
    found = _regular_files(folder)
    if len(found) > MAX_FILES or sum(path.stat().st_size for _, path in found) > MAX_SUBMISSION_BYTES:
        raise TooLarge(
            f"A submission may have {MAX_FILES} files and {MAX_SUBMISSION_BYTES // 1024**2} MB together."
        )
    by_name = dict(found)
    for plan in blueprint.notebooks:
        path = by_name.get(f"{plan.name}.ipynb")
        if path is None:
            problems.append(f"There is no {plan.name}.ipynb in what you handed in.")
            continue
        try:
            notebooks[plan.name] = repaired(read_notebook(path.name, path.read_bytes()), plan)
        except Unprocessable as error:
            problems.append(error.message)
    for name, path in found:
        if path.suffix != ".ipynb" and name not in _OURS:
            files[check_file(name)] = path
    return notebooks, files, problems


def _place(
    course: Course,
    submission: Submission,
    notebooks: Mapping[str, nbformat.NotebookNode],
    files: Mapping[PurePosixPath, Path],
    when: datetime,
) -> None:
    """Replace what is in nbgrader's `submitted` folder, whole or not at all."""
    target = course.submitted_folder / submission.student / submission.assignment
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for relative, path in files.items():
        (fresh / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, fresh / relative, follow_symlinks=False)
    for name, nb in notebooks.items():
        nbformat.write(nb, fresh / f"{name}.ipynb")
    if submission.in_place and submission.submitted_at is None:
        for name in _OURS:
            if (submission.files / name).is_file():
                shutil.copyfile(submission.files / name, fresh / name, follow_symlinks=False)
    else:
        (fresh / "timestamp.txt").write_text(f"{when:%Y-%m-%d %H:%M:%S.%f} UTC", encoding="utf-8")
        # The formgrader's Release Feedback names its folder after it.
        (fresh / "submission_secret.txt").write_text(secrets.token_hex(16), encoding="utf-8")
    if target.exists():
        shutil.rmtree(target)
    fresh.rename(target)


class _Ungradable(Exception):
    """nbgrader cannot cope with this submission; trying again would not help. The text is a sentence."""


def _run(
    course: Course, assignment: str, student: str, framed: Mapping[str, nbformat.NotebookNode]
) -> dict[str, nbformat.NotebookNode]:
    """Grade; the notebooks that were graded in memory, by name."""
    converter = _Autograde(framed, coursedir=course.directory(assignment, student), config=course.config())
    converter.force = True
    try:
        converter.start()
        return converter.graded
    except NbGraderException as error:
        cause = converter.cause or error
        if isinstance(cause, LearnFlowError):
            raise cause from error
        log.error("Could not grade %s of %s", assignment, student, exc_info=cause)
        if isinstance(cause, DeadKernelError | SQLAlchemyError | OSError | NbGraderException):
            raise Unavailable("Grading does not work at the moment; your submission was kept.") from cause
        raise _Ungradable("Your submission was kept, but it could not be graded automatically.") from cause


def _collect(
    course: Course,
    blueprint: Blueprint,
    submission: Submission,
    graded: Mapping[str, nbformat.NotebookNode],
) -> tuple[tuple[CellScore, ...], list[str], float]:
    """The points of every graded cell, what a person should look at, and the points lost by lateness."""
    cells: list[CellScore] = []
    problems: list[str] = []
    with Gradebook(course.db_url, course.name) as gradebook:
        entry = gradebook.find_submission(submission.assignment, submission.student)
        grades = {
            place: (given_score(grade), float(grade.max_score))
            for place, grade in grades_of(gradebook, entry).items()
        }
        penalty = _late_penalty(gradebook, entry, submission.late_share)
    folder = course.folder("autograded", submission.student, submission.assignment)
    for plan in blueprint.notebooks:
        run = graded[plan.name].cells if plan.name in graded else _cells_in(folder / f"{plan.name}.ipynb")
        problems += _stops(run)
        messages = _messages(plan.name, run, grades)
        provisional = {
            cell.metadata.get("nbgrader", {}).get("grade_id"): str(cell.metadata[PROVISIONAL])
            for cell in run
            if PROVISIONAL in cell.metadata
        }
        for cell in plan.cells:
            if (plan.name, cell.name) not in grades:
                continue
            score, max_score = grades[plan.name, cell.name]
            message = messages.get(cell.name, "This notebook is missing, or could not be read.")
            cells.append(
                CellScore(
                    notebook=plan.name,
                    name=cell.name,
                    score=score or 0.0,
                    max_score=max_score,
                    message=message,
                    provisional=provisional.get(cell.name, ""),
                )
            )
            if score is None:
                problems.append("A part of it is marked by hand.")
    return tuple(cells), list(dict.fromkeys(problems)), penalty


def _cells_in(path: Path) -> list[nbformat.NotebookNode]:
    return list(nbformat.read(path, as_version=4).cells) if path.is_file() else []


def _late_penalty(gradebook: Gradebook, entry: Any, share: float) -> float:
    """Take `share` off each notebook's points, where the formgrader shows it too; the points that are off."""
    if share > 0:
        for notebook in entry.notebooks:
            notebook.late_submission_penalty = min(share, 1.0) * notebook.score
        gradebook.db.commit()
    return float(sum(notebook.late_submission_penalty or 0.0 for notebook in entry.notebooks))


def _stops(cells: list[nbformat.NotebookNode]) -> list[str]:
    stops = dict.fromkeys(cell.metadata[STOPPED] for cell in cells if STOPPED in cell.metadata)
    said = [
        REASONS[stop].replace("This cell", "A cell")
        for stop in stops
        if stop in REASONS and stop != "not_run"
    ]
    return [*said, _FORGED] if any(FORGED in cell.metadata for cell in cells) else said


def _messages(
    notebook: str,
    cells: list[nbformat.NotebookNode],
    grades: Mapping[tuple[str, str], tuple[float | None, float]],
) -> dict[str, str]:
    messages: dict[str, str] = {}
    tainted = False
    for cell in cells:
        info = cell.metadata.get("nbgrader", {})
        if info.get("grade") and not info.get("solution"):
            tainted = tainted or bool(split_hidden(cell.source)[1])
        name = info.get("grade_id", "")
        if (notebook, name) in grades:
            messages[name] = explain(cell, Points(*grades[notebook, name]), tainted=tainted)
    return messages
