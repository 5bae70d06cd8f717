"""`learnflow privacy`: what is held about one person, and forgetting them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import typer

from learnflow_ext.cli.where import CannotRun, ConfigOption, StateOption, UrlOption, database, settings
from learnflow_ext.store import privacy, texts
from learnflow_ext.store.database import Database
from learnflow_ext.store.privacy import Erased

FOUND_A_PROBLEM = 1
SUBMISSIONS = "submissions"
"""Below the state folder: what was handed in, a folder each."""

REMAINS = """What this command does not reach, and you may have to see to:
  - the hub's account and the person's own notebooks: delete the user in the hub's admin page, then the
    folder;
  - nbgrader's gradebook and its copies of their work (submitted, autograded, feedback) in each course's
    folder, their numbers in blind grading (.learnflow/blind.sqlite there), and points and comments by hand
    with the names of student and teacher (.learnflow/marks.sqlite there);
  - events that were already published: Kafka keeps them until its retention ends (or `learnflow topics
    clear`), without texts and under a pseudonym that nothing links to the person any more;
  - backups, the service's log files, and what PostgreSQL keeps of deleted rows until its next VACUUM.
If the person comes back, they begin as somebody new."""

app = typer.Typer(no_args_is_help=True, help="Show or erase what is held about one person.")


@app.command()
def export(
    user: str = typer.Argument(help="The hub's user name."),
    config: ConfigOption = None,
    state: StateOption = None,
    database_url: UrlOption = None,
    out: Path | None = typer.Option(
        None, metavar="FILE", help="Write to this file, which must not be there yet. Default: to the screen."
    ),
) -> None:
    """Write everything the database holds about USER as one JSON object, a key for each table."""
    user = texts.clip(user, texts.NAME)
    found = asyncio.run(_export(database(config, state, database_url), user))
    if found is None:
        _unknown(user)
    # ASCII: a student's texts may hold what a terminal would obey.
    written = json.dumps(found, indent=2)
    if out is None:
        typer.echo(written)
        return
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(written + "\n")
    except FileExistsError:
        raise CannotRun(f"{out} is there already. Name another file.") from None
    except OSError as error:
        raise CannotRun(f"{out} cannot be written: {error.strerror}.") from error
    typer.echo(f"Written to {out}. It is personal: keep it safe, and hand it to nobody else.")


@app.command()
def erase(
    user: str = typer.Argument(help="The hub's user name."),
    config: ConfigOption = None,
    state: StateOption = None,
    database_url: UrlOption = None,
    yes: bool = typer.Option(False, "--yes", help="Really do it. It cannot be undone."),
) -> None:
    """Forget USER: rows, texts in the log, files of submissions, and the link to their pseudonym."""
    user = texts.clip(user, texts.NAME)
    db = database(config, state, database_url)
    root = _submissions_root(config, state, database_url)
    if not yes:
        raise CannotRun(
            f"Nothing was erased. Erasing {user!r} cannot be undone; `learnflow privacy export` first, "
            "if they want a copy, then repeat this with --yes."
        )
    erased, left = asyncio.run(_erase(db, user, root))
    if erased is None:
        _unknown(user)
    _tell(user, erased)
    if left:
        typer.echo("These files are still there, for they are in no state folder given here; remove them:")
        for folder in left:
            typer.echo(f"  {folder}")
    typer.echo(REMAINS)
    if left:
        raise typer.Exit(FOUND_A_PROBLEM)


def _unknown(user: str) -> NoReturn:
    typer.echo(f"Nothing is held about {user!r}: the name is not known here, or was erased.", err=True)
    raise typer.Exit(FOUND_A_PROBLEM)


def _tell(user: str, erased: Erased) -> None:
    typer.echo(f"{user!r} was erased. Deleted:")
    for table, count in sorted(erased.deleted.items()):
        typer.echo(f"  {table}: {count}")
    typer.echo(f"  folders of submissions: {len(erased.files)}")
    typer.echo(
        f"The log keeps that something happened, as {erased.name}: {erased.redacted} events lost their texts."
    )
    if erased.unsigned:
        typer.echo(f"{erased.unsigned} notes and judgements of theirs no longer say who wrote them.")


def _submissions_root(config: Path | None, state: Path | None, url: str | None) -> Path | None:
    """Where the deployment keeps what was handed in; None when only its database was named."""
    if state is not None:
        return state.expanduser().resolve() / SUBMISSIONS
    if url and config is None:
        return None
    return settings(config).state_path / SUBMISSIONS


async def _export(db: Database, user: str) -> dict[str, Any] | None:
    await db.open(create=False)
    try:
        async with db.connect() as conn:
            return await privacy.export(conn, user)
    finally:
        await db.close()


async def _erase(db: Database, user: str, root: Path | None) -> tuple[Erased | None, list[str]]:
    """What was erased, and the folders that are still there."""
    await db.open(create=False)
    try:
        # Files first: their rows are what leads to them, should we be interrupted and begin again.
        async with db.connect() as conn:
            folders = await privacy.files(conn, user)
        await asyncio.to_thread(_remove, folders, root)
        erased = await db.retrying(lambda conn: privacy.erase(conn, user))
        if erased is None:
            return None, []
        # Again, for what was handed in meanwhile.
        return erased, await asyncio.to_thread(_remove, erased.files, root)
    finally:
        await db.close()


def _remove(folders: Iterable[str], root: Path | None) -> list[str]:
    """Remove those of `folders` that lie in `root`; the others that exist. CannotRun when one cannot be."""
    left = []
    for folder in map(Path, folders):
        if root is not None and folder.parent.resolve() == root and not folder.is_symlink():
            try:
                shutil.rmtree(folder)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise CannotRun(f"{folder} cannot be removed: {error.strerror}. Repeat this then.") from error
        elif folder.exists():
            left.append(str(folder))
    return left
