"""The oldest JupyterHub, JupyterLab, Jupyter AI and nbgrader that `pyproject.toml` allows are enough.

`make test` makes their environment beforehand (`make .nox/compat-oldest/.installed`); the newest that are
allowed are those of a fresh clone's own environment, in which everything else runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
OF_THIS_RUN = ("PYTEST", "COV", "COVERAGE", "PYTHON", "VIRTUAL_ENV")


@pytest.mark.timeout(960)
def test_a_brief_pass_with_the_oldest_versions() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OF_THIS_RUN)}
    done = subprocess.run(
        [sys.executable, "-m", "nox", "-R", "-s", "compat(oldest)", "--", "brief"],
        cwd=ROOT,
        env=kept,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-8000:]
    assert "passed" in done.stdout
    assert "skipped" not in done.stdout
