"""Values on their way between a student's code and the tests, and what is made of them there."""

from __future__ import annotations

import dataclasses
from collections import deque
from datetime import date
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from learnflow_grading.trusted import execute
from learnflow_grading.trusted.calibrate import _judge
from learnflow_grading.trusted.plain import is_data, size_of
from learnflow_grading.trusted.plan import NotebookRules
from learnflow_grading.trusted.session import Outcome, Ran, RunSettings
from learnflow_grading.trusted.supervisor import _as_number
from learnflow_grading.trusted.texts import definitions
from learnflow_grading.trusted.wire import Malformed, Reader, Writer
from nbformat import v4 as nbf


def refuse(*_: Any) -> Any:
    raise AssertionError("it is plain data")


def crossed(value: Any) -> Any:
    return Reader(refuse).read(Writer(refuse).write(value))


@pytest.mark.parametrize("path", [Path("data/a.csv"), Path("/tmp"), PurePosixPath("x")])
def test_a_path_crosses_as_its_text(path: PurePosixPath) -> None:
    assert (crossed(path), type(crossed(path))) == (path, type(path))


@pytest.mark.parametrize("wire", [["p", "Path", 3], ["p", "open", "x"], ["p", "Path"], ["p", "Path", "x", 1]])
def test_what_is_no_path(wire: list[Any]) -> None:
    with pytest.raises(Malformed):
        Reader(refuse).read(wire)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (3, 1), (2.5, 1), ([], 0), ([[], ()], 0), ([[], 1], 1), ([""], 1), (np.empty((0, 3)), 0),
        (np.float64(2), 1), (pd.DataFrame({"a": [1, 2]}), 1), (pd.Series([], dtype=float), 0),
        ("", 0), ("a", 1), (True, None), (None, None), ({}, 0), (set(), 0), ({"a": []}, 1), ([{}], 1),
        (range(0), 0), (range(2), 1), ([range(0), ()], 0), (bytearray(), 0), (deque(), 0),
        (deque([[]]), 0), ([deque(), 2], 1),
    ],
)  # fmt: skip
def test_what_agrees_with_everything_is_empty(value: Any, size: int | None) -> None:
    assert size_of(value) == size


@pytest.mark.parametrize(
    "value", [3, None, "a", (1, {"w": [2]}), {1, 2}, Decimal("1.5"), date(2026, 5, 1), range(3)]
)
def test_what_members_of_an_enumeration_hold(value: Any) -> None:
    assert is_data(value)


@pytest.mark.parametrize("value", [len, lambda: 1, int, object(), [len], {"a": len}, {"a": {1: len}}])
def test_what_they_may_not_hold(value: Any) -> None:
    assert not is_data(value)


def test_a_list_that_holds_itself_is_not_empty() -> None:
    value: list[Any] = []
    value.append(value)
    assert size_of(value) == 1


def test_a_score_of_numpys_is_a_number_and_an_array_is_none() -> None:
    scores = [_as_number(each) for each in (np.int64(2), np.float32(0.5), np.bool_(True), 3)]
    assert [(type(each), each) for each in scores] == [(int, 2), (float, 0.5), (bool, True), (int, 3)]
    array = np.array([1])
    assert _as_number(array) is array


def test_a_second_name_has_the_text_of_the_first_and_a_new_function_none() -> None:
    known: dict[str, str] = {}
    for name, text in definitions("def f(n):\n    return n\ng = f\nh = lambda n: f(n)\nf = len", known):
        known[name] = text
    assert known == {"f": "", "g": "def f(n):\n    return n\n", "h": ""}


def test_what_a_run_shows_that_was_cut_short_is_not_kept() -> None:
    over = Outcome(stop="", recorded=True, number=True)
    cells = {0: over, 1: Outcome()}
    found = _judge(Ran(cells, (), (), whole=False), Ran(cells), {0: "t", 1: "u"}, {1: "u"}, {})
    assert (found.whole, found.returns_objects, found.numbers) == (False, None, ("t",))


@pytest.mark.parametrize(("busy", "tries"), [(0, 1), (1, 2), (9, 3)])
async def test_a_trial_that_was_cut_short_is_made_again_with_the_next_submission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy: int, tries: int
) -> None:
    made: list[bool] = []

    async def calibrated(_: Any, rules: NotebookRules, *more: Any) -> NotebookRules:
        made.append(len(made) >= busy)
        return dataclasses.replace(rules, whole=made[-1])

    monkeypatch.setattr(execute, "calibrated", calibrated)
    source = tmp_path / "nb.ipynb"
    nbformat.write(nbf.new_notebook(cells=[nbf.new_code_cell("n = 1")]), source)
    nowhere: Any = None
    for _ in range(5):
        await execute.rules_for(nowhere, {}, source, source, {}, RunSettings(), None, try_reference=True)
    assert len(made) == tries
