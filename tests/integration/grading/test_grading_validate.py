"""The Validate button's process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from learnflow_grading.course import Limits
from learnflow_grading.validate import validate
from nbformat import NotebookNode
from nbformat import v4 as nbf

from .conftest import HELLO, SQUARE, TOTAL, Classroom


def written(folder: Path, nb: NotebookNode) -> Path:
    path = folder / "warmup.ipynb"
    path.write_text(nbformat.writes(nb))
    return path


def run(path: Path, cwd: Path) -> dict[str, Any]:
    """As the student's server runs it."""
    done = subprocess.run(
        [sys.executable, "-I", "-m", "learnflow_grading.validate", str(path)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_solved_notebook_passes(classroom: Classroom, tmp_path: Path) -> None:
    answer = run(written(tmp_path, classroom.solved(SQUARE, HELLO, TOTAL)), tmp_path)
    assert answer == {"success": True, "value": {}, "message": "All visible tests passed."}


def test_each_failing_check_is_listed_for_nbgraders_front_end(classroom: Classroom, tmp_path: Path) -> None:
    nb = classroom.solved(hello="def hello(name):\n    return '<img src=x onerror=alert(1)>'")
    answer = validate(written(tmp_path, nb))
    assert answer["success"]
    (failed,) = answer["value"]["failed"]
    assert set(failed) == {"source", "error", "raw_error"}
    assert failed["source"].startswith("assert hello")
    assert "<img" not in failed["error"]
    assert answer["message"] == "One cell did not pass."


def test_configuration_and_modules_in_the_working_folder_do_not_run(
    classroom: Classroom, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    for name in ("nbgrader_config.py", "jupyter_config.py", "json.py", "sitecustomize.py", "nbgrader.py"):
        (tmp_path / name).write_text(f"open({str(trap)!r}, 'w')")
    assert run(written(tmp_path, classroom.solved()), tmp_path)["success"]
    assert not trap.exists()


def test_cells_run_in_the_sandbox(classroom: Classroom, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    nb = classroom.solved()
    nb.metadata["kernelspec"] = {"name": "bash", "display_name": "x"}
    nb.cells.insert(
        1,
        nbf.new_code_cell(
            f"import os\ntry: open({str(trap)!r}, 'w')\nexcept OSError: pass\nassert os.getuid()"
        ),
    )
    assert validate(written(tmp_path, nb))["value"] == {}
    assert not trap.exists()


def test_an_endless_loop_is_named(classroom: Classroom, tmp_path: Path) -> None:
    nb = classroom.solved(total="def total(numbers):\n    while True: pass")
    answer = validate(written(tmp_path, nb), Limits(cell_timeout=1))
    assert "ran too long" in answer["value"]["failed"][0]["raw_error"]


def test_a_changed_test_and_a_changed_type_are_told(classroom: Classroom, tmp_path: Path) -> None:
    nb = classroom.solved()
    nb.cells[2].source = "pass"
    answer = validate(written(tmp_path, nb))
    assert answer["value"]["changed"] == [{"source": "pass"}]
    assert "original text" in answer["message"]
    nb.cells[2] = nbf.new_markdown_cell("x", metadata=nb.cells[2].metadata)
    answer = validate(written(tmp_path, nb))
    assert answer["value"]["type_changed"][0]["new_type"] == "code"


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [(1, "old version"), (9, "newer version"), ("x", "damaged"), (None, "old version")],
)
def test_odd_nbgrader_metadata_gets_a_sentence(
    classroom: Classroom, tmp_path: Path, schema: object, sentence: str
) -> None:
    nb = classroom.solved()
    nb.cells[2].metadata.nbgrader["schema_version"] = schema
    if schema is None:
        del nb.cells[2].metadata.nbgrader["schema_version"]
    answer = validate(written(tmp_path, nb))
    assert answer["success"] is False
    assert sentence in answer["value"]


def test_what_is_no_notebook_gets_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    assert "Save it first" in validate(path)["value"]
    path.write_text("{")
    assert "damaged" in validate(path)["value"]
    path.unlink()
    path.mkdir()
    assert "not work at the moment" in validate(path)["value"]


def test_an_ordinary_user_can_validate(classroom: Classroom, tmp_path: Path) -> None:
    """The process does not rely on being root. (Here the copies are made by whoever runs it.)"""
    assert os.geteuid() != 0 or validate(written(tmp_path, classroom.solved()))["success"]
