"""`learnflow course enrol`: a class from a CSV file into the hub's groups."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import msgspec
import typer

from learnflow_ext.cli.course import printable, text_of
from learnflow_ext.cli.where import CannotRun
from learnflow_ext.service.hub_groups import SCOPES, HubGroups
from learnflow_ext.service.rosters import Change, Row, parse, plan

FOUND_A_PROBLEM = 1
TOKEN = "LEARNFLOW_HUB_TOKEN"  # noqa: S105 - the variable's name
_COURSE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")


def enrol(
    course: str = typer.Argument(metavar="COURSE", help="The course's id, as in `c.LearnFlow.courses`."),
    roster: Path = typer.Argument(
        metavar="ROSTER.csv",
        help="Columns: user; role (student, assistant, teacher; a student where it is empty).",
    ),
    hub: str = typer.Option(
        "http://127.0.0.1:8000/hub/api",
        metavar="URL",
        envvar="JUPYTERHUB_API_URL",
        help="The hub's API.",
    ),
    only: bool = typer.Option(
        False, "--only", help="Whoever is in the course and not in the file leaves it."
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would change, and change nothing."),
    as_json: bool = typer.Option(False, "--json", help="A JSON object a line: user, role, was."),
) -> None:
    """Put the people of a CSV file into a course. As often as you like: only what differs is changed.

    The token of a hub's admin is taken from the variable LEARNFLOW_HUB_TOKEN. Exit code 1 when the file has
    mistakes; then nothing is changed.
    """
    if not _COURSE.fullmatch(course):
        raise CannotRun(f"{course[:64]!r} is no course id: lower-case letters, digits and -.")
    rows, mistakes = parse(text_of(roster))
    for row in rows:
        if row.extra_days is not None:
            # Where a teacher sees and changes it: no second place may say something else.
            typer.echo(
                f"extra_time of {row.user} is not enrolment: write it below `extensions:` in the course's "
                f"course.yaml: - {{student: {row.user}, days: {row.extra_days:g}}}",
                err=True,
            )
    if mistakes:
        for each in mistakes:
            typer.echo(printable(f"{roster}, line {each.line}: {each.message}"), err=True)
        typer.echo("Nothing was changed.", err=True)
        raise typer.Exit(FOUND_A_PROBLEM)
    token = os.environ.get(TOKEN, "")
    if not token:
        raise CannotRun(
            f"Put a token of the hub with the scopes {SCOPES} into the variable {TOKEN}: an admin makes one "
            "on the hub's page Token."
        )
    changes = asyncio.run(_enrolled(HubGroups(hub, token, course), rows, only=only, dry_run=dry_run))
    for change in changes:
        if as_json:
            typer.echo(msgspec.json.encode(change).decode())
        elif change.needed:
            typer.echo(change.sentence())
    if not as_json:
        count = sum(change.needed for change in changes)
        done = "would be changed" if dry_run else "changed"
        typer.echo(f"{course}: {count} of {len(changes)} {done}.")


async def _enrolled(groups: HubGroups, rows: list[Row], *, only: bool, dry_run: bool) -> list[Change]:
    changes = plan(rows, await groups.members(), only=only)
    if not dry_run:
        await groups.apply(changes)
    return changes
