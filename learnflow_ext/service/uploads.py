"""What a student hands in: checked before anything is kept, then kept whole or not at all.

Names and bytes come from a student's own server and are hostile. The checks are pure; only `keep` touches
the disk, in a folder whose name the student has no say in.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
import unicodedata
import uuid
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import msgspec

from learnflow_ext.contracts.errors import TooLarge, Unprocessable
from learnflow_ext.contracts.grades import CourseFile, FileSet

MAX_FILES = 200
MAX_PATH_CHARS = 200
MAX_PART_BYTES = 120
"""File systems take 255 bytes a name; nbgrader appends to them."""
MAX_DEPTH = 8
_INCOMING = ".incoming-"
ABANDONED_SECONDS = 3600.0
"""Nobody writes one submission for so long."""
_RESERVED = frozenset({"nbgrader_config.py", "gradebook.db"})
"""Files that nbgrader may take for its own."""


class _Notebook(msgspec.Struct):
    """The least that makes JSON a notebook nbformat can read."""

    nbformat: int
    cells: list[_Cell]
    metadata: dict[str, object]


class _Cell(msgspec.Struct):
    cell_type: str
    source: str | list[str]
    metadata: dict[str, object]


def check(files: FileSet, *, notebooks: Sequence[str], max_bytes: int) -> None:
    """Whether `files` can be a submission of an assignment with `notebooks` (names without `.ipynb`).

    TooLarge above `max_bytes` in all or `MAX_FILES` files; Unprocessable, naming the file, for a path that is
    not a plain relative one, for a notebook that is none, and when a released notebook is missing.
    """
    if len(files.files) > MAX_FILES:
        raise TooLarge(f"A submission may have at most {MAX_FILES} files; this one has {len(files.files)}.")
    size = total_size(files)
    if size > max_bytes:
        raise TooLarge(
            f"The submission has {size / 2**20:.1f} MiB and at most {max_bytes / 2**20:.0f} MiB are taken. "
            "Clear large outputs or remove files that do not belong to it, then submit again."
        )
    seen: set[str] = set()
    for file in files.files:
        path = safe_path(file.path)
        folded = unicodedata.normalize("NFC", file.path).casefold()
        if folded in seen:
            raise Unprocessable(f"The file {_shown(file.path)} is there twice.")
        seen.add(folded)
        if path.suffix.lower() == ".ipynb":
            _check_notebook(file)
    paths = {file.path for file in files.files}
    for path in (PurePosixPath(file.path) for file in files.files):
        if clash := next((parent for parent in path.parents if str(parent) in paths), None):
            raise Unprocessable(f"{_shown(str(clash))} is both a file and a folder.")
    for name in notebooks:
        if f"{name}.ipynb" not in paths:
            raise Unprocessable(
                f"The notebook {name}.ipynb is missing. Put it back under its own name, then submit again."
            )


def total_size(files: FileSet) -> int:
    """Bytes of all files together."""
    return sum(len(file.content) for file in files.files)


def safe_path(text: str) -> PurePosixPath:
    """`text` as a relative path that stays where it is put. Unprocessable for anything else."""
    parts = text.split("/")
    shown = _shown(text)
    if not text or len(text) > MAX_PATH_CHARS or len(parts) > MAX_DEPTH:
        raise Unprocessable(f"The file name {shown} is empty, too long, or too deep in folders.")
    for part in parts:
        if part in ("", ".", "..") or part != part.strip() or part.startswith("."):
            raise Unprocessable(f"The file name {shown} is not a plain path inside the assignment.")
        if not part.isprintable() or any(mark in part for mark in '\\:*?"<>|'):
            raise Unprocessable(f"The file name {shown} has characters that cannot be kept.")
        try:
            if len(part.encode()) > MAX_PART_BYTES:
                raise Unprocessable(f"The file name {shown} is too long.")
        except UnicodeEncodeError as error:
            raise Unprocessable(f"The file name {shown} has characters that cannot be kept.") from error
    if parts[-1].casefold() in _RESERVED:
        raise Unprocessable(f"The file {shown} cannot be part of a submission.")
    return PurePosixPath(text)


def _shown(text: str) -> str:
    """A hostile name, made fit for a sentence."""
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return f"“{clean[:60]}{'…' if len(clean) > 60 else ''}”"


def _check_notebook(file: CourseFile) -> None:
    """Unprocessable when `file` is not a notebook of format 4."""
    try:
        notebook = msgspec.json.decode(file.content, type=_Notebook)
    except msgspec.ValidationError as error:
        raise Unprocessable(
            f"{_shown(file.path)} is not a complete Jupyter notebook. Open and save it in JupyterLab, "
            "then submit again."
        ) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unprocessable(
            f"{_shown(file.path)} is damaged: it is not readable as a notebook. Nothing was submitted. "
            "Restore it, or fetch the assignment again and copy your work over."
        ) from error
    if notebook.nbformat != 4:
        raise Unprocessable(
            f"{_shown(file.path)} has notebook format {notebook.nbformat}, and only format 4 is taken. "
            "Open and save it in JupyterLab, then submit again."
        )


async def keep(files: FileSet, root: Path) -> Path:
    """Write checked `files` below `root`; the new folder, complete. OSError leaves nothing behind."""
    return await asyncio.to_thread(_keep, files, root)


def _keep(files: FileSet, root: Path) -> Path:
    name = uuid.uuid4().hex
    incoming, final = root / f"{_INCOMING}{name}", root / name
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    incoming.mkdir(mode=0o700)
    try:
        for file in files.files:
            target = incoming / safe_path(file.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as out:
                out.write(file.content)
                out.flush()
                os.fsync(out.fileno())
        incoming.rename(final)
    except BaseException:
        shutil.rmtree(incoming, ignore_errors=True)
        raise
    return final


async def discard(folder: Path) -> None:
    """Remove a kept submission that could not be recorded."""
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def sweep(root: Path, *, older_than: float = ABANDONED_SECONDS) -> int:
    """Remove what an interrupted `keep` left in `root`; how many folders those were.

    What is younger than `older_than` seconds may be at work: on another replica, which shares the folder.
    """
    if not root.is_dir():
        return 0
    left = []
    for path in root.iterdir():
        # It may get its final name, or go, at any moment.
        with contextlib.suppress(FileNotFoundError):
            if path.name.startswith(_INCOMING) and time.time() - path.stat().st_mtime >= older_than:
                left.append(path)
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)
