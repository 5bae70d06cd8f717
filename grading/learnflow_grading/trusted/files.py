"""The files beside a notebook, as they are handed to a sandbox, and as they change there."""

from __future__ import annotations

import base64
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_MAX_FILES = 200
_MAX_FILE_BYTES = 6 * 1024 * 1024
MAX_COPIED = 4 * 1024 * 1024
"""Bytes of a file that code has written, and that is copied to the other side."""


def files_in(folder: Path) -> dict[str, str]:
    """The files of a folder that are no notebooks, as base64 by path; without links and large ones."""
    found: dict[str, str] = {}
    if not folder.is_dir():
        return found
    total = 0
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        for name in sorted(names):
            path = Path(parent, name)
            if name.endswith(".ipynb") or name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            size = path.stat().st_size
            total += size
            if size > _MAX_FILE_BYTES or total > 2 * _MAX_FILE_BYTES or len(found) >= _MAX_FILES:
                continue
            found[path.relative_to(folder).as_posix()] = base64.b64encode(path.read_bytes()).decode("ascii")
    return found


def stamps(most: int | None = None) -> Iterator[tuple[str, tuple[int, int]]]:
    """(path, (time of the last change in ns, size in bytes)) of the files below the working folder.

    Without links, hidden ones, and what goes beyond `most` in one folder; None for all.
    """
    for parent, folders, names in os.walk("."):
        folders[:] = [folder for folder in folders if not folder.startswith((".", "__pycache__"))]
        for name in names[:most]:
            path = os.path.join(parent, name)
            with contextlib.suppress(OSError):
                if not name.startswith(".") and os.path.isfile(path) and not os.path.islink(path):
                    status = os.stat(path)
                    yield os.path.relpath(path), (status.st_mtime_ns, status.st_size)
