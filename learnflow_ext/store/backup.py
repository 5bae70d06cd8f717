"""Everything a classroom keeps, in one file, and back: the database and the state folder.

The file is a tar archive, gzipped: `manifest.json`, the database (`database.dump`, made by pg_dump, where it
is PostgreSQL) and `state/`. SQLite files, gradebooks too, are copied through SQLite, so a classroom may go on
meanwhile. Symbolic links and sockets are left out: nothing of ours is one.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy.engine import URL, make_url

from learnflow_ext.contracts.errors import Conflict, NotFound, Unavailable, Unprocessable

MANIFEST, DUMP, STATE = "manifest.json", "database.dump", "state"
_SQLITE_BEGINS = b"SQLite format 3\x00"
_BESIDE_SQLITE = ("-wal", "-shm", "-journal")
MANIFEST_BYTES = 64 * 1024


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive says of itself."""

    learnflow: str
    """The version that made it."""
    made_at: str
    """UTC, ISO 8601."""
    database: str
    """`sqlite`, which is in the state folder, or `postgresql`."""
    files: int = 0
    """Files of the state folder."""


def back_up(state: Path, database_url: str, target: Path, *, version: str = "") -> Manifest:
    """Write everything into `target`, which only its owner can read; it is there whole or not at all.

    `version` is LearnFlow's own, for who restores it.

    NotFound without a state folder, Conflict when `target` exists, Unavailable when the
    database cannot be read.
    """
    if not state.is_dir():
        raise NotFound(f"There is no state folder {state}.")
    if target.exists():
        raise Conflict(f"{target} is there already. Choose another name.")
    url = make_url(database_url)
    half = target.with_name(f".{target.name}.part")
    with tempfile.TemporaryDirectory(prefix=".learnflow-", dir=target.absolute().parent) as scratch:
        try:
            descriptor = os.open(half, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as out, tarfile.open(fileobj=out, mode="w:gz") as archive:
                if _is_postgresql(url):
                    dump = Path(scratch) / DUMP
                    _postgresql(url, "pg_dump", "--format=custom", "--no-owner", f"--file={dump}")
                    archive.add(dump, DUMP)
                files = _add_state(archive, state, Path(scratch), {half, target})
                manifest = Manifest(
                    learnflow=version,
                    made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                    database="postgresql" if _is_postgresql(url) else "sqlite",
                    files=files,
                )
                data = msgspec.json.encode(manifest)
                entry = tarfile.TarInfo(MANIFEST)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
            half.replace(target)
        finally:
            half.unlink(missing_ok=True)
    return manifest


def restore(archive_file: Path, state: Path, database_url: str) -> Manifest:
    """Put everything of an archive back, into an empty or missing `state` and an empty database.

    NotFound without the archive, Unprocessable when it is none of ours or made with another kind of database,
    Conflict when something is there already, Unavailable when the database takes none of it. Nothing is
    overwritten, ever.
    """
    url = make_url(database_url)
    try:
        archive = tarfile.open(archive_file, "r:gz")
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {archive_file}.") from error
    except (tarfile.TarError, OSError, EOFError) as error:
        raise Unprocessable(f"{archive_file} is not a backup of LearnFlow.") from error
    with archive:
        manifest = _manifest(archive, archive_file)
        if (manifest.database == "postgresql") != _is_postgresql(url):
            raise Unprocessable(
                f"The backup is of a {manifest.database} database. Point LearnFlow to one of that kind first."
            )
        if state.exists() and any(state.iterdir()):
            raise Conflict(f"{state} is not empty. Move it away, or restore into another folder.")
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".learnflow-", dir=state.absolute().parent) as scratch:
            # The filter refuses whatever would land outside of the folder.
            archive.extractall(scratch, filter="tar")  # nosec B202
            if _is_postgresql(url):
                dump = Path(scratch) / DUMP
                _postgresql(
                    url, "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(dump)
                )
            for part in (Path(scratch) / STATE).iterdir():
                shutil.move(part, state / part.name)
    return manifest


def _manifest(archive: tarfile.TarFile, name: Path) -> Manifest:
    try:
        stream = archive.extractfile(MANIFEST)
        data = stream.read(MANIFEST_BYTES) if stream else b""
        return msgspec.json.decode(data, type=Manifest)
    except (KeyError, tarfile.TarError, OSError, EOFError, msgspec.MsgspecError) as error:
        raise Unprocessable(f"{name} is not a backup of LearnFlow, or it was cut off.") from error


def _add_state(archive: tarfile.TarFile, state: Path, scratch: Path, without: set[Path]) -> int:
    """Add what is below `state`; how many files."""
    files = 0
    root = archive.gettarinfo(str(state), STATE)
    archive.addfile(root)
    for folder, names, entries in os.walk(state):
        for name in sorted(names):
            path = Path(folder) / name
            if not path.is_symlink():
                archive.add(path, f"{STATE}/{path.relative_to(state)}", recursive=False)
        for name in sorted(entries):
            path = Path(folder) / name
            if path in without or path.is_symlink() or not path.is_file() or name.endswith(_BESIDE_SQLITE):
                continue
            inside = f"{STATE}/{path.relative_to(state)}"
            # What is deleted between listing and reading is not part of the backup.
            with contextlib.suppress(FileNotFoundError):
                if _is_sqlite(path):
                    copy = _copy_of(path, scratch / "copy.sqlite")
                    entry = archive.gettarinfo(str(path), inside)
                    entry.size = copy.stat().st_size
                    with copy.open("rb") as stream:
                        archive.addfile(entry, stream)
                    copy.unlink()
                else:
                    archive.add(path, inside, recursive=False)
                files += 1
    return files


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(_SQLITE_BEGINS)) == _SQLITE_BEGINS


def _copy_of(path: Path, copy: Path) -> Path:
    """A copy of an SQLite file as of one moment, whoever writes to it meanwhile."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.Error:
        # A student's file that is broken, or only begins like a database, is kept as it is.
        shutil.copyfile(path, copy)
    return copy


def _is_postgresql(url: URL) -> bool:
    return url.get_backend_name() == "postgresql"


def _postgresql(url: URL, program: str, *arguments: str) -> None:
    """Run pg_dump or pg_restore on `url`; the password goes by the environment, unseen by others."""
    found = shutil.which(program) or next(
        (str(each) for each in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)),
        None,
    )
    if found is None:
        raise Unavailable(f"{program} is missing. On Debian: apt install postgresql-client.")
    where = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(
        [found, f"--dbname={where}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it gave no reason"]
        raise Unavailable(f"{program} failed: {last[0]}")
