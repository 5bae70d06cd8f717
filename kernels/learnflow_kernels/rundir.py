"""The private folder of one kernel on the host: its sockets, and the files made for it."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from learnflow_kernels.bubblewrap import RUN, group_text, passwd_text
from learnflow_kernels.owner import tag
from learnflow_kernels.removal import remove_tree

PLACE = Path("/tmp")  # noqa: S108 - each has a name of its own, made by mkdtemp
PREFIX = "lf-"
NSSWITCH = "passwd: files\ngroup: files\nhosts: files\n"
HOSTS = "127.0.0.1 localhost classroom\n::1 localhost\n"


@dataclass(frozen=True)
class RunDir:
    """`root` is open to the server and the kernel's user only; the kernel itself sees `sockets`, no more."""

    root: Path

    @property
    def sockets(self) -> Path:
        """The one folder that both the server and the kernel write to."""
        return self.root / "s"

    @property
    def ip(self) -> str:
        """What jupyter_client calls the address: the sockets are `<ip>-1` to `<ip>-5`."""
        return str(self.sockets / "k")

    @property
    def connection_file(self) -> Path:
        """The kernel's copy of the connection file; the server's own stays out of its reach."""
        return self.root / "connection.json"

    @property
    def files(self) -> dict[Path, Path]:
        """Where a kernel's sandbox finds each file (destination to source)."""
        return {RUN / "connection.json": self.connection_file, **self.accounts}

    def files_for(self, *, online: bool) -> dict[Path, Path]:
        """As `files`; for a kernel with a network, names are looked up as the host does."""
        host = {path: path for path in (Path("/etc/nsswitch.conf"), Path("/etc/hosts")) if path.exists()}
        return self.files | host if online else self.files

    @property
    def accounts(self) -> dict[Path, Path]:
        """The part of `files` that says who the user is and what the machine is called."""
        return {
            Path("/etc/passwd"): self.root / "passwd",
            Path("/etc/group"): self.root / "group",
            Path("/etc/nsswitch.conf"): self.root / "nsswitch.conf",
            Path("/etc/hosts"): self.root / "hosts",
        }

    def write(self, connection: bytes | None, uid: int) -> None:
        """Make the files anew for the user `uid`; without a connection file for what is no kernel."""
        for path, text in (
            *([] if connection is None else [(self.connection_file, connection)]),
            (self.root / "passwd", passwd_text(uid, uid).encode()),
            (self.root / "group", group_text(uid).encode()),
            (self.root / "nsswitch.conf", NSSWITCH.encode()),
            (self.root / "hosts", HOSTS.encode()),
        ):
            path.write_bytes(text)
            path.chmod(0o600)
            _give(path, uid)

    def clear_sockets(self) -> None:
        """Remove what a kernel left in the sockets' folder, links unfollowed."""
        for path in self.sockets.iterdir() if self.sockets.is_dir() else ():
            if path.is_dir() and not path.is_symlink():
                remove_tree(path)
            else:
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove all of it; fine when it is gone already."""
        remove_tree(self.root)


def _give(path: Path, uid: int) -> None:
    if os.geteuid() == 0:
        os.chown(path, uid, uid, follow_symlinks=False)


def make(uid: int) -> RunDir:
    """A fresh folder for a kernel of user `uid`. Short, because a socket's path must stay below 108 bytes."""
    run = RunDir(Path(tempfile.mkdtemp(prefix=f"{PREFIX}{tag()}-", dir=PLACE)))
    run.sockets.mkdir(mode=0o700)
    _give(run.sockets, uid)
    _give(run.root, uid)
    return run
