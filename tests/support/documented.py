"""The example course that nbgrader's own documentation grades, and what it says comes of it."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

ASSIGNMENT = "ps1"
SCORES = {"bitdiddle": 1.5, "hacker": 3.0}
"""By the two students who have handed in; the parts marked by hand are not in it."""


def guide() -> Path:
    """Where nbgrader keeps it, with the folders `source` and `submitted`."""
    spec = find_spec("nbgrader")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "docs" / "source" / "user_guide"


def copy_source(root: Path) -> None:
    """Put its source into a course folder of ours; the other ones there are about other features."""
    shutil.copytree(guide() / "source" / ASSIGNMENT, root / "source" / ASSIGNMENT)


def copy_submitted(root: Path) -> None:
    """And what was handed in."""
    shutil.copytree(guide() / "submitted", root / "submitted")
