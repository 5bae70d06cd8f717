"""Courses, what is released in them, and what was handed in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from learnflow_ext.contracts.errors import Forbidden, NotFound, TooBusy
from learnflow_ext.contracts.grades import AssignmentView, CourseView, FileSet, SubmissionView
from learnflow_ext.service import uploads
from learnflow_ext.service.auth import Person
from learnflow_ext.service.handlers.base import ApiHandler
from learnflow_ext.service.parts import Parts
from learnflow_ext.service.routes import KIB
from learnflow_ext.service.terms import Terms
from learnflow_ext.store import grades, results, submissions
from learnflow_ext.store.clock import iso
from learnflow_ext.store.database import ConnectionLost

MAX_WAITING = 5
"""Submissions of one student to one assignment that may wait for grading at the same time."""


def largest_submission(parts: Parts) -> int:
    """Bytes of a request with the largest submission: base64 makes it a third longer."""
    return parts.grading_settings.max_submission_mb * KIB * KIB * 4 // 3 + 64 * KIB


def courses_of(parts: Parts, person: Person) -> list[CourseView]:
    """The person's courses by name, each with the role that may most."""
    return [
        CourseView(
            course=course,
            role="teacher"
            if person.teaches(course)
            else "assistant"
            if person.assists(course)
            else "student",
        )
        for course in sorted(parts.settings.courses)
        if person.belongs(course)
    ]


class CoursesHandler(ApiHandler):
    """`GET api/courses`."""

    async def get(self) -> None:
        self.answer(courses_of(self.parts, self.person))


class AssignmentsHandler(ApiHandler):
    """`GET api/courses/{course}/assignments`."""

    async def get(self, course: str) -> None:
        views = await self.parts.releases.assignments(course)
        async with self.parts.db.connect() as conn:
            mine = await submissions.of_student(conn, course, self.person.name)
        terms = await self.parts.deadlines.of_course(course)
        mine = (await self.parts.results.withheld(course, self.person)).submissions(mine)
        usual = self.parts.grading_settings.cell_timeout
        name = self.person.name
        self.answer([_with(view, mine, terms.of(view.assignment, name), usual) for view in views])


def _with(
    view: AssignmentView, all_mine: Sequence[SubmissionView], terms: Terms, usual_seconds: float
) -> AssignmentView:
    """The assignment as one student sees it."""
    mine = tuple(one for one in all_mine if one.assignment == view.assignment)
    return msgspec.structs.replace(
        view,
        submissions=mine,
        due=iso(terms.due) if terms.due is not None else "",
        terms=terms.sentence(sum(one.status != "failed" for one in mine)),
        cell_seconds=terms.cell_seconds or usual_seconds,
    )


class FilesHandler(ApiHandler):
    """`GET api/courses/{course}/assignments/{assignment}/files`: the released version, never the source."""

    async def get(self, course: str, assignment: str) -> None:
        self.answer(await self.parts.releases.files(course, assignment))


