"""Where student code finds modules."""

from __future__ import annotations

import os


def let_students_import_their_files(path: list[str]) -> None:
    """Put the working folder on `path` where IPython has it: after the standard library, before packages."""
    for index, entry in enumerate(path):
        if os.path.basename(entry) in ("site-packages", "dist-packages"):
            path.insert(index, "")
            return
    path.append("")
