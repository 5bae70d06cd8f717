"""Migrations: run in this process, from the package, on a connection that somebody else owns."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import cache
from typing import Literal

import msgspec
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from learnflow_ext.contracts.errors import Unavailable

SchemaCondition = Literal["current", "empty", "older", "newer", "foreign"]


GUARDS_ON_POSTGRESQL = {"event_log_no_change": 1 | 2 | 8 | 16, "event_log_no_truncate": 2 | 32}
"""With when each is asked: PostgreSQL's `tgtype` of row, before, delete, update; and of before, truncate."""
SUMS = "submissions_changed"
"""On PostgreSQL the trigger and its function that empty what `handed_in` summed up; on SQLite what the names
of three triggers begin with."""
SUMS_WHEN = 1 | 4 | 8 | 16
"""PostgreSQL's `tgtype` of row, after, insert, delete, update."""
SUMS_OF = ("max_score", "module_id", "points", "score", "submitted_at", "user_id")
_ON_SQLITE = re.compile(r"CREATE TRIGGER ((event_log|submissions_changed)_\w+)\b.*?\bEND\b", re.DOTALL)
_ON_POSTGRESQL = re.compile(
    r"FUNCTION (event_log_refuse|submissions_changed)\(\) RETURNS.*?\$\$(.*?)\$\$", re.DOTALL
)
UPGRADE_LOCK = 0x6C6561726E
"""Key of the advisory lock that an upgrade holds: any number that nobody else uses in the same database."""


class SchemaMismatch(Unavailable):
    """The database's tables are not the ones this version of LearnFlow knows."""

    code = "schema_mismatch"


class SchemaState(msgspec.Struct, frozen=True, kw_only=True):
    """How the tables found compare with the tables this code needs."""

    condition: SchemaCondition
    """`newer`: written by a LearnFlow we do not know. `foreign`: tables, but not ours."""
    found: str
    """Revision in the database; empty for none."""
    expected: str


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "learnflow_ext.store:migrations")
    return config


@cache
def _known_revisions() -> tuple[str, ...]:
    """Newest first."""
    script = ScriptDirectory.from_config(_config())
    return tuple(revision.revision for revision in script.walk_revisions())


def expected_revision() -> str:
    """The revision this code was written for."""
    return _known_revisions()[0]


def state(connection: Connection) -> SchemaState:
    """Look at the tables; change nothing."""
    expected = expected_revision()
    found = MigrationContext.configure(connection).get_current_revision() or ""
    condition: SchemaCondition
    if found == expected:
        condition = "current"
    elif found in _known_revisions():
        condition = "older"
    elif found:
        condition = "newer"
    else:
        condition = "foreign" if inspect(connection).get_table_names() else "empty"
    return SchemaState(condition=condition, found=found, expected=expected)


def unguarded(connection: Connection) -> tuple[str, ...]:
    """What should keep the log as it is and does not: triggers that somebody dropped, switched off or
    replaced, and a door that stands open. The log's tables are there.
    """
    found = _unlike_on_sqlite if connection.dialect.name == "sqlite" else _unlike_on_postgresql
    # Nobody can commit a row there, unless the key that forbids it is gone.
    ajar = connection.scalar(text("SELECT count(*) FROM event_log_door"))
    return (*found(connection), *(["event_log_door, which stands open"] if ajar else []))


def unnoticed(connection: Connection) -> tuple[str, ...]:
    """What should notice that somebody else changes what was handed in, and does not: as `unguarded`. Sums
    then stay as they were."""
    if connection.dialect.name == "sqlite":
        return tuple(_unlike_on_sqlite(connection, SUMS))
    body = connection.scalar(
        text(
            "SELECT p.prosrc FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid "
            "WHERE tgrelid = 'submissions'::regclass AND tgname = :name AND tgenabled IN ('O', 'A') "
            "AND tgtype = :type AND tgqual IS NULL AND ARRAY(SELECT attname::text FROM pg_attribute "
            "WHERE attrelid = tgrelid AND attnum = ANY(tgattr::int2[]) ORDER BY 1) = CAST(:columns AS text[])"
        ),
        {"name": SUMS, "type": SUMS_WHEN, "columns": list(SUMS_OF)},
    )
    return () if _even(body or "") == _made("postgresql")[SUMS] else (SUMS,)


