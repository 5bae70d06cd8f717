"""The parameters of knowledge tracing, fitted to each course's own history once there is enough of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from learnflow_ext.progress import knowledge_fit
from learnflow_ext.progress.knowledge import SkillParameters
from learnflow_ext.service import logs
from learnflow_ext.store import evidence
from learnflow_ext.store.database import Database, DatabaseUnavailable

EVERY_S = 3600.0
FEW_S = 60.0
"""After an outage of the database."""

log = logs.get("learnflow.knowledge")


def fitted(answers: Mapping[str, Sequence[Sequence[bool]]], enough: int) -> dict[str, SkillParameters]:
    """Parameters of the topics that at least `enough` students gave answers to; 0 fits none. Pure.

    The others keep sensible values: a few students' answers would say more about them than about the topic.
    """
    chosen = {topic: given for topic, given in answers.items() if 0 < enough <= len(given)}
    return knowledge_fit.fit(chosen)[0] if chosen else {}


class Skills:
    """What was fitted last, by course. Each service fits for itself: the same history gives the same."""

    def __init__(self, enough: int) -> None:
        """`enough` students of a topic are needed; 0 for never."""
        self._enough = enough
        self._found: dict[str, dict[str, SkillParameters]] = {}
        self._answered: dict[str, dict[str, int]] = {}

    def of(self, course: str) -> Mapping[str, SkillParameters]:
        """By topic; a topic that is missing was not fitted."""
        return self._found.get(course, {})

    def answered(self, course: str) -> Mapping[str, int] | None:
        """By topic, how many students had answers at the last look; None before the first."""
        return self._answered.get(course)

    async def refresh(self, db: Database, courses: Iterable[str]) -> None:
        """Fit anew, away from the event loop. DatabaseUnavailable leaves what there was."""
        for course in courses:
            async with db.connect() as conn:
                answers = await evidence.answers_by_topic(conn, course)
            found = await asyncio.to_thread(fitted, answers, self._enough)
            self._found[course] = found
            self._answered[course] = {topic: len(given) for topic, given in answers.items()}
            log.info("knowledge tracing fitted", course=course, topics=sorted(found))


async def keep_fitted(skills: Skills, db: Database, courses: Iterable[str]) -> None:
    """Refresh once an hour until cancelled."""
    while True:
        try:
            await skills.refresh(db, courses)
            wait = EVERY_S
        except DatabaseUnavailable as error:
            log.warning("nothing is fitted while the database is away", error=error.message)
            wait = FEW_S
        await asyncio.sleep(wait)
