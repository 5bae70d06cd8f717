"""`learnflow events`: the record, read from the database's log."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import msgspec
import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.cli.where import CannotRun, ConfigOption, StateOption, UrlOption, database
from learnflow_ext.contracts.events import TOPICS, TYPE_PREFIX
from learnflow_ext.events import xapi
from learnflow_ext.store import courses, eventlog, people, texts
from learnflow_ext.store.database import Database
from learnflow_ext.store.eventlog import LogEntry

FOUND_A_PROBLEM = 1
FOLLOW_EVERY_S = 0.3
HOLE_SECONDS = 30.0
"""After so long a number that never appeared is taken to belong to a transaction that was rolled back."""
LOOK_BACK = 1_000
"""Numbers below a newer one that are looked for."""
AT_ONCE = 500
MOST_NUMBERS = 50_000
"""Looked at in one step of following; what is beyond comes with the next."""
LONGEST_VALUE = 60

Read = Callable[..., Awaitable[list[LogEntry]]]
"""`eventlog.tail` with its filters set."""
Lines = Callable[[AsyncConnection, list[LogEntry]], Awaitable[list[str]]]
"""What some events are in the file."""


class Format(StrEnum):
    """How events are written."""

    log = "log"
    xapi = "xapi"


app = typer.Typer(no_args_is_help=True, help="Show what happened in the classroom.")


@app.command()
def tail(
    config: ConfigOption = None,
    state: StateOption = None,
    database_url: UrlOption = None,
    topic: str | None = typer.Option(None, help="Only this topic, for instance progress.events."),
    student: str | None = typer.Option(None, help="Only this student, by the hub's user name."),
    course: str | None = typer.Option(None, help="Only this course."),
    follow: bool = typer.Option(False, "--follow", "-f", help="Go on as events come in, until Ctrl-C."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object a line, with every field."),
    lines: int = typer.Option(
        20, "--lines", "-n", min=0, max=100_000, help="How many of the latest to show."
    ),
) -> None:
    """Show the latest events, oldest first."""
    if topic is not None and topic not in TOPICS:
        raise CannotRun(f"There is no topic {topic!r}. The topics are: {', '.join(TOPICS)}.")
    db = database(config, state, database_url)
    read = functools.partial(eventlog.tail, topic=topic, student=_typed(student), course=_typed(course))
    show = _as_json if as_json else _as_line
    try:
        asyncio.run(_tail(db, read, lines, show, student=_typed(student), follow=follow))
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        # Whoever read us (`| head`) has enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@app.command()
def export(
    config: ConfigOption = None,
    state: StateOption = None,
    database_url: UrlOption = None,
    topic: str | None = typer.Option(None, help="Only this topic, for instance progress.events."),
    student: str | None = typer.Option(None, help="Only this student, by the hub's user name."),
    course: str | None = typer.Option(None, help="Only this course."),
    out: Path | None = typer.Option(
        None, metavar="FILE", help="Write to this file, which must not be there yet. Default: to the screen."
    ),
    format_: Format = typer.Option(
        Format.log,
        "--format",
        help="`log`: every field, with names. `xapi`: xAPI 1.0.3 statements under pseudonyms, without what "
        "was written, for a learning record store.",
    ),
    home: str | None = typer.Option(
        None,
        metavar="URL",
        help="The classroom's address, below which `xapi` names accounts and activities: the same each time.",
    ),
) -> None:
    """Write all events as JSON, one object a line, oldest first. They may hold names: keep the file safe."""
    if topic is not None and topic not in TOPICS:
        raise CannotRun(f"There is no topic {topic!r}. The topics are: {', '.join(TOPICS)}.")
    lines = _log_lines if format_ is Format.log else _xapi_lines(home or "")
    db = database(config, state, database_url)
    whose = _typed(student)
    read = functools.partial(eventlog.tail, topic=topic, student=whose, course=_typed(course))
    if out is None:
        with contextlib.suppress(KeyboardInterrupt):
            try:
                asyncio.run(_export(db, read, lines, whose, sys.stdout))
            except BrokenPipeError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    try:
        file = os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")
    except FileExistsError:
        raise CannotRun(f"{out} is there already. Name another file.") from None
    except OSError as error:
        raise CannotRun(f"{out} cannot be written: {error.strerror}.") from error
    try:
        with file:
            count = asyncio.run(_export(db, read, lines, whose, file))
    except BaseException:
        # Half an export looks like a whole one.
        out.unlink()
        raise
    what = "events" if format_ is Format.log else "statements"
    typer.echo(f"{count} {what} written to {out}.")


async def _export(db: Database, read: Read, lines: Lines, student: str | None, file: TextIO) -> int:
    await db.open(create=False)
    count, last = 0, 0
    try:
        await _require_known(db, student)
        while True:
            # A page at a time: a year of a school does not fit into memory, nor into one statement's time.
            async with db.connect() as conn:
                entries = await read(conn, after=last, limit=AT_ONCE)
                written = await lines(conn, entries) if entries else []
            if not entries:
                return count
            file.writelines(line + "\n" for line in written)
            count, last = count + len(written), entries[-1].sequence
    finally:
        await db.close()


async def _log_lines(conn: AsyncConnection, entries: list[LogEntry]) -> list[str]:
    return [_as_json(entry) for entry in entries]


def _xapi_lines(home: str) -> Lines:
    """Statements below the address `home`. CannotRun when it is none."""
    from learnflow_ext.events.wire import claimed_folder

    address = home.rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or not address.isascii():
        raise CannotRun(
            "xAPI names accounts and activities below the classroom's address: give it with "
            "--home https://hub.school.example/services/learnflow, and always the same."
        )

    async def lines(conn: AsyncConnection, entries: list[LogEntry]) -> list[str]:
        known = await people.pseudonyms(conn, {entry.student for entry in entries})
        events = [
            xapi.logged(entry.type, entry.data, course=entry.course, student=entry.student)
            for entry in entries
        ]
        folders = {place for event in events if event is not None and (place := claimed_folder(event))}
        # None of the course's assignments: a folder that the student named.
        own = folders - await courses.among(conn, folders)
        found = []
        for entry, event in zip(entries, events, strict=True):
            pseudonym = known.get(entry.student)
            # Who was erased has none, and their steps are nobody's any more.
            if event is None or pseudonym is None:
                continue
            if claimed_folder(event) in own:
                event = msgspec.structs.replace(event, assignment="")
            said = xapi.statement(event, id_=entry.id, time=entry.time, pseudonym=pseudonym, home=address)
            if said is not None:
                found.append(json.dumps(said))
        return found

    return lines


def _typed(name: str | None) -> str | None:
    """A name from the command line, where bytes that are no text may hide."""
    return None if name is None else texts.clip(name, texts.NAME)


async def _tail(
    db: Database,
    read: Read,
    lines: int,
    show: Callable[[LogEntry], str],
    *,
    student: str | None = None,
    follow: bool,
) -> None:
    await db.open(create=False)
    try:
        await _require_known(db, student)
        async with db.connect() as conn:
            entries = await read(conn, limit=lines)
            behind = await Follower.at_the_end(conn, read)
        for entry in entries:
            typer.echo(show(entry))
        while follow:
            await asyncio.sleep(FOLLOW_EVERY_S)
            async with db.connect() as conn:
                entries = await behind.new(conn)
            for entry in entries:
                typer.echo(show(entry))
    finally:
        await db.close()


async def _require_known(db: Database, student: str | None) -> None:
    if student is None:
        return
    async with db.connect() as conn:
        found = await people.find(conn, student)
    if found is None:
        typer.echo(f"Nobody is known here as {student!r}: nothing was recorded, or was erased.", err=True)
        raise typer.Exit(FOUND_A_PROBLEM)


class Follower:
    """Reads what is new in the log, each event once. PostgreSQL numbers events before they commit: a lower
    number may appear after a higher one, and is waited for."""

    def __init__(self, read: Read, mark: int) -> None:
        """Everything up to number `mark` was read."""
        self._read = read
        self._mark = mark
        self._holes: dict[int, float] = {}
        """Numbers below the mark that were not there, and when that was noticed."""

    @classmethod
    async def at_the_end(cls, conn: AsyncConnection, read: Read) -> Follower:
        """Behind all that `conn` sees."""
        newest = await eventlog.newest_sequence(conn)
        made = cls(read, max(0, newest - LOOK_BACK))
        made._note(await eventlog.sequences(conn, made._mark))
        return made

    async def new(self, conn: AsyncConnection) -> list[LogEntry]:
        """Events that `conn` sees and that were not there before, oldest first. `conn` has one view."""
        first = min(self._holes, default=self._mark + 1)
        there = (await eventlog.sequences(conn, first - 1))[:MOST_NUMBERS]
        fresh = {number for number in there if number > self._mark or number in self._holes}
        self._note(there)
        found: list[LogEntry] = []
        if not fresh:
            return found
        last, end = min(fresh) - 1, max(fresh)
        while last < end and (entries := await self._read(conn, after=last, limit=AT_ONCE)):
            found += [entry for entry in entries if entry.sequence in fresh]
            last = entries[-1].sequence
        return found

    def _note(self, there: list[int]) -> None:
        """`there` are all numbers from the first hole on, ascending."""
        moment = time.monotonic()
        newest = there[-1] if there else self._mark
        missing = set(range(max(self._mark + 1, newest - LOOK_BACK), newest))
        holes = {**self._holes, **dict.fromkeys(missing, moment)}
        for number in there:
            holes.pop(number, None)
        self._holes = {number: at for number, at in holes.items() if moment - at < HOLE_SECONDS}
        self._mark = max(self._mark, newest)


def _as_json(entry: LogEntry) -> str:
    return json.dumps(msgspec.to_builtins(entry))


def _as_line(entry: LogEntry) -> str:
    """Time, student, course, what happened, and the fields that say something."""
    what = entry.type.removeprefix(TYPE_PREFIX).rpartition(".v")[0]
    fields = " ".join(
        f"{name}={_short(value)}" for name, value in entry.data.items() if value not in ("", None)
    )
    parts = (entry.time[:19].replace("T", " "), entry.student, entry.course or "-", what, fields)
    return _printable("  ".join(parts))


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _printable(text: str) -> str:
    """Without what a terminal would obey: students write these texts."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
