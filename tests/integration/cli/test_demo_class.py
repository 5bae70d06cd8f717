"""`learnflow demo --class 20`, up to where the hub would start: the class is there, and always the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest
from learnflow_hub.state import State

from learnflow_ext.cli import demo, made_class

Run = Callable[..., Any]
FRIDAY = datetime(2026, 10, 16, 11, 0, tzinfo=UTC)
TABLES = ("runs", "help_turns", "submissions", "grades", "alerts", "progress", "event_log", "attendance")


class OnFriday(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return FRIDAY


def rows(state: Path, table: str) -> list[tuple[Any, ...]]:
    """All of `table`, in its own order."""
    with closing(sqlite3.connect(state / "learnflow.sqlite")) as db:
        return db.execute(f"SELECT * FROM {table}").fetchall()


def test_two_classrooms_get_the_same_class(
    learnflow: Run, tmp_path: Path, sqlite_file: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made_class, "datetime", OnFriday)
    monkeypatch.setattr(demo, "run_until_told", lambda *_, **__: 0)
    one, other = tmp_path / "one", tmp_path / "other"
    for state in (one, other):
        State(state).prepare()
        sqlite_file(state / "learnflow.sqlite")
        ended = learnflow("demo", "--class", "20", "--state", str(state), "--no-browser")
        assert ended.code == 0, ended.err
        assert "20 students have worked for four weeks. The teacher's dashboard shows them." in ended.out
    found = {table: rows(one, table) for table in TABLES}
    assert all(found.values())
    assert found == {table: rows(other, table) for table in TABLES}
    assert len({row[0] for row in rows(one, "users")}) == 20
