"""What the tutor may do, where and when: by deployment, course, assignment and exam."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast, get_args

import msgspec

from learnflow_ext.agents.context import Policy
from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.other_ai import OtherAiStanding
from learnflow_ext.service import logs
from learnflow_ext.service.course_yaml import keys_in
from learnflow_ext.service.exams import ExtraTime, Window, extra_time_in, more_time, windows_in
from learnflow_ext.service.more_time import as_extra_time
from learnflow_ext.service.notebook_says import NotebookSays
from learnflow_ext.store import allowances
from learnflow_ext.store.database import Database

STRICTEST_FIRST: tuple[Policy, ...] = ("off", "concepts", "hints", "open")
LOOK_AGAIN_SECONDS = 2.0
NOW_OFF = "An exam has begun, so I stop here. Good luck! Ask again when it is over."

log = logs.get("learnflow.policies")


class Exam(Window, frozen=True, kw_only=True):
    """A window of time in which other rules hold."""

    tutor: Policy = "off"

    def runs(self, now: datetime, more: timedelta = timedelta()) -> bool:
        """Whether it is on, for whoever has `more` time; its end is no longer part of it."""
        return self.begins <= now < self.ends + more


class CoursePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What `course.yaml` says about the tutor."""

    tutor: Policy | None = None
    assignments: Mapping[str, Policy] = {}
    notebooks: Mapping[str, Policy] = {}
    """What the notebooks of assignments say in their metadata."""
    exams: tuple[Exam, ...] = ()

    extra_time: tuple[ExtraTime, ...] = ()

    def running(self, now: datetime, student: str) -> list[Exam]:
        """The exams that `student` sits now, each until its end for them."""
        return [exam for exam in self.exams if exam.runs(now, more_time(self.extra_time, student, exam))]

    def in_exam(self, now: datetime) -> bool:
        """Whether anybody sits an exam now."""
        return any(self.running(now, student) for student in ("", *(e.student for e in self.extra_time)))

    def at(self, assignment: str, now: datetime, default: Policy, student: str = "") -> Policy:
        """An exam goes before the assignment, that before the course, that before `default`.

        Of an assignment, `course.yaml` goes before its notebook.
        """
        exams = [exam.tutor for exam in self.running(now, student) if exam.covers(assignment)]
        if exams:
            return strictest(exams)
        own = self.assignments.get(assignment) or self.notebooks.get(assignment)
        return own or self.tutor or default


UNREADABLE = CoursePolicy(tutor="off")
"""Until a teacher has put it right: they notice at once, and an exam nobody can read is no open door."""


def strictest(policies: list[Policy]) -> Policy:
    """The one that allows least."""
    return min(policies, key=STRICTEST_FIRST.index)


def parse(text: bytes) -> CoursePolicy:
    """The policy in a `course.yaml`. ValueError, with a sentence for the teacher, when a key does not fit."""
    found = keys_in(text)
    listed = found.get("assignments") or []
    assignments = {
        str(each["name"]): _policy(each["tutor"], f"assignment {each['name']}")
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict) and "tutor" in each and "name" in each
    }
    return CoursePolicy(
        tutor=_policy(found["tutor"], "the course") if "tutor" in found else None,
        assignments=assignments,
        exams=tuple(
            Exam(
                begins=window.begins,
                ends=window.ends,
                assignments=window.assignments,
                tutor=_policy(said.get("tutor", "off"), "an exam"),
            )
            for window, said in windows_in(found)
        ),
        extra_time=extra_time_in(found),
    )


def _policy(value: Any, whose: str) -> Policy:
    # YAML reads a bare `off` as false.
    word = {False: "off", True: "hints"}.get(value, value) if isinstance(value, bool) else value
    if word not in get_args(Policy):
        raise ValueError(f"tutor of {whose} is {value!r}; it can be {', '.join(STRICTEST_FIRST)}.")
    return cast("Policy", word)


