"""A test that runs once more because what passed it changes what it is given, without a sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from learnflow_grading.trusted import execute
from learnflow_grading.trusted.plan import NotebookRules
from learnflow_grading.trusted.session import Cell, Outcome, Ran, RunSettings


@pytest.mark.parametrize(
    ("again", "stop"),
    [
        (Outcome(stop="", recorded=True), ""),
        (Outcome(stop="", recorded=True, outputs=[{"output_type": "error"}]), "meddled"),
        (Outcome(stop="odd_value", recorded=True), "meddled"),
        (Outcome(stop="timeout", recorded=True), "timeout"),
        (Outcome(stop="budget", recorded=True), "budget"),
        (Outcome(), "budget"),
    ],
)
async def test_who_had_too_little_time_for_it_is_not_told_to_work_on_a_copy(
    monkeypatch: pytest.MonkeyPatch, again: Outcome, stop: str
) -> None:
    async def ran(*_: Any, **__: Any) -> Ran:
        return Ran({0: again})

    monkeypatch.setattr(execute, "run", ran)
    first = Outcome(stop="", recorded=True, meddled=True)
    sandboxes: Any = None
    await execute._keeping(
        sandboxes, [Cell(0, "", None, "t")], {0: first}, {"t"}, NotebookRules({}), RunSettings(), {}, {}
    )
    assert first.stop == stop
