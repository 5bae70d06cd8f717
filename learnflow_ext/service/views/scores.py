"""The overview's students and points as a file. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from learnflow_ext.service import words
from learnflow_ext.service.board import BoardView, CellView, ColumnView, StudentView
from learnflow_ext.service.tables import Cell, Field, Sheet, Table

STATES = {
    "waiting": "being graded",
    "failed": "not graded",
    "blind": "graded blind",
    "started": "started",
}
"""What stands in the place of points; nothing for who has done nothing yet."""


def points_table(board: BoardView) -> Table:
    """A row for each student: the best points in each assignment, and those of each exercise.

    Points are plain numbers, which a spreadsheet can add up: it would take 7/10 for a date.
    """
    sheet = Sheet[StudentView](
        name="scores",
        title="Students",
        empty="No students are in this course yet.",
        fields=(
            Field("Student", lambda student: student.name),
            Field("Latest activity", lambda student: student.latest, "time"),
            *(field for place, column in enumerate(board.columns) for field in _fields(place, column)),
        ),
    )
    return sheet.of(board.students)


def _fields(place: int, column: ColumnView) -> Iterator[Field[StudentView]]:
    yield Field(column.title, lambda student: _best(student.cells[place]), "number")
    yield Field(f"{column.title}: of", lambda student: _most(student.cells[place]), "number")
    for number, exercise in enumerate(column.exercises):
        yield _exercise(place, number, f"{column.title}: {exercise}")
    yield Field(f"{column.title}: to check", lambda student: _check(student.cells[place]))


def _exercise(place: int, number: int, title: str) -> Field[StudentView]:
    def read(student: StudentView) -> Cell:
        score = student.cells[place].exercises[number].score
        return Cell("" if score is None else words.points(score))

    return Field(title, read, "number")


def _best(cell: CellView) -> Cell:
    return Cell(STATES.get(cell.state, "") if cell.score is None else words.points(cell.score))


def _most(cell: CellView) -> Cell:
    return Cell("" if cell.max_score is None else words.points(cell.max_score))


def _check(cell: CellView) -> Cell:
    return Cell("yes" if cell.needs_review else "")
