"""What is graded in memory, once, is what nbgrader makes of it, twice through the file."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from learnflow_grading.autograde import Submission, grade
from nbformat import v4 as nbf

from .conftest import Classroom, Submit

ANSWERS = {
    "right": {},
    "wrong": {"square": "def square(x):\n    return x", "total": "def total(numbers):\n    return 1 / 0"},
    "prints, and does not compile": {"square": "print(1)\ndef square(x):", "hello": "print('a\\nb')\n7"},
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_notebook_and_gradebook_are_the_same(
    classroom: Classroom, submit: Submit, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    nb = classroom.solved(**ANSWERS[kind])
    nb.cells.insert(1, nbf.new_code_cell("import sys\nprint('to stderr', file=sys.stderr)\n{'a': [1, 2.5]}"))
    nb.cells.append(nb.cells[2].copy())
    del nb.cells[3]
    found = []
    for stock in (True, False):
        monkeypatch.setattr("learnflow_grading.autograde.is_stock", lambda config, stock=stock: stock)
        record = submit(nb).record
        found.append((record.cells, record.message, record.score, *_kept(classroom, record.student)))
    assert found[0] == found[1]


HOOK = """c = get_config()
def mend(assignment, student, notebooks):
    for name in notebooks:
        with open(name) as file:
            text = file.read().replace("retrun", "return")
        with open(name, "w") as file:
            file.write(text)
c.{}.pre_convert_hook = mend
"""


@pytest.mark.parametrize("owner", ["Autograde", "BaseConverter"])
def test_a_hook_of_the_course_changes_what_was_handed_in(
    classroom: Classroom, tmp_path: Path, owner: str
) -> None:
    settings = tmp_path / "nbgrader_config.py"
    settings.write_text(HOOK.replace("{}", owner))
    course = replace(classroom.course, settings_file=settings)
    folder = tmp_path / "handed-in"
    folder.mkdir()
    nbformat.write(classroom.solved(square="def square(x):\n    retrun x * x"), folder / "warmup.ipynb")
    record = grade(course, Submission("id", "warmup", f"hooked-{owner.lower()}", folder, in_place=True))
    assert (record.status, record.score) == ("graded", 6)


def _kept(classroom: Classroom, student: str) -> tuple[Any, ...]:
    path = classroom.course.folder("autograded", student, "warmup") / "warmup.ipynb"
    nb: Any = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        # Cells that were put back have a new one each time.
        cell.pop("id")
    raw = Path(path).read_text()
    with sqlite3.connect(classroom.course.root / "gradebook.db") as db:
        rows = [
            db.execute(
                f"select b.name, {columns} from {table} p join base_cell b on b.id = p.cell_id"
                " join submitted_notebook n on n.id = p.notebook_id"
                " join submitted_assignment a on a.id = n.assignment_id where a.student_id = ? order by 1",
                (student,),
            ).fetchall()
            for table, columns in (
                ("grade", "auto_score, manual_score, needs_manual_grade"),
                ("comment", "auto_comment"),
            )
        ]
    db.close()
    return nb, raw[:2], raw[-3:], rows
