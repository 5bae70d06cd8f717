"""A database of its own for each test: `db` of both kinds, `path` an SQLite file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from learnflow_ext.store.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "learnflow.sqlite"


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.open()
    yield database
    await database.close()


class _Files:
    """Plain files, for tests that are coroutines themselves."""

    def write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def read(self, path: Path) -> bytes | None:
        """None when there is no such file."""
        return path.read_bytes() if path.exists() else None


@pytest.fixture
def files() -> _Files:
    return _Files()
