"""What assignments are called. The live feed asks for each event, and titles hardly change."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from learnflow_ext.service.words import titled
from learnflow_ext.store import courses
from learnflow_ext.store.database import Database
from learnflow_ext.store.eventlog import LogEntry

REMEMBERED_S = 60.0


class Titles:
    """Looks them up in `db`."""

    def __init__(self, db: Database) -> None:
        """Nothing was looked up yet."""
        self._db = db
        self._known: dict[str, tuple[float, Mapping[str, str]]] = {}

    async def told(self, entries: Sequence[LogEntry]) -> list[LogEntry]:
        """`entries` with titles in the place of names. LearnFlowError when they cannot be looked up."""
        titles = {course: await self._of(course) for course in {entry.course for entry in entries}}
        return [titled(entry, titles[entry.course]) for entry in entries]

    async def _of(self, course: str) -> Mapping[str, str]:
        known = self._known.get(course)
        if known is None or time.monotonic() - known[0] > REMEMBERED_S:
            async with self._db.connect() as conn:
                known = time.monotonic(), await courses.titles(conn, course)
            self._known[course] = known
        return known[1]
