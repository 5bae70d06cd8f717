"""A backup holds everything, comes back as it was, and neither way overwrites anything."""

from __future__ import annotations

import os
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from postgres import Postgres

from learnflow_ext.contracts.errors import Conflict, LearnFlowError, NotFound, Unprocessable
from learnflow_ext.store import people
from learnflow_ext.store.backup import back_up, restore
from learnflow_ext.store.database import Database


def course_files(state: Path) -> None:
    """A notebook, a gradebook that somebody has open, and what is not ours."""
    course = state / "courses" / "python-basics"
    (course / "source").mkdir(parents=True)
    (course / "source" / "a.ipynb").write_text("{}")
    (course / "source" / "a.ipynb").chmod(0o640)
    (state / "empty").mkdir()
    (state / "link").symlink_to("/etc/passwd")
    with closing(sqlite3.connect(course / "gradebook.db")) as conn, conn:
        conn.execute("CREATE TABLE grade (score REAL)")
        conn.execute("INSERT INTO grade VALUES (7.5)")


async def add_ada(url: str) -> None:
    db = Database(url)
    await db.open()
    async with db.begin() as conn:
        await people.ensure(conn, "ada")
    await db.close()


async def knows_ada(url: str) -> bool:
    db = Database(url)
    await db.open()
    async with db.connect() as conn:
        found = await people.find(conn, "ada")
    await db.close()
    return found is not None


def score(state: Path) -> float:
    with closing(sqlite3.connect(state / "courses" / "python-basics" / "gradebook.db")) as conn:
        found: float = conn.execute("SELECT score FROM grade").fetchone()[0]
        return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def url_in(state: Path) -> str:
    return f"sqlite+aiosqlite:///{state / 'learnflow.sqlite'}"


class TestOneMachine:
    async def test_there_and_back(self, tmp_path: Path) -> None:
        state, again, file = tmp_path / "state", tmp_path / "again", tmp_path / "b.tar.gz"
        course_files(state)
        await add_ada(url_in(state))
        # Somebody writes at that very moment: what is not committed is not in the backup, and hurts nothing.
        with closing(sqlite3.connect(state / "courses" / "python-basics" / "gradebook.db")) as writer:
            writer.execute("INSERT INTO grade VALUES (1)")
            made = back_up(state, url_in(state), file)
        assert file.stat().st_mode & 0o777 == 0o600
        assert restore(file, again, url_in(again)) == made
        assert score(again) == 7.5
        assert await knows_ada(url_in(again))
        assert (again / "courses/python-basics/source/a.ipynb").stat().st_mode & 0o777 == 0o640
        assert (again / "empty").is_dir()
        assert names(again) == ["courses", "empty", "learnflow.sqlite"]

    async def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        state, file = tmp_path / "state", tmp_path / "b.tar.gz"
        course_files(state)
        back_up(state, url_in(state), file)
        with pytest.raises(Conflict):
            back_up(state, url_in(state), file)
        with pytest.raises(Conflict, match="not empty"):
            restore(file, state, url_in(state))
        with pytest.raises(NotFound):
            back_up(tmp_path / "none", url_in(state), tmp_path / "c.tar.gz")
        assert names(tmp_path) == ["b.tar.gz", "state"]

    def test_files_that_are_no_backups(self, tmp_path: Path) -> None:
        other = tmp_path / "other.tar.gz"
        with tarfile.open(other, "w:gz") as archive:
            archive.add(__file__, "state/a.py")
        (tmp_path / "text.tar.gz").write_text("hello")
        for file in (other, tmp_path / "text.tar.gz", tmp_path / "none.tar.gz"):
            with pytest.raises(LearnFlowError):
                restore(file, tmp_path / "again", url_in(tmp_path / "again"))
        assert not (tmp_path / "again").exists()

    def test_an_archive_that_was_cut_off(self, tmp_path: Path) -> None:
        state, file = tmp_path / "state", tmp_path / "b.tar.gz"
        course_files(state)
        (state / "much").write_bytes(os.urandom(200_000))
        back_up(state, url_in(state), file)
        file.write_bytes(file.read_bytes()[:100_000])
        with pytest.raises(Unprocessable):
            restore(file, tmp_path / "again", url_in(tmp_path / "again"))
        assert not (tmp_path / "again").exists()


class TestPostgresql:
    async def test_there_and_back(
        self, tmp_path: Path, postgres_url: str, empty_postgres_url: str, postgres_server: Postgres
    ) -> None:
        state, again, file = tmp_path / "state", tmp_path / "again", tmp_path / "b.tar.gz"
        course_files(state)
        await add_ada(postgres_url)
        assert back_up(state, postgres_url, file).database == "postgresql"
        with pytest.raises(Unprocessable, match="postgresql"):
            restore(file, again, url_in(again))
        restore(file, again, empty_postgres_url)
        assert score(again) == 7.5
        assert await knows_ada(empty_postgres_url)
        # With all that guards the log, and notices changes by hand.
        restored = Database(empty_postgres_url)
        assert (await restored.unguarded(), await restored.unnoticed()) == ((), ())
        # Into a database that has tables already: all or nothing, and the folder is left alone.
        with pytest.raises(LearnFlowError, match="pg_restore failed"):
            restore(file, tmp_path / "third", empty_postgres_url)
        assert names(tmp_path / "third") == []
