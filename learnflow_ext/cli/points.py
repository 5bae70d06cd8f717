"""`learnflow points`: who gave which points, when, and from what to what."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Annotated

import msgspec
import typer

from learnflow_ext.cli.course import printable
from learnflow_ext.cli.where import CannotRun, ConfigOption, StateOption, UrlOption, database
from learnflow_ext.service.tables import csv_text
from learnflow_ext.service.views.points import HOW, OF_COURSE
from learnflow_ext.service.words import points as said
from learnflow_ext.store import points, texts
from learnflow_ext.store.database import Database
from learnflow_ext.store.points import Change

MOST = 100_000


def points_command(
    course: Annotated[str, typer.Argument(metavar="COURSE", help="The course's name.")],
    student: str = typer.Option("", metavar="NAME", help="Only this student, by the hub's user name."),
    assignment: str = typer.Option("", metavar="NAME", help="Only this assignment."),
    lines: int = typer.Option(200, "--lines", "-n", min=1, max=MOST, help="How many of the latest to show."),
    as_csv: bool = typer.Option(False, "--csv", help="A CSV file, with all columns."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object a line, with every field."),
    config: ConfigOption = None,
    state: StateOption = None,
    database_url: UrlOption = None,
) -> None:
    """Show who gave which points in COURSE: tests, a regrade, or a teacher by hand; newest first.

    It is read from the record, which nobody can change. Names of students stand here also where an assignment
    is graded blind.
    """
    db = database(config, state, database_url)
    found = asyncio.run(
        _found(
            db,
            texts.clip(course, texts.NAME),
            texts.clip(student, texts.NAME),
            texts.clip(assignment, texts.NAME),
            lines,
        )
    )
    if as_csv:
        sys.stdout.write(csv_text(OF_COURSE.of(found)))
    elif as_json:
        for one in found:
            # ASCII: names may hold what a terminal would obey.
            typer.echo(json.dumps(msgspec.to_builtins(one)))
    else:
        for one in found:
            typer.echo(printable(_line(one)))
        if not found:
            typer.echo("No points were given yet.")


async def _found(db: Database, course: str, student: str, assignment: str, lines: int) -> list[Change]:
    if not course:
        raise CannotRun("Say which course is meant: the name of one of the classroom's.")
    await db.open(create=False)
    try:
        async with db.connect() as conn:
            return await points.changes(
                conn, course, student=student or None, assignment=assignment or None, limit=lines
            )
    finally:
        await db.close()


def _line(one: Change) -> str:
    before, after = ("none" if value is None else said(value) for value in (one.before, one.after))
    of = "" if one.max_score is None else f" of {said(one.max_score)}"
    attempt = f", attempt {one.attempt}" if one.attempt else ""
    what = f"{one.assignment}{attempt}{f', {one.part}' if one.part else ''}"
    note = f" ({one.note})" if one.note else ""
    when = one.given_at[:19].replace("T", " ")
    return f"{when}  {one.student}  {what}: {before} -> {after}{of}, {HOW[one.how]} by {one.by}{note}"
