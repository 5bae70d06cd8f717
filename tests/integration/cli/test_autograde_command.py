# ruff: noqa: E501
"""`learnflow autograde` on the course that nbgrader's own documentation grades."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from nbformat import v4 as nbf

pytestmark = pytest.mark.timeout(600)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as a user types it."""
    return subprocess.run(
        [sys.executable, "-m", "learnflow_ext.cli", "autograde", *arguments], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course folder of nbgrader's user guide, its assignment generated."""
    spec = find_spec("nbgrader")
    assert spec is not None and spec.origin is not None
    guide = Path(spec.origin).parent / "docs" / "source" / "user_guide"
    root = tmp_path_factory.mktemp("documented")
    for step in ("source", "submitted"):
        shutil.copytree(guide / step, root / step)
    (root / "nbgrader_config.py").write_text(
        'c = get_config()\nc.CourseDirectory.course_id = "example_course"\n'
    )
    bin_dir = Path(sys.executable).parent
    subprocess.run(
        [bin_dir / "nbgrader", "generate_assignment", "ps1"],
        cwd=root, check=True, capture_output=True, env={"PATH": f"{bin_dir}:/usr/bin:/bin", "HOME": str(root)},
    )  # fmt: skip
    return root


class TestDocumentedCourse:
    def test_it_grades_to_the_documented_scores(self, documented: Path) -> None:
        before = {path: path.read_bytes() for path in (documented / "submitted").rglob("*") if path.is_file()}
        done = run("ps1", "--course-dir", str(documented), "--jobs", "2", "--json")
        assert done.returncode == 0, done.stderr
        records = {record["student"]: record for record in map(json.loads, done.stdout.splitlines())}
        assert {name: record["score"] for name, record in records.items()} == {
            "bitdiddle": 1.5,
            "hacker": 3.0,
        }
        provisional = {c["name"] for r in records.values() for c in r["cells"] if c["provisional"]}
        assert provisional == {"sum_of_squares_uses_squares"}
        with sqlite3.connect(documented / "gradebook.db") as db:
            assert db.execute("select count(*) from submitted_assignment").fetchone() == (2,)
            assert (
                db.execute("select timestamp from submitted_assignment order by 1").fetchone()[0][:4]
                == "2015"
            )
        graded = nbformat.read(documented / "autograded" / "hacker" / "ps1" / "problem1.ipynb", as_version=4)
        assert any(cell.get("outputs") for cell in graded.cells)
        after = {path: path.read_bytes() for path in (documented / "submitted").rglob("*") if path.is_file()}
        assert after == before

    def test_one_that_is_no_notebook_costs_nobody_else(self, documented: Path) -> None:
        broken = documented / "submitted" / "zoe" / "ps1"
        broken.mkdir(parents=True)
        for name in ("problem1", "problem2"):
            (broken / f"{name}.ipynb").write_text("{")
        done = run("ps1", "--course-dir", str(documented), "--json")
        shutil.rmtree(broken.parent)
        assert done.returncode == 1
        status = {record["student"]: record["status"] for record in map(json.loads, done.stdout.splitlines())}
        assert status == {"bitdiddle": "graded", "hacker": "graded", "zoe": "failed"}


class TestCannotRun:
    def test_no_folder(self, tmp_path: Path) -> None:
        done = run("ps1", "--course-dir", str(tmp_path / "none"))
        assert (done.returncode, "no course folder" in done.stderr) == (2, True)

    def test_an_assignment_that_is_not_there(self, documented: Path) -> None:
        done = run("ps9", "--course-dir", str(documented))
        assert (done.returncode, "no assignment ps9" in done.stderr) == (2, True)

    def test_another_kernel_is_refused_by_its_name(self, documented: Path) -> None:
        folder = documented / "source" / "stats"
        folder.mkdir()
        nb = nbf.new_notebook(cells=[nbf.new_code_cell("1")])
        nb.metadata["kernelspec"] = {"name": "ir", "display_name": "R 4.3", "language": "R"}
        nbformat.write(nb, folder / "stats.ipynb")
        done = run("stats", "--course-dir", str(documented))
        assert done.returncode == 2
        assert "R 4.3" in done.stderr and "Only Python" in done.stderr
