"""Practice: exercises made for one student, proved by the gate, kept and graded on the service side.

Each course has a second course folder for them, below `practice/` of the state folder, with a gradebook and
an exchange of its own: nothing of them shows among the course's assignments. Students are called `learner`
there.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from textwrap import dedent
from typing import Protocol

import msgspec
from learnflow_grading import released

from learnflow_ext.agents.references import Reference
from learnflow_ext.contracts.errors import Forbidden, TooBusy, Unavailable
from learnflow_ext.contracts.events import ExerciseGenerated
from learnflow_ext.contracts.grades import FileSet, GradeRecord
from learnflow_ext.contracts.practice import PracticeResult, place_for
from learnflow_ext.contracts.progress import StudentProgress
from learnflow_ext.contracts.runner import Runner
from learnflow_ext.exercises.choosing import Choice, Known, choose
from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.gate import Verdict
from learnflow_ext.exercises.generating import generate
from learnflow_ext.exercises.notebook import ON_CHECK, notebook
from learnflow_ext.progress.mastery import with_practice
from learnflow_ext.service import logs, uploads
from learnflow_ext.service.auth import Person
from learnflow_ext.service.grading_queue import Grader
from learnflow_ext.service.hinting import FarRunner
from learnflow_ext.service.limits import RateLimiter
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.practice_rules import PracticeRules, named_topics, parse
from learnflow_ext.service.releases import Releaser
from learnflow_ext.settings import LearnFlow, LearnFlowGrading, LearnFlowPractice
from learnflow_ext.store import courses, practices
from learnflow_ext.store.clock import iso, now
from learnflow_ext.store.database import Database
from learnflow_ext.store.practices import PracticeRow

LEARNER = "learner"
"""Whoever a practice notebook is graded for: the gradebook of practice knows nobody by name."""
MOST_GIVEN = 60
"""A student's latest exercises, of which a new one must be no copy."""
MOST_GUARDED = 10
"""A student's latest unsolved exercises whose solutions the tutor keeps to itself, wherever it is asked."""
MAX_WAITING = 8
"""Exercises that are being made or wait for it; whoever comes then is told to come again."""
_LOOK_AGAIN = "Your teacher will have a look."
NONE_PASSED = (
    "I made several exercises on this just now, and none of them was good enough to give you: each was too "
    "much like one you had, or a check of mine found a fault. Ask for a harder or an easier one, or for "
    "another topic."
)
TOO_LONG = "Making an exercise took too long just now: a lot is going on here. Ask again in a few minutes."
BUSY = "So many exercises are being made at the moment that yours would take too long. Ask again in a minute."
ONE_AT_A_TIME = "I am at work on that for you already. Wait until it is there."

log = logs.get("learnflow.practice")


class PracticeWorker(Grader, Releaser, Protocol):
    """A grading process, as far as practice needs one."""


