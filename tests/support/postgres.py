"""A PostgreSQL server for tests: Debian's programs, a data folder of its own, a fresh database for each test.

It listens on a Unix socket and on a port of 127.0.0.1, and forgets everything when it stops.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import psycopg

PROGRAMS = Path("/usr/lib/postgresql")
START_S = 60
STOP_S = 30

FAST = {
    # Nothing here has to survive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "autovacuum": "off",
    "log_min_messages": "warning",
}


class Postgres:
    """A server. `user` may do everything; connections over the socket and 127.0.0.1 need no password."""

    user = "learnflow"

    def __init__(
        self, folder: Path, settings: dict[str, str] | None = None, *, also_at: Sequence[str] = ()
    ) -> None:
        """`folder` is new, and short: a socket's path has at most 107 characters.

        Machines of the networks (/24) of the addresses `also_at` are let in there as well.
        """
        self.folder = folder
        self._also_at = tuple(also_at)
        self.port = _free_port()
        self.settings = {**FAST, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def pid(self) -> int:
        """Of the server's first process."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str) -> str:
        """For LearnFlow."""
        return f"postgresql+psycopg://{self.user}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Another program's connection; each statement commits."""
        return psycopg.connect(
            f"host={self.folder} port={self.port} user={self.user} dbname={database}", autocommit=True
        )

    def start(self) -> None:
        """Make the data folder when it is not there, run the server, and wait until it answers."""
        if not self.data.exists():
            owner = _account()
            if owner is not None:
                os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._run(
                "initdb", "-D", str(self.data), "-U", self.user, "-A", "trust",
                "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
            )  # fmt: skip
            with (self.data / "pg_hba.conf").open("a") as rules:
                rules.writelines(f"host all all {address}/24 trust\n" for address in self._also_at)
        command = [
            str(_programs() / "postgres"), "-D", str(self.data), "-p", str(self.port), "-k", str(self.folder),
            "-c", f"listen_addresses={','.join(('127.0.0.1', *self._also_at))}",
        ]  # fmt: skip
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **_as_owner())
        deadline = time.monotonic() + START_S
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(
                        f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}"
                    ) from None
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends connections first, SIGKILL is a crash. Harmless when it is not running."""
        if self._process is None:
            return
        if how == signal.SIGKILL:
            # Its children notice, and end by themselves; the next start must not meet them.
            self._process.kill()
            self._process.wait(STOP_S)
            _wait_for_children(self.folder)
        else:
            self._process.send_signal(how)
            self._process.wait(STOP_S)
        self._process = None

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a new database, made as `template` is; it is dropped afterwards."""
        name = f"t{uuid.uuid4().hex[:12]}"
        with self.connect() as conn:
            conn.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield self.url(name)
        finally:
            if self._process is not None and self._process.poll() is None:
                with self.connect() as conn:
                    conn.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(_programs() / program), *arguments], capture_output=True, text=True, cwd="/", **_as_owner()
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def running(settings: dict[str, str] | None = None, *, also_at: Sequence[str] = ()) -> Iterator[Postgres]:
    """A server that is gone afterwards, with all it kept."""
    folder = Path(tempfile.mkdtemp(prefix="lfpg", dir="/tmp"))
    server = Postgres(folder, settings, also_at=also_at)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The newest version's. FileNotFoundError names the package."""
    versions = [path for path in PROGRAMS.glob("*/bin") if (path / "initdb").is_file()]
    if not versions:
        raise FileNotFoundError("There is no PostgreSQL here. Run `.ci/system-packages test`.")
    return max(versions, key=lambda path: [int(part) for part in re.findall(r"\d+", path.parent.name)])


def _account() -> pwd.struct_passwd | None:
    """Who runs the server: it refuses root, so that Debian's `postgres`; None for who we are."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _as_owner() -> _Identity:
    owner = _account()
    if owner is None:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _wait_for_children(folder: Path) -> None:
    """Until no process works in the data folder any more."""
    deadline = time.monotonic() + STOP_S
    data = os.path.realpath(folder / "data")
    while time.monotonic() < deadline:
        if not any(_cwd(entry) == data for entry in Path("/proc").iterdir() if entry.name.isdigit()):
            return
        time.sleep(0.02)
    raise AssertionError("PostgreSQL's processes outlive it.")


def _cwd(process: Path) -> str:
    try:
        return os.readlink(process / "cwd")
    except OSError:
        return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
