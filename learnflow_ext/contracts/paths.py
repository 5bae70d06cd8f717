"""Where things lie below a student's notebook root, and which relative paths may travel at all."""

from __future__ import annotations

MAX_PATH_CHARS = 400
FEEDBACK_DIR = "feedback"
"""Below an assignment's folder: `feedback/<time of submission>/<notebook>.html`."""


def split_path(path: str) -> tuple[str, ...]:
    """The parts of a relative path: plain names, `/`-separated.

    Empty for everything that is no such path: absolute, with `..`, `.`, a backslash or control characters,
    with a name that is hidden (a leading dot), or too long.
    """
    if not path or len(path) > MAX_PATH_CHARS or "\\" in path:
        return ()
    parts = tuple(path.split("/"))
    if any(not part or part.startswith(".") or not part.isprintable() for part in parts):
        return ()
    return parts


def place_of(path: str) -> tuple[str, str]:
    """The course and the assignment that a notebook's path tells: `<course>/<assignment>/…`.

    `path` counts from the student's root. ("", "") for what lies outside any assignment's folder.
    """
    parts = split_path(path.strip("/"))
    return (parts[0], parts[1]) if len(parts) >= 3 else ("", "")
