"""The folder on this machine that holds a deployment's state, as the hub sees it.

Students' servers see none of it but two folders of their own, bound into their sandbox.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

MARKER = "learnflow-state"
MARKER_TEXT = "LearnFlow keeps its state in this folder. `learnflow demo --reset` deletes it.\n"
LOCK = "learnflow-lock"


class StateUnusable(RuntimeError):
    """This folder cannot be used now; the text says why, and what to do."""


@dataclass(frozen=True)
class State:
    """Paths below a state folder. Nothing is created by asking for one."""

    root: Path

    @property
    def hub(self) -> Path:
        """The hub's own files: database, cookie secret, proxy configuration, log."""
        return self.root / "hub"

    @property
    def users(self) -> Path:
        """One folder a user."""
        return self.root / "users"

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the hub's database."""
        return f"sqlite:///{self.hub / 'jupyterhub.sqlite'}"

    @property
    def cookie_secret(self) -> Path:
        """Written by the hub with mode 0600."""
        return self.hub / "cookie_secret"

    @property
    def new_accounts(self) -> Path:
        """Password hashes that wait for the hub's next start; see `accounts`."""
        return self.hub / "new-accounts.json"

    @property
    def ports(self) -> Path:
        """Ports of the hub's services, kept from one start to the next."""
        return self.hub / "ports.json"

    @property
    def log(self) -> Path:
        """Where `learnflow demo` sends what hub, services and servers log."""
        return self.hub / "hub.log"

    @property
    def marker(self) -> Path:
        """A file that says whose folder this is, so that a reset never deletes another."""
        return self.root / MARKER

    @property
    def passwords_shown(self) -> Path:
        """There once the generated passwords were printed."""
        return self.hub / "passwords-shown"

    def check(self) -> None:
        """StateUnusable when the folder is there and holds something that is not ours."""
        try:
            foreign = self.root.exists() and not self.marker.exists() and any(self.root.iterdir())
        except OSError as error:
            raise StateUnusable(f"{self.root} cannot be used: {error.strerror}.") from error
        if foreign:
            raise StateUnusable(
                f"{self.root} holds other files and is no LearnFlow folder. Name an empty one with --state."
            )

    def lock(self) -> int:
        """Claim the folder, for as long as the descriptor returned is open in any process.

        StateUnusable when a classroom runs on it already.
        """
        descriptor = os.open(self.root / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise StateUnusable(
                f"A classroom runs on {self.root} already. Stop it, or name another folder with --state."
            ) from None
        return descriptor

    def clear(self) -> None:
        """Delete everything but the marker and the lock. Only for the holder of the lock."""
        for entry in self.root.iterdir():
            if entry.name in (MARKER, LOCK):
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def prepare(self) -> None:
        """Create the folders, closed to others; right to call again. OSError when that is impossible."""
        # Closed to users' own uids as well: what is theirs, the spawner mounts for them.
        for folder in (self.root, self.hub, self.users):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        if not self.marker.exists():
            self.marker.write_text(MARKER_TEXT, encoding="utf-8")
