"""What the steps of the ladder rest on: whose cells are whose, and examples that give nothing away."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from learnflow_ext.agents import debug, error_words
from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.agents.examples import analogous
from learnflow_ext.agents.exercise_cells import exercise_cells
from learnflow_ext.agents.guard import Guard
from learnflow_ext.agents.references import references
from learnflow_ext.contracts.help import CellError, HelpRequest

ERRORS = sorted(error_words.QUESTIONS)


def test_an_answer_and_its_checks_are_one_exercise(course: Path) -> None:
    cells = exercise_cells(course)
    names = {f"{assignment}/{exercise}" for (assignment, _), exercise in cells.items()}
    assert names == {reference.name for reference in references(course, practices=True)}
    assert len(cells) > len(names)


def test_a_folder_without_a_course_has_none(tmp_path: Path) -> None:
    assert exercise_cells(tmp_path) == {}


@pytest.mark.parametrize("exception", ERRORS)
def test_every_example_is_python_and_no_solution(exception: str, guard: Guard, index: CourseIndex) -> None:
    example = analogous(exception, "")
    if example:
        ast.parse(example)
    error = CellError(exception=exception, message="", code="x = 1", line=1)
    reply = debug.compose(debug.analyse(HelpRequest(error=error), index), 4)
    assert not guard.judge(reply.text).withheld


@pytest.mark.parametrize(
    "concept", ["loops", "functions", "strings", "brackets", "scope", "None", "unpacking"]
)
def test_the_concept_is_more_telling_than_the_class(concept: str) -> None:
    assert analogous("TypeError", concept) != analogous("TypeError", "")


def test_each_step_falls_back_on_less(index: CourseIndex) -> None:
    findings = debug.analyse(
        HelpRequest(error=CellError(exception="KeyError", message="'x'", code="d['x']", line=1)), index
    )
    for rung in (1, 2, 3, 4):
        reply = debug.compose(findings, rung)
        assert reply.rung == rung
        while reply.weaker is not None:
            assert reply.weaker.rung <= reply.rung
            reply = reply.weaker
        assert reply.rung == 1
