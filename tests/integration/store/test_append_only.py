"""Nobody changes what is written: not we, and not another program."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
from postgres import Postgres
from sqlalchemy import exc, insert, text, update

from learnflow_ext.contracts.events import HelpAsked
from learnflow_ext.store import door, eventlog, outbox, partitions
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import LoggedEvent, OpenDoor

ANYWHERE = ("UPDATE event_log SET data = '{}'", "DELETE FROM event_log")
ON_SQLITE = (
    "INSERT OR REPLACE INTO event_log "
    "SELECT sequence, event_id, time, topic, type, 'x', user_id, '{}' FROM event_log",
    "REPLACE INTO event_log "
    "SELECT sequence + 1, event_id, time, topic, type, 'x', user_id, '{}' FROM event_log",
    "INSERT INTO event_log SELECT * FROM event_log WHERE true ON CONFLICT (sequence) DO UPDATE SET data = ''",
)
ON_POSTGRESQL = (
    "TRUNCATE event_log",
    "TRUNCATE users CASCADE",
    "UPDATE {month} SET data = ''",
    "DELETE FROM {month}",
    "TRUNCATE {month}",
    "TRUNCATE event_log_rest",
    "CREATE TEMP TABLE event_log_door AS SELECT 'expire' AS purpose; DELETE FROM event_log",
    "INSERT INTO event_log SELECT * FROM event_log ON CONFLICT (sequence, time) DO UPDATE SET data = ''",
    "MERGE INTO event_log USING (SELECT 1) AS one ON true WHEN MATCHED THEN UPDATE SET data = ''",
)


@pytest.fixture
async def written(db: Database) -> Database:
    async with db.begin() as conn:
        await outbox.record(
            conn, HelpAsked(course="c", student="ada", request_id="r", text="why?", agent="tutor")
        )
    return db


async def unchanged(db: Database) -> bool:
    async with db.connect() as conn:
        (entry,) = await eventlog.tail(conn)
    return bool(entry.data["request_id"] == "r")


@pytest.mark.parametrize("sql", ANYWHERE)
async def test_for_us_on_either_database(written: Database, sql: str) -> None:
    with pytest.raises(exc.IntegrityError, match="append-only"):
        async with written.begin() as conn:
            await conn.execute(text(sql))
    assert await unchanged(written)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sql", ANYWHERE + ON_SQLITE)
async def test_for_any_program_that_opens_the_file(written: Database, path: Path, sql: str) -> None:
    stranger = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stranger.execute(sql)
    stranger.close()
    assert await unchanged(written)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("sql", ANYWHERE + ON_POSTGRESQL)
async def test_for_any_program_on_the_server(
    written: Database, database_url: str, postgres_server: Postgres, sql: str
) -> None:
    with postgres_server.connect(database_url.rpartition("/")[2]) as stranger:
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            stranger.execute(sql.replace("{month}", partitions.name_of(now())))
    assert await unchanged(written)


class TestTheDoor:
    async def test_redacting_changes_the_data_and_nothing_else(self, written: Database) -> None:
        async with written.begin() as conn, door.opened(conn, "redact", "a test"):
            await conn.execute(update(LoggedEvent).values(data='{"request_id": "gone"}'))
        async with written.connect() as conn:
            (entry,) = await eventlog.tail(conn)
        assert entry.data == {"request_id": "gone"}
        for column, value in (("course", "other"), ("type", "t"), ("event_id", "e"), ("user_id", 1 << 20)):
            with pytest.raises(exc.IntegrityError, match="append-only"):
                async with written.begin() as conn, door.opened(conn, "redact", "a test"):
                    await conn.execute(update(LoggedEvent).values({column: value}))

    @pytest.mark.parametrize(("purpose", "sql"), [("redact", ANYWHERE[1]), ("expire", ANYWHERE[0])])
    async def test_each_purpose_opens_it_for_itself_only(
        self, written: Database, purpose: door.Purpose, sql: str
    ) -> None:
        with pytest.raises(exc.IntegrityError, match="append-only"):
            async with written.begin() as conn, door.opened(conn, purpose, "a test"):
                await conn.execute(text(sql))
        assert await unchanged(written)

    async def test_expiring_deletes(self, written: Database) -> None:
        async with written.begin() as conn, door.opened(conn, "expire", "a test"):
            await conn.execute(text(ANYWHERE[1]))
        async with written.connect() as conn:
            assert await eventlog.tail(conn) == []

    async def test_it_is_shut_again_within_the_same_transaction(self, written: Database) -> None:
        with pytest.raises(exc.IntegrityError, match="append-only"):
            async with written.begin() as conn:
                async with door.opened(conn, "redact", "a test"):
                    pass
                await conn.execute(text(ANYWHERE[0]))

    async def test_one_left_open_undoes_everything(self, written: Database) -> None:
        with pytest.raises(exc.IntegrityError):
            async with written.begin() as conn:
                await conn.execute(insert(OpenDoor).values(id=1, purpose="expire", must_close=2))
                await conn.execute(text(ANYWHERE[1]))
        assert await unchanged(written)

    async def test_what_fails_within_is_undone(self, written: Database) -> None:
        with pytest.raises(RuntimeError):
            async with written.begin() as conn, door.opened(conn, "expire", "a test"):
                await conn.execute(text(ANYWHERE[1]))
                raise RuntimeError
        assert await unchanged(written)

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    async def test_nobody_else_may_pass_while_it_is_open(
        self, written: Database, database_url: str, postgres_server: Postgres
    ) -> None:
        async with written.begin() as conn, door.opened(conn, "expire", "a test"):
            with postgres_server.connect(database_url.rpartition("/")[2]) as stranger:
                with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
                    stranger.execute(ANYWHERE[1])
        assert await unchanged(written)
