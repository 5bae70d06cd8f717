"""The endpoints of nbgrader's Assignment List, answered from the service.

The front end is nbgrader's own (0.9.6). It shows a failure only when the answer's status is 200 and its body
says `{"success": false, "value": <sentence>}`. So failures go out like that, with the fitting status inside.
"""

from __future__ import annotations

from typing import Any

import msgspec
from tornado.web import authenticated

from learnflow_ext.contracts.errors import BadRequest, LearnFlowError
from learnflow_ext.contracts.grades import AssignmentView, SubmissionView
from learnflow_ext.server import news
from learnflow_ext.server.coursework import Coursework, folder_time
from learnflow_ext.server.handlers.base import ProblemHandler
from learnflow_ext.server.handlers.submissions import SETTING_COURSEWORK, AssignmentRequest
from learnflow_ext.server.validate import Validator

SETTING_VALIDATOR = "learnflow_validator"
FRONT_END_VERSION = "0.9.6"
ACTIONS = "fetch|submit|fetch_feedback"


class ValidateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which notebook, below the student's root."""

    path: str


class AssignmentListBase(ProblemHandler):
    """Answers as nbgrader's front end wants them."""

    @property
    def coursework(self) -> Coursework:
        found: Coursework = self.settings[SETTING_COURSEWORK]
        return found

    def succeed(self, value: Any = None) -> None:
        self.answer({"success": True, "value": value})

    def fail(self, error: LearnFlowError) -> None:
        self.log.warning(
            "%s %s, request %s: %s (%s)",
            self.request.method,
            self.request.path,
            self.request_id,
            error.message,
            error.code,
        )
        self.set_header("X-Request-Id", self.request_id)
        self.answer(
            {
                "success": False,
                "value": error.message,
                "code": error.code,
                "status": error.status,
                "request_id": self.request_id,
            }
        )

    async def listing(self, course: str) -> list[dict[str, Any]]:
        views = await self.coursework.assignments(course)
        rows = [released_row(view, fetched=await self.coursework.fetched(view)) for view in views]
        for view in views:
            if view.submissions:
                folders = [await self.coursework.feedback_folder(each) for each in view.submissions]
                rows.append(submitted_row(view, folders))
        return rows


class AssignmentsHandler(AssignmentListBase):
    """GET ?course_id= -> the rows of the three lists."""

    @authenticated
    async def get(self) -> None:
        try:
            self.succeed(await self.listing(self.get_query_argument("course_id", "")))
        except LearnFlowError as error:
            self.fail(error)


class AssignmentActionHandler(AssignmentListBase):
    """POST AssignmentRequest to `…/fetch`, `…/submit` or `…/fetch_feedback` -> the rows afterwards."""

    @authenticated
    async def post(self, action: str) -> None:
        try:
            body = self.decoded(AssignmentRequest)
            if action == "fetch":
                await self.coursework.fetch(body.course_id, body.assignment_id)
            elif action == "submit":
                await self.coursework.submit(body.course_id, body.assignment_id)
                # Before the rows, which take a while: the page may already ask for the grade.
                news.handed_in(self.event_logger, body.course_id, body.assignment_id)
            else:
                await self.coursework.fetch_feedback(body.course_id, body.assignment_id)
            self.succeed(await self.listing(body.course_id))
        except LearnFlowError as error:
            self.fail(error)


class CoursesHandler(AssignmentListBase):
    """GET -> ids of the student's courses."""

    @authenticated
    async def get(self) -> None:
        try:
            self.succeed(await self.coursework.courses())
        except LearnFlowError as error:
            self.fail(error)


class VersionHandler(AssignmentListBase):
    """GET ?version= -> whether these endpoints fit that front end."""

    @authenticated
    async def get(self) -> None:
        theirs = self.get_query_argument("version", "")
        if theirs == FRONT_END_VERSION:
            self.answer({"success": True})
            return
        message = f"This classroom is made for nbgrader {FRONT_END_VERSION}; the page is of version {theirs}."
        self.log.warning("%s", message)
        self.answer({"success": False, "message": message})


class ValidateHandler(AssignmentListBase):
    """POST ValidateRequest -> what the visible tests say, run in a sandbox."""

    @authenticated
    async def post(self) -> None:
        try:
            path = self.decoded(ValidateRequest).path if self.request.body else self.get_argument("path", "")
            if not path:
                raise BadRequest("Say which notebook to validate.")
            validator: Validator = self.settings[SETTING_VALIDATOR]
            self.succeed(await validator.validate(path, await self.coursework.cell_seconds(path)))
        except LearnFlowError as error:
            self.fail(error)


def released_row(view: AssignmentView, *, fetched: bool) -> dict[str, Any]:
    """A row of the upper lists: to fetch, or on the student's disk."""
    home = f"{view.course}/{view.assignment}"
    return {
        "course_id": view.course,
        "assignment_id": view.assignment,
        "status": "fetched" if fetched else "released",
        "path": home,
        "due": view.due,
        "notebooks": [{"notebook_id": name, "path": f"{home}/{name}.ipynb"} for name in view.notebooks],
    }


def submitted_row(view: AssignmentView, folders: list[str | None]) -> dict[str, Any]:
    """A row of the lower list; `folders`: where each submission's feedback lies, None for nowhere."""
    return {
        "course_id": view.course,
        "assignment_id": view.assignment,
        "student_id": view.submissions[0].student,
        "status": "submitted",
        "submissions": [
            _submission(view, each, folder) for each, folder in zip(view.submissions, folders, strict=True)
        ],
    }


def _submission(view: AssignmentView, submission: SubmissionView, folder: str | None) -> dict[str, Any]:
    feedback = {
        "has_local_feedback": folder is not None,
        "has_exchange_feedback": submission.has_feedback,
        "feedback_updated": False,
        "local_feedback_path": folder,
    }
    return {
        "course_id": submission.course,
        "assignment_id": submission.assignment,
        "student_id": submission.student,
        "submission_id": submission.submission_id,
        "status": "submitted",
        "path": f"{view.course}/{view.assignment}",
        # the front end shows this text as it is: the one place where it can show the grade
        "timestamp": f"{folder_time(submission.submitted_at)[:19]} UTC · {outcome(submission)}",
        "notebooks": [
            {
                **feedback,
                "notebook_id": name,
                "path": f"{view.course}/{view.assignment}/{name}.ipynb",
                "local_feedback_path": f"{folder}/{name}.html" if folder is not None else None,
            }
            for name in view.notebooks
        ],
        **feedback,
    }


def outcome(submission: SubmissionView) -> str:
    """How a submission fared, in a few words."""
    if submission.status == "queued":
        place = f", place {submission.position} in the queue" if submission.position else ""
        return f"waiting to be graded{place}"
    if submission.status == "grading":
        return "being graded"
    if submission.status == "failed" or submission.score is None:
        return submission.message or "could not be graded; your teacher will look at it"
    score = f"{submission.score:g} of {submission.max_score or 0:g} points"
    if submission.needs_review:
        return f"{score}; your teacher will look at it"
    return f"{score}; {submission.message}" if submission.message else score
