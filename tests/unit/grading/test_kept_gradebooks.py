"""A gradebook that stays open is written a step at a time, whole or not at all."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from learnflow_grading.gradebooks import KeptGradebook, _validate, _validators, forget_gradebooks, gradebook
from learnflow_grading.lean import NEVER_ASKED, start_lean


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeptGradebook]:
    # nbgrader starts a program to learn it.
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "1")
    yield gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "py")
    forget_gradebooks()


def students(tmp_path: Path) -> set[str]:
    """As another process sees them."""
    with sqlite3.connect(tmp_path / "gradebook.db") as db:
        found = {row[0] for row in db.execute("select id from student")}
    db.close()
    return found


def test_all_of_a_step_is_there_when_it_ends(book: KeptGradebook, tmp_path: Path) -> None:
    with book:
        book.add_student("ada")
        book.add_student("ben")
        assert students(tmp_path) == set()
    assert students(tmp_path) == {"ada", "ben"}


def test_a_step_within_a_step_ends_with_the_outer_one(book: KeptGradebook, tmp_path: Path) -> None:
    with book:
        book.add_student("ada")
        with book:
            book.add_student("ben")
        assert students(tmp_path) == set()
    assert students(tmp_path) == {"ada", "ben"}


class StepFails(Exception):
    """In the middle of it."""


def test_nothing_is_left_of_a_step_that_fails(book: KeptGradebook, tmp_path: Path) -> None:
    with pytest.raises(StepFails), book:
        book.add_student("ada")
        raise StepFails
    assert students(tmp_path) == set()
    with book:
        book.add_student("ben")
    assert students(tmp_path) == {"ben"}


def test_what_is_written_outside_of_a_step_is_kept_at_once(book: KeptGradebook, tmp_path: Path) -> None:
    book.add_student("ada")
    assert students(tmp_path) == {"ada"}


def test_cells_metadata_is_checked_as_by_jsonschema_itself() -> None:
    schema = {"type": "object", "properties": {"points": {"type": "number"}}, "required": ["points"]}
    for _ in range(2):
        _validate({"points": 1}, schema)
        with pytest.raises(jsonschema.ValidationError) as ours:
            _validate({"points": "many"}, schema)
    with pytest.raises(jsonschema.ValidationError) as theirs:
        jsonschema.validate({"points": "many"}, schema)
    assert ours.value.message == theirs.value.message
    with pytest.raises(jsonschema.SchemaError):
        _validate({}, {"type": 3})


def test_a_schema_that_is_read_anew_for_every_notebook_is_kept_once() -> None:
    before = len(_validators)
    for points in range(20):
        _validate({"points": points}, {"type": "object", "properties": {"points": {"minimum": 0}}})
    assert len(_validators) == before + 1


def test_a_lean_start_leaves_what_is_loaded_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    (name,) = NEVER_ASKED
    monkeypatch.setitem(sys.modules, name, sys)
    start_lean()
    assert sys.modules[name] is sys
