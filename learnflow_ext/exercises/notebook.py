"""An exercise as the source notebook of an nbgrader assignment (schema version 3 of its metadata)."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from learnflow_ext.exercises.exercise import Exercise

ANSWER_CELL = "cell-1"
"""Id of the cell that the answer goes into."""
_CHECK = "# Run this cell to check your answer. More checks run "
AFTERWARDS, ON_CHECK = "after you hand in.", "when you press Check, above."


def notebook(exercise: Exercise, more: str = AFTERWARDS) -> str:
    """The notebook's text, for a file `<name>/<name>.ipynb` below a course's `source`.

    `more` tells the student when the hidden tests run.

    It holds solution and hidden tests, which nbgrader takes out for students. Points: 2 for each step of
    difficulty.
    """
    name, points = exercise.name, 2 * exercise.difficulty
    examples = "\n".join(f"- `{each.call}` gives `{each.result}`" for each in exercise.examples)
    task = f"# {exercise.title} ({points} points)\n\n{exercise.statement}\n\nFor example:\n\n{examples}\n"
    indent = " " * 4
    solution = textwrap.indent(
        f"### BEGIN SOLUTION\n{textwrap.dedent(exercise.reference.removeprefix(exercise.starter)).rstrip()}\n"
        "### END SOLUTION",
        indent,
    )
    tests = [
        _CHECK + more,
        *exercise.visible,
        "### BEGIN HIDDEN TESTS",
        *exercise.hidden,
        "### END HIDDEN TESTS",
    ]
    about = {"learnflow": {"topic": exercise.topic, "difficulty": exercise.difficulty}}
    way: dict[str, Any] = {}
    if exercise.must_use or exercise.must_not_use:
        # Read by the grader: right results by another way than the statement asks for earn nothing.
        rules = {"must_use": list(exercise.must_use), "must_not_use": list(exercise.must_not_use)}
        way = {"learnflow": rules | ({"in": exercise.within} if exercise.within else {})}
    cells = [
        _cell("markdown", f"task-{name}", task.rstrip(), _metadata(f"task-{name}", locked=True) | about),
        _cell("code", f"answer-{name}", exercise.starter + solution, _metadata(name, solution=True)),
        _cell(
            "code",
            f"test-{name}",
            "\n".join(tests),
            _metadata(f"test-{name}", locked=True, points=points) | way,
        ),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # at most 64 characters, whatever the name
    metadata = {
        "kernelspec": {"display_name": "Python 3 (LearnFlow)", "language": "python", "name": "python3"},
        "language_info": {
            "file_extension": ".py",
            "mimetype": "text/x-python",
            "name": "python",
            "pygments_lexer": "ipython3",
        },
        "learnflow": {"topic": exercise.topic},
    }
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _cell(kind: str, identity: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": identity, "metadata": metadata}
    cell["source"] = source.splitlines(keepends=True)
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _metadata(
    grade_id: str, *, locked: bool = False, solution: bool = False, points: int | None = None
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "grade": points is not None,
        "grade_id": grade_id,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return {"nbgrader": found | ({"points": points} if points is not None else {})}
