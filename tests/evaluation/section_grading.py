"""`learnflow autograde` on real submissions: whether every verdict and all partial credit agree.

Reads `refactory*.json` (see `section_hints`). Each question becomes an assignment of an ordinary course
folder: its reference the solution, each of its tests a cell of one point, which captures what is printed.
"""

from __future__ import annotations

import json
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import nbformat
from learnflow_grading.course import put_environment_on_path
from nbformat import NotebookNode
from nbformat import v4 as nbf
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from section import Section, Table, learnflow, share
from traitlets.config import Config

ASSIGNMENT = "question"
COLUMNS = ("question", "verdicts", "partial credit", "tests apart", "not graded")


def evaluate(file: Path) -> Table:
    """One row for each question."""
    rows: list[tuple[str, ...]] = []
    misses: list[str] = []
    for question in json.loads(file.read_text(encoding="utf-8"))["questions"]:
        with tempfile.TemporaryDirectory() as name:
            row, missed = _compared(question, _graded(Path(name), question))
        rows.append(row)
        misses += missed
    return Table(f"autograde: {file.name}", COLUMNS, tuple(rows), tuple(misses))


def _graded(root: Path, question: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What `learnflow autograde` says of each submission, by its id."""
    handed_out = _released(root, _source(question))
    for each in question["submissions"]:
        folder = root / "submitted" / each["id"] / ASSIGNMENT
        folder.mkdir(parents=True)
        for cell in handed_out.cells:
            if cell.metadata.nbgrader.grade_id == "answer":
                cell.source = each["code"]
        nbformat.write(handed_out, folder / f"{ASSIGNMENT}.ipynb")
    said = learnflow("autograde", ASSIGNMENT, "--course-dir", str(root), "--json")
    records = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return {record["student"]: record for record in records}


def _source(question: dict[str, Any]) -> NotebookNode:
    answer = f"### BEGIN SOLUTION\n{question['reference']}\n### END SOLUTION"
    cells = [_cell("answer", answer, solution=True)]
    if question["prelude"].strip():
        cells.insert(0, _cell("prelude", question["prelude"], locked=True))
    for test in question["tests"]:
        printed = textwrap.indent(test["statement"].rstrip(), "    ")
        text = (
            "import io\nfrom contextlib import redirect_stdout\nshown = io.StringIO()\n"
            f"with redirect_stdout(shown):\n{printed}\nassert shown.getvalue() == {test['expected']!r}"
        )
        cells.append(_cell(f"test-{test['id']}", text, grade=True, locked=True, points=1))
    nb: NotebookNode = nbf.new_notebook(cells=cells)
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nb


def _cell(name: str, text: str, **marks: Any) -> NotebookNode:
    plain = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    cell: NotebookNode = nbf.new_code_cell(text, metadata={"nbgrader": plain | {"grade_id": name} | marks})
    return cell


def _released(root: Path, source: NotebookNode) -> NotebookNode:
    """Make the course folder; the notebook that students get."""
    folder = root / "source" / ASSIGNMENT
    folder.mkdir(parents=True)
    nbformat.write(source, folder / f"{ASSIGNMENT}.ipynb")
    (root / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "eval"\n')
    put_environment_on_path()
    config = Config({"CourseDirectory": {"root": str(root), "course_id": "eval"}})
    directory = CourseDirectory(config=config)
    directory.assignment_id = ASSIGNMENT
    GenerateAssignment(coursedir=directory, config=config).start()
    made: NotebookNode = nbformat.read(root / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", as_version=4)
    return made


def _compared(
    question: dict[str, Any], records: dict[str, dict[str, Any]]
) -> tuple[tuple[str, ...], list[str]]:
    given = question["submissions"]
    graded = [each for each in given if records.get(each["id"], {}).get("status") == "graded"]
    misses = [f"{each['id']}: not graded" for each in given if each not in graded]
    verdicts = credit = 0
    for each in graded:
        score = records[each["id"]]["score"]
        verdicts += (score == each["total"]) is (each["label"] == "correct")
        credit += score == each["passed"]
        if score != each["passed"]:
            misses.append(f"{each['id']}: {score:g} of {each['total']}, and {each['passed']} are known")
    tests = [cell for each in graded for cell in records[each["id"]]["cells"]]
    apart = share(sum(not cell.get("provisional") for cell in tests), len(tests))
    row = (question["id"], share(verdicts, len(given)), share(credit, len(given)), apart)
    return (*row, str(len(given) - len(graded))), misses


SECTION = Section("grading", ("refactory*.json",), evaluate)
