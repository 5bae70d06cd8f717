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


def answer_cells(directory: Path) -> dict[str, str]:
    """Each exercise of a course's source, `assignment/name`, with the id of the cell its answer goes into.

    Blocks on disk. Cells without an id are left out.
    """
    return {
        f"{assignment}/{cell.nbgrader.get('grade_id', '') or cell.id}": cell.id
        for assignment, path in notebooks_of(directory)
        if (notebook := read_notebook(path)) is not None
        for cell in notebook.cells
        if cell.nbgrader.get("solution") and cell.id and cell.cell_type == "code"
    }
