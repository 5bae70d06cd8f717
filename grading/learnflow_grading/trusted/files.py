"""The files beside a notebook, as they are handed to a sandbox."""

from __future__ import annotations

import base64
import os
from pathlib import Path

_MAX_FILES = 200
_MAX_FILE_BYTES = 6 * 1024 * 1024


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
