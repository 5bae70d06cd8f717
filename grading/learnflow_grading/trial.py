"""Runs the teacher's own solution before it is released, with the time that students will have."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import nbformat

from learnflow_ext.contracts.errors import LearnFlowError, Unprocessable

from .course import Course
from .trusted.calibrate import ALL
from .trusted.execute import forget, kept_file, rules_for, teachers_need_libraries
from .trusted.files import files_in
from .trusted.plan import NotebookRules, kind_of
from .trusted.runtime import runtime
from .trusted.session import RunSettings

log = logging.getLogger(__name__)


def refuse_slow(course: Course, assignment: str) -> None:
    """Unprocessable when the solution in `source` takes longer than `course.limits` give a student.

    What else the run shows is kept for the first grading. Where no sandbox can be had, nothing is refused:
    the log says why, and so will the first submission.
    """
    source = course.folder("source", ".", assignment)
    for path in sorted(source.glob("*.ipynb")):
        try:
            rules = _tried(course, assignment, path)
        except LearnFlowError as error:
            log.warning("The solution of %s was not tried before it was released: %s", assignment, error)
            return
        if rules.slow:
            # The machine may have been busy: who tries again has it measured again.
            forget(path, kept_file(course.root, assignment, path.stem))
            raise Unprocessable(_sentence(course, assignment, path, rules))


def _tried(course: Course, assignment: str, path: Path) -> NotebookRules:
    tests = _tests(path)
    if not tests:
        return NotebookRules(tests={})
    limits, files = course.limits, files_in(path.parent)
    loop = runtime(course.sandboxes)
    return loop.wait(
        rules_for(
            loop.sandboxes(libraries=teachers_need_libraries(path, files)),
            tests,
            path,
            course.folder("release", ".", assignment) / path.name,
            files,
            RunSettings(limits.cell_timeout, limits.total_seconds, limits.memory_mb),
            kept_file(course.root, assignment, path.stem),
            try_reference=True,
        )
    )


def _tests(path: Path) -> dict[str, str]:
    """The notebook's test cells by grade id; none where nbgrader will say what is wrong with it."""
    try:
        cells = nbformat.read(path, as_version=4).cells
        return {
            cell.metadata["nbgrader"]["grade_id"]: cell.source
            for cell in cells
            if cell.cell_type == "code" and kind_of(cell.metadata) == "test"
        }
    except Exception:  # nbformat fails on odd input in any way it likes
        return {}


def _sentence(course: Course, assignment: str, path: Path, rules: NotebookRules) -> str:
    limits = course.limits
    cells = {name: seconds for name, seconds in rules.slow.items() if name != ALL}
    if not cells:
        return (
            f"{assignment} was not released: with your own solution the cells of {path.name} take"
            f" {rules.slow[ALL]} together, and a student's notebook has {limits.total_seconds:g} s. Make it"
            f" faster, or give each cell more time, which gives the notebook more: `cell_seconds` for"
            f" {assignment} in course.yaml."
        )
    named = ", ".join(f"`{name}` {seconds}" for name, seconds in cells.items())
    longest = max(float(seconds.split()[-2]) for seconds in cells.values())
    return (
        f"{assignment} was not released: with your own solution these cells of {path.name} take longer than"
        f" the {limits.cell_timeout:g} s after which a student's are stopped: {named}. Give them more time,"
        f" such as `cell_seconds: {math.ceil(2 * longest)}` for {assignment} in course.yaml,"
        " or make them faster."
    )