class Policies:
    """Reads the courses' files again when they change, and what the dashboard gives.

    The only place that knows of exams.
    """

    def __init__(
        self,
        files: Mapping[str, Path],
        default: Policy,
        db: Database | None = None,
        notebooks: NotebookSays | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`files` has each course's `course.yaml`, which need not exist; `db` what the dashboard gives;
        `notebooks` what those say that are released.

        It is open by the first `refresh`.
        """
        self._files = dict(files)
        self._db = db
        self._notebooks = notebooks or NotebookSays()
        self._said: dict[str, dict[str, Policy]] = {}
        self._given: dict[str, tuple[ExtraTime, ...]] = {}
        self._default = default
        self._clock = clock
        self._known: dict[str, CoursePolicy] = {}
        self._versions: dict[str, tuple[int, int]] = {}
        self._looked = -LOOK_AGAIN_SECONDS

    async def refresh(self) -> None:
        """Take over what changed on disk and in the table; looks every two seconds at most."""
        if time.monotonic() - self._looked < LOOK_AGAIN_SECONDS:
            return
        self._looked = time.monotonic()
        await asyncio.to_thread(self._read)
        if self._db is not None:
            await self._read_given(self._db)

    async def _read_given(self, db: Database) -> None:
        try:
            async with db.connect() as conn:
                found = await allowances.extra_time(conn, self._files)
        except LearnFlowError as error:
            # What was known goes on: nobody's exam ends early because a database restarts.
            log.error("extra time cannot be read anew", error=error.message)
            return
        self._given = {course: as_extra_time(given) for course, given in found.items()}

    def _of(self, course: str) -> CoursePolicy:
        """What the course's file says, with the extra time that the dashboard gives."""
        policy = self._known.get(course, CoursePolicy())
        given, notebooks = self._given.get(course, ()), self._said.get(course)
        if not (given or notebooks) or policy is UNREADABLE:
            return policy
        return msgspec.structs.replace(
            policy, extra_time=(*policy.extra_time, *given), notebooks=notebooks or {}
        )

    def _read(self) -> None:
        for course, file in self._files.items():
            says = self._notebooks.of(course)
            self._said[course] = {
                assignment: cast("Policy", each.tutor) for assignment, each in says.items() if each.tutor
            }
            version = (0, 0)
            try:
                status = file.stat()
                version = (status.st_mtime_ns, status.st_size)
                if self._versions.get(course) == version:
                    continue
                policy = parse(file.read_bytes())
            except FileNotFoundError:
                policy = CoursePolicy()
            except (OSError, ValueError) as error:
                log.error("the tutor is off: its settings cannot be read", course=course, error=str(error))
                policy = UNREADABLE
            self._versions[course] = version
            self._known[course] = policy

    def closed(self, course: str, assignment: str, student: str) -> bool:
        """Whether an exam holds for the assignment now, or nobody can read whether one does."""
        policy = self._of(course)
        sat = policy.running(self._clock(), student)
        return policy is UNREADABLE or any(exam.covers(assignment) for exam in sat)

    def sits_exam(self, courses: Iterable[str], student: str) -> bool:
        """Whether `student` sits an exam of any of these courses now, or nobody can read whether they do."""
        return self.exam_of(courses, student).exam

    def exam_of(self, courses: Iterable[str], student: str) -> OtherAiStanding:
        """As `sits_exam`, and whether it is only that nobody can read it."""
        now, found = self._clock(), [self._of(course) for course in courses]
        if any(policy.running(now, student) for policy in found if policy is not UNREADABLE):
            return OtherAiStanding(exam=True)
        unreadable = any(policy is UNREADABLE for policy in found)
        return OtherAiStanding(exam=unreadable, unreadable=unreadable)

    def in_exam(self, course: str, at: datetime) -> bool:
        """Whether anybody sits an exam of `course` at that moment, in all of it or in some assignments."""
        return self._of(course).in_exam(at)

    def at(self, course: str, assignment: str, courses: list[str], student: str) -> Policy:
        """What holds for `student` now. Outside of any course, the exams of their `courses` hold as well."""
        now = self._clock()
        if course:
            return self._of(course).at(assignment, now, self._default, student)
        exams = [exam.tutor for each in courses for exam in self._of(each).running(now, student)]
        return strictest([*exams, self._default])
