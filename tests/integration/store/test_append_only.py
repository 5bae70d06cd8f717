"""Nobody changes what is written: not we, and not another program."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
from postgres import Postgres
from sqlalchemy import exc, text

from learnflow_ext.contracts.events import HelpAsked
from learnflow_ext.store import eventlog, outbox
from learnflow_ext.store.database import Database

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
    "DELETE FROM event_log_rest",
    "TRUNCATE event_log_rest",
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
            stranger.execute(sql)
    assert await unchanged(written)
