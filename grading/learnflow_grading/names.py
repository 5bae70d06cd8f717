"""Names that become folders and nbgrader globs: courses, assignments, students, files.

nbgrader puts these names into paths, globs and format strings, so a name may hold none of their special
characters. Whoever asks is told in a sentence.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from learnflow_ext.contracts.errors import BadRequest

_NAME = re.compile(r"(?![ .~-])[\w.@+~ -]{1,200}(?<![ .])")
_FILE_PART = re.compile(r"[^/\\\x00-\x1f]{1,255}")
MAX_DEPTH = 8


def check_name(name: str, kind: str) -> str:
    """`name` itself when it is safe as a folder name; `kind` ("course", "student", ...) is for the sentence.

    BadRequest otherwise.
    """
    if not _NAME.fullmatch(name) or (kind == "assignment" and "+" in name):
        raise BadRequest(
            f"{name[:60]!r} cannot be used as the name of a {kind}: letters, digits, - and _ can."
        )
    return name


def check_file(path: str) -> PurePosixPath:
    """A file's path within an assignment: relative, `/`-separated, without `..` or control characters.

    BadRequest otherwise.
    """
    parts = path.split("/")
    if len(parts) > MAX_DEPTH or any(not _FILE_PART.fullmatch(p) or p in (".", "..") for p in parts):
        raise BadRequest(f"{path[:80]!r} is not the path of a file within an assignment.")
    return PurePosixPath(*parts)
