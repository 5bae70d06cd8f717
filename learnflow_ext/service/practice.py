"""Practice: exercises made for one student, proved by the gate, kept and graded on the service side."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import msgspec
from learnflow_grading import released
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.agents.context import Policy
from learnflow_ext.agents.llm.model import Model
from learnflow_ext.agents.markdown import plain
from learnflow_ext.agents.references import Reference
from learnflow_ext.contracts.errors import Conflict, Forbidden, LearnFlowError
from learnflow_ext.contracts.grades import FileSet
from learnflow_ext.contracts.practice import PracticeResult, PracticeStanding, place_for
from learnflow_ext.contracts.progress import StudentProgress
from learnflow_ext.contracts.runner import Runner
from learnflow_ext.exercises.choosing import Choice, Known, choose
from learnflow_ext.progress.mastery import with_practice
from learnflow_ext.service import logs
from learnflow_ext.service.auth import Person
from learnflow_ext.service.grading_queue import Grader
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.notebook_says import NotebookSays
from learnflow_ext.service.practice_checks import Checks
from learnflow_ext.service.practice_kept import Area, exercise_of, reference_of
from learnflow_ext.service.practice_making import MOST_GIVEN, Maker
from learnflow_ext.service.practice_queue import AT_ONCE, Keeps, Outcome, Wanted, WishQueue
from learnflow_ext.service.practice_reviews import Reviews
from learnflow_ext.service.practice_rules import ModelWrites, PracticeRules, named_topics, parse
from learnflow_ext.service.practice_writing import ModelWriter, Writing
from learnflow_ext.service.releases import Releaser
from learnflow_ext.settings import LearnFlow, LearnFlowGrading, LearnFlowPractice
from learnflow_ext.store import courses, practice_reviews, practices
from learnflow_ext.store.database import Database
from learnflow_ext.store.practice_reviews import Reviewed
from learnflow_ext.store.practices import PracticeRow

MOST_GUARDED = 10
"""A student's latest unsolved exercises whose solutions the tutor keeps to itself, wherever it is asked."""

MOST_LOOKED_AT = 20
"""A student's latest exercises, among which is the last that they know of."""

MOST_WORDS = 200
"""Of a teacher's reason, as the chat says it."""

log = logs.get("learnflow.practice")


class PracticeWorker(Grader, Releaser, Protocol):
    """A grading process, as far as practice needs one."""


@dataclass(frozen=True)
class Obtained:
    """What came of a wish."""

    row: PracticeRow
    behind: str = ""
    """Name of one more, which a model may be writing, and a teacher reads first; empty for none."""


