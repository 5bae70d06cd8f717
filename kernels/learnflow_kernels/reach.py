"""Which paths an ordinary user can reach, and how root opens a way to those it cannot.

A folder such as `/root` (mode 0700) often holds the Python that student code must run with. Nothing on disk
is changed: root enters a mount namespace in which an empty, passable folder covers the closed one, and only
the needed paths below it are mounted back.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["closed_ancestor", "parent_dirs", "passable", "reach_prefix"]


def passable(mode: int, owner: int, group: int, uid: int) -> bool:
    """Whether `uid`, alone in the group of the same number, may pass through a folder like this."""
    if owner == uid:
        return bool(mode & stat.S_IXUSR)
    if group == uid:
        return bool(mode & stat.S_IXGRP)
    return bool(mode & stat.S_IXOTH)


def closed_ancestor(path: Path, uid: int) -> Path | None:
    """The first folder above `path`, from the root down, that `uid` may not pass; None when all are open.

    FileNotFoundError when a part of the way does not exist.
    """
    for folder in reversed(path.parents):
        status = folder.stat()
        if not passable(status.st_mode, status.st_uid, status.st_gid, uid):
            return folder
    return None


def parent_dirs(path: Path, below: Path) -> list[Path]:
    """The folders strictly between `below` and `path`, outermost first."""
    return [folder for folder in reversed(path.parents) if folder != below and folder.is_relative_to(below)]


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """`paths` without doubles and without those that lie inside another of them."""
    kept: list[Path] = []
    for path in sorted(set(paths)):
        if not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return kept


def reach_prefix(paths: Sequence[Path], uid: int, *, outlives: bool = False) -> list[str]:
    """Arguments to put before `setpriv --reuid <uid> …` so that `uid` can reach `paths`.

    Empty when all can be reached already, or when we are not root (then nothing could be opened, and our
    own reach is the sandbox's). `uid` is expected to run in the group of the same number and no other. What
    is started ends with whoever starts it, unless it `outlives` them.
    """
    if os.geteuid() != 0 or uid == 0:
        return []
    closed: dict[Path, list[Path]] = {}
    for path in _outermost(path.resolve() for path in paths):
        folder = closed_ancestor(path, uid)
        if folder is not None:
            closed.setdefault(folder, []).append(path)
    if not closed:
        return []
    argv = ["bwrap", *([] if outlives else ["--die-with-parent"]), "--dev-bind", "/", "/"]
    for folder, hidden in closed.items():
        # The binds are made from the paths as they were before: bwrap resolves sources in the old root.
        argv += ["--perms", "0755", "--tmpfs", str(folder)]
        made: set[Path] = set()
        for path in hidden:
            for parent in parent_dirs(path, folder):
                if parent not in made:
                    made.add(parent)
                    argv += ["--perms", "0755", "--dir", str(parent)]
            argv += ["--bind", str(path), str(path)]
    return [*argv, "--"]
