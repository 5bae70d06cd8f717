"""Release an assignment: into the gradebook, the release folder, and the exchange's outbound folder."""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.auth import Authenticator
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.exchange import ExchangeError
from nbgrader.exchange.default import ExchangeReleaseAssignment
from nbgrader.nbgraderformat import SchemaTooNewError, SchemaTooOldError

from learnflow_ext.contracts import assignments
from learnflow_ext.contracts.errors import LearnFlowError, NotFound, Unavailable, Unprocessable

from . import constructs
from .course import Course, put_environment_on_path
from .hidden import NotHidden, refuse_leaks, secret_lines
from .names import check_name
from .notebooks import OTHER_LANGUAGE, other_language
from .protocol import Released as Released
from .quizzes import NoKey
from .trial import refuse_slow

log = logging.getLogger(__name__)

_TEXT_SUFFIXES = frozenset({".py", ".md", ".txt", ".json", ".html", ".rst", ".yml", ".yaml", ".cfg", ""})


class _Generate(GenerateAssignment):
    """Keeps the reason for a failure, which nbgrader only logs."""

    cause: Exception | None = None

    def convert_single_notebook(self, notebook_filename: str) -> None:
        try:
            super().convert_single_notebook(notebook_filename)
        except Exception as error:
            self.cause = error
            raise


class ServiceRelease(ExchangeReleaseAssignment):
    """nbgrader's, without making the exchange writable for everybody: only the service uses this one."""

    def ensure_root(self) -> None:
        Path(self.root).mkdir(mode=0o700, parents=True, exist_ok=True)


def release(course: Course, assignment: str, *, trial: bool = True) -> Released:
    """Generate and release `assignment` from the course's `source` folder. Again is fine: the new one counts.

    NotFound when there is no such source; Unprocessable, in a sentence for the teacher, when it cannot be
    released: a hidden test that would be seen, an old format, cells that changed after the first submission,
    and, unless `trial` is false, a solution that needs more time than students have.
    """
    check_name(assignment, "assignment")
    source = course.folder("source", ".", assignment)
    if not any(source.glob("*.ipynb")):
        raise NotFound(f"There is no assignment {assignment!r} among the sources of {course.name}.")
    refuse_sources(source)
    put_environment_on_path()
    if trial:
        refuse_slow(course, assignment)
    target = course.folder("release", ".", assignment)
    with else_as_before(target):
        _generate(course, assignment)
        refuse_leaks_in_files(source, target)
    _to_exchange(course, assignment)
    return _describe(course, assignment, target)


@contextlib.contextmanager
def else_as_before(target: Path) -> Iterator[None]:
    """Put `target` back as it was when something is raised: students have that release, and grading goes by
    it. nbgrader deletes it first. Where there was none, none is left.
    """
    with tempfile.TemporaryDirectory(prefix="learnflow-release-") as scratch:
        kept = Path(scratch, target.name)
        if target.is_dir():
            shutil.copytree(target, kept)
        try:
            yield
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            if kept.is_dir():
                shutil.copytree(kept, target)
            raise