class Practices:
    """Makes exercises for students, hands them out, and grades the answers. Safe to use from many tasks."""

    def __init__(
        self,
        db: Database,
        worker: PracticeWorker,
        runner: Runner,
        settings: LearnFlow,
        grading: LearnFlowGrading,
        practice: LearnFlowPractice,
        metrics: Metrics,
        files: Mapping[str, Path],
        taught: Mapping[str, Mapping[str, tuple[str, ...]]],
    ) -> None:
        """`files` has each course's `course.yaml`; `taught` what each assignment of each course teaches."""
        self._db = db
        self._worker = worker
        self._runner = runner
        self._settings = settings
        self._grading = grading
        self._practice = practice
        self._metrics = metrics
        self._files = dict(files)
        self._taught = taught
        self._checks = RateLimiter(practice.checks_per_minute)
        self._at_work: set[str] = set()
        # One thread: making is processor work, and the sandboxes are shared with the answers of the class.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="practice")
        self._waiting = 0
        # A class that practises must not keep those waiting who hand in: at most one grader is taken.
        self._grader = asyncio.Semaphore(1)

    def close(self) -> None:
        """Take no more; what is under way ends by its own time limit."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def offered(self, course: str) -> bool:
        """Whether exercises are made for the students of `course`."""
        if not course:
            return False
        rules = await self._rules(course)
        return self._practice.enabled if rules.enabled is None else rules.enabled

    async def choice(
        self, student: str, course: str, text: str, at_hand: str, progress: StudentProgress | None
    ) -> Choice:
        """What to make for the wish `text` of a student who is at the assignment `at_hand`.

        `progress` is what the student may know of their points.
        """
        rules = await self._rules(course)
        async with self._db.connect() as conn:
            infos = await courses.assignments(conn, course)
            reached = (await practices.points(conn, course, [student])).get(student, {})
            latest = await practices.of_student(conn, student, limit=1)
        taught = self._taught.get(course, {})
        shares = {
            one.assignment: one.best_score / one.max_score
            for one in (progress.assignments if progress is not None else ())
            if one.best_score is not None and one.max_score
        }
        known = [
            Known(
                assignment=info.assignment,
                title=info.title,
                topics=(rules.topics[info.assignment],)
                if info.assignment in rules.topics
                else taught.get(info.assignment) or named_topics(info.assignment, info.title),
                share=with_practice(shares.get(info.assignment), reached.get(info.assignment, 0.0)),
            )
            for info in infos
            if not info.is_quiz
        ]
        last = (latest[0].topic, latest[0].difficulty) if latest else None
        return choose(text, known, at_hand=at_hand, last=last)

    async def make(self, student: str, course: str, choice: Choice) -> PracticeRow:
        """A new exercise, proved and kept; the student's server may fetch it now.

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
            async with asyncio.timeout(self._practice.seconds):
                row = await self._made(student, course, choice)
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

    async def _made(self, student: str, course: str, choice: Choice) -> PracticeRow:
        async with self._db.connect() as conn:
            today = await practices.made_since(conn, student, now() - timedelta(days=1))
            before = await practices.of_student(conn, student, limit=MOST_GIVEN)
        if self._practice.per_day and today >= self._practice.per_day:
            raise TooBusy(
                f"Within a day you had {today} exercises of mine, and that is as many as there are. Go back "
                "to one that is not solved yet, or do something else: what was learnt settles in between.",
                retry_after=3600,
            )
        exercise, verdict = await self._proved(choice, [exercise_of(row.made_of) for row in before])
        await self._release(course, exercise)
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
        made_of = msgspec.json.encode(exercise).decode()
        await self._db.retrying(
            lambda conn: practices.given(conn, event, assignment=choice.assignment, made_of=made_of)
        )
        log.info("made", name=exercise.name, course=course, mutants=verdict.mutants, killed=verdict.killed)
        async with self._db.connect() as conn:
            return await practices.named(conn, student, exercise.name)

    async def _proved(self, choice: Choice, given: Sequence[Exercise]) -> tuple[Exercise, Verdict]:
        """One that passed the gate. The trees of mutants are work of the processor: it has a thread."""
        runner = FarRunner(self._runner, asyncio.get_running_loop())
        seconds = self._practice.seconds

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

    async def _release(self, course: str, exercise: Exercise) -> None:
        source = self._root(course) / "source" / exercise.name
        await asyncio.to_thread(_write_source, source, exercise)
        await self._worker.release(
            course=course,
            course_root=self._root(course),
            exchange_root=self._exchange,
            assignment=exercise.name,
        )

    async def files(self, person: Person, name: str) -> FileSet:
        """What the student gets: the notebook without solution and hidden tests. NotFound, Forbidden."""
        row = await self._own(person, name)
        return await asyncio.to_thread(released.files, self._exchange, row.course, row.name)

    async def check(self, person: Person, name: str, files: FileSet) -> PracticeResult:
        """Grade an answer as submissions are graded, and record what it came to.

        NotFound and Forbidden for what is not theirs, TooLarge and Unprocessable for files that are no
        answer, TooBusy for too many, Unavailable while grading does not work; then nothing is recorded.
        """
        row = await self._own(person, name)
        uploads.check(files, notebooks=(row.name,), max_bytes=self._grading.max_submission_mb * 1024 * 1024)
        mark = f"{person.name}/{name}"
        if mark in self._at_work:
            raise TooBusy(ONE_AT_A_TIME, retry_after=5)
        self._checks.take(person.name)
        self._at_work.add(mark)
        try:
            record = await self._graded(row, files)
            return await self._recorded(person, row, record)
        finally:
            self._at_work.discard(mark)

    async def _graded(self, row: PracticeRow, files: FileSet) -> GradeRecord:
        root = self._root(row.course)
        folder = await uploads.keep(files, self._area / "answers")
        try:
            async with self._grader:
                return await self._worker.grade(
                    submission_id=str(uuid.uuid4()),
                    course=row.course,
                    course_root=root,
                    assignment=row.name,
                    student=LEARNER,
                    submitted_dir=folder,
                    submitted_at=iso(now()),
                    cell_timeout=self._grading.cell_timeout,
                    memory_mb=self._grading.memory_mb,
                    late_share=0.0,
                    late_note="",
                )
        finally:
            await uploads.discard(folder)
            for step in ("submitted", "autograded", "feedback"):
                await uploads.discard(root / step / LEARNER / row.name)

    async def _recorded(self, person: Person, row: PracticeRow, record: GradeRecord) -> PracticeResult:
        if record.status != "graded" or not record.max_score:
            raise Unavailable(_said(record) or "This answer could not be checked. Save it, then try again.")
        # Points of a test that ran beside the student's code would rest on that code's word.
        score = sum(cell.score for cell in record.cells if not cell.provisional)
        after = await self._db.retrying(
            lambda conn: practices.checked(
                conn, person.name, row.name, score=score, max_score=record.max_score
            )
        )
        async with self._db.connect() as conn:
            titles = {info.assignment: info.title for info in await courses.assignments(conn, row.course)}
        log.info("checked", name=row.name, course=row.course, score=score, max_score=record.max_score)
        return PracticeResult(
            name=row.name,
            title=row.title,
            score=score,
            max_score=record.max_score,
            best=after.score or 0.0,
            solved=score >= record.max_score,
            message=_said(record),
            attempt=after.attempts,
            counts_for=titles.get(row.assignment, ""),
        )

    async def places(self, person: Person, names: Sequence[str]) -> dict[str, tuple[str, str]]:
        """(course, what stands for the assignment) of each of the person's exercises among `names`."""
        async with self._db.connect() as conn:
            found = await practices.courses_of(conn, person.name, names)
        return {name: (course, place_for(name)) for name, course in found.items() if person.belongs(course)}

    async def guarded(self, student: str, at_hand: str = "") -> tuple[Reference, ...]:
        """The solutions that the tutor keeps from the student: of the exercise `at_hand`, and of the latest
        unsolved ones."""
        async with self._db.connect() as conn:
            rows = await practices.of_student(conn, student, limit=MOST_GIVEN)
        unsolved = [row for row in rows if row.score is None or row.score < (row.max_score or 0)]
        wanted = [row for row in rows if row.name == at_hand]
        wanted += [row for row in unsolved[:MOST_GUARDED] if row.name != at_hand]
        return tuple(reference_of(row.made_of) for row in wanted)

    async def _own(self, person: Person, name: str) -> PracticeRow:
        async with self._db.connect() as conn:
            row = await practices.named(conn, person.name, name)
        if row.course not in self._settings.courses or not person.belongs(row.course):
            raise Forbidden("You are not a member of the course that this exercise belongs to any more.")
        return row

    async def _rules(self, course: str) -> PracticeRules:
        """As the file says now; off where it cannot be read, which is logged."""
        file = self._files.get(course)
        try:
            return parse(await asyncio.to_thread(file.read_bytes)) if file is not None else PracticeRules()
        except FileNotFoundError:
            return PracticeRules()
        except (OSError, ValueError) as error:
            log.error("no practice: its settings cannot be read", course=course, error=str(error))
            return PracticeRules(enabled=False)

    @property
    def _area(self) -> Path:
        return self._settings.state_path / "practice"

    @property
    def _exchange(self) -> Path:
        return self._area / "exchange"

    def _root(self, course: str) -> Path:
        return self._area / "courses" / course


