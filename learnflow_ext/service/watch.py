"""The settings of struggle detection, put to work."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.alerts import Candidate, Finding, Moment, Told
from learnflow_ext.events.struggle_consumer import sweep
from learnflow_ext.progress import quiet, struggle
from learnflow_ext.service import logs
from learnflow_ext.service.policies import Policies
from learnflow_ext.service.results import Results
from learnflow_ext.settings import LearnFlowStruggle
from learnflow_ext.store.database import Database, DatabaseUnavailable

SWEEP_S = 30.0

log = logs.get("learnflow.struggle")


class Watch:
    """Judges by the traits of `LearnFlowStruggle`, and is quiet in exams."""

    def __init__(
        self,
        settings: LearnFlowStruggle,
        policies: Policies,
        results: Results,
        courses: Collection[str] | None = None,
    ) -> None:
        """`policies` knows when there are exams, `results` what students may not see yet; `courses` are those
        of the classroom, None for any."""
        self._policies = policies
        self._results = results
        self._courses = courses
        self.fresh = timedelta(minutes=settings.fresh_minutes)
        self._limits = struggle.Limits(
            same_error=settings.same_error,
            failing_runs=settings.failing_runs,
            no_progress_s=settings.no_progress_minutes * 60,
            low_quiz=settings.low_quiz,
            quiz_answers=settings.quiz_answers,
            attempts=settings.attempts,
            right_in_a_row=settings.right_in_a_row,
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

    def watches(self, course: str, at: datetime) -> bool:
        """False while an exam of `course` runs, and for a course that is no longer one of the classroom."""
        here = self._courses is None or course in self._courses
        return here and not self._policies.in_exam(course, at)

    async def refresh(self) -> None:
        """Take over exams that a teacher has set meanwhile."""
        await self._policies.refresh()

    def find(self, moments: Sequence[Moment], at: datetime) -> Sequence[Finding]:
        """What holds of one student at `at`."""
        return struggle.findings(moments, at.timestamp(), self._limits)

    def ends_with_points(self, finding: Finding) -> bool:
        """Whether nothing is left of it once its student has all points of its assignment."""
        return struggle.ends_with_points(finding)

    async def shown(
        self, conn: AsyncConnection, course: str, assignments: Collection[str]
    ) -> Collection[str]:
        """Those of `assignments` whose points the students of `course` may see."""
        withheld = await self._results.withheld(course, conn=conn)
        return [name for name in assignments if not withheld.why(name)]

    def choose(
        self, found: Sequence[Candidate], waiting: Sequence[Candidate], told: Sequence[Told], at: datetime
    ) -> tuple[list[Candidate], list[Candidate]]:
        """(to raise, to let wait)."""
        return quiet.choose(found, waiting, told, at.timestamp(), self._rules)


async def sweeping(db: Database, watch: Watch, every_s: float = SWEEP_S) -> None:
    """Sweep until cancelled; an outage of the database is waited out."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await watch.refresh()
            await sweep(db, watch)
        except DatabaseUnavailable as error:
            log.warning("nobody is watched while the database is away", error=error.message)
