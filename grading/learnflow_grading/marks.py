"""Points and comments that teachers give by hand: who gave them, when, and to which attempt they belong.

nbgrader has one entry for a student's work on an assignment, whatever attempt was graded last, and keeps in
it what was given by hand. Here each attempt has its own: before another one is graded, what was given to the
one in the gradebook is put aside, and what this one had is put in its place.

Both lie in one file of the course folder, on the service side. The formgrader writes who gave what, in rows
that nothing changes or deletes; the service reads them and puts them on record.
"""

from __future__ import annotations

import contextlib
import math
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from learnflow_grading.course_file import opened

FILE = Path(".learnflow", "marks.sqlite")
"""Below the course folder."""
MOST_POINTS = 1e9
_AT_ONCE = 200
_TABLES = """
CREATE TABLE IF NOT EXISTS given (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, by TEXT NOT NULL,
    assignment TEXT NOT NULL, student TEXT NOT NULL, attempt TEXT NOT NULL, notebook TEXT NOT NULL,
    cell TEXT NOT NULL, max_score REAL NOT NULL, before REAL, after REAL, extra_before REAL, extra_after REAL
);
CREATE TRIGGER IF NOT EXISTS given_stays BEFORE UPDATE ON given
    BEGIN SELECT RAISE(ABORT, 'who gave which points is never changed'); END;
CREATE TRIGGER IF NOT EXISTS given_is_kept BEFORE DELETE ON given
    BEGIN SELECT RAISE(ABORT, 'who gave which points is never deleted'); END;
CREATE TABLE IF NOT EXISTS told (number INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS kept (
    assignment TEXT NOT NULL, student TEXT NOT NULL, attempt TEXT NOT NULL, notebook TEXT NOT NULL,
    cell TEXT NOT NULL, score REAL, extra REAL, comment TEXT,
    PRIMARY KEY (assignment, student, attempt, notebook, cell)
);
"""


@dataclass(frozen=True)
class Mark:
    """Points that a teacher gave by hand to one part of an attempt, or took back."""

    by: str
    """The teacher, by the hub's name."""
    assignment: str
    student: str
    attempt: str
    """When it was handed in, as `attempt_of` writes it."""
    notebook: str
    cell: str
    """Its nbgrader grade_id."""
    max_score: float
    before: float | None
    """By hand, until then; None for none."""
    after: float | None
    extra_before: float | None = None
    extra_after: float | None = None
    id: str = ""
    at: str = ""
    """ISO 8601, UTC. Both are made when it is kept."""
    number: int = 0


def attempt_of(when: datetime | None) -> str:
    """What tells a student's attempts apart: when each was handed in, to the microsecond. Naive is UTC."""
    if when is None:
        return ""
    return (when.astimezone(UTC) if when.tzinfo else when).strftime("%Y-%m-%d %H:%M:%S.%f")


def points_in(value: object) -> float | None:
    """Points as the formgrader sends them, None for none. ValueError, a sentence, for what are no points."""
    if value is None or value == "":
        return None
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not 0 <= number <= MOST_POINTS:
        raise ValueError("Points are a number, 0 or more.")
    return number


class Marks:
    """The file of one course. Its methods block for milliseconds; several processes may use it at once."""

    def __init__(self, course_root: Path) -> None:
        self._root = course_root
        self._file = course_root / FILE

    @contextlib.contextmanager
    def giving(self) -> Iterator[list[Mark]]:
        """Marks that are put on the list are kept when nothing was raised; nobody else gives any meanwhile.

        sqlite3.Error, before anything else is done, when none can be kept.
        """
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            given: list[Mark] = []
            yield given
            now = datetime.now(UTC).isoformat(timespec="microseconds")
            for mark in given:
                row = (
                    uuid.uuid4().hex, now, mark.by, mark.assignment, mark.student, mark.attempt,
                    mark.notebook, mark.cell, mark.max_score, mark.before, mark.after, mark.extra_before,
                    mark.extra_after,
                )  # fmt: skip
                db.execute(
                    "INSERT INTO given (id, at, by, assignment, student, attempt, notebook, cell, max_score,"
                    " before, after, extra_before, extra_after) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                    row,
                )

    def untold(self) -> list[Mark]:
        """The oldest marks that nobody has put on record yet, in order; none while there is no file."""
        if not self._file.is_file():
            return []
        with self._open() as db:
            rows = db.execute(
                "SELECT by, assignment, student, attempt, notebook, cell, max_score, before, after,"
                " extra_before, extra_after, id, at, number FROM given"
                " WHERE number NOT IN (SELECT number FROM told) ORDER BY number LIMIT ?",
                (_AT_ONCE,),
            ).fetchall()
        return [Mark(*row) for row in rows]

    def tell(self, marks: Sequence[Mark]) -> None:
        """They are on record now."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT OR IGNORE INTO told VALUES (?)", [(mark.number,) for mark in marks])

    def swap(self, gradebook: Gradebook, assignment: str, student: str, attempt: str) -> None:
        """Make the gradebook's entry that of `attempt`, with the points and comments given to that one.

        An entry of the same attempt stays as it is, and so does one that has no time of its own.
        """
        try:
            entry = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return
        present = attempt_of(entry.timestamp)
        if present in ("", attempt):
            return
        key = (assignment, student, present)
        with self._open() as db:
            # The file first: what is put aside twice is the same, and what is lost is lost.
            db.execute("BEGIN IMMEDIATE")
            _put_aside(db, key, entry)
            db.commit()
            # Again: a teacher may have given some until now, and from here on nobody can.
            db.execute("BEGIN IMMEDIATE")
            gradebook.db.rollback()
            _put_aside(db, key, entry)
            rows = db.execute(
                "SELECT notebook, cell, score, extra, comment FROM kept"
                " WHERE assignment = ? AND student = ? AND attempt = ?",
                (assignment, student, attempt),
            ).fetchall()
            _put(entry, {(notebook, cell): tuple(rest) for notebook, cell, *rest in rows})
            entry.timestamp = datetime.strptime(attempt, "%Y-%m-%d %H:%M:%S.%f")
            gradebook.db.commit()

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return opened(self._root, self._file, _TABLES)


def _put_aside(db: sqlite3.Connection, key: tuple[str, str, str], entry: Any) -> None:
    """Keep what was given by hand to an attempt, and nothing else of it."""
    db.execute("DELETE FROM kept WHERE assignment = ? AND student = ? AND attempt = ?", key)
    db.executemany("INSERT INTO kept VALUES (?,?,?,?,?,?,?,?)", [(*key, *row) for row in _by_hand(entry)])


def _by_hand(entry: Any) -> Iterator[tuple[str, str, float | None, float | None, str | None]]:
    """(notebook, cell, points, extra credit, comment) of what was given by hand."""
    for notebook in entry.notebooks:
        comments = {comment.name: comment.manual_comment for comment in notebook.comments}
        grades = {grade.name: (grade.manual_score, grade.extra_credit) for grade in notebook.grades}
        for name in sorted({*comments, *grades}):
            row = (*grades.get(name, (None, None)), comments.get(name))
            if any(value is not None for value in row):
                yield notebook.name, name, *row


def _put(entry: Any, kept: dict[tuple[str, str], tuple[Any, ...]]) -> None:
    """Make `kept` all that is given by hand."""
    for notebook in entry.notebooks:
        for grade in notebook.grades:
            grade.manual_score, grade.extra_credit, _ = kept.get((notebook.name, grade.name), (None,) * 3)
        for comment in notebook.comments:
            comment.manual_comment = kept.get((notebook.name, comment.name), (None,) * 3)[2]