class RefuseUnclear(Preprocessor):
    """In front of nbgrader's own: fails when nobody could understand what the notebook says of itself, or run
    it. Holds whoever generates."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        _refuse(nb, f"{resources['unique_key']}.ipynb")
        return nb, resources


def refuse_sources(source: Path) -> None:
    """Unprocessable when what a notebook in `source` says of topic, tutor, or how it is solved cannot be
    understood, and when one is for another language."""
    for path in sorted(source.glob("*.ipynb")):
        try:
            nb = nbformat.read(path, as_version=4)
        except Exception:  # noqa: S112 - nbformat fails in many ways, and nbgrader says which in a moment
            continue
        _refuse(nb, path.name)


def _refuse(nb: NotebookNode, name: str) -> None:
    if language := other_language(nb):
        said = OTHER_LANGUAGE.format(name=name, language=language)
        raise Unprocessable(f"{said}, so it was not released.")
    try:
        assignments.said(nb.metadata)
    except ValueError as error:
        raise Unprocessable(f"{name} cannot be released. {error}") from None
    for cell in nb.cells:
        constructs.parse(cell.metadata, cell.metadata.get("nbgrader", {}).get("grade_id", name))


def _generate(course: Course, assignment: str) -> None:
    converter = _Generate(coursedir=course.directory(assignment), config=course.config())
    converter.force = True
    try:
        converter.start()
    except NbGraderException as error:
        raise _refusal(assignment, converter.cause or error) from error


def _refusal(assignment: str, cause: Exception) -> LearnFlowError:
    if isinstance(cause, NotHidden | NoKey):
        return Unprocessable(str(cause))
    if isinstance(cause, SchemaTooOldError):
        return Unprocessable(
            f"{assignment} uses an old version of nbgrader's cell metadata."
            " Run `nbgrader update` on its folder first."
        )
    if isinstance(cause, SchemaTooNewError):
        return Unprocessable(f"{assignment} was made with a newer nbgrader than the one installed here.")
    log.error("Could not generate %s", assignment, exc_info=cause)
    # nbgrader's own words name the cell, and a teacher may know them.
    first_line = str(cause).strip().split("\n")[0]
    return Unprocessable(f"{assignment} could not be generated: {first_line[:300]}")


def refuse_leaks_in_files(source: Path, released: Path) -> None:
    """Unprocessable when a released file holds a line that only a hidden region of the sources holds."""
    secret: frozenset[str] = frozenset()
    for path in sorted(source.glob("*.ipynb")):
        secret |= secret_lines(cell.source for cell in nbformat.read(path, as_version=4).cells)
    for path in sorted(released.rglob("*")):
        # The notebooks were compared when they were generated, and nbgrader copies no others.
        if path.is_file() and path.suffix.lower() in _TEXT_SUFFIXES:
            text = path.read_text(encoding="utf-8", errors="replace")
            try:
                refuse_leaks(str(path.relative_to(released)), secret, [text])
            except NotHidden as error:
                raise Unprocessable(str(error)) from None


def _to_exchange(course: Course, assignment: str) -> None:
    if course.exchange is None:
        raise Unavailable(f"{assignment} cannot be released: no exchange folder is set.")
    config = course.config()
    step: Any = ServiceRelease(
        coursedir=course.directory(assignment), authenticator=Authenticator(config=config), config=config
    )
    step.force = True
    try:
        step.start()
    except ExchangeError as error:
        log.error("Could not release %s", assignment, exc_info=error)
        raise Unavailable(f"{assignment} could not be put into the exchange folder; see the log.") from error


def _describe(course: Course, assignment: str, released: Path) -> Released:
    order: dict[str, list[str]] = {}
    title = ""
    for path in sorted(released.glob("*.ipynb")):
        nb = nbformat.read(path, as_version=4)
        order[path.stem] = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in nb.cells]
        title = title or _heading(nb)
    exercises: list[tuple[str, str, float]] = []
    with Gradebook(course.db_url, course.name) as gradebook:
        for notebook in sorted(gradebook.find_assignment(assignment).notebooks, key=lambda n: str(n.name)):
            cells = [
                (cell.name, float(cell.max_score)) for cell in (*notebook.grade_cells, *notebook.task_cells)
            ]
            names = order[notebook.name]
            exercises += [
                (notebook.name, name, points)
                for name, points in sorted(cells, key=lambda c: names.index(c[0]))
            ]
    return Released(title or assignment.replace("-", " ").replace("_", " "), tuple(order), tuple(exercises))


def _heading(nb: nbformat.NotebookNode) -> str:
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            for line in cell.source.split("\n"):
                if line.startswith("#"):
                    return str(line.lstrip("#").strip())
    return ""
