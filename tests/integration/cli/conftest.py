"""The command, run in this process as the console script would."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import plain_logs
import pytest

from learnflow_ext.cli import main
from learnflow_ext.contracts.events import Event
from learnflow_ext.store import outbox
from learnflow_ext.store.database import Database


class Ended(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    yield
    plain_logs.use()


@pytest.fixture
def learnflow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Ended]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEARNFLOW_DEBUG", raising=False)

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["learnflow", *arguments])
        # What fixtures logged is not the command's.
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run


@pytest.fixture
def state(tmp_path: Path, sqlite_file: Callable[[Path], Path]) -> Path:
    """A state folder with an empty database."""
    return sqlite_file(tmp_path / "state" / "learnflow.sqlite").parent


@pytest.fixture
def record(state: Path) -> Callable[..., None]:
    """Record events in `state`'s database."""

    def run(*events: Event) -> None:
        async def write() -> None:
            db = Database(f"sqlite:///{state}/learnflow.sqlite")
            await db.open()
            async with db.begin() as conn:
                await outbox.record_all(conn, events)
            await db.close()

        asyncio.run(write())

    return run
