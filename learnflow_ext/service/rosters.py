"""Who is in a course, from a CSV file or a form: reading it, and what to change in the hub's groups. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

Role = Literal["student", "assistant", "teacher"]
GROUPS: Mapping[Role, str] = {"student": "nbgrader", "assistant": "assistant", "teacher": "formgrade"}
"""What the name of a role's hub group begins with."""
COLUMNS = ("user", "role", "extra_time")
MOST_ROWS = 20_000
MOST_DAYS = 3_650
_FOREIGN = re.compile("[\x00\ufffd]")
"""What becomes of another encoding's letters."""
_USER = re.compile(r"[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One person in the file."""

    user: str
    role: Role
    extra_days: float | None = None
    """Days more than the others for every deadline; None where the file says nothing."""


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong in one line."""

    line: int
    """From 1, as editors count them."""
    message: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What one person's membership comes to."""

    user: str
    role: Role | None
    """The role from now on; None for nobody in this course any more."""
    was: tuple[Role, ...] = ()
    """The roles until now."""

    @property
    def needed(self) -> bool:
        """Whether anything is to be done."""
        return self.was != ((self.role,) if self.role else ())

    def sentence(self) -> str:
        """For a person."""
        if not self.needed:
            return f"{self.user} is {_a(self.role)} already."
        if self.role is None:
            return f"{self.user} leaves the course."
        if not self.was:
            return f"{self.user} becomes {_a(self.role)}."
        return f"{self.user} becomes {_a(self.role)}, and was {' and '.join(map(_a, self.was))}."


def group(role: Role, course: str) -> str:
    """Name of the hub group of a course's students, assistants or teachers."""
    return f"{GROUPS[role]}-{course}"


def parse(text: str) -> tuple[list[Row], list[Mistake]]:
    """The rows of a roster, and every mistake in it: use no row while there is one.

    The first line names the columns `user`, `role` (a student where there is none) and `extra_time` (days),
    in any order; commas, semicolons or tabs stand between them: spreadsheets write either, and copy the last.
    """
    text = text.removeprefix("\ufeff")
    if foreign := _FOREIGN.search(text):
        line = text.count("\n", 0, foreign.start()) + 1
        return [], [Mistake(line=line, message="This is no UTF-8 text. Save the file as “CSV UTF-8”.")]
    head = text.partition("\n")[0]
    between = next((each for each in ";\t" if each in head), ",")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)
    rows: list[Row] = []
    mistakes: list[Mistake] = []
    seen: dict[str, int] = {}
    try:
        columns = [name.strip().lower() for name in next(lines, [])]
        if wrong := _wrong_columns(columns):
            return [], [Mistake(line=1, message=wrong)]
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) + len(mistakes) >= MOST_ROWS:
                return [], [
                    Mistake(line=lines.line_num, message=f"At most {MOST_ROWS} people fit in a file.")
                ]
            row = _row(columns, cells)
            if isinstance(row, Row) and row.user in seen:
                row = f"{row.user} stands in line {seen[row.user]} already."
            if isinstance(row, str):
                mistakes.append(Mistake(line=lines.line_num, message=row))
            else:
                seen[row.user] = lines.line_num
                rows.append(row)
    except csv.Error as error:
        mistakes.append(Mistake(line=max(1, lines.line_num), message=f"This is no CSV: {error}."))
    if not rows and not mistakes:
        mistakes.append(Mistake(line=1, message="There is nobody in this file."))
    return rows, mistakes


def plan(rows: Iterable[Row], members: Mapping[Role, Iterable[str]], *, only: bool = False) -> list[Change]:
    """What to change so that each of `rows` has the role it says and no other in the course.

    `members` are the people of each role now. With `only`, who is in no row leaves the course.
    """
    was: dict[str, list[Role]] = {}
    for role in GROUPS:
        for user in members.get(role, ()):
            was.setdefault(user, []).append(role)
    changes = [Change(user=row.user, role=row.role, was=tuple(was.pop(row.user, ()))) for row in rows]
    if only:
        changes += [Change(user=user, role=None, was=tuple(roles)) for user, roles in sorted(was.items())]
    return changes


def moved(user: str, role: str, members: Mapping[Role, Iterable[str]]) -> Change | str:
    """What to change so that `user` has `role`, empty for none at all; or what is wrong with it.

    Whoever is in the course already may have any name: the hub may allow more than a roster does.
    """
    was = tuple(each for each in GROUPS if user in members.get(each, ()))
    if not role:
        return Change(user=user, role=None, was=was) if was else f"{user[:64]!r} is not in this course."
    if role not in GROUPS:
        return f"{role[:40]!r} is no role: {', '.join(GROUPS)}."
    if not was and isinstance(row := _row(["user"], [user]), str):
        return row
    return Change(user=user, role=role, was=was)  # type: ignore[arg-type]  # checked above


def forbidden(changes: Iterable[Change], by: str) -> str:
    """Why the teacher `by` may not make `changes`, in a sentence; empty when they may.

    Nobody steps down by a roster that forgets them: so a course never loses its last teacher by mistake.
    """
    if any(change.user == by and "teacher" in change.was and change.role != "teacher" for change in changes):
        return (
            "This would end your own role as a teacher of the course, so nothing was changed. Put yourself "
            "into the file as a teacher, or ask a colleague to take you out."
        )
    return ""


def fingerprint(changes: Iterable[Change]) -> str:
    """Short text that is the same for the same changes: what was shown is what is done."""
    told = sorted((each.user, each.role or "", *each.was) for each in changes if each.needed)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def _wrong_columns(columns: list[str]) -> str:
    if "user" not in columns:
        return "The first line names the columns, and one of them is `user`: user,role,extra_time."
    for name in columns:
        if name not in COLUMNS:
            return f"There is no column {name[:40]!r}: {', '.join(COLUMNS)} are read. Nothing was changed."
        if columns.count(name) > 1:
            return f"The column {name} is there twice."
    return ""


def _row(columns: list[str], cells: list[str]) -> Row | str:
    """The row, or what is wrong with it."""
    if len(cells) > len(columns):
        return f"There are {len(cells)} values for {len(columns)} columns."
    found = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
    user, role = found.get("user", ""), found.get("role", "").lower() or "student"
    if not _USER.fullmatch(user) or ".." in user:
        return (
            f"{user[:64]!r} is no user name: 1 to 64 lower-case letters, digits and . _ @ -, with a letter "
            "or digit at both ends."
        )
    if role not in GROUPS:
        return f"{role[:40]!r} is no role: {', '.join(GROUPS)}."
    days: float | None = None
    if extra := found.get("extra_time", ""):
        try:
            days = float(extra.replace(",", "."))
        except ValueError:
            days = math.nan
        if not 0 <= days <= MOST_DAYS:
            return f"{extra[:40]!r} is no extra time: days from 0 to {MOST_DAYS}, such as 2 or 1.5."
    return Row(user=user, role=role, extra_days=days)  # type: ignore[arg-type]  # checked above


def _a(role: Role | None) -> str:
    return "an assistant" if role == "assistant" else f"a {role}"