class SubmissionsHandler(ApiHandler):
    """`POST api/courses/{course}/assignments/{assignment}/submissions`."""

    async def post(self, course: str, assignment: str) -> None:
        person, parts = self.person, self.parts
        released = await parts.releases.assignment(course, assignment)
        files = self.body(FileSet)
        uploads.check(
            files,
            notebooks=released.notebooks,
            max_bytes=parts.grading_settings.max_submission_mb * KIB * KIB,
        )
        if self.reserved and (kept := await self._kept(str(self.reserved.id))):
            # It may have been graded since.
            self.answer((await parts.results.withheld(course, person)).submission(kept), 201)
            return
        await self._refuse_flood(released)
        terms = await parts.deadlines.of(course, assignment, person.name)
        folder = await uploads.keep(files, parts.submissions_root)
        try:
            view = await parts.db.retrying(
                lambda conn: submissions.create(
                    conn,
                    course=course,
                    assignment=assignment,
                    student=person.name,
                    files_path=str(folder),
                    size=uploads.total_size(files),
                    submission_id=str(self.reserved.id) if self.reserved else None,
                    refusal=terms.refusal,
                    due=terms.due,
                )
            )
        except (ConnectionLost, asyncio.CancelledError):
            # It may have been kept: then its files must be there.
            raise
        except BaseException:
            await uploads.discard(folder)
            raise
        parts.metrics.submissions.inc()
        parts.queue.wake()
        self.log.info("submission kept", submission=view.submission_id, course=course, assignment=assignment)
        self.answer(view, 201)

    async def _kept(self, submission: str) -> SubmissionView | None:
        """What an earlier try of this request kept before it broke off; None mostly."""
        async with self.parts.db.connect() as conn:
            try:
                return await submissions.view(conn, submission)
            except NotFound:
                return None

    async def _refuse_flood(self, released: AssignmentView) -> None:
        async with self.parts.db.glance() as conn:
            waiting = await submissions.count_waiting(
                conn, released.course, released.assignment, self.person.name
            )
        if waiting >= MAX_WAITING:
            raise TooBusy(
                f"{waiting} submissions of yours wait to be graded already. Wait for their results first.",
                retry_after=30,
            )


class GradersHandler(ApiHandler):
    """Shows a grader the work of others."""

    async def nameless(self, course: str, view: SubmissionView) -> SubmissionView:
        """`view`, without the student where it is graded blind."""
        hidden = await self.parts.blinds.hidden(course, self.person)
        (one,) = await self.parts.blinds.veil(course, hidden, [view])
        return one


class SubmissionHandler(GradersHandler):
    """`GET api/courses/{course}/submissions/{submission}`: its owner's, or any to a teacher."""

    async def get(self, course: str, submission: str) -> None:
        async with self.parts.db.connect() as conn:
            view = await submissions.view(conn, submission)
        _check_owner(view, course, self.person)
        if view.student != self.person.name:
            self.answer(await self.nameless(course, view))
            return
        self.answer((await self.parts.results.withheld(course, self.person)).submission(view))


class CancelHandler(GradersHandler):
    """`POST api/courses/{course}/submissions/{submission}/cancel`: out of the queue."""

    async def post(self, course: str, submission: str) -> None:
        view = await self.parts.db.retrying(lambda conn: submissions.cancel(conn, course, submission))
        self.log.info("grading cancelled", submission=submission, course=course)
        self.answer(await self.nameless(course, view))


class ResultsHandler(ApiHandler):
    """`POST api/courses/{course}/assignments/{assignment}/results`: points and feedback to everybody."""

    async def post(self, course: str, assignment: str) -> None:
        name = self.person.name
        await self.parts.db.retrying(lambda conn: results.release(conn, course, assignment, name))
        await self.parts.blinds.write(course)
        self.log.info("results given out", course=course, assignment=assignment)
        self.answer(GivenOut(course=course, assignment=assignment))


class GivenOut(msgspec.Struct, frozen=True, kw_only=True):
    """Whose results students can see from now on."""

    course: str
    assignment: str


class FeedbackHandler(ApiHandler):
    """`GET api/courses/{course}/submissions/{submission}/feedback`."""

    async def get(self, course: str, submission: str) -> None:
        async with self.parts.db.connect() as conn:
            view = await submissions.view(conn, submission)
            _check_owner(view, course, self.person)
            feedback = await grades.feedback(conn, submission)
        # There is no name in it, so whoever grades may see it.
        withheld = await self.parts.results.withheld(course, self.person)
        if not self.person.grades(course) and (why := withheld.why(view.assignment)):
            raise NotFound(why if feedback.files else "There is no feedback on this submission yet.")
        if not feedback.files:
            raise NotFound("There is no feedback on this submission yet.")
        self.answer(feedback)


def _check_owner(view: SubmissionView, course: str, person: Person) -> None:
    """NotFound when `view` is of another course, Forbidden when it is neither theirs nor a teacher asks."""
    if view.course != course:
        raise NotFound("There is no such submission in this course.")
    if view.student != person.name and not person.grades(course):
        raise Forbidden("This submission is somebody else's.")
