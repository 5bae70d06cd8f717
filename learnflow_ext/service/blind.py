"""Blind grading on the dashboard: what is blind for whom, and rows without names.

`learnflow_grading.blind` keeps the numbers; the formgrader, a process of its own, reads there what is blind.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from learnflow_grading.blind import BlindCourse, Hidden, title

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.grades import Regrading
from learnflow_ext.service import logs
from learnflow_ext.service.auth import Person
from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.settings import LearnFlow
from learnflow_ext.store import courses, results
from learnflow_ext.store.database import Database
from learnflow_ext.store.eventlog import LogEntry

EVERY_SECONDS = 5.0
"""How often the formgrader is told: a teacher may have edited `course.yaml`."""
WHY = "This assignment is graded blind: its results come back with the names, once they are given out."
_DAY = len("2026-11-30")
_TIMES = ("submitted_at", "finished_at", "asked_at", "given_at")
_RESULTS = (
    # How often somebody handed in stands in the rows of their number.
    "org.learnflow.assignment.submitted.v1",
    "org.learnflow.submission.graded.v1",
    "org.learnflow.points.given.v1",
    "org.learnflow.progress.changed.v1",
    "org.learnflow.regrade.asked.v1",
    "org.learnflow.regrade.answered.v1",
)
"""Events that say how somebody's work was graded, or let one find it among the numbers."""

Row = TypeVar("Row", bound=msgspec.Struct)
log = logs.get("learnflow.blind")


def midnight(moment: datetime) -> datetime:
    """When its day began: the second at which somebody handed in is known elsewhere."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def uneventful(entries: Iterable[LogEntry], hidden: Hidden) -> list[LogEntry]:
    """`entries` without those that would tell a blind assignment's results beside a name."""
    return [
        entry
        for entry in entries
        if not (entry.type in _RESULTS and hidden.covers(str(entry.data.get("assignment") or "")))
    ]


class Blinds:
    """Looks up what is blind: in the course's file, in what was given out, and in what a teacher ended."""

    def __init__(self, db: Database, deadlines: Deadlines, settings: LearnFlow) -> None:
        self._db = db
        self._deadlines = deadlines
        self._settings = settings
        self._written: dict[str, Hidden] = {}

    async def hidden(self, course: str, person: Person | None = None) -> Hidden:
        """What is blind for `person`; for the course's teachers where nobody is named.

        A teacher may end it for the teachers; others see names when the results are given out.
        """
        return await self._hidden(course, teachers=person is None or person.teaches(course))

    async def _hidden(self, course: str, *, teachers: bool) -> Hidden:
        terms = await self._deadlines.written(course)
        if not terms.others.blind and not any(each.blind for each in terms.assignments.values()):
            return Hidden()
        async with self._db.connect() as conn:
            over = await results.released(conn, course)
            if teachers:
                over |= await results.names_shown(conn, course)
            known = {info.assignment for info in await courses.assignments(conn, course)}
        names = known | set(terms.assignments) | over
        stated = {name: terms.blind(name) and name not in over for name in names}
        return Hidden(stated, others=terms.others.blind)

    async def untold(self, entries: Sequence[LogEntry]) -> frozenset[int]:
        """The sequences of those of `entries` that are told to nobody as they happen: they would tell results
        beside a name. They are told once, to teachers and assistants alike."""
        found: set[int] = set()
        for course in {entry.course for entry in entries if entry.type in _RESULTS}:
            here = [entry for entry in entries if entry.course == course]
            told = uneventful(here, await self._hidden(course, teachers=False))
            found |= {entry.sequence for entry in here} - {entry.sequence for entry in told}
        return frozenset(found)

    async def numbers(self, course: str, assignment: str, students: Iterable[str]) -> dict[str, int]:
        """What each of `students` is called in a blind assignment."""
        asked = list(students)
        if not asked:
            return {}
        file = BlindCourse(self._settings.course_root(course))
        return await asyncio.to_thread(file.numbers, assignment, asked)

    async def veil(
        self, course: str, hidden: Hidden, rows: Sequence[Row], *, assignment: str = ""
    ) -> list[Row]:
        """`rows`, each about a student in its assignment (or in `assignment`), as somebody may see them for
        whom `hidden` is blind: those come last, by number and not by time, and their times are days."""

        def where(row: Row) -> str:
            return assignment or str(msgspec.structs.asdict(row)["assignment"])

        blind = [row for row in rows if hidden.covers(where(row))]
        wanted: dict[str, set[str]] = {}
        for row in blind:
            wanted.setdefault(where(row), set()).add(_student(row))
        numbers = {name: await self.numbers(course, name, students) for name, students in wanted.items()}
        numbered = sorted(
            ((where(row), numbers[where(row)][_student(row)], place) for place, row in enumerate(blind))
        )
        veiled = [_nameless(blind[place], number) for _, number, place in numbered]
        return [row for row in rows if not hidden.covers(where(row))] + veiled

    async def regrading(self, course: str, hidden: Hidden, found: Regrading) -> Regrading:
        """`found` with its changes as `veil` gives them."""
        changes = await self.veil(course, hidden, found.changes, assignment=found.assignment)
        return msgspec.structs.replace(found, changes=tuple(changes))

    async def write(self, course: str) -> None:
        """Tell the course's formgrader what is blind. OSError or sqlite3.Error when its folder cannot be
        written."""
        hidden = await self.hidden(course)
        if self._written.get(course) != hidden:
            file = BlindCourse(self._settings.course_root(course))
            await asyncio.to_thread(file.write, hidden)
            self._written[course] = hidden

    async def run(self) -> None:
        """Until cancelled. What cannot be told now is tried again: until then the formgrader knows the last
        of it, or, without any, hides every name."""
        while True:
            for course in self._settings.courses:
                try:
                    await self.write(course)
                except (LearnFlowError, OSError, sqlite3.Error) as error:
                    log.error("the formgrader cannot be told what is blind", course=course, error=str(error))
            await asyncio.sleep(EVERY_SECONDS)


def _day(moment: Any) -> object:
    return midnight(moment) if isinstance(moment, datetime) else str(moment or "")[:_DAY]


def _student(row: msgspec.Struct) -> str:
    return str(msgspec.structs.asdict(row)["student"])


def _nameless(row: Row, number: int) -> Row:
    fields = msgspec.structs.asdict(row)
    changes: dict[str, object] = {name: _day(fields[name]) for name in _TIMES if name in fields}
    if "position" in fields:
        changes["position"] = None
    return msgspec.structs.replace(row, student=title(number), **changes)
