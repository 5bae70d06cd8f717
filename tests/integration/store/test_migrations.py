"""Old and new code, old and new tables."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Protocol

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from learnflow_ext.store import migrate
from learnflow_ext.store.database import Database
from learnflow_ext.store.migrate import SchemaMismatch
from learnflow_ext.store.models import Module


class Files(Protocol):
    """The fixture `files`."""

    def write(self, path: Path, content: bytes) -> None: ...

    def read(self, path: Path) -> bytes | None: ...


def tables(path: Path, kinds: tuple[str, ...] = ("table", "index")) -> dict[str, str]:
    """Name -> SQL, with the layout of the text evened out."""
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute(
            "SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL"
        ).fetchall()
    finally:
        connection.close()
    return {
        name: " ".join(sql.replace("(", " ( ").replace(")", " ) ").split())
        for name, kind, sql in rows
        if kind in kinds and not name.startswith(("alembic", "sqlite"))
    }


def set_revision(path: Path, revision: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.commit()
    connection.close()


async def make(path: Path) -> None:
    db = Database(f"sqlite:///{path}")
    await db.open()
    await db.close()


async def test_migrations_make_the_tables_that_the_models_describe(path: Path, tmp_path: Path) -> None:
    await make(path)
    plain = tmp_path / "models.sqlite"
    engine = create_engine(f"sqlite:///{plain}")
    Module.metadata.create_all(engine)
    engine.dispose()
    migrated, described = tables(path), tables(plain)
    assert migrated.keys() == described.keys()
    for name, sql in described.items():
        assert _parts(migrated[name]) == _parts(sql), name


def _parts(sql: str) -> list[str]:
    """Columns and constraints; their order means nothing."""
    head, _, body = sql.partition("(")
    return [head, *sorted(part.strip() for part in body.rpartition(")")[0].split(","))]


async def test_down_and_up_again(path: Path) -> None:
    await make(path)
    before = tables(path, ("table", "index", "trigger"))
    engine = create_engine(f"sqlite:///{path}")

    def move(direction: str) -> None:
        with engine.begin() as connection:
            config = migrate._config(connection)
            command.downgrade(config, "base") if direction == "down" else command.upgrade(config, "head")

    move("down")
    assert tables(path, ("table", "index", "trigger")) == {}
    move("up")
    engine.dispose()
    assert tables(path, ("table", "index", "trigger")) == before


def test_there_is_one_line_of_revisions() -> None:
    script = ScriptDirectory.from_config(migrate._config())
    assert script.get_heads() == [migrate.expected_revision()]


class TestNewerTablesThanCode:
    async def test_opening_is_refused_and_nothing_changes(self, path: Path) -> None:
        await make(path)
        set_revision(path, "9999")
        before = tables(path)
        for create in (True, False):
            with pytest.raises(SchemaMismatch, match=r"newer LearnFlow \(schema 9999"):
                await Database(f"sqlite:///{path}").open(create=create)
        assert tables(path) == before


class TestOlderTablesThanCode:
    async def test_without_create_the_way_out_is_named(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await make(path)
        current = migrate.expected_revision()
        monkeypatch.setattr(migrate, "_known_revisions", lambda: ("later", current))
        with pytest.raises(SchemaMismatch, match="learnflow db upgrade"):
            await Database(f"sqlite:///{path}").open(create=False)

    async def test_an_empty_file_is_upgraded_only_when_asked(self, path: Path, files: Files) -> None:
        files.write(path, b"")
        with pytest.raises(SchemaMismatch, match="learnflow db upgrade"):
            await Database(f"sqlite:///{path}").open(create=False)
        await make(path)
        assert "users" in tables(path)

    async def test_an_upgrade_that_fails_midway_leaves_nothing(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = command.upgrade

        def breaks(config: Config, revision: str) -> None:
            real(config, revision)
            raise RuntimeError("power cut")

        monkeypatch.setattr(command, "upgrade", breaks)
        with pytest.raises(RuntimeError):
            await Database(f"sqlite:///{path}").open()
        assert tables(path) == {}

    async def test_an_upgrade_that_would_orphan_rows_is_taken_back(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = command.upgrade

        def orphans(config: Config, revision: str) -> None:
            real(config, revision)
            connection: Connection = config.attributes["connection"]
            connection.exec_driver_sql("INSERT INTO pseudonyms VALUES (77, 'x')")

        monkeypatch.setattr(command, "upgrade", orphans)
        with pytest.raises(SchemaMismatch, match="nothing was changed"):
            await Database(f"sqlite:///{path}").open()
        assert tables(path) == {}


class TestSomebodyElsesTables:
    async def test_they_are_refused_and_left_alone(self, path: Path) -> None:
        path.parent.mkdir(parents=True)
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE recipes (name TEXT)")
        connection.close()
        for create in (True, False):
            with pytest.raises(SchemaMismatch, match="not LearnFlow's"):
                await Database(f"sqlite:///{path}").open(create=create)
        assert list(tables(path)) == ["recipes"]
