"""What is left when LearnFlow is taken out: a plain nbgrader course, with which stock nbgrader goes on."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import nbformat

from .conftest import Classroom, Submit


def stock(course: Path, home: Path, *arguments: str) -> None:
    """nbgrader as anybody has it, in the course's folder: no configuration, nothing of ours."""
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments, "--course=python"],
        cwd=course,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "jupyter")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def points(course: Path, home: Path) -> dict[str, float]:
    """What stock nbgrader says of the warm-up, by student."""
    file = home / "grades.csv"
    stock(course, home, "export", f"--to={file}")
    with file.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["assignment"] == "warmup"]
    return {row["student_id"]: float(row["score"] or 0) for row in rows}


def test_stock_nbgrader_goes_on_with_the_course(classroom: Classroom, submit: Submit, tmp_path: Path) -> None:
    course, home = classroom.course.root, tmp_path / "home"
    ours = submit(classroom.solved(hello="def hello(name):\n    return name")).record
    folder = course / "submitted" / "zoe" / "warmup"
    folder.mkdir(parents=True)
    nbformat.write(classroom.solved(square="def square(x):\n    return 0"), folder / "warmup.ipynb")
    stock(course, home, "autograde", "warmup", "--student=zoe", "--create")
    stock(course, home, "generate_feedback", "warmup", "--student=zoe")
    found = points(course, home)
    assert found[ours.student] == ours.score == 5
    assert 0 < found["zoe"] < 6
    assert (course / "feedback" / "zoe" / "warmup" / "warmup.html").is_file()
