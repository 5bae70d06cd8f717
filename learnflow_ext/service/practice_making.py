"""Exercises as they are made for one student: looked for, proved by the gate, kept and released."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from learnflow_ext.contracts.errors import TooBusy, Unavailable
from learnflow_ext.contracts.events import ExerciseGenerated
from learnflow_ext.contracts.runner import Runner
from learnflow_ext.exercises.choosing import Choice
from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.gate import Gate, Verdict
from learnflow_ext.exercises.generating import generate
from learnflow_ext.service import logs
from learnflow_ext.service.hinting import FarRunner
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.practice_kept import Area, exercise_of, kept
from learnflow_ext.service.releases import Releaser
from learnflow_ext.settings import LearnFlowPractice
from learnflow_ext.store import practice_reviews, practices
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.practices import PracticeRow

MOST_GIVEN = 60
"""A student's latest exercises, of which a new one must be no copy."""
MAX_WAITING = 8
"""Exercises that are being made or wait for it; whoever comes then is told to come again."""
MOST_UNREAD = 3
"""A student's exercises that may wait for a teacher."""
NONE_PASSED = (
    "I made several exercises on this just now, and none of them was good enough to give you: each was too "
    "much like one you had, or a check of mine found a fault. Ask for a harder or an easier one, or for "
    "another topic."
)
TOO_LONG = "Making an exercise took too long just now: a lot is going on here. Ask again in a few minutes."
BUSY = "So many exercises are being made at the moment that yours would take too long. Ask again in a minute."
ONE_AT_A_TIME = "I am at work on that for you already. Wait until it is there."

log = logs.get("learnflow.practice")


class Maker:
    """Makes exercises for students. Safe to use from many tasks."""

    def __init__(
        self,
        db: Database,
        worker: Releaser,
        runner: Runner,
        area: Area,
        settings: LearnFlowPractice,
        metrics: Metrics,
    ) -> None:
        self._db = db
        self._worker = worker
        self._runner = runner
        self._area = area
        self._settings = settings
        self._metrics = metrics
        self._at_work: set[str] = set()
        # One thread: making is processor work, and the sandboxes are shared with the answers of the class.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="practice")
        self._waiting = 0

    def close(self) -> None:
        """Take no more; what is under way ends by its own time limit."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def make(
        self, student: str, course: str, choice: Choice, *, read_first: bool = False
    ) -> PracticeRow:
        """A new exercise, proved and kept; the student's server may fetch it now, or with `read_first` once a
        teacher let it through.

        TooBusy for one too many, Unavailable (a sentence for the student) where none could be made.
        """
        if student in self._at_work:
            raise TooBusy(ONE_AT_A_TIME, retry_after=10)
        if self._waiting >= MAX_WAITING:
            raise TooBusy(BUSY, retry_after=60)
        self._at_work.add(student)
        self._waiting += 1
        outcome = "failed"
        try:
            async with asyncio.timeout(self._settings.seconds):
                row = await self._made(student, course, choice, read_first)
            outcome = "made"
            return row
        except TimeoutError:
            outcome = "late"
            raise Unavailable(TOO_LONG, retry_after=300) from None
        except _NonePassed:
            outcome = "none"
            raise Unavailable(NONE_PASSED) from None
        except TooBusy:
            outcome = "refused"
            raise
        finally:
            self._at_work.discard(student)
            self._waiting -= 1
            self._metrics.practices.labels(outcome).inc()

    async def _made(self, student: str, course: str, choice: Choice, read_first: bool) -> PracticeRow:
        async with self._db.connect() as conn:
            today = await practices.made_since(conn, student, now() - timedelta(days=1))
            before = await practices.of_student(conn, student, limit=MOST_GIVEN)
            unread = await practice_reviews.how_many_wait(conn, student)
        if self._settings.per_day and today >= self._settings.per_day:
            raise TooBusy(
                f"Within a day you had {today} exercises of mine, and that is as many as there are. Go back "
                "to one that is not solved yet, or do something else: what was learnt settles in between.",
                retry_after=3600,
            )
        if read_first and unread >= MOST_UNREAD:
            raise TooBusy(
                f"{unread} exercises that you asked for wait for your teacher, who looks at each before you "
                "get it. Let us see first what becomes of those.",
                retry_after=3600,
            )
        exercise, verdict = await self._proved(choice, [exercise_of(row.made_of) for row in before])
        if not read_first:
            await self.release(course, exercise)
        event = ExerciseGenerated(
            course=course,
            student=student,
            name=exercise.name,
            title=exercise.title,
            topic=exercise.topic,
            difficulty=exercise.difficulty,
            family=exercise.family,
            mutants=verdict.mutants,
            killed=verdict.killed,
        )
        made_of = kept(exercise)
        await self._db.retrying(
            lambda conn: practices.given(
                conn, event, assignment=choice.assignment, made_of=made_of, waits=read_first
            )
        )
        log.info("made", name=exercise.name, course=course, mutants=verdict.mutants, killed=verdict.killed)
        async with self._db.connect() as conn:
            return await practices.named(conn, student, exercise.name)

    async def _proved(self, choice: Choice, given: Sequence[Exercise]) -> tuple[Exercise, Verdict]:
        """One that passed the gate. The trees of mutants are work of the processor: it has a thread."""
        runner = FarRunner(self._runner, asyncio.get_running_loop())
        seconds = self._settings.seconds

        async def searched() -> tuple[tuple[Exercise, Verdict], ...]:
            async with asyncio.timeout(seconds):
                made = await generate(
                    runner,
                    choice.topic,
                    choice.difficulty,
                    seed=new_seed(),
                    given=given,
                )
            for name, reasons in made.refused:
                log.info("refused", name=name, reasons=reasons)
            return made.passed

        passed = await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: asyncio.run(searched())
        )
        if not passed:
            raise _NonePassed
        return passed[0]

    async def checked(self, exercise: Exercise, given: Sequence[Exercise]) -> Verdict:
        """What the gate says of an exercise that somebody changed. Unavailable when it takes too long."""
        runner = FarRunner(self._runner, asyncio.get_running_loop())
        gate = Gate(runner, given)
        seconds = self._settings.seconds

        async def judged() -> Verdict:
            async with asyncio.timeout(seconds):
                return await gate.check(exercise)

        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, lambda: asyncio.run(judged())
            )
        except TimeoutError:
            raise Unavailable(
                "Checking the exercise took too long just now. Try again in a minute.", retry_after=60
            ) from None

    async def release(self, course: str, exercise: Exercise) -> None:
        """Make it one that can be fetched and graded; again is fine."""
        await asyncio.to_thread(self._area.write_source, course, exercise)
        await self._worker.release(
            course=course,
            course_root=self._area.course(course),
            exchange_root=self._area.exchange,
            assignment=exercise.name,
        )


class _NonePassed(Exception):
    """No exercise passed the gate."""


def new_seed() -> int:
    """Of exercises: nobody can tell which will come."""
    return secrets.randbelow(10**8)
