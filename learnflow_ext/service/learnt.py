"""What came of the hints for a pattern of errors, in a course: the better one is told next time."""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.help import Fingerprint
from learnflow_ext.progress.hint_choice import better_rung
from learnflow_ext.store import patterns
from learnflow_ext.store.clock import now

SECONDS = 300.0
"""For so long is remembered what came of the hints for a pattern."""
FROM = timedelta(days=120)
MOST = 1_000


class Learnt:
    """Asks the record, and remembers for a while."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[float, dict[int, tuple[int, int]]]] = {}

    async def better(self, conn: AsyncConnection, course: str, pattern: Fingerprint | None, due: int) -> int:
        """The rung that got others on who met this pattern, where that is known; else the one that is due."""
        if pattern is None:
            return due
        looked, known = self._known.get((course, pattern.key), (-SECONDS, {}))
        if time.monotonic() - looked >= SECONDS:
            found = await patterns.outcomes(conn, course, pattern.key, now() - FROM)
            known = {rung: (tried.told, tried.went_on) for rung, tried in found.items()}
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[course, pattern.key] = (time.monotonic(), known)
        return better_rung(due, known)

    def forget(self) -> None:
        """Ask again for all of them."""
        self._known.clear()
