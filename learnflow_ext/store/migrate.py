"""Migrations: run in this process, from the package, on a connection that somebody else owns."""

from __future__ import annotations

import io
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


GUARDS_ON_SQLITE = ("event_log_no_delete", "event_log_no_replace", "event_log_no_update")
GUARDS_ON_POSTGRESQL = ("event_log_no_change", "event_log_no_truncate")
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
    """Triggers that keep the log as it is and that somebody dropped or switched off. Its tables are there."""
    if connection.dialect.name == "sqlite":
        there = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
        return tuple(name for name in GUARDS_ON_SQLITE if name not in there)
    # Each month has its own, copied from the whole or made with it.
    rows = connection.execute(
        text(
            "SELECT t.oid::regclass::text, guard "
            "FROM pg_class t CROSS JOIN unnest(CAST(:guards AS text[])) guard "
            "WHERE (t.oid = 'event_log'::regclass OR t.oid IN "
            "(SELECT inhrelid FROM pg_inherits WHERE inhparent = 'event_log'::regclass)) "
            "AND NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = t.oid AND tgname = guard "
            "AND tgenabled IN ('O', 'A')) ORDER BY 1, 2"
        ),
        {"guards": list(GUARDS_ON_POSTGRESQL)},
    )
    return tuple(f"{guard} on {table}" for table, guard in rows)


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
