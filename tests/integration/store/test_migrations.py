"""Old and new code, old and new tables."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Connection,
    Constraint,
    UniqueConstraint,
    create_engine,
    delete,
    inspect,
    make_url,
    select,
)

from learnflow_ext.contracts.grades import CellScore, GradeRecord
from learnflow_ext.store import (
    board,
    cell_points,
    door,
    grades,
    migrate,
    once,
    privacy,
    spent,
    submissions,
)
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database, DatabaseUnavailable
from learnflow_ext.store.migrate import SchemaMismatch
from learnflow_ext.store.models import AnsweredRequest, LoggedEvent, Module, SpentToken, Submission

POINTS = {"e1": 1.0, "e2": 0.5, 'e3 "ü': 0.0}
"""By cell."""


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


async def test_migrations_make_the_tables_that_the_models_describe_on_postgresql(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = inspect(connection)
        differences = [
            difference
            for difference in compare_metadata(context, Module.metadata)
            if not re.match(r"event_log_(\d|rest)", str(getattr(difference[1], "name", "")))
            # Alembic does not see that SQLite alone is to have it.
            and not (isinstance(difference[1], UniqueConstraint) and not applies(difference[1]))
        ]
        assert differences == []
        for table in Module.metadata.sorted_tables:
            described = {str(constraint.name) for constraint in table.constraints if applies(constraint)}
            migrated = {
                *(str(check["name"]) for check in found.get_check_constraints(table.name)),
                *(str(key["name"]) for key in found.get_foreign_keys(table.name)),
                *(str(unique["name"]) for unique in found.get_unique_constraints(table.name)),
                str(found.get_pk_constraint(table.name)["name"]),
            }
            assert migrated == described, table.name
        assert found.get_pk_constraint("event_log")["constrained_columns"] == ["sequence", "time"]
    engine.dispose()


def applies(constraint: Constraint) -> bool:
    """Whether PostgreSQL is to have it; some are for one kind of database only."""
    if isinstance(constraint, UniqueConstraint) and constraint.table.name == "event_log":
        return len(constraint.columns) == 2
    return True


def test_down_and_up_again_on_postgresql(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    things = (
        "SELECT relname::text, relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relname !~ '^(alembic_|event_log_\\d)' "
        "UNION SELECT proname::text, 'f' FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
        "UNION SELECT tgname || tgrelid::regclass::text, 't' FROM pg_trigger "
        "WHERE NOT tgisinternal AND tgrelid::regclass::text !~ '^event_log_\\d' ORDER BY 1"
    )

    def everything() -> list[tuple[str, str]]:
        with engine.connect() as connection:
            return [(row[0], row[1]) for row in connection.exec_driver_sql(things)]

    before = everything()
    assert len(before) > 50
    with engine.begin() as connection:
        command.downgrade(migrate._config(connection), "base")
    assert everything() == []
    with engine.begin() as connection:
        command.upgrade(migrate._config(connection), "head")
    assert everything() == before
    engine.dispose()


class TestPostgresqlRefusals:
    async def test_tables_of_a_newer_version(self, postgres_url: str) -> None:
        engine = create_engine(postgres_url)
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        engine.dispose()
        for create in (True, False):
            with pytest.raises(SchemaMismatch, match=r"newer LearnFlow \(schema 9999"):
                await Database(postgres_url).open(create=create)

    async def test_tables_of_an_older_version(self, postgres_url: str) -> None:
        engine = create_engine(postgres_url)
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0028'")
        engine.dispose()
        with pytest.raises(SchemaMismatch, match=r"older than this LearnFlow needs.*learnflow db upgrade"):
            await Database(postgres_url).open(create=False)

    async def test_no_tables_yet(self, empty_postgres_url: str) -> None:
        with pytest.raises(SchemaMismatch, match="learnflow db upgrade"):
            await Database(empty_postgres_url).open(create=False)

    async def test_somebody_elses_tables(self, empty_postgres_url: str) -> None:
        engine = create_engine(empty_postgres_url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE recipes (name text)")
        engine.dispose()
        with pytest.raises(SchemaMismatch, match="not LearnFlow's"):
            await Database(empty_postgres_url).open()

    async def test_a_database_that_is_not_there(self, empty_postgres_url: str) -> None:
        with pytest.raises(DatabaseUnavailable, match="createdb"):
            await Database(empty_postgres_url + "x").open()

    async def test_a_server_that_is_not_there(self) -> None:
        with pytest.raises(DatabaseUnavailable, match=r"database x on 127\.0\.0\.1:1") as caught:
            await Database("postgresql://me:secret@127.0.0.1:1/x").open()
        assert "secret" not in caught.value.message


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


async def test_the_latest_steps_go_down_and_up_with_rows_in_the_tables(database_url: str) -> None:
    db = Database(database_url)
    await db.open()
    cells = [CellScore(notebook="n", name=name, score=score, max_score=1) for name, score in POINTS.items()]
    for student in ("ada", "ben"):
        async with db.begin() as conn:
            made = await submissions.create(
                conn, course="c", assignment="a", student=student, files_path="/kept", size=1
            )
            if student == "ada":
                record = GradeRecord(
                    submission_id=made.submission_id,
                    course="c",
                    assignment="a",
                    student="ada",
                    status="graded",
                    score=1,
                    max_score=3,
                    cells=tuple(cells),
                )
                await grades.record_grade(conn, record)
            await once.reserve(
                conn, person=student, slot=student, fingerprint="f", lasts=timedelta(days=1), holder="h"
            )
            await spent.spend(conn, student, now())
    async with db.connect() as conn:
        shown = await board.scores(conn, "c")
    assert [row.student for row in shown.rows] == ["ada", "ben"]
    await db.close()
    url = make_url(database_url)
    engine = create_engine(url.set(drivername=url.get_backend_name()))
    with engine.begin() as connection:
        command.downgrade(migrate._config(connection), "0021")
    with engine.begin() as connection:
        command.upgrade(migrate._config(connection), "head")
    engine.dispose()
    await db.open()
    async with db.connect() as conn:
        texts = list(await conn.scalars(select(Submission.points).order_by(Submission.number)))
        assert {one.name: one.score for one in cell_points.decoded(texts[0])} == POINTS
        assert texts[1] is None
        assert list(await conn.scalars(select(AnsweredRequest.holder))) == ["", ""]
        assert list(await conn.scalars(select(SpentToken.mark))) == []
        assert await board.scores(conn, "c") == shown
    await db.close()


async def test_who_worked_before_the_log_begins_is_still_on_the_overview(database_url: str) -> None:
    db = Database(database_url)
    await db.open()
    async with db.begin() as conn:
        for student in ("ada", "ben"):
            await submissions.create(
                conn, course="c", assignment="a", student=student, files_path="/kept", size=1
            )
        await privacy.erase(conn, "ben")
    async with db.begin() as conn, door.opened(conn, "expire", "a test"):
        await conn.execute(delete(LoggedEvent))
    await db.close()
    url = make_url(database_url)
    engine = create_engine(url.set(drivername=url.get_backend_name()))
    with engine.begin() as connection:
        command.downgrade(migrate._config(connection), "0028")
    engine.dispose()
    await db.open()
    async with db.connect() as conn:
        found = await board.overview(conn, "c", [], active_since=now() - timedelta(minutes=5))
    await db.close()
    assert [row.student for row in found.board.rows] == ["ada"]
    assert found.active == 1


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
