"""`learnflow db` on both kinds of database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from postgres import Postgres

Run = Callable[..., Any]
"""The fixture `learnflow`."""

KINDS = ("sqlite", "postgresql")


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("empty_postgres_url")
        return url
    (tmp_path / "empty.sqlite").touch()
    return f"sqlite:///{tmp_path / 'empty.sqlite'}"


def test_check_upgrade_check(learnflow: Run, empty_url: str) -> None:
    before = learnflow("db", "check", "--database-url", empty_url)
    assert before.code == 1
    assert "learnflow db upgrade" in before.out
    assert "upgraded from nothing" in learnflow("db", "upgrade", "--database-url", empty_url).out
    assert "nothing to do" in learnflow("db", "upgrade", "--database-url", empty_url).out
    after = learnflow("db", "check", "--database-url", empty_url)
    assert (after.code, after.err) == (0, "")


def test_the_sql_that_schema_prints_makes_a_database_that_check_accepts(
    learnflow: Run, empty_url: str, postgres_server: Postgres
) -> None:
    kind = "postgresql" if empty_url.startswith("postgresql") else "sqlite"
    printed = learnflow("db", "schema", "--dialect", kind)
    assert printed.code == 0
    if kind == "postgresql":
        with postgres_server.connect(empty_url.rpartition("/")[2]) as connection:
            connection.execute(printed.out)
    else:
        file = sqlite3.connect(empty_url.removeprefix("sqlite:///"))
        file.executescript(printed.out)
        file.close()
    assert learnflow("db", "check", "--database-url", empty_url).code == 0


@pytest.mark.parametrize(
    ("kind", "sql", "named"),
    [
        ("sqlite", "DROP TRIGGER event_log_no_replace", "event_log_no_replace"),
        ("postgresql", "DROP TRIGGER event_log_no_change ON event_log", "event_log_no_change on event_log"),
        (
            "postgresql",
            "ALTER TABLE event_log_rest DISABLE TRIGGER ALL",
            "event_log_no_change on event_log_rest, event_log_no_truncate on event_log_rest.",
        ),
        (
            "sqlite",
            "DROP TRIGGER event_log_no_update; CREATE TRIGGER event_log_no_update BEFORE UPDATE ON event_log "
            "WHEN OLD.sequence < 0 BEGIN SELECT RAISE(ABORT, 'event_log is append-only'); END;",
            "event_log_no_update",
        ),
        (
            "postgresql",
            "CREATE OR REPLACE FUNCTION event_log_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN COALESCE(NEW, OLD); END $$",
            "event_log_no_change on event_log, event_log_no_truncate on event_log",
        ),
        (
            "postgresql",
            "CREATE FUNCTION lets() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; "
            "DROP TRIGGER event_log_no_truncate ON event_log_rest; CREATE TRIGGER event_log_no_truncate "
            "BEFORE TRUNCATE ON event_log_rest EXECUTE FUNCTION lets()",
            "event_log_no_truncate on event_log_rest",
        ),
        (
            "postgresql",
            "DROP TRIGGER event_log_no_change ON event_log; CREATE TRIGGER event_log_no_change "
            "BEFORE UPDATE OR DELETE ON event_log FOR EACH ROW WHEN (OLD.sequence < 0) "
            "EXECUTE FUNCTION event_log_refuse()",
            "event_log_no_change on event_log",
        ),
        (
            "sqlite",
            "PRAGMA foreign_keys = OFF; INSERT INTO event_log_door VALUES (1, 'redact', 2);",
            "event_log_door, which stands open",
        ),
    ],
)
def test_a_log_whose_guards_are_gone_is_noticed(
    learnflow: Run, request: pytest.FixtureRequest, tmp_path: Path, kind: str, sql: str, named: str
) -> None:
    url = after(sql, kind, learnflow, request, tmp_path)
    ended = learnflow("db", "check", "--database-url", url)
    assert ended.code == 1
    assert named in ended.out
    assert "Traceback" not in ended.err
    told = json.loads(learnflow("db", "check", "--database-url", url, "--json").out)
    assert told["condition"] == "current"
    assert ", ".join(told["unguarded"]).startswith(named.rstrip("."))
    assert told["unnoticed"] == []


def after(sql: str, kind: str, learnflow: Run, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a database with our tables, in which somebody ran `sql`."""
    if kind == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        server: Postgres = request.getfixturevalue("postgres_server")
        with server.connect(url.rpartition("/")[2]) as connection:
            connection.execute(sql)
    else:
        url = f"sqlite:///{tmp_path / 'log.sqlite'}"
        learnflow("db", "upgrade", "--database-url", url)
        file = sqlite3.connect(tmp_path / "log.sqlite")
        file.executescript(sql)
        file.close()
    return url


@pytest.mark.parametrize(
    ("kind", "sql", "named"),
    [
        ("sqlite", "DROP TRIGGER submissions_changed_delete", "submissions_changed_delete"),
        ("postgresql", "ALTER TABLE submissions DISABLE TRIGGER submissions_changed", "submissions_changed"),
        (
            "postgresql",
            "DROP TRIGGER submissions_changed ON submissions; CREATE TRIGGER submissions_changed "
            "AFTER INSERT OR DELETE OR UPDATE OF points ON submissions FOR EACH ROW "
            "EXECUTE FUNCTION submissions_changed()",
            "submissions_changed",
        ),
        (
            "postgresql",
            "CREATE OR REPLACE FUNCTION submissions_changed() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NULL; END $$",
            "submissions_changed",
        ),
    ],
)
def test_sums_that_nobody_empties_any_more_are_noticed(
    learnflow: Run, request: pytest.FixtureRequest, tmp_path: Path, kind: str, sql: str, named: str
) -> None:
    url = after(sql, kind, learnflow, request, tmp_path)
    ended = learnflow("db", "check", "--database-url", url)
    assert (ended.code, ended.err) == (1, "")
    assert f"replaced {named}." in ended.out
    told = json.loads(learnflow("db", "check", "--database-url", url, "--json").out)
    assert (told["condition"], told["unguarded"], told["unnoticed"]) == ("current", [], [named])


def test_an_unknown_dialect_is_refused(learnflow: Run) -> None:
    ended = learnflow("db", "schema", "--dialect", "oracle")
    assert ended.code == 2
    assert "Traceback" not in ended.err
