"""A practice, which earns nothing: its check is part of no test, and what it asks for is the student's."""

from __future__ import annotations

from typing import Any

import nbformat.v4 as nbf
import pytest
from learnflow_grading.execute import NOT_AS_ASKED
from learnflow_grading.trusted.execute import _check_constructs
from learnflow_grading.trusted.plan import make_rules, teacher_cells
from learnflow_grading.trusted.session import Cell, Outcome

PRACTICE = {"practice": True}


def test_its_check_does_not_run_beside_a_test_and_its_names_are_asked_of_the_student() -> None:
    marks = {"grade": False, "solution": True, "locked": False, "schema_version": 3, "grade_id": "try"}
    test = {"grade": True, "solution": False, "locked": True, "points": 1, "grade_id": "t"}
    cells = [
        nbf.new_code_cell("limit = 3"),
        nbf.new_code_cell("def legs(n):\n    return 4", metadata={"nbgrader": marks, "learnflow": PRACTICE}),
        nbf.new_code_cell(
            "with open('made-by-the-student.txt') as file:\n    text = file.read()\nassert legs(1) == 4",
            metadata={"learnflow": PRACTICE},
        ),
        nbf.new_code_cell("assert legs(1) > limit", metadata={"nbgrader": test}),
    ]
    plan = make_rules(teacher_cells(cells), {"t": cells[3].source}, complete=True).tests["t"]
    assert plan.setup == "limit = 3"
    assert plan.names == ("legs",)


@pytest.mark.parametrize(
    ("wanted", "practice", "answer", "kept"),
    [
        ({"must_not_use": ["sum"]}, "legs_of_one = sum([1, 3])", "legs = 2 + 2", True),
        ({"must_use": ["loop"]}, "for n in range(3):\n    n", "legs = 4", False),
    ],
)
def test_its_answer_neither_keeps_nor_breaks_the_rules_of_the_exercise_behind_it(
    wanted: dict[str, Any], practice: str, answer: str, kept: bool
) -> None:
    marks = {"grade": False, "solution": True, "locked": False, "schema_version": 3}
    test = {"grade": True, "solution": False, "locked": True, "points": 1, "grade_id": "t"}
    source = [
        nbf.new_code_cell(
            practice, metadata={"nbgrader": {**marks, "grade_id": "try"}, "learnflow": PRACTICE}
        ),
        nbf.new_code_cell(answer, metadata={"nbgrader": {**marks, "grade_id": "a"}}),
        nbf.new_code_cell("assert legs == 4", metadata={"nbgrader": test, "learnflow": wanted}),
    ]
    rules = make_rules(teacher_cells(source), {"t": source[2].source}, complete=True)
    # What is graded has nothing but nbgrader's metadata.
    handed_in = nbf.new_notebook(
        cells=[
            nbf.new_code_cell(cell.source, metadata={"nbgrader": cell.metadata["nbgrader"]})
            for cell in source
        ]
    )
    cells = [Cell(0, practice), Cell(1, answer), Cell(2, source[2].source, rules.tests["t"], "t")]
    _check_constructs(handed_in, cells, rules, {2: Outcome(stop="", recorded=True)})
    assert (NOT_AS_ASKED not in handed_in.cells[2].metadata) is kept