def _unlike_on_sqlite(connection: Connection, begins: str = "event_log") -> list[str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    there = {name: _even(body) for name, body in rows}
    made = {name: body for name, body in _made("sqlite").items() if name.startswith(begins)}
    return [name for name, body in made.items() if there.get(name, "").rstrip("; ") != body]


def _unlike_on_postgresql(connection: Connection) -> list[str]:
    # Each month has its own, copied from the whole or made with it.
    rows = connection.execute(
        text(
            "SELECT t.oid::regclass::text, guard, p.prosrc "
            "FROM pg_class t "
            "CROSS JOIN unnest(CAST(:guards AS text[]), CAST(:types AS int[])) g(guard, type) "
            "LEFT JOIN pg_trigger ON tgrelid = t.oid AND tgname = guard AND tgenabled IN ('O', 'A') "
            "AND tgtype = type AND tgqual IS NULL AND cardinality(tgattr::int[]) = 0 "
            "LEFT JOIN pg_proc p ON p.oid = tgfoid "
            "WHERE t.oid = 'event_log'::regclass OR t.oid IN "
            "(SELECT inhrelid FROM pg_inherits WHERE inhparent = 'event_log'::regclass) ORDER BY 1, 2"
        ),
        {"guards": list(GUARDS_ON_POSTGRESQL), "types": list(GUARDS_ON_POSTGRESQL.values())},
    )
    wanted = _made("postgresql")["event_log_refuse"]
    return [f"{guard} on {table}" for table, guard, body in rows if _even(body or "") != wanted]


@cache
def _made(dialect: str) -> dict[str, str]:
    """The triggers of the log and of sums, as the migrations make them in the end: SQLite's, or the functions
    that PostgreSQL's call; name -> text.
    """
    found = (_ON_SQLITE if dialect == "sqlite" else _ON_POSTGRESQL).finditer("".join(sql(dialect)))
    return {each[1]: _even(each[0] if dialect == "sqlite" else each[2]) for each in found}


def _even(code: str) -> str:
    """Without what only indents it."""
    return " ".join(code.split())


def require_current(found: SchemaState, database: str) -> None:
    """SchemaMismatch, with what to do, unless code and tables fit. `database` is named in the sentence."""
    match found.condition:
        case "empty" | "older":
            raise SchemaMismatch(
                f"The tables in {database} are older than this LearnFlow needs. "
                "Run `learnflow db upgrade` first."
            )
        case "newer":
            raise SchemaMismatch(
                f"The tables in {database} were made by a newer LearnFlow (schema {found.found}; "
                f"this one knows {found.expected}). Install that version, or point to another database."
            )
        case "foreign":
            raise SchemaMismatch(
                f"{database} holds tables that are not LearnFlow's. Point to another database; "
                "nothing was changed."
            )


def sql(dialect: str) -> Iterator[str]:
    """The statements that make all tables in a database of `dialect`, without one."""
    written = io.StringIO()
    config = _config()
    config.attributes["dialect"] = dialect
    config.output_buffer = written
    command.upgrade(config, "head", sql=True)
    written.seek(0)
    yield from written


def upgrade(connection: Connection, database: str) -> SchemaState:
    """Bring the tables up to date inside the caller's transaction; return what was found before.

    SchemaMismatch when they are newer, or not ours. Of two processes that do this at once the second waits,
    and finds nothing left to do. On SQLite foreign keys must be off, because changing a table means copying
    and dropping it; they are checked as a whole at the end.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
    before = state(connection)
    if before.condition in ("newer", "foreign"):
        require_current(before, database)
    if before.condition != "current":
        command.upgrade(_config(connection), "head")
        if connection.dialect.name == "sqlite":
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
            if broken:
                raise SchemaMismatch(
                    f"Upgrading {database} would leave {len(broken)} rows without what they belong to; "
                    "nothing was changed."
                )
    return before
