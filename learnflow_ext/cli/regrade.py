"""`learnflow regrade`: everybody graded again after a test was fixed, and who has other points now."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Sequence

import msgspec
import typer

from learnflow_ext.cli.bar import progress
from learnflow_ext.cli.course import printable
from learnflow_ext.cli.regrade_diff import Row, rows_of, table
from learnflow_ext.cli.where import (
    CannotRun,
    ConfigOption,
    StateOption,
    UrlOption,
    database,
    grading_settings,
    places,
)
from learnflow_ext.contracts.grades import Regraded, Regrading
from learnflow_ext.store import courses, people, regradings, texts
from learnflow_ext.store.database import Database

FOUND_A_PROBLEM = 1
LOOK_SECONDS = 0.5
"""How often to ask how far it is."""
PATIENCE_SECONDS = 20.0
"""Without any progress, before a sentence says what may be wrong."""
IDLE = (
    "Nothing was graded yet. The classroom's service does it, within seconds while it runs: `learnflow "
    "status` says whether it does. Ctrl-C leaves everything in the queue."
)


def regrade(
    assignment: str = typer.Argument(help="The assignment's name: its folder's in `source`."),
    course: str = typer.Option("", metavar="NAME", help="Its course. Needed when several have such a one."),
    student: str = typer.Option("", metavar="NAME", help="Only this student, by the hub's user name."),
    latest: bool = typer.Option(
        False,
        "--latest",
        help="Only the last thing each student handed in. Default: everything, for the best one counts.",
    ),
    dry_run: bool = typer.Option(
        False,
        "--dry-run",
        help="Grade in a copy of the course, show what would change, and keep nothing of it.",
    ),
    jobs: int = typer.Option(
        2, "--jobs", "-j", min=1, max=64, help="With --dry-run: how many students are graded at a time."
    ),
    wait: bool = typer.Option(
        True, "--wait/--no-wait", help="Stay until it is done and show who has other points."
    ),
    by: str = typer.Option(
        "", metavar="NAME", help="The teacher it is done for, as the record names them. Default: your login."
    ),
    as_json: bool = typer.Option(
        False,
        "--json",
        help="A JSON object a student: student, state, before, before_max, after, after_max, change.",
    ),
    config: ConfigOption = None,
    state: StateOption = None,
    database_url: UrlOption = None,
) -> None:
    """Grade what was handed in to ASSIGNMENT again, with the tests as they were generated last.

    The classroom goes on: its service grades, new submissions first, and everybody keeps their points until
    theirs is done. Exit code 1 when something could not be graded again, 2 when nothing can.
    """
    wish = _Wish(assignment, course, student, latest)
    db = database(config, state, database_url)
    if dry_run:
        # Late: the grader takes a while to load.
        from learnflow_ext.cli.regrade_trial import tried

        settings, grading = places(config, state, database_url), grading_settings(config, state)
        course, todo = asyncio.run(_found(db, wish))
        changes: Sequence[Regraded] = asyncio.run(
            tried(db, settings, grading, course, assignment, todo, jobs=jobs, hidden=as_json)
        )
    else:
        started: list[Regrading] = []
        try:
            changes = asyncio.run(_done(db, wish, by or _login(), started, wait=wait, hidden=as_json))
        except KeyboardInterrupt:
            if not started:
                raise
            typer.echo(f"It goes on without you, as {_name(started[0])}.", err=True)
            raise typer.Exit(FOUND_A_PROBLEM) from None
        if not wait:
            if as_json:
                _say(started[0])
            else:
                typer.echo(f"{started[0].total} submission(s) are queued, as {_name(started[0])}.")
            return
    _show(rows_of(changes), as_json=as_json, dry_run=dry_run)


class _Wish:
    """What is to be graded again."""

    def __init__(self, assignment: str, course: str, student: str, latest: bool) -> None:
        self.assignment = texts.clip(assignment, texts.NAME)
        self._course = texts.clip(course, texts.NAME)
        self.student = texts.clip(student, texts.NAME)
        self.latest = latest

    async def course_in(self, db: Database) -> str:
        """The course's name. CannotRun, in a sentence, when there is none or more than one such course, and
        for a student nobody has heard of."""
        async with db.connect() as conn:
            having = await courses.having(conn, self.assignment)
            known = self.student == "" or await people.find(conn, self.student) is not None
        if self._course and self._course not in having:
            elsewhere = f" It is in: {', '.join(having)}." if having else ""
            raise CannotRun(
                f"There is no assignment {self.assignment!r} in the course {self._course!r}.{elsewhere}"
            )
        if not having:
            raise CannotRun(
                f"No course of this classroom has an assignment {self.assignment!r}. It is the name of its "
                "folder, such as 01-first-steps."
            )
        if not self._course and len(having) > 1:
            raise CannotRun(
                f"Several courses have an assignment {self.assignment!r}: {', '.join(having)}. Say which "
                "with --course NAME."
            )
        if not known:
            raise CannotRun(f"Nobody called {self.student!r} is known in this classroom.")
        return self._course or having[0]


def _login() -> str:
    try:
        return texts.clip(getpass.getuser(), texts.NAME)
    except (KeyError, OSError):
        # A container may run as a number that has no name.
        return "operator"


def _name(regrading: Regrading) -> str:
    return f"regrading {regrading.regrading_id} on the grading page of {regrading.course}"


async def _found(db: Database, wish: _Wish) -> tuple[str, list[regradings.Ended]]:
    """The course, and what would be graded again."""
    await db.open(create=False)
    try:
        course = await wish.course_in(db)
        async with db.connect() as conn:
            return course, await regradings.candidates(
                conn, course, wish.assignment, student=wish.student, latest=wish.latest
            )
    finally:
        await db.close()


async def _done(
    db: Database, wish: _Wish, by: str, started: list[Regrading], *, wait: bool, hidden: bool
) -> Sequence[Regraded]:
    """What it came to; `started` gets the regrading as soon as it is queued."""
    await db.open(create=False)
    try:
        course = await wish.course_in(db)
        number = await db.retrying(
            lambda conn: regradings.start(
                conn, course, wish.assignment, by, student=wish.student, latest=wish.latest
            )
        )
        found = await _look(db, course, number)
        started.append(found)
        if not wait:
            return ()
        with progress(found.total, "Grading", hidden=hidden) as step:
            idle, said = 0.0, False
            while found.waiting:
                await asyncio.sleep(LOOK_SECONDS)
                before, found = found.waiting, await _look(db, course, number)
                step(before - found.waiting)
                idle = idle + LOOK_SECONDS if found.waiting == before else 0.0
                if idle >= PATIENCE_SECONDS and not said:
                    typer.echo(f"\n{IDLE}", err=True)
                    said = True
        return found.changes
    finally:
        await db.close()


async def _look(db: Database, course: str, number: int) -> Regrading:
    async with db.connect() as conn:
        return await regradings.view(conn, course, number)


def _say(what: msgspec.Struct) -> None:
    # ASCII: names may hold what a terminal would obey.
    typer.echo(json.dumps(msgspec.to_builtins(what)))


def _show(rows: Sequence[Row], *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        for row in rows:
            _say(row)
    else:
        for line in table(rows):
            typer.echo(printable(line))
        if dry_run:
            typer.echo("Nothing was changed: this was a dry run.")
    if any(row.state != "graded" for row in rows):
        raise typer.Exit(FOUND_A_PROBLEM)