class Practices:
    """Chooses exercises for students, has them made, and hands them out. Safe to use from many tasks."""

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
        model: Model | None = None,
        notebooks: NotebookSays | None = None,
    ) -> None:
        """`files` has each course's `course.yaml`; `taught` what each assignment of each course teaches. A
        `model` writes exercises too, where settings and course let it. `notebooks` say topics, and
        `course.yaml` goes before them.
        """
        self._db = db
        self._settings = settings
        self._practice = practice
        self._files = dict(files)
        self._taught = taught
        self._notebooks = notebooks or NotebookSays()
        self._area = Area(settings.state_path)
        self._maker = Maker(db, worker, runner, self._area, practice, metrics)
        self.reviews = Reviews(db, self._maker)
        """For the course's teachers."""
        self._writing = Writing(db, metrics, model, practice)
        self._behind: set[asyncio.Task[None]] = set()
        self.wishes = WishQueue(
            db, self._obtain, metrics, at_once=AT_ONCE + (practice.model_writers if model is not None else 0)
        )
        """Who makes them shares it with all who do."""
        self._checks = Checks(db, worker, self._area, grading, practice.checks_per_minute)

    async def close(self) -> None:
        """Take no more; what is under way ends by its own time limit, and what nobody waits for at once."""
        self._maker.close()
        for task in self._behind:
            task.cancel()
        await asyncio.gather(*self._behind, return_exceptions=True)

    async def offered(self, course: str) -> bool:
        """Whether exercises are made for the students of `course`."""
        if not course:
            return False
        rules = await self._rules(course)
        return self._practice.enabled if rules.enabled is None else rules.enabled

    async def read_first(self, course: str) -> bool:
        """Whether a teacher of `course` reads each exercise before the student gets it."""
        rules = await self._rules(course)
        return self._practice.read_first if rules.read_first is None else rules.read_first

    @property
    def at_work(self) -> int:
        """How many exercises are being written that nobody waits for."""
        return len(self._behind)

    @property
    def has_model(self) -> bool:
        """Whether there is a model that could write."""
        return self._writing.has_model

    async def model_writes(self, course: str) -> ModelWrites:
        """What becomes of exercises that a model writes for students of `course`."""
        found = (await self._rules(course)).model
        return found if found is not None else cast("ModelWrites", self._practice.model_writes)

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
            latest = await practices.of_student(conn, student, limit=MOST_LOOKED_AT)
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
        read_first = self._practice.read_first if rules.read_first is None else rules.read_first
        # Of what a model wrote behind another one, and nobody gave them, the student knows nothing.
        last = next(
            (
                (row.topic, row.difficulty)
                for row in latest
                if read_first or row.state == "given" or not exercise_of(row.made_of).model
            ),
            None,
        )
        return choose(text, known, at_hand=at_hand, last=last)

    async def make(
        self, student: str, course: str, choice: Choice, *, request_id: str = "", policy: Policy = "off"
    ) -> Obtained:
        """A new exercise, proved and kept, by whichever process has the role `generation` and is free. Where
        the course says so its `state` is `waiting`: the student has it once a teacher has let it through.
        Otherwise the student's server may fetch it now.

        Where a model may write under `policy`, what it took is charged to the question `request_id`.
        TooBusy for one too many, Unavailable (a sentence for the student) where none could be made.
        """
        seconds = self._practice.seconds
        if self.has_model and await self._model_comes_first(course):
            seconds += self._practice.model_seconds
        wanted = Wanted(choice=choice, request_id=request_id, policy=policy)
        outcome = await self.wishes.ask(student, course, wanted, seconds)
        async with self._db.connect() as conn:
            return Obtained(await practices.named(conn, student, outcome.name), outcome.behind)

    async def _model_comes_first(self, course: str) -> bool:
        return await self.read_first(course) or await self.model_writes(course) == "on"

    async def _obtain(self, student: str, course: str, wanted: Wanted, keeps: Keeps) -> Outcome:
        """Make it here. A model writes first, or, where a teacher reads its exercises but not the others, one
        more behind it. As `Maker.make`."""
        choice, writes = wanted.choice, await self.model_writes(course)
        read_first, first = await self.read_first(course), await self._model_comes_first(course)
        seconds = self._practice.model_seconds if first else self._practice.model_behind_seconds
        writer = None
        if writes != "off":
            writer = await self._writing.writer(student, wanted.policy, all_seconds=seconds)
        if writer is None or not first:
            row = await self._maker.make(student, course, choice, read_first=read_first, keeps=keeps)
            if (
                writer is None
                or (behind := await self._maker.behind(student, course, choice, writer)) is None
            ):
                return Outcome(label="made", name=row.name)
            self._goes_on(self._maker.written(behind), wanted.request_id, writer)
            return Outcome(label="made", name=row.name, behind=behind.name)
        try:
            row = await self._maker.make(
                student, course, choice, read_first=read_first, model=writer, keeps=keeps
            )
            return Outcome(label="made", name=row.name)
        finally:
            await self._writing.keep(wanted.request_id, writer)

    def _goes_on(self, work: Coroutine[Any, Any, None], request_id: str, writer: ModelWriter) -> None:
        """Let `writer` do its `work` while nobody waits for it."""

        async def done() -> None:
            try:
                await work
            except LearnFlowError as error:
                log.warning("the model's exercise was not kept", error=error.message)
            finally:
                await self._writing.keep(request_id, writer)

        task = asyncio.create_task(done())
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    async def news(self, student: str, course: str) -> list[Reviewed]:
        """What teachers decided about the student's exercises, and the student does not know yet."""
        async with self._db.connect() as conn:
            return await practice_reviews.news(conn, course, student)

    async def told(self, student: str, names: Sequence[str]) -> frozenset[str]:
        """The student knows what was decided about these; those among them that they did not know of."""
        if not names:
            return frozenset()
        return await self._db.retrying(lambda conn: practice_reviews.told(conn, student, names))

    async def standing(self, person: Person, name: str) -> PracticeStanding:
        """What became of an exercise that the person asked for; whoever asks has been told. NotFound,
        Forbidden."""
        row = await self._own(person, name)
        if row.state == "refused":
            known = not await self.told(person.name, [name])
        else:
            async with self._db.connect() as conn:
                known = await practice_reviews.was_told(conn, person.name, name)
        return PracticeStanding(name=name, title=row.title, state=row.state, message=said_of(row), told=known)

    async def files(self, person: Person, name: str) -> FileSet:
        """What the student gets: the notebook without solution and hidden tests. NotFound, Forbidden;
        Conflict while a teacher looks at it, and when it was refused."""
        row = await self._had(person, name)
        found = await asyncio.to_thread(released.files, self._area.exchange, row.course, row.name)
        await self.told(person.name, [name])
        return found

    async def check(self, person: Person, name: str, files: FileSet) -> PracticeResult:
        """Grade an answer as submissions are graded, and record what it came to.

        NotFound, Forbidden and Conflict as `files`, and what `Checks.check` raises.
        """
        row = await self._had(person, name)
        return await self._checks.check(person.name, row, files)

    async def places(self, person: Person, names: Sequence[str]) -> dict[str, tuple[str, str]]:
        """(course, what stands for the assignment) of each of the person's exercises among `names`."""
        async with self._db.connect() as conn:
            found = await practices.courses_of(conn, person.name, names)
        return {name: (course, place_for(name)) for name, course in found.items() if person.belongs(course)}

    async def guarded(
        self, student: str, at_hand: str = "", conn: AsyncConnection | None = None
    ) -> tuple[Reference, ...]:
        """The solutions that the tutor keeps from the student: of the exercise `at_hand`, and of the latest
        unsolved ones. Reads through `conn` where the caller has one."""
        async with nullcontext(conn) if conn is not None else self._db.connect() as reading:
            rows = await practices.of_student(reading, student, limit=MOST_GIVEN)
        had = [row for row in rows if row.state == "given"]
        unsolved = [row for row in had if row.score is None or row.score < (row.max_score or 0)]
        wanted = [row for row in rows if row.name == at_hand]
        wanted += [row for row in unsolved[:MOST_GUARDED] if row.name != at_hand]
        return tuple(reference_of(row.made_of) for row in wanted)

    async def _had(self, person: Person, name: str) -> PracticeRow:
        row = await self._own(person, name)
        if row.state != "given":
            raise Conflict(said_of(row))
        return row

    async def _own(self, person: Person, name: str) -> PracticeRow:
        async with self._db.connect() as conn:
            row = await practices.named(conn, person.name, name)
        if row.course not in self._settings.courses or not person.belongs(row.course):
            raise Forbidden("You are not a member of the course that this exercise belongs to any more.")
        return row

    async def _rules(self, course: str) -> PracticeRules:
        """As file and notebooks say now; off where the file cannot be read, which is logged."""
        return await asyncio.to_thread(self._read_rules, course)

    def _read_rules(self, course: str) -> PracticeRules:
        file = self._files.get(course)
        says = {name: each.topic for name, each in self._notebooks.of(course).items() if each.topic}
        try:
            rules = parse(file.read_bytes()) if file is not None else PracticeRules()
            return msgspec.structs.replace(rules, topics={**says, **rules.topics})
        except FileNotFoundError:
            return PracticeRules(topics=says)
        except (OSError, ValueError) as error:
            log.error("no practice: its settings cannot be read", course=course, error=str(error))
            # Of one that is being made at the moment nobody can say whether a teacher wants to read it.
            return PracticeRules(enabled=False, read_first=True)


def said_of(row: PracticeRow | Reviewed) -> str:
    """What became of an exercise that a teacher looks at first, for the student who asked for it."""
    if row.state == "waiting":
        return (
            f"Your teacher looks at **{plain(row.title)}** before you get it. You need not wait here: this "
            "chat tells you when it is there."
        )
    if row.state == "refused":
        # Who had a built-in one at once has not heard of it before.
        wrote = "A language model wrote it when you asked for an exercise. "
        return (
            f"Your teacher decided not to give you **{plain(row.title)}**, and says why: "
            f"“{plain(row.reason, MOST_WORDS)}”. {wrote if exercise_of(row.made_of).model else ''}That is "
            "about the exercise, not about you. Ask for another one whenever you like."
        )
    if exercise_of(row.made_of).model:
        return (
            f"**{plain(row.title)}** is there. A language model wrote it when you asked for an exercise, it "
            "was run and checked here, and your teacher has looked at it."
        )
    return f"**{plain(row.title)}**, which you asked for, is there: your teacher has looked at it."
