"""Coverage is measured everywhere but in the tests that are named, which leave others' figures alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from measured import FOR_PROGRAMS, NOT_MEASURED, is_measured

ROOT = Path(__file__).parents[3]
SUPPORT = ROOT / "tests/support"
PROGRAM = """
import sys, subprocess
sys.path.insert(0, {support!r})
import measured
def before():
    return "before"
def during():
    return "during"
def after():
    return "after"
here = measured.Measured()
before()
here.turn(on=False); here.turn(on=False)
during(); subprocess.run([sys.executable, "other.py"], check=True)
here.turn(on=True); here.turn(on=True)
after(); subprocess.run([sys.executable, "another.py"], check=True)
"""


def test_every_place_that_is_named_is_there() -> None:
    for place in NOT_MEASURED:
        file, _, name = place.partition("::")
        (first, *_) = ROOT.glob(f"{file}*")
        assert not name or re.search(rf"^(class|(async )?def) {name}\b", first.read_text(), re.MULTILINE), (
            place
        )
        assert not is_measured(place)
    assert is_measured("tests/unit/evaluation/test_measured.py")
    assert not is_measured("tests/unit/evaluation/test_measured.py", many=True)


def test_what_runs_meanwhile_is_not_in_the_report_and_all_else_is(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM.format(support=str(SUPPORT)))
    (tmp_path / "other.py").write_text("x = 1\n")
    (tmp_path / "another.py").write_text("x = 1\n")
    # With files that it is told to look for it warns of those that were there before, and tests stop at that.
    told = "include = */program.py, */other.py, */another.py"
    (tmp_path / ".coveragerc").write_text(f"[run]\nparallel = true\npatch = subprocess\n{told}\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    coverage = [sys.executable, "-W", "error", "-m", "coverage"]
    for arguments in (["run", "program.py"], ["combine", "-q"], ["json", "-q", "-o", "report.json"]):
        done = subprocess.run(
            [*coverage, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    files = json.loads((tmp_path / "report.json").read_text())["files"]
    text = PROGRAM.splitlines()
    missed = [text[line - 1].strip() for line in files["program.py"]["missing_lines"]]
    missed = [line for line in missed if line.startswith("return")]
    assert missed == ['return "during"']
    assert "another.py" in files
    assert "other.py" not in files


def test_a_process_without_coverage_is_left_alone() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(SUPPORT)!r}); import measured, os; here = measured.Measured(); "
        f"here.turn(on=False); here.turn(on=True); print({FOR_PROGRAMS!r} in os.environ, sys.gettrace())"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "None"]
