"""Blind grading: which assignments hide names, and the number that each student's work has instead.

Both lie in one file of the course folder, on the service side. The service writes which assignments are
blind; whoever shows one to a grader, service or formgrader, asks for the numbers.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from learnflow_grading.course_file import opened

FILE = Path(".learnflow", "blind.sqlite")
"""Below the course folder."""
PREFIX = "submission:"
"""Begins every pseudonym. No student's name has a colon (`names.check_name`)."""
_FIRST = 100
"""Numbers have three digits, and one more as soon as a third of them is taken."""
_TABLES = """
CREATE TABLE IF NOT EXISTS blind (assignment TEXT PRIMARY KEY, hidden INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS numbers (
    assignment TEXT NOT NULL, student TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (assignment, student), UNIQUE (assignment, number)
);
"""
_OTHERS = ""
"""In the place of an assignment's name: all that have no row of their own."""


@dataclass(frozen=True)
class Hidden:
    """Which assignments of a course are blind at the moment."""

    stated: Mapping[str, bool] = field(default_factory=dict)
    others: bool = False
    """For assignments that are not in `stated`."""

    def covers(self, assignment: str) -> bool:
        """Whether nobody may see who wrote what in `assignment`."""
        return self.stated.get(assignment, self.others)

    def anything(self) -> bool:
        """Whether there may be such an assignment."""
        return self.others or any(self.stated.values())


EVERYTHING = Hidden(others=True)
"""What holds while nobody has said anything."""


def title(number: int) -> str:
    """What graders read in place of a name."""
    return f"Submission #{number}"


def pseudonym(number: int) -> str:
    """What stands in an address in place of a student's name."""
    return f"{PREFIX}{number}"


class BlindCourse:
    """The file of one course. Its methods block for milliseconds; several processes may use it at once."""

    def __init__(self, course_root: Path) -> None:
        self._root = course_root
        self._file = course_root / FILE

    def hidden(self) -> Hidden:
        """What is blind; everything while nothing was written yet, or when the file cannot be read."""
        if not self._file.is_file():
            return EVERYTHING
        try:
            with self._open() as db:
                rows = dict(db.execute("SELECT assignment, hidden FROM blind").fetchall())
        except sqlite3.Error:
            return EVERYTHING
        if _OTHERS not in rows:
            return EVERYTHING
        others = bool(rows.pop(_OTHERS))
        return Hidden({str(name): bool(value) for name, value in rows.items()}, others)

    def write(self, hidden: Hidden) -> None:
        """Make it so that exactly `hidden` is blind."""
        rows = [*hidden.stated.items(), (_OTHERS, hidden.others)]
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("DELETE FROM blind")
            db.executemany("INSERT INTO blind VALUES (?, ?)", [(name, int(value)) for name, value in rows])

    def numbers(self, assignment: str, students: Collection[str]) -> dict[str, int]:
        """The number of each of `students` in `assignment`: random when it is new, then always the same."""
        with self._open() as db:
            known = self._known(db, assignment)
            if not all(student in known for student in students):
                db.execute("BEGIN IMMEDIATE")
                known = self._known(db, assignment)
                new = list(set(students) - known.keys())
                # By name, a large class would have its longer numbers at the end of the alphabet.
                secrets.SystemRandom().shuffle(new)
                for student in new:
                    known[student] = _draw(set(known.values()))
                    row = (assignment, student, known[student])
                    db.execute("INSERT INTO numbers VALUES (?, ?, ?)", row)
        return {student: known[student] for student in students}

    def number(self, assignment: str, student: str) -> int:
        """As `numbers`, for one."""
        return self.numbers(assignment, (student,))[student]

    def student(self, assignment: str, given: str) -> str | None:
        """Whose pseudonym `given` is in `assignment`; None when it is nobody's."""
        digits = given.removeprefix(PREFIX)
        if digits == given or not (digits.isascii() and digits.isdecimal() and len(digits) < 10):
            return None
        with self._open() as db:
            row = db.execute(
                "SELECT student FROM numbers WHERE assignment = ? AND number = ?", (assignment, int(digits))
            ).fetchone()
        return None if row is None else str(row[0])

    @staticmethod
    def _known(db: sqlite3.Connection, assignment: str) -> dict[str, int]:
        found = db.execute("SELECT student, number FROM numbers WHERE assignment = ?", (assignment,))
        return {str(student): int(number) for student, number in found}

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return opened(self._root, self._file, _TABLES)


def _draw(taken: Collection[int]) -> int:
    """A number that is not `taken`. It says nothing of who came first."""
    low = _FIRST
    while sum(low <= number < 10 * low for number in taken) >= 3 * low:
        low *= 10
    while (number := low + secrets.randbelow(9 * low)) in taken:
        pass
    return number
