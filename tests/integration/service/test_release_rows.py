"""The rows of what is released: what one teacher releases keeps nobody else's from being written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from learnflow_grading import released

from learnflow_ext.service.release_rows import ReleaseRows
from learnflow_ext.store import courses
from learnflow_ext.store.database import Database


def release(exchange: Path, assignment: str, text: str) -> None:
    folder = exchange / "c" / "outbound" / assignment
    folder.mkdir(parents=True)
    (folder / "n.ipynb").write_text(text)


def worth(points: float) -> str:
    """A notebook with one test."""
    nbgrader = {"grade": True, "grade_id": "t", "points": points}
    cell = {"cell_type": "code", "source": "assert True", "metadata": {"nbgrader": nbgrader}}
    return json.dumps({"cells": [cell], "metadata": {}})


async def test_what_cannot_be_kept_ends_nothing(
    sqlite_file: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange, seen = tmp_path / "exchange", released.assignments
    for assignment, text in {
        "01-negative": worth(-1),
        "02-endless": worth(10**400),
        "03-deep": "[" * 100_000,
        "04-good": worth(2),
    }.items():
        release(exchange, assignment, text)

    def looked(root: Path, course: str) -> tuple[str, ...]:
        if course == "shut":
            raise PermissionError(13, "Permission denied")
        return seen(root, course)

    monkeypatch.setattr(released, "assignments", looked)
    db = Database(f"sqlite:///{sqlite_file(tmp_path / 'learnflow.sqlite')}")
    await db.open()
    try:
        await ReleaseRows(db, exchange, dict.fromkeys(("shut", "c"), tmp_path / "course.yaml")).look()
        async with db.connect() as conn:
            kept = await courses.assignments(conn, "c")
    finally:
        await db.close()
    assert [(each.assignment, each.max_score) for each in kept] == [("04-good", 2.0)]
