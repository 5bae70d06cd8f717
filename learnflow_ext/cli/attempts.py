"""Reads files of attempts, `student,skill,correct` in time order: checked first, then row by row."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import msgspec

from learnflow_ext.cli.where import CannotRun

if TYPE_CHECKING:
    from _csv import Reader

COLUMNS = ("student", "skill", "correct")
ADDED = "p_correct"
RIGHT_OR_WRONG = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}


class Attempt(msgspec.Struct, frozen=True):
    """One row: its cells as they are in the file, and what they say."""

    cells: list[str]
    student: str
    skill: str
    correct: bool


class AttemptFile:
    """A file of attempts that was read through once and found good."""

    def __init__(self, path: Path, stream: TextIO) -> None:
        """`stream` can be rewound. CannotRun, naming the line, for a file that cannot be used."""
        self._path = path
        self._stream = stream
        self.columns = self._header(self._reader())
        for _ in self:
            pass

    def __iter__(self) -> Iterator[Attempt]:
        """Every row, in order; CannotRun for one that does not fit."""
        reader = self._reader()
        self._header(reader)
        places = [self.columns.index(name) for name in COLUMNS]
        for cells in self._rows(reader):
            if not cells or cells == [""]:
                continue
            if len(cells) != len(self.columns):
                raise self._bad(reader.line_num, f"has {len(cells)} cells instead of {len(self.columns)}")
            student, skill, correct = (cells[place].strip() for place in places)
            if any("\0" in cell for cell in cells):
                raise self._bad(reader.line_num, "holds a NUL character")
            if not student or not skill:
                raise self._bad(reader.line_num, f"has no {'student' if not student else 'skill'}")
            right = RIGHT_OR_WRONG.get(correct.lower())
            if right is None:
                raise self._bad(reader.line_num, f'says "{correct[:40]}" where "correct" is 0 or 1')
            yield Attempt(cells, student, skill, right)

    def _reader(self) -> Reader:
        self._stream.seek(0)
        return csv.reader(self._stream, strict=True)

    def _header(self, reader: Reader) -> list[str]:
        names = [name.strip() for name in next(self._rows(reader), [])]
        missing = [name for name in COLUMNS if name not in names]
        if missing:
            raise self._bad(1, f"must name the columns {', '.join(COLUMNS)}; {', '.join(missing)} is missing")
        if len(set(names)) < len(names):
            raise self._bad(1, "names a column twice")
        if ADDED in names:
            raise self._bad(1, f"has a column {ADDED} already")
        return names

    def _rows(self, reader: Reader) -> Iterator[list[str]]:
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._bad(reader.line_num, f"is no CSV: {error}") from error
            except UnicodeDecodeError as error:
                raise CannotRun(f"{self._path} is not UTF-8 after line {reader.line_num}.") from error
            yield cells

    def _bad(self, line: int, what: str) -> CannotRun:
        return CannotRun(f"{self._path}, line {max(line, 1)} {what}.")


@contextmanager
def attempts(path: Path) -> Iterator[AttemptFile]:
    """The attempts in `path`; what cannot be rewound (a pipe) is copied first. CannotRun when unusable."""
    try:
        with path.open("rb") as source:
            if path.is_file():
                with path.open(encoding="utf-8-sig", newline="") as stream:
                    yield AttemptFile(path, stream)
                return
            with tempfile.TemporaryFile("w+b") as copy:
                shutil.copyfileobj(source, copy)
                copy.seek(0)
                with open(copy.fileno(), encoding="utf-8-sig", newline="", closefd=False) as stream:
                    yield AttemptFile(path, stream)
    except OSError as error:
        if error.filename is None:
            raise
        raise CannotRun(f"{path} cannot be read: {error.strerror}.") from error
