"""Which cells of a course belong to which exercise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from learnflow_ext.agents.course_index import notebooks_of, read_notebook

ExerciseCells = Mapping[tuple[str, str], str]
"""(assignment, cell id) to the exercise's name, which is its solution cell's."""


def exercise_cells(directory: Path) -> dict[tuple[str, str], str]:
    """The answer and check cells of a course's source. Blocks on disk: call it off the event loop.

    A check belongs to the answer before it. Cells without an id, and those before any answer, are left out.
    """
    found: dict[tuple[str, str], str] = {}
    for assignment, path in notebooks_of(directory):
        notebook = read_notebook(path)
        exercise = ""
        for cell in notebook.cells if notebook else []:
            if cell.nbgrader.get("solution"):
                exercise = str(cell.nbgrader.get("grade_id", "")) or cell.id
            if cell.is_answer and exercise and cell.id:
                found[assignment, cell.id] = exercise
    return found
