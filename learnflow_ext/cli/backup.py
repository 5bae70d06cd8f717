"""`learnflow backup` and `learnflow restore`."""

from __future__ import annotations

from pathlib import Path

import typer

from learnflow_ext import __version__
from learnflow_ext.cli.where import ConfigOption, StateOption, UrlOption, places
from learnflow_ext.store.backup import back_up
from learnflow_ext.store.backup import restore as put_back


def backup(
    target: Path = typer.Argument(help="The file to write, for instance learnflow-2026-06-01.tar.gz."),
    config: ConfigOption = None,
    state: StateOption = None,
    database_url: UrlOption = None,
) -> None:
    """Write everything the classroom keeps into one file: database, courses, gradebooks, submissions.

    The classroom may go on meanwhile. The file holds personal data and secrets: keep it safe.
    """
    settings = places(config, state, database_url)
    manifest = back_up(settings.state_path, settings.resolved_database_url, target, version=__version__)
    typer.echo(f"{target}: {manifest.files} files and the {manifest.database} database.")


def restore(
    source: Path = typer.Argument(help="A file that `learnflow backup` wrote."),
    config: ConfigOption = None,
    state: StateOption = None,
    database_url: UrlOption = None,
) -> None:
    """Put a backup into an empty state folder and database. Overwrites nothing. Stop the hub first."""
    settings = places(config, state, database_url)
    manifest = put_back(source, settings.state_path, settings.resolved_database_url)
    typer.echo(
        f"{settings.state_path}: {manifest.files} files of {manifest.made_at}, made by LearnFlow "
        f"{manifest.learnflow}. Run `learnflow db upgrade` if this one is newer, then start the hub."
    )
