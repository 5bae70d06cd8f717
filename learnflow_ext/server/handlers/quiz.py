"""`learnflow/quiz`: answers to the questions in the student's notebooks. Judged on the service alone."""

from __future__ import annotations

from tornado.web import authenticated

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.quizzes import LONGEST_CHOICE, MOST_CHOICES, QuizAnswer
from learnflow_ext.server.handlers.base import ProblemHandler

LONGEST_NAME = 255


class QuizRequest(QuizAnswer, frozen=True, kw_only=True):
    """What the front end sends: an answer, and to which assignment's question."""

    course: str
    assignment: str


class QuizHandler(ProblemHandler):
    """GET ?course=&assignment= -> QuizView; POST QuizRequest -> QuizFeedback."""

    @authenticated
    async def get(self) -> None:
        course, assignment = self.get_query_argument("course", ""), self.get_query_argument("assignment", "")
        self.answer(await self.gateway.quiz(*_place(course, assignment)))

    @authenticated
    async def post(self) -> None:
        body = self.decoded(QuizRequest)
        course, assignment = _place(body.course, body.assignment)
        if len(body.question) > LONGEST_NAME or len(body.choices) > MOST_CHOICES:
            raise BadRequest("That is no answer to a question of a quiz.")
        if any(len(choice) > LONGEST_CHOICE for choice in body.choices):
            raise BadRequest("That is no answer to a question of a quiz.")
        given = QuizAnswer(question=body.question, choices=body.choices)
        self.answer(await self.gateway.answer_quiz(course, assignment, given))


def _place(course: str, assignment: str) -> tuple[str, str]:
    if not (0 < len(course) <= LONGEST_NAME and 0 < len(assignment) <= LONGEST_NAME):
        raise BadRequest("Say which course and which assignment the question belongs to.")
    return course, assignment
