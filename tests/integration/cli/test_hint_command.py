"""`learnflow hint`: from files to a hint, with exit codes a script can use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REFERENCE = "def double(number):\n    return number * 2\n"
TESTS = "assert double(4) == 8\nassert double(0) == 0\nassert double(-31) == -62\n"


@pytest.fixture
def exercise(tmp_path: Path) -> Path:
    (tmp_path / "statement.md").write_text("# Double\nGive back twice the number.")
    (tmp_path / "tests.py").write_text(TESTS)
    (tmp_path / "reference.py").write_text(REFERENCE)
    return tmp_path


def hint(folder: Path, attempt: str, *more: str) -> subprocess.CompletedProcess[str]:
    (folder / "attempt.py").write_text(attempt)
    command = [sys.executable, "-m", "learnflow_ext.cli", "hint", "--submission", str(folder / "attempt.py")]
    return subprocess.run([*command, *more], capture_output=True, text=True, check=False)


def own(folder: Path) -> list[str]:
    named = ("statement.md", "tests.py", "reference.py")
    return [part for name in named for part in (f"--{name.partition('.')[0]}", str(folder / name))]


def test_a_wrong_attempt_gets_four_rungs_and_exit_code_1(exercise: Path) -> None:
    done = hint(exercise, "def double(n):\n    return n * n\n", *own(exercise), "--json")
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert set(said) == {"proved", "edit_size", "line", "concept", "rungs"}
    assert (said["proved"], said["line"], len(said["rungs"])) == (True, 2, 4)
    assert "62" not in done.stdout and "number * 2" not in done.stdout


def test_classmates_and_syntax_errors(exercise: Path) -> None:
    (exercise / "peers").mkdir()
    (exercise / "peers" / "ben.py").write_text(
        "def double(bens_number):\n    return bens_number + bens_number\n"
    )
    done = hint(exercise, "def double(n)\n    return n + 2\n", *own(exercise), "--peers", f"{exercise}/peers")
    assert done.returncode == 1 and done.stdout.startswith("line 1")
    assert "bens_number" not in done.stdout


def test_without_a_solution_the_failing_tests_point_at_a_line(exercise: Path) -> None:
    """Nothing small repairs it, so nothing is claimed: where to begin, and why there."""
    attempt = """def plural(word):
    if word == "":
        return word
    if word[-1] == "y":
        root = word.upper()
        return "x".join(root) + "iez"
    return word + "s"
"""
    (exercise / "tests.py").write_text(
        "assert plural('tea') == 'teas'\nassert plural('') == ''\nassert plural('puppy') == 'puppies'\n"
        "assert plural('berry') == 'berries'\n"
    )
    done = hint(exercise, attempt, *own(exercise)[:4], "--json")
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert (said["proved"], said["edit_size"], said["concept"]) == (False, 0, "")
    assert said["line"] in (5, 6) and f"Look first at line {said['line']}" in said["rungs"][1]
    assert "every test that fails and in none that passes" in said["rungs"][1]
    assert "pupp" not in done.stdout and "berr" not in done.stdout


def test_a_solved_one_is_fine(exercise: Path) -> None:
    done = hint(exercise, "def double(n):\n    return n + n\n", *own(exercise))
    assert done.returncode == 0 and "passes all the tests" in done.stdout


def test_an_exercise_of_the_course_is_known_by_name(exercise: Path) -> None:
    done = hint(exercise, "x = 1\n", "--exercise", "02-loops-and-lists/squares", "--json")
    assert done.returncode == 1, done.stderr
    assert len(json.loads(done.stdout)["rungs"]) == 4


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--exercise", "nope"], "There is no exercise 'nope'"),
        ([], "Name an exercise of the course"),
        (["--exercise", "sweets", "--tests", "tests.py"], "but not both"),
        (["--exercise", "sweets", "--peers", "nowhere"], "There is no folder nowhere"),
        (["--statement", "nowhere.md", "--tests", "nowhere.py"], "cannot be read"),
    ],
)
def test_what_cannot_run_says_why(exercise: Path, arguments: list[str], sentence: str) -> None:
    done = hint(exercise, "x = 1\n", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr and "Traceback" not in done.stderr
