"""Feedback: one self-contained HTML page a notebook, with scores, reasons, and nothing that runs.

Hidden tests are left out, and so is everything the kernel said once one had run: the student's code could
have read the test and printed it. The page's own Content-Security-Policy forbids scripts and loading.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.utils import is_grade, is_solution

from learnflow_ext.contracts.grades import CourseFile, part_title

from .clean import clean_output
from .course import Course
from .execute import REASONS, STOPPED
from .hidden import split_hidden
from .messages import Points, builtin_exception, explain, first_error, given_score

HIDDEN_NOTE = "# (hidden tests stand here)"


class _CompiledTemplates(BytecodeCache):
    """Templates compiled in this process. nbconvert compiles them anew for every notebook, which costs more
    than the page itself."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Jinja checks itself that it still belongs to the template's text."""
        if code := self._kept.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


_compiled = _CompiledTemplates()


class FeedbackExporter(HTMLExporter):
    """nbconvert's, under a name of its own, by which `course` gives it our template."""

    def _create_environment(self) -> Environment:
        environment: Environment = super()._create_environment()  # type: ignore[no-untyped-call]
        environment.bytecode_cache = _compiled
        return environment

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """nbconvert's, and the names of parts as people read them."""
        inherited: Iterator[tuple[str, Any]] = super().default_filters()  # type: ignore[no-untyped-call]
        yield from inherited
        yield "part_title", part_title


class ForStudents(Preprocessor):
    """Adds reasons and takes out what a student may not see. Comes after GetGrades."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        place = resources["nbgrader"]
        with Gradebook(place["db_url"]) as gradebook:
            for cell in nb.cells:
                if is_grade(cell):
                    grade = gradebook.find_grade(
                        cell.metadata.nbgrader["grade_id"],
                        place["notebook"],
                        place["assignment"],
                        place["student"],
                    )
                    cell.metadata.nbgrader["score"] = given_score(grade)
        tainted = False
        for cell in nb.cells:
            tainted = for_student(cell, tainted=tainted)
        return nb, resources


def for_student(cell: NotebookNode, *, tainted: bool) -> bool:
    """Make one cell fit for its student, in place; True when a hidden test has run by the end of it.

    What the template reads is in `cell.metadata.learnflow_feedback`: `message`, `note`, `output_left_out`.
    """
    info = cell.metadata.get("nbgrader", {})
    hidden: frozenset[int] = frozenset()
    visible = cell.source
    if is_grade(cell) and not is_solution(cell):
        visible, hidden = split_hidden(cell.source)
    tainted = tainted or bool(hidden)
    told: dict[str, Any] = {}
    if is_grade(cell):
        told["message"] = explain(
            cell, Points(info.get("score"), float(info.get("points", 0))), tainted=tainted
        )
    elif STOPPED in cell.metadata:
        told["message"] = REASONS.get(cell.metadata[STOPPED], "")
    if cell.cell_type == "code":
        if tainted:
            error = first_error(cell)
            kind = "" if error is None else builtin_exception(error.get("ename"))
            if kind and "message" not in told:
                told["message"] = f"This cell stopped with {kind}."
            told["output_left_out"] = bool(cell.outputs)
            cell.outputs = []
        else:
            # The reason is told already, and needs no second, red version.
            cell.outputs = [clean_output(o) for o in cell.outputs if o.get("ename") != "CellStopped"]
    if hidden:
        cell.source = f"{visible.rstrip()}\n{HIDDEN_NOTE}".lstrip("\n")
    cell.metadata["learnflow_feedback"] = told
    return tainted


class _PagesOnly(GenerateFeedback):
    """nbgrader's copies all files of a submission next to the pages: a student's own HTML among them."""

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        Path(self._format_dest(assignment_id, student_id)).mkdir(parents=True, exist_ok=True)


def generate(course: Course, assignment: str, student: str) -> tuple[CourseFile, ...]:
    """Write the feedback pages of one graded submission into the course folder, and return them."""
    converter = _PagesOnly(coursedir=course.directory(assignment, student), config=course.config())
    converter.force = True
    converter.start()
    folder = course.folder("feedback", student, assignment)
    return tuple(
        CourseFile(path=path.name, content=path.read_bytes()) for path in sorted(folder.glob("*.html"))
    )
