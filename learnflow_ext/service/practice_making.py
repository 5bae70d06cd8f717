"""Exercises as they are made for one student: looked for, proved by the gate, kept and released."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import LearnFlowError, TooBusy, Unavailable
from learnflow_ext.contracts.runner import Runner
from learnflow_ext.exercises.choosing import Choice
from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.families import FAMILIES
from learnflow_ext.exercises.gate import Gate, Verdict
from learnflow_ext.exercises.generating import event_of, generate
from learnflow_ext.exercises.writers import Wish, Writer
from learnflow_ext.service import logs
from learnflow_ext.service.hinting import FarRunner
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.practice_kept import Area, exercise_of, kept
from learnflow_ext.service.releases import Releaser
from learnflow_ext.service.words import many
from learnflow_ext.settings import LearnFlowPractice
from learnflow_ext.store import people, practice_reviews, practices
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.practices import PracticeRow

MOST_GIVEN = 60
"""A student's latest exercises, of which a new one must be no copy."""
MOST_UNREAD = 3
"""A student's exercises that may wait for the teachers of one course."""
NONE_PASSED = (
    "I made several exercises on this just now, and none of them was good enough to give you: each was too "
    "much like one you had, or a check of mine found a fault. Ask for a harder or an easier one, or for "
    "another topic."
)
TOO_LONG = "Making an exercise took too long just now: a lot is going on here. Ask again in a few minutes."
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
        # One thread: making is processor work, and the sandboxes are shared with the answers of the class.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="practice")
        # More of them: nobody waits behind a model for a built-in exercise, or behind another's slow one.
        writers = settings.model_writers
        self._model_threads = ThreadPoolExecutor(writers, thread_name_prefix="practice-model")
        self._most_behind = max(1, writers - 1)
        self._written_for: set[str] = set()

    def close(self) -> None:
        """Take no more; what is under way ends by its own time limit."""
        for threads in (self._thread, self._model_threads):
            threads.shutdown(wait=False, cancel_futures=True)

    async def make(
        self,
        student: str,
        course: str,
        choice: Choice,
        *,
        read_first: bool = False,
        model: Writer | None = None,
        keeps: Callable[[AsyncConnection, str], Awaitable[None]] | None = None,
    ) -> PracticeRow:
        """A new exercise, proved and kept; the student's server may fetch it now, or with `read_first` once a
        teacher let it through. `keeps` is called with its name in the transaction that keeps it; what it
        raises leaves nothing kept.

        With a `model` it writes first, within its seconds; where nothing of that passes, a family does.
        TooBusy where the student has enough, NonePassed where none passed the gate, TimeoutError when it
        takes too long.
        """
        had = await self._had(course, student)
        if self._all_for_today(had):
            raise TooBusy(
                # Also those that a model wrote behind them, of which they may have heard nothing.
                f"I made {many(had.today, 'exercise')} for you within a day, and that is as many as there "
                "are. Go back to one that is not solved yet, or do something else: what was learnt settles "
                "in between.",
                retry_after=3600,
            )
        if read_first and had.unread >= MOST_UNREAD:
            raise TooBusy(
                f"{had.unread} exercises that you asked for wait for your teacher, who looks at each before "
                "you get it. Let us see first what becomes of those.",
                retry_after=3600,
            )
        found = None
        if model is not None:
            found = await self._from_model(
                choice, had.before, model, self._settings.model_seconds, new_seed()
            )
        if found is None:
            seconds = self._settings.seconds
            passed = await self._searched(self._thread, seconds, choice, had.before, new_seed())
            if not passed:
                raise NonePassed
            found = passed[0]
        return await self._kept(
            student, course, choice, found, waits=read_first, person=had.person, keeps=keeps
        )

    async def behind(self, student: str, course: str, choice: Choice, model: Writer) -> Behind | None:
        """One more of the same, which `model` writes and a teacher reads first, while nobody waits for it.

        None where the student has enough already, too much is being written, or nobody can say so. What it is
        must be `written`.
        """
        if student in self._written_for or len(self._written_for) >= self._most_behind:
            return None
        self._written_for.add(student)
        wish = Wish(topic=choice.topic, difficulty=choice.difficulty, seed=new_seed())
        behind = Behind(student, course, choice, model, wish)
        try:
            had = await self._had(course, student)
            if had.person is None or self._all_for_today(had) or had.unread >= MOST_UNREAD:
                return None
            behind.had = had
            return behind
        except LearnFlowError as error:
            # The other one is made already, and must reach the student.
            log.warning("none is written behind it", error=error.message)
            return None
        finally:
            if behind.had is None:
                self._written_for.discard(student)

    async def written(self, behind: Behind) -> None:
        """Have it written and kept; nothing is kept where none passes."""
        try:
            had, seconds = behind.had, self._settings.model_behind_seconds
            assert had is not None
            found = await self._from_model(behind.choice, had.before, behind.model, seconds, behind.wish.seed)
            if found is not None:
                await self._kept(
                    behind.student, behind.course, behind.choice, found, waits=True, person=had.person
                )
        finally:
            self._written_for.discard(behind.student)

    async def _had(self, course: str, student: str) -> _Had:
        async with self._db.connect() as conn:
            rows = await practices.of_student(conn, student, limit=MOST_GIVEN)
            return _Had(
                person=await people.find(conn, student),
                today=await practices.made_since(conn, student, now() - timedelta(days=1)),
                before=[exercise_of(row.made_of) for row in rows],
                unread=await practice_reviews.how_many_wait(conn, course, student),
            )

    def _all_for_today(self, had: _Had) -> bool:
        return 0 < self._settings.per_day <= had.today

    async def _kept(
        self,
        student: str,
        course: str,
        choice: Choice,
        found: tuple[Exercise, Verdict],
        *,
        waits: bool,
        person: int | None,
        keeps: Callable[[AsyncConnection, str], Awaitable[None]] | None = None,
    ) -> PracticeRow:
        """Keep one that passed, and release it unless it `waits` for a teacher. NotFound when the `person` it
        was made for was erased meanwhile.
        """
        exercise, verdict = found
        if not waits:
            await self.release(course, exercise)
        event = event_of(exercise, verdict, student=student, course=course)
        made_of = kept(exercise)

        async def keep(conn: AsyncConnection) -> None:
            await practices.given(
                conn, event, assignment=choice.assignment, made_of=made_of, waits=waits, person=person
            )
            if keeps is not None:
                await keeps(conn, exercise.name)

        await self._db.retrying(keep)
        log.info("made", name=exercise.name, course=course, mutants=verdict.mutants, killed=verdict.killed)
        async with self._db.connect() as conn:
            return await practices.named(conn, student, exercise.name)

    async def _from_model(
        self, choice: Choice, given: Sequence[Exercise], model: Writer, seconds: float, seed: int
    ) -> tuple[Exercise, Verdict] | None:
        """One that `model` wrote and that passed; None where none did within `seconds`, for whatever reason:
        then there are the families.
        """
        outcome = "failed"
        try:
            async with asyncio.timeout(seconds):
                passed = await self._searched(self._model_threads, seconds, choice, given, seed, model)
            outcome = "passed" if passed else "none"
            return passed[0] if passed else None
        except TimeoutError:
            outcome = "late"
            log.info("the model took too long", topic=choice.topic, seconds=seconds)
        except Exception:
            # The boundary to what a model may do: the student gets a built-in one.
            log.exception("the model's exercise failed", topic=choice.topic)
        finally:
            self._metrics.model_exercises.labels(outcome).inc()
        return None

    async def _searched(
        self,
        threads: ThreadPoolExecutor,
        seconds: float,
        choice: Choice,
        given: Sequence[Exercise],
        seed: int,
        model: Writer | None = None,
    ) -> tuple[tuple[Exercise, Verdict], ...]:
        """What passed the gate, of the families or of the `model`. TimeoutError after `seconds`.

        The trees of mutants are work of the processor: one of the `threads` does it.
        """
        runner = FarRunner(self._runner, asyncio.get_running_loop())
        until = time.monotonic() + seconds

        async def searched() -> tuple[tuple[Exercise, Verdict], ...]:
            # Waiting for the thread counts: nobody listens any more to who comes later.
            async with asyncio.timeout(until - time.monotonic()):
                made = await generate(
                    runner,
                    choice.topic,
                    choice.difficulty,
                    seed=seed,
                    given=given,
                    families=FAMILIES if model is None else {choice.topic: ()},
                    model=model,
                    model_seconds=seconds,
                )
            for name, reasons in made.refused:
                log.info("refused", name=name, reasons=reasons)
            return made.passed

        return await asyncio.get_running_loop().run_in_executor(threads, lambda: asyncio.run(searched()))

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


@dataclass(frozen=True)
class _Had:
    """What a student has had."""

    person: int | None
    """The student's id; None for one we do not know."""
    today: int
    """Exercises within 24 hours."""
    before: Sequence[Exercise]
    """Of which a new one must be no copy."""
    unread: int
    """How many wait for a teacher of the course."""


@dataclass
class Behind:
    """One that a model is to write behind another."""

    student: str
    course: str
    choice: Choice
    model: Writer
    wish: Wish
    had: _Had | None = None

    @property
    def name(self) -> str:
        """Of the exercise, if it comes to be one."""
        return self.model.named(self.wish)


class NonePassed(Exception):
    """No exercise passed the gate."""


def new_seed() -> int:
    """Of exercises: nobody can tell which will come."""
    return secrets.randbelow(10**8)
