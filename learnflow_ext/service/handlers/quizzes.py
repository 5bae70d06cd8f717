"""Answers to the questions in one's notebooks."""

from __future__ import annotations

from learnflow_ext.contracts.quizzes import QuizAnswer
from learnflow_ext.service.handlers.base import ApiHandler


class QuizHandler(ApiHandler):
    """`api/courses/{course}/assignments/{assignment}/quiz`: one's own answers, and a new one."""

    async def get(self, course: str, assignment: str) -> None:
        self.answer(await self.parts.quizzes.answered(self.person, course, assignment))

    async def post(self, course: str, assignment: str) -> None:
        given = self.body(QuizAnswer)
        feedback = await self.parts.quizzes.answer(self.person, course, assignment, given)
        self.log.info(
            "quiz answered",
            course=course,
            assignment=assignment,
            question=feedback.question,
            right=feedback.right,
        )
        self.answer(feedback)
