"""One open gradebook a process. nbgrader opens it nine times a submission, and each costs."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Self

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from nbgrader import api
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy.orm import undefer

_USERS = (
    "nbgrader.converters.autograde",
    "nbgrader.preprocessors.latesubmissions",
    "nbgrader.preprocessors.getgrades",
    "nbgrader.preprocessors.overwritecells",
    "nbgrader.preprocessors.overwritekernelspec",
    "nbgrader.preprocessors.saveautogrades",
    "learnflow_grading.autograde",
    "learnflow_grading.blueprint",
    "learnflow_grading.feedback",
)
_open: dict[tuple[str, str | None], KeptGradebook] = {}
_WAIT_SECONDS = 60
_validators: list[tuple[dict[str, Any], Any]] = []
"""Each with its schema. nbgrader reads its few schemas anew for every notebook."""


class KeptGradebook(Gradebook):
    """Stays open when a `with` ends. All that was done in it is committed then, or, after an error, nothing.

    nbgrader commits after every cell, and each commit waits for the disk.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._depth = 0
        self._parts: dict[tuple[type, str, str, str], dict[str, Any]] = {}
        self._commit = self.db.commit
        self.db.commit = self._keep

    def _keep(self) -> None:
        if not self._depth:
            self._commit()
        elif self.db.new:
            # What is new may be refused, and whoever adds it expects that here. Changes go out together.
            self.db.flush()

    def __enter__(self) -> Self:
        self._depth += 1
        return self

    def find_grade(self, grade_cell: str, notebook: str, assignment: str, student: str) -> Grade:
        """As nbgrader's, which asks for each by itself."""
        found: Grade | None = self._part(Grade, grade_cell, notebook, assignment, student)
        return found or super().find_grade(grade_cell, notebook, assignment, student)

    def find_comment(self, solution_cell: str, notebook: str, assignment: str, student: str) -> Comment:
        """As nbgrader's, which asks for each by itself."""
        found: Comment | None = self._part(Comment, solution_cell, notebook, assignment, student)
        return found or super().find_comment(solution_cell, notebook, assignment, student)

    def _part(self, kind: Any, cell: str, notebook: str, assignment: str, student: str) -> Any:
        """A grade or a comment; all of a notebook are read at the first, and known until the step ends."""
        if not self._depth:
            return None
        key = (kind, notebook, assignment, student)
        if key not in self._parts:
            rows = (
                self.db.query(BaseCell.name, kind)
                .join(BaseCell, BaseCell.id == kind.cell_id)
                .join(SubmittedNotebook, SubmittedNotebook.id == kind.notebook_id)
                .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
                .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
                .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
                .filter(
                    Notebook.name == notebook,
                    Assignment.name == assignment,
                    SubmittedAssignment.student_id == student,
                )
                .all()
            )
            known = dict(rows)
            # Of two with one name nbgrader knows which is meant.
            self._parts[key] = known if len(known) == len(rows) else {}
        return self._parts[key].get(cell)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._depth -= 1
        if self._depth:
            return
        self._parts.clear()
        try:
            if kind is None:
                self._commit()
        finally:
            self.db.rollback()
            self.db.expire_all()


def gradebook(db_url: str, course_id: str | None = None, *_: Any) -> KeptGradebook:
    """The open gradebook at `db_url`; several processes that write to one file wait for each other."""
    key = (db_url, course_id)
    if key not in _open:
        if db_url.startswith("sqlite:") and "?" not in db_url:
            db_url = f"{db_url}?timeout={_WAIT_SECONDS}"
        _open[key] = KeptGradebook(db_url, course_id) if course_id else KeptGradebook(db_url)
    return _open[key]


def grades_of(book: Gradebook, submission: SubmittedAssignment) -> dict[tuple[str, str], Grade]:
    """All grades of a submission, by the names of notebook and cell, with the points that each is worth."""
    rows = (
        book.db.query(Notebook.name, BaseCell.name, Grade)
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .filter(SubmittedNotebook.assignment_id == submission.id)
        .options(undefer(Grade.max_score))
    )
    return {(notebook, cell): grade for notebook, cell, grade in rows}


def _validate(instance: object, schema: dict[str, Any]) -> None:
    """As `jsonschema.validate`, for schemas that were found sound once."""
    validator = next((kept for known, kept in _validators if known == schema), None)
    if validator is None:
        kind: Any = validator_for(schema, default=Draft202012Validator)
        kind.check_schema(schema)
        validator = kind(schema)
        _validators.append((schema, validator))
    if (error := best_match(validator.iter_errors(instance))) is not None:
        raise error


def keep_gradebooks() -> Callable[[], None]:
    """From now on this process's nbgrader uses `gradebook`; what comes back undoes it.

    A new gradebook needs the version of nbgrader's tables, and nbgrader starts a program to learn it:
    from now on once.
    """
    places: list[tuple[Any, str, Any]] = [
        (importlib.import_module(name), "Gradebook", gradebook) for name in _USERS
    ]
    places.append((api, "get_alembic_version", functools.cache(api.get_alembic_version)))
    # Its own checks the schema itself again for each cell, which takes ten times as long.
    metadata = importlib.import_module("nbgrader.nbgraderformat.common")
    places.append((metadata, "jsonschema", SimpleNamespace(validate=_validate)))
    before = [(module, name, getattr(module, name)) for module, name, _ in places]
    for module, name, kept in places:
        setattr(module, name, kept)

    def undo() -> None:
        forget_gradebooks()
        for module, name, own in before:
            setattr(module, name, own)

    return undo


def forget_gradebooks() -> None:
    """Close them all, after an error that may have spoilt one."""
    while _open:
        _open.popitem()[1].close()