class _NonePassed(Exception):
    """No exercise passed the gate."""


def new_seed() -> int:
    """Of exercises: nobody can tell which will come."""
    return secrets.randbelow(10**8)


def _said(record: GradeRecord) -> str:
    """What the tests found, for the student. Nobody looks at practice, so nobody is announced."""
    general = record.message.removesuffix(_LOOK_AGAIN).strip()
    missing = [cell.message for cell in record.cells if cell.message and cell.score < cell.max_score]
    unsure = (
        ["Part of it cannot be checked safely, so it does not count."]
        if any(cell.provisional for cell in record.cells)
        else []
    )
    return " ".join(dict.fromkeys(filter(None, [general, *missing, *unsure])))


def _write_source(folder: Path, exercise: Exercise) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"{exercise.name}.ipynb").write_text(notebook(exercise, ON_CHECK), encoding="utf-8")


@lru_cache(maxsize=512)
def exercise_of(made_of: str) -> Exercise:
    """The exercise that a row keeps."""
    return msgspec.json.decode(made_of, type=Exercise)


@lru_cache(maxsize=512)
def reference_of(made_of: str) -> Reference:
    """What must not be said of the exercise that a row keeps."""
    exercise = exercise_of(made_of)
    visible, hidden = "\n".join(exercise.visible), "\n".join(exercise.hidden)
    return Reference(
        name=f"{place_for(exercise.name)}/{exercise.name}",
        code=dedent(exercise.reference.removeprefix(exercise.starter)),
        program=exercise.reference,
        tests=exercise.tests,
        hidden=hidden,
        shown="\n".join((exercise.statement, exercise.starter, visible)),
    )
