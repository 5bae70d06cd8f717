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
from nbgrader.api import Gradebook

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
        self._commit = self.db.commit
        self.db.commit = self._keep

    def _keep(self) -> None:
        if self._depth:
            self.db.flush()
        else:
            self._commit()

    def __enter__(self) -> Self:
        self._depth += 1
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._depth -= 1
        if self._depth:
            return
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
