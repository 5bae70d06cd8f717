"""What `.ci/audit` makes of the auditor's answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
HOLE = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.0"], "description": "bad"}


def audit(folder: Path, said: str, error: str = "", *more: str) -> tuple[int, str]:
    """The script's exit code and words, with an auditor that answers like that."""
    (folder / "said").write_text(said)
    auditor = folder / "uv"
    auditor.write_text(f"#!/bin/sh\ncat '{folder}/said'\necho '{error}' >&2\nexit 1\n")
    auditor.chmod(0o755)
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "audit"), *more],
        env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_packages_that_nobody_knows_are_not_fine(tmp_path: Path) -> None:
    """What an index says that has packages and no advisories."""
    unknown = {"name": "two", "skip_reason": "Dependency not found on PyPI and could not be audited"}
    code, said = audit(tmp_path, json.dumps({"dependencies": [unknown, unknown], "fixes": []}))
    assert (code, "AUDIT NOT MADE" in said, "not found on PyPI" in said) == (0, True, True)
    assert audit(tmp_path, json.dumps({"dependencies": []}), "", "must")[0] == 1
    some = json.loads(packages())
    some["dependencies"].append(unknown)
    code, said = audit(tmp_path, json.dumps(some))
    assert (code, "nothing is known of two" in said, "1 installed packages" in said) == (0, True, True)


def packages(*holes: dict[str, Any]) -> str:
    found = {"name": "one", "version": "1.0", "vulns": list(holes)}
    return json.dumps(
        {
            "dependencies": [found, {"name": "ours", "skip_reason": "distribution marked as editable"}],
            "fixes": [],
        }
    )


def test_a_hole_that_a_newer_version_mends_fails(tmp_path: Path) -> None:
    code, said = audit(tmp_path, packages(HOLE))
    assert code == 1
    assert "one 1.0: PYSEC-1, mended in 2.0." in said


def test_one_that_nobody_mended_is_told_and_fails_nothing(tmp_path: Path) -> None:
    code, said = audit(tmp_path, packages({**HOLE, "fix_versions": []}))
    assert (code, "PYSEC-1, not mended yet" in said) == (0, True)


def test_without_holes(tmp_path: Path) -> None:
    assert audit(tmp_path, packages()) == (
        0,
        "AUDIT: 1 installed packages have no known hole that a newer version mends.\n",
    )


@pytest.mark.parametrize("said", ["", "Traceback", "[]", "{}"])
def test_where_nobody_answers_one_line_says_so(tmp_path: Path, said: str) -> None:
    code, told = audit(tmp_path, said, "no route to host")
    assert code == 0
    assert told.startswith("AUDIT NOT MADE")
    assert "no route to host" in told
    assert told.count("\n") == 1
    assert audit(tmp_path, said, "no route to host", "must")[0] == 1
