"""What a course has released: read from the exchange's outbound folder, and from nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from learnflow_ext.contracts.errors import NotFound, TooLarge
from learnflow_ext.contracts.grades import CourseFile, FileSet

from .names import check_name

MAX_RELEASE_BYTES = 50 * 1024 * 1024
_SKIPPED = frozenset({".ipynb_checkpoints", "__pycache__"})


def outbound(exchange_root: Path, course: str) -> Path:
    """The folder with one folder a released assignment. BadRequest when `course` is no folder name."""
    return exchange_root / check_name(course, "course") / "outbound"


def assignments(exchange_root: Path, course: str) -> tuple[str, ...]:
    """Names of the released assignments of `course`, sorted; empty when nothing was released."""
    folder = outbound(exchange_root, course)
    if not folder.is_dir():
        return ()
    with os.scandir(folder) as entries:
        return tuple(sorted(e.name for e in entries if e.is_dir(follow_symlinks=False) and e.name[0] != "."))


def notebooks(exchange_root: Path, course: str, assignment: str) -> tuple[str, ...]:
    """Names, without `.ipynb`, of an assignment's notebooks, sorted. NotFound when it is not released."""
    folder = _folder(exchange_root, course, assignment)
    return tuple(
        sorted(path.stem for path in folder.glob("*.ipynb") if path.is_file() and not path.is_symlink())
    )


def files(exchange_root: Path, course: str, assignment: str) -> FileSet:
    """An assignment's files, as a student gets them.

    Symbolic links are left out. NotFound when it is not released, TooLarge beyond `MAX_RELEASE_BYTES`.
    """
    folder = _folder(exchange_root, course, assignment)
    left = MAX_RELEASE_BYTES
    found: list[CourseFile] = []
    for path in sorted(_regular(folder)):
        left -= path.stat().st_size
        if left < 0:
            raise TooLarge(
                f"{assignment} is larger than {MAX_RELEASE_BYTES // 1024**2} MB; your teacher must shrink it."
            )
        found.append(CourseFile(path=path.relative_to(folder).as_posix(), content=_read(path)))
    return FileSet(files=tuple(found))


def _folder(exchange_root: Path, course: str, assignment: str) -> Path:
    folder = outbound(exchange_root, course) / check_name(assignment, "assignment")
    if folder.is_symlink() or not folder.is_dir():
        raise NotFound(f"{course} has no assignment {assignment!r}.")
    return folder


def _regular(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in _SKIPPED:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _regular(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)


def _read(path: Path) -> bytes:
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        return file.read()
