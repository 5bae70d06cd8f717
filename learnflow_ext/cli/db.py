"""`learnflow db`: the database's tables."""

from __future__ import annotations

import asyncio
from enum import StrEnum

import msgspec
import typer

from learnflow_ext.cli.where import ConfigOption, StateOption, UrlOption, database
from learnflow_ext.store import migrate
from learnflow_ext.store.database import Database
from learnflow_ext.store.migrate import SchemaState

FOUND_A_PROBLEM = 1


class Dialect(StrEnum):
    """The databases we know."""

    postgresql = "postgresql"
    sqlite = "sqlite"


SENTENCES = {
    "current": "The tables fit this LearnFlow.",
    "empty": "There are no tables yet. Run `learnflow db upgrade`.",
    "older": "The tables are older than this LearnFlow needs. Run `learnflow db upgrade`.",
    "newer": "The tables were made by a newer LearnFlow. Install that version.",
    "foreign": "The database holds tables that are not LearnFlow's. Point to another one.",
}

app = typer.Typer(no_args_is_help=True, help="Make, upgrade and check the database's tables.")


@app.command()
def upgrade(config: ConfigOption = None, state: StateOption = None, database_url: UrlOption = None) -> None:
    """Make the tables, or bring them up to date. Safe to repeat."""
    db = database(config, state, database_url)
    before = asyncio.run(db.upgrade())
    if before.condition == "current":
        typer.echo(f"{db.name}: nothing to do, schema {before.expected}.")
    else:
        typer.echo(f"{db.name}: upgraded from {before.found or 'nothing'} to schema {before.expected}.")


@app.command()
def schema(
    dialect: Dialect = typer.Option(Dialect.postgresql, help="Which database's SQL."),
) -> None:
    """Print the SQL that makes the tables from nothing, for an admin to read. Needs no database.

    PostgreSQL's months of the log are not in it: `learnflow db upgrade` and the service make them.
    """
    for line in migrate.sql(dialect.value):
        typer.echo(line, nl=False)


@app.command()
def check(
    config: ConfigOption = None,
    state: StateOption = None,
    database_url: UrlOption = None,
    as_json: bool = typer.Option(False, "--json", help="One JSON object instead of a sentence."),
) -> None:
    """Say whether the tables fit this version, the log is append-only, and changes of points by hand are
    noticed; exit code 1 when not. Changes nothing."""
    db = database(config, state, database_url)
    found, unguarded, unnoticed = asyncio.run(_looked(db))
    if as_json:
        report = {
            "database": db.name,
            **msgspec.to_builtins(found),
            "unguarded": unguarded,
            "unnoticed": unnoticed,
        }
        typer.echo(msgspec.json.encode(report).decode())
    else:
        typer.echo(f"{db.name}: {SENTENCES[found.condition]}")
        if unguarded:
            typer.echo(
                "Events that are recorded can be changed: somebody dropped, switched off or replaced "
                f"{', '.join(unguarded)}. Restore the database from a backup, or make the triggers again as "
                "`learnflow db schema` prints them."
            )
        if unnoticed:
            typer.echo(
                "Points that somebody changes by hand are not shown: somebody dropped, switched off or "
                f"replaced {', '.join(unnoticed)}. Make it again as `learnflow db schema` prints it."
            )
    if found.condition != "current" or unguarded or unnoticed:
        raise typer.Exit(FOUND_A_PROBLEM)


async def _looked(db: Database) -> tuple[SchemaState, tuple[str, ...], tuple[str, ...]]:
    found = await db.schema_state()
    if found.condition != "current":
        return found, (), ()
    return found, await db.unguarded(), await db.unnoticed()
