"""Puts on record what teachers gave by hand in the formgrader, which keeps it in the course's folder."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime

from learnflow_grading.marks import Mark, Marks

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.events import PointsGiven
from learnflow_ext.service import logs
from learnflow_ext.settings import LearnFlow
from learnflow_ext.store import people, points, texts
from learnflow_ext.store.database import Database

EVERY_SECONDS = 3.0
"""How often to look. What was given is in the course's folder until it is on record."""

log = logs.get("learnflow.marks")


class MarkKeeper:
    """Reads what the formgraders wrote, and records each of it once, however many replicas do so."""

    def __init__(self, db: Database, settings: LearnFlow) -> None:
        self._db = db
        self._settings = settings

    async def run(self) -> None:
        """Until cancelled. What cannot be recorded now is tried again."""
        while True:
            for course in self._settings.courses:
                try:
                    while await self.collect(course):
                        pass
                except (LearnFlowError, OSError, sqlite3.Error) as error:
                    log.error("points given by hand are not on record yet", course=course, error=str(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def collect(self, course: str) -> int:
        """Record the oldest of what was given in `course` and is not on record; how many these were.

        LearnFlowError, OSError or sqlite3.Error when that cannot be done now.
        """
        file = Marks(self._settings.course_root(course))
        untold = await asyncio.to_thread(file.untold)
        for mark in untold:
            await self._record(course, mark)
        if untold:
            await asyncio.to_thread(file.tell, untold)
        return len(untold)

    async def _record(self, course: str, mark: Mark) -> None:
        # By itself: a transaction that writes for two people takes them in the order of their names.
        signature = await self._db.retrying(lambda conn: people.pseudonym(conn, mark.by))
        event, handed_in = _event(course, mark, signature), _moment(mark.attempt)
        await self._db.retrying(lambda conn: points.give(conn, event, mark.id, handed_in))
        log.info("points given by hand", course=course, assignment=mark.assignment, mark=mark.id)


def _moment(attempt: str) -> datetime | None:
    try:
        return datetime.fromisoformat(attempt).replace(tzinfo=UTC)
    except ValueError:
        return None


def _event(course: str, mark: Mark, signature: str) -> PointsGiven:
    return PointsGiven(
        course=course,
        student=mark.student,
        submission_id="",
        assignment=texts.clip(mark.assignment, texts.NAME),
        attempt=0,
        notebook=texts.clip(mark.notebook, texts.NAME),
        part=texts.clip(mark.cell, texts.NAME),
        max_score=mark.max_score,
        before=mark.before,
        after=mark.after,
        extra_before=mark.extra_before or 0.0,
        extra_after=mark.extra_after or 0.0,
        at=mark.at,
        by=signature,
    )
