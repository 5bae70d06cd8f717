"""The settings of struggle detection, put to work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from learnflow_ext.contracts.alerts import Candidate, Finding, Moment, Told
from learnflow_ext.events.struggle_consumer import sweep
from learnflow_ext.progress import quiet, struggle
from learnflow_ext.service import logs
from learnflow_ext.service.words import parse_time
from learnflow_ext.settings import LearnFlowStruggle
from learnflow_ext.store.database import Database, DatabaseUnavailable

SWEEP_S = 30.0

log = logs.get("learnflow.struggle")


class Watch:
    """Judges by the traits of `LearnFlowStruggle`."""

    def __init__(self, settings: LearnFlowStruggle) -> None:
        """ValueError, in a sentence, for an exam that cannot be read."""
        self.fresh = timedelta(minutes=settings.fresh_minutes)
        self._limits = struggle.Limits(
            same_error=settings.same_error,
            failing_runs=settings.failing_runs,
            no_progress_s=settings.no_progress_minutes * 60,
            low_quiz=settings.low_quiz,
            attempts=settings.attempts,
            failing_early=settings.failing_early,
            fresh_s=settings.fresh_minutes * 60,
        )
        self._rules = quiet.Rules(
            an_hour=settings.alerts_an_hour,
            a_student_an_hour=settings.alerts_a_student_an_hour,
            for_new=settings.alerts_for_new_students,
            new_after_s=settings.new_after_days * 86400,
            again_after_s=settings.again_after_minutes * 60,
            held_s=settings.held_days * 86400,
        )
        self.held = timedelta(days=settings.held_days)
        self.remembered = timedelta(seconds=self._rules.remembered_s)
        self._exams = {
            course: [_window(course, one) for one in given] for course, given in settings.exams.items()
        }

    def watches(self, course: str, at: datetime) -> bool:
        """False while an exam of `course` runs."""
        return not any(begin <= at < end for begin, end in self._exams.get(course, ()))

    def find(self, moments: Sequence[Moment], at: datetime) -> Sequence[Finding]:
        """What holds of one student at `at`."""
        return struggle.findings(moments, at.timestamp(), self._limits)

    def choose(
        self, found: Sequence[Candidate], waiting: Sequence[Candidate], told: Sequence[Told], at: datetime
    ) -> tuple[list[Candidate], list[Candidate]]:
        """(to raise, to let wait)."""
        return quiet.choose(found, waiting, told, at.timestamp(), self._rules)


def _window(course: str, given: object) -> tuple[datetime, datetime]:
    begin, end = (
        (parse_time(str(given[0])), parse_time(str(given[1])))
        if isinstance(given, list | tuple) and len(given) == 2
        else (None, None)
    )
    if begin is None or end is None or begin >= end:
        raise ValueError(
            f"LearnFlowStruggle.exams: an exam of {course} is no (begin, end) in ISO 8601: {given!r}."
        )
    return begin, end


async def sweeping(db: Database, watch: Watch, every_s: float = SWEEP_S) -> None:
    """Sweep until cancelled; an outage of the database is waited out."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await sweep(db, watch)
        except DatabaseUnavailable as error:
            log.warning("nobody is watched while the database is away", error=error.message)
