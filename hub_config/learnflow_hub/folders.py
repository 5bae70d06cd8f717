"""The folders of one user on the hub's machine."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from .names import user_folder_name


class FolderTaken(PermissionError):
    """A user's folder belongs to somebody else; the text says which, for the admin."""


@dataclass(frozen=True)
class UserFolders:
    """Where one user's files are. `work` is what kernels see; `server` is the Jupyter server's home."""

    work: Path
    server: Path

    @classmethod
    def of(cls, users: Path, username: str) -> UserFolders:
        """The folders of `username` below `users`; UnusableName when the name is no folder name."""
        own = users / user_folder_name(username)
        return cls(own / "work", own / "server")

    def create(self, uid: int) -> None:
        """Make the folders, for `uid` alone. FolderTaken when one is there already and not theirs.

        The folder above both is the hub's, so the user can never put something else in their place.
        """
        self.work.parent.mkdir(mode=0o700, exist_ok=True)
        for folder in (self.work, self.server):
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                found = folder.lstat()
                if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid:
                    raise FolderTaken(f"{folder} does not belong to uid {uid}.") from None
            else:
                if os.geteuid() == 0:
                    os.chown(folder, uid, uid)

    def environment(self) -> dict[str, str]:
        """Variables that keep the server's files in its home, and code of the user's out of the server."""
        home = self.server
        return {
            "HOME": str(home),
            "JUPYTERHUB_ROOT_DIR": str(self.work),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
            "IPYTHONDIR": str(home / "ipython"),
            "PYTHONNOUSERSITE": "1",
            "PYTHONSAFEPATH": "1",
        }
