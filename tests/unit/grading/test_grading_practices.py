"""A practice, which earns nothing: its check is part of no test, and what it asks for is the student's."""

from __future__ import annotations

import nbformat.v4 as nbf
from learnflow_grading.trusted.plan import make_rules, teacher_cells

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
