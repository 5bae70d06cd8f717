"""Which course a tutor's command quotes from, and the files that people hand to a command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from learnflow_hub import course_folder

from learnflow_ext.cli.where import CannotRun

MAX_FILE_BYTES = 1_000_000

CourseOption = Annotated[
    Path | None,
    typer.Option(
        "--course",
        metavar="DIR",
        help="The course to quote from. Default: the one LearnFlow comes with.",
    ),
]


def course_dir(given: Path | None) -> Path:
    """The course's folder, that of the shipped course by default. CannotRun where there is none."""
    if given is not None:
        if not given.is_dir():
            raise CannotRun(f"There is no course folder {given}.")
        return given
    return Path(course_folder("python-basics"))


def text_of(file: Path) -> str:
    """A text file's content; bytes that are no UTF-8 become U+FFFD. CannotRun when it cannot be read."""
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CannotRun(f"{file} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_FILE_BYTES:
        raise CannotRun(f"{file} is larger than {MAX_FILE_BYTES // 1000} kB.")
    return data.decode("utf-8-sig", errors="replace")


def texts_of(files: Sequence[Path]) -> list[str | CannotRun]:
    """Each file's text, or why it has none: one that cannot be read is no reason to leave out the others.

    CannotRun where none can be read.
    """
    found: list[str | CannotRun] = []
    for file in files:
        try:
            found.append(text_of(file))
        except CannotRun as trouble:
            found.append(trouble)
    if not any(isinstance(each, str) for each in found):
        raise CannotRun(" ".join(each.message for each in found if isinstance(each, CannotRun)))
    return found


def printable(text: str) -> str:
    """Without what a terminal would obey: students write parts of it."""
    return "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text)
