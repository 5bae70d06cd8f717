"""`learnflow events`: the record, read from the database's log."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TextIO

import msgspec
import typer

from learnflow_ext.cli.where import CannotRun, ConfigOption, StateOption, UrlOption, database
from learnflow_ext.contracts.events import TOPICS, TYPE_PREFIX
from learnflow_ext.store import eventlog, texts
from learnflow_ext.store.database import Database
from learnflow_ext.store.eventlog import LogEntry

FOLLOW_EVERY_S = 0.3
AT_ONCE = 500
LONGEST_VALUE = 60

Read = Callable[..., Awaitable[list[LogEntry]]]
"""`eventlog.tail` with its filters set."""

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
        asyncio.run(_tail(db, read, lines, show, follow=follow))
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
) -> None:
    """Write all events as JSON, one object a line, oldest first. They hold names: keep the file safe."""
    if topic is not None and topic not in TOPICS:
        raise CannotRun(f"There is no topic {topic!r}. The topics are: {', '.join(TOPICS)}.")
    db = database(config, state, database_url)
    read = functools.partial(eventlog.tail, topic=topic, student=_typed(student), course=_typed(course))
    if out is None:
        with contextlib.suppress(KeyboardInterrupt):
            try:
                asyncio.run(_export(db, read, sys.stdout))
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
            count = asyncio.run(_export(db, read, file))
    except BaseException:
        # Half an export looks like a whole one.
        out.unlink()
        raise
    typer.echo(f"{count} events written to {out}.")


async def _export(db: Database, read: Read, file: TextIO) -> int:
    await db.open(create=False)
    count, last = 0, 0
    try:
        while True:
            # A page at a time: a year of a school does not fit into memory, nor into one statement's time.
            async with db.connect() as conn:
                entries = await read(conn, after=last, limit=AT_ONCE)
            if not entries:
                return count
            file.writelines(_as_json(entry) + "\n" for entry in entries)
            count, last = count + len(entries), entries[-1].sequence
    finally:
        await db.close()


def _typed(name: str | None) -> str | None:
    """A name from the command line, where bytes that are no text may hide."""
    return None if name is None else texts.clip(name, texts.NAME)


async def _tail(
    db: Database, read: Read, lines: int, show: Callable[[LogEntry], str], *, follow: bool
) -> None:
    await db.open(create=False)
    try:
        async with db.connect() as conn:
            entries = await read(conn, limit=lines)
            last = await eventlog.newest_sequence(conn)
        for entry in entries:
            typer.echo(show(entry))
        while follow:
            await asyncio.sleep(FOLLOW_EVERY_S)
            async with db.connect() as conn:
                entries = await read(conn, after=last, limit=AT_ONCE)
            for entry in entries:
                typer.echo(show(entry))
                last = entry.sequence
    finally:
        await db.close()


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
