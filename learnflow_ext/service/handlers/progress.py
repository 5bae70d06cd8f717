"""A student's progress."""

from __future__ import annotations

from learnflow_ext.contracts.errors import BadRequest, Forbidden
from learnflow_ext.service.handlers.base import ApiHandler
from learnflow_ext.store import progress


class ProgressHandler(ApiHandler):
    """`GET api/progress/{user}?course=…`: one's own, or in a course one teaches."""

    async def get(self, user: str) -> None:
        person = self.person
        name = self.get_query_argument("course", "")
        if not name:
            raise BadRequest("Say which course: add `?course=…` to the address.")
        if user != person.name and not person.teaches(name):
            raise Forbidden("You can see your own progress, and that of students in courses you teach.")
        course = self.course(name)
        async with self.parts.db.connect() as conn:
            standing = await progress.of_student(conn, user, course)
        self.answer(standing)
