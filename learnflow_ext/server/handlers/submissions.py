"""`learnflow/submissions` and `learnflow/feedback`: how the student's work fared."""

from __future__ import annotations

import msgspec
from tornado.web import authenticated

from learnflow_ext.contracts.grades import SubmissionView
from learnflow_ext.server.coursework import Coursework
from learnflow_ext.server.handlers.base import ProblemHandler

SETTING_COURSEWORK = "learnflow_coursework"


class Submissions(msgspec.Struct, frozen=True, kw_only=True):
    """The student's own, oldest first."""

    submissions: list[SubmissionView]
    pending: bool
    """True while at least one waits for its grade: ask again soon."""


class AssignmentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which assignment."""

    course_id: str
    assignment_id: str


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """Folders below the student's root in which the feedback lies, oldest first; empty for none yet."""

    folders: list[str]


class SubmissionsHandler(ProblemHandler):
    """GET -> Submissions."""

    _track_activity = False  # the front end polls: that must not keep an idle server alive

    @authenticated
    async def get(self) -> None:
        coursework: Coursework = self.settings[SETTING_COURSEWORK]
        found = await coursework.submissions()
        self.answer(
            Submissions(submissions=found, pending=any(s.status in ("queued", "grading") for s in found))
        )


class FeedbackHandler(ProblemHandler):
    """POST AssignmentRequest -> Feedback, fetched now."""

    @authenticated
    async def post(self) -> None:
        body = self.decoded(AssignmentRequest)
        coursework: Coursework = self.settings[SETTING_COURSEWORK]
        self.answer(Feedback(folders=await coursework.fetch_feedback(body.course_id, body.assignment_id)))
