"""A student says what is wrong with a grade; a teacher answers."""

from __future__ import annotations

from urllib.parse import parse_qs

import msgspec

from learnflow_ext.contracts.errors import BadRequest, Conflict, NotFound
from learnflow_ext.service.handlers.base import ApiHandler
from learnflow_ext.service.handlers.course_page import CoursePage
from learnflow_ext.store import regrade_requests, submissions


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a request for a regrade."""

    reason: str
    """A sentence, at most 1,000 characters."""


class RegradeRequestHandler(ApiHandler):
    """`POST api/courses/{course}/submissions/{submission}/regrade-request`: about one's own work."""

    async def post(self, course: str, submission: str) -> None:
        reason, name = self.body(Reason).reason, self.person.name
        async with self.parts.db.connect() as conn:
            view = await submissions.view(conn, submission)
        if view.course != course:
            raise NotFound("There is no such submission in this course.")
        if view.student == name and (why := (await self.parts.results.withheld(course)).why(view.assignment)):
            raise Conflict(why)
        made = await self.parts.db.retrying(lambda conn: regrade_requests.ask(conn, name, submission, reason))
        self.log.info("regrade asked for", submission=submission, course=course)
        self.answer(made, 201)


class AnswerHandler(CoursePage):
    """`POST courses/{course}/regrade-requests/{submission}?as=regraded|declined`, the sentence in a form."""

    async def post(self, course: str, submission: str) -> None:
        outcome = self.get_query_argument("as", "")
        if outcome not in ("regraded", "declined"):
            raise BadRequest("A request is answered with regraded or declined.")
        said, name = parse_qs(self.form()).get("answer", [""])[0], self.person.name
        answered = await self.parts.db.retrying(
            lambda conn: regrade_requests.answer(
                conn, course, submission, name, said, regrade=outcome == "regraded"
            )
        )
        self.parts.queue.wake()
        self.log.info("regrade answered", submission=submission, outcome=outcome, course=course)
        hidden = await self.parts.blinds.hidden(course, self.person)
        (one,) = await self.parts.blinds.veil(course, hidden, [answered])
        self.show("answered.html", answered=one)
