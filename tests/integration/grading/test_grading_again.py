"""A test was wrong: the teacher mends it, releases again, and everybody is graded again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from learnflow_grading.autograde import Submission, grade
from learnflow_grading.course import Course
from learnflow_grading.release import release
from nbformat import NotebookNode
from nbformat import v4 as nbf
from nbgrader.api import Gradebook

from learnflow_ext.contracts.grades import GradeRecord

from .conftest import checks, mark, notebook, solution, write_source

WRONG = "assert square(3) == 6"
RIGHT = "assert square(3) == 9\nassert square(-2) == 4"
ANSWERS = {
    "ada": "def square(x):\n    return x * x",
    "ben": "def square(x):\n    return 2 * x",
    "chen": "def square(x):\n    return 4",
}


def area(hidden: str, points: float = 2) -> NotebookNode:
    """One part graded by its test, one by the teacher."""
    why = nbf.new_markdown_cell("Why?", metadata=mark("why", grade=True, solution=True, points=4))
    answer = solution("square", "def square(x):", "return x * x")
    return notebook(answer, checks("test_square", points, "assert square(2) == 4", hidden), why)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """With the wrong test released."""
    made = Course("python", tmp_path / "python", tmp_path / "exchange")
    write_source(made.root, "area", {"area": area(WRONG)})
    release(made, "area")
    return made


def handed_in(course: Course, folder: Path, student: str) -> Submission:
    """The work of `student` as it came in; it is never changed by a release."""
    path = folder / student
    if not path.exists():
        assert course.exchange is not None
        path.mkdir(parents=True)
        out = course.exchange / "python" / "outbound" / "area" / "area.ipynb"
        nb = nbformat.read(out, as_version=4)
        nb.cells[0].source = ANSWERS[student]
        nb.cells[2].source = "Because of the sides."
        (path / "area.ipynb").write_text(json.dumps(nb))
    return Submission(f"of-{student}", "area", student, path, datetime(2026, 9, 1, tzinfo=UTC))


def by_hand(course: Course, student: str, points: float, comment: str) -> None:
    """As the teacher does it in the formgrader."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        book.find_grade("why", "area", "area", student).manual_score = points
        book.find_comment("why", "area", "area", student).manual_comment = comment
        book.db.commit()


def test_the_new_test_decides_and_what_the_teacher_gave_by_hand_stays(course: Course, tmp_path: Path) -> None:
    def all_graded() -> dict[str, GradeRecord]:
        return {name: grade(course, handed_in(course, tmp_path / "handed-in", name)) for name in ANSWERS}

    first = all_graded()
    assert {name: record.score for name, record in first.items()} == {"ada": 0, "ben": 2, "chen": 0}
    by_hand(course, "ada", 3, "Well put, Ada.")
    by_hand(course, "ben", 1, "Say more.")

    write_source(course.root, "area", {"area": area(RIGHT)})
    release(course, "area")
    second = all_graded()
    assert {name: record.score for name, record in second.items()} == {"ada": 5, "ben": 1, "chen": 0}
    assert {name: record.max_score for name, record in second.items()} == dict.fromkeys(ANSWERS, 6)
    assert [record.needs_review for record in second.values()] == [False, False, True], "only Chen's waits"
    page = second["ada"].feedback[0].content.decode()
    assert "Well put, Ada." in page
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        told = {name: book.find_submission("area", name).score for name in ANSWERS}
        assert told == {"ada": 5, "ben": 1, "chen": 0}
        assert book.find_comment("why", "area", "area", "ben").comment == "Say more."
        assert book.find_comment("why", "area", "area", "ada").comment == "Well put, Ada."


def test_other_points_for_the_mended_test_count_too(course: Course, tmp_path: Path) -> None:
    work = tmp_path / "handed-in"
    assert grade(course, handed_in(course, work, "ada")).max_score == 6
    write_source(course.root, "area", {"area": area(RIGHT, points=5)})
    release(course, "area")
    again = grade(course, handed_in(course, work, "ada"))
    assert (again.score, again.max_score) == (5, 9)
