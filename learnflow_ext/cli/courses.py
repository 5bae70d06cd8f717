"""`learnflow course`: a course of one's own, checked and known to the database."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import typer
import yaml

from learnflow_ext.agents.course_index import notebooks_of
from learnflow_ext.cli.course import printable
from learnflow_ext.cli.course_check import check_course, said_wrongly, told_wrongly
from learnflow_ext.cli.enrol import enrol
from learnflow_ext.cli.where import CannotRun, ConfigOption, StateOption, UrlOption, database
from learnflow_ext.exercises.families import FAMILIES
from learnflow_ext.exercises.notebook import notebook
from learnflow_ext.exercises.notebook_checks import Finding
from learnflow_ext.service import outline
from learnflow_ext.service.outline import About, Outlined, outlined
from learnflow_ext.store import courses
from learnflow_ext.store.database import Database

FOUND_A_PROBLEM = 1
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.IGNORECASE)

app = typer.Typer(
    no_args_is_help=True, help="Make a course, check it, tell the database of it, enrol people."
)
app.command()(enrol)


@app.command()
def create(
    folder: Path = typer.Argument(metavar="DIR", help="A folder that is not there yet, or empty."),
    title: str = typer.Option(
        "", metavar="TEXT", help="The course's name for people. Default: the folder's."
    ),
) -> None:
    """Make a folder with a small course in it: one assignment with one exercise, to copy and change."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CannotRun(f"{folder} is there already, and not empty. Nothing was written.")
    exercise = FAMILIES["basics"][0].exercise(1, 1)
    name = "01-first-assignment"
    about = {
        "title": title.strip() or folder.resolve().name.replace("-", " ").capitalize(),
        "description": "",
        "assignments": [{"name": name, "title": "First assignment"}],
    }
    try:
        place = folder / "source" / name
        place.mkdir(parents=True)
        (place / f"{name}.ipynb").write_text(notebook(exercise), encoding="utf-8")
        (folder / "course.yaml").write_text(
            yaml.safe_dump(about, sort_keys=False, allow_unicode=True), encoding="utf-8"
        )
    except OSError as error:
        raise CannotRun(f"{folder} cannot be written: {error.strerror}.") from error
    typer.echo(
        f"{folder} has a course with one assignment. Change {place / name}.ipynb, then run: learnflow course "
        f"check {folder}"
    )


@app.command()
def check(
    folder: Path = typer.Argument(metavar="DIR", help="The course's folder, with `source` in it."),
    as_json: bool = typer.Option(
        False, "--json", help="A JSON object a line: assignment, notebook, cell, kind, message."
    ),
) -> None:
    """Look through a course: run every notebook and every solution against its tests in a sandbox, and look
    for tests that are missing, hidden, too easy or leaked, points, links, pictures without words.

    Exit code 1 when something was found.
    """
    if not folder.is_dir():
        raise CannotRun(f"There is no course folder {folder}.")
    found = asyncio.run(_checked(folder))
    if as_json:
        for each in found:
            typer.echo(msgspec.json.encode(each).decode())
    else:
        for each in found:
            typer.echo(printable(f"{each.place}: {each.message}"))
        count = len(list(notebooks_of(folder)))
        typer.echo(f"{count} notebook(s) checked, {len(found)} problem(s) found.")
    if found:
        raise typer.Exit(FOUND_A_PROBLEM)


async def _checked(folder: Path) -> list[Finding]:
    # Loaded when it is needed: `--help` should not wait for it.
    from learnflow_kernels.warm.runner import WarmRunner

    runner = WarmRunner(parallel=1, ready=1, preload=())
    try:
        return await check_course(folder, runner)
    finally:
        await runner.close()


@app.command()
def sync(
    folder: Path = typer.Argument(metavar="DIR", help="The course's folder, with `source` in it."),
    course: str = typer.Option(
        "", metavar="NAME", help="The course's name in the classroom. Default: the folder's name."
    ),
    config: ConfigOption = None,
    state: StateOption = None,
    url: UrlOption = None,
) -> None:
    """Tell the database of a course's assignments and exercises, with their points, titles and topics.

    As often as you like: what is there already is changed, and nothing is doubled. Grades stay.
    """
    name = course.strip() or folder.resolve().name
    if not _NAME.fullmatch(name):
        raise CannotRun(f"{name!r} cannot be a course's name: letters, digits, dots, hyphens, at most 64.")
    if not folder.is_dir():
        raise CannotRun(f"There is no course folder {folder}.")
    about = _about(folder)
    read: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for assignment, path in notebooks_of(folder):
        try:
            notebook = json.loads(path.read_text(encoding="utf-8"))
            wrong = list(said_wrongly(notebook))
        except (OSError, ValueError, RecursionError, AttributeError) as error:
            raise CannotRun(f"{path} is no notebook that can be read. Nothing was changed.") from error
        for _, sentence in wrong:
            raise CannotRun(f"{path.name}: {sentence} Nothing was changed.")
        read.setdefault(assignment, []).append((path.stem, notebook))
    try:
        found = {assignment: outlined(assignment, each, about) for assignment, each in read.items()}
    except ValueError as error:
        raise CannotRun(f"{error} Nothing was changed.") from error
    if not found:
        raise CannotRun(f"{folder} has no notebooks. Nothing was changed.")
    asyncio.run(_synced(database(config, state, url), name, found))
    exercises = sum(len(each.exercises) for each in found.values())
    typer.echo(f"{name}: {len(found)} assignment(s) with {exercises} graded cell(s) are in the database.")


async def _synced(db: Database, course: str, found: dict[str, Outlined]) -> None:
    await db.open()
    try:
        # All or nothing.
        async with db.begin() as conn:
            for assignment, each in found.items():
                await courses.sync_assignment(
                    conn, course, assignment, each.title, each.exercises, each.topic
                )
    finally:
        await db.close()


def _about(folder: Path) -> About:
    """What `course.yaml` says of the assignments; nothing without one. CannotRun when it is broken."""
    file = folder / "course.yaml"
    if not file.is_file():
        return About()
    try:
        text = file.read_bytes()
        for sentence in told_wrongly(text):
            raise CannotRun(f"{file}: {sentence} Nothing was changed.")
        return outline.about(text)
    except OSError as error:
        raise CannotRun(f"{file} cannot be read: {error.strerror}. Nothing was changed.") from error
    except ValueError as error:
        raise CannotRun(f"{file}: {error} Nothing was changed.") from error
