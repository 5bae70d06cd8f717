"""One open gradebook a process. nbgrader opens it nine times a submission, and each costs."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

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


class KeptGradebook(Gradebook):
    """Stays open when a `with` ends; only what was not committed is taken back."""

    def __exit__(self, *_: object) -> None:
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


def keep_gradebooks() -> Callable[[], None]:
    """From now on this process's nbgrader uses `gradebook`; what comes back undoes it.

    A new gradebook needs the version of nbgrader's tables, and nbgrader starts a program to learn it:
    from now on once.
    """
    places = [(importlib.import_module(name), "Gradebook", gradebook) for name in _USERS]
    places.append((api, "get_alembic_version", functools.cache(api.get_alembic_version)))
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
