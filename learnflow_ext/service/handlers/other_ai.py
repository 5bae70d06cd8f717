"""Whether other AI than the tutor may be used: asked by students' servers where the admin lets some in."""

from __future__ import annotations

from typing import ClassVar

from learnflow_ext.service.handlers.base import ApiHandler


class OtherAiHandler(ApiHandler):
    """`GET api/other-ai`. It costs no more than a refusal.

    A script in a student's browser uses up their requests; their server must still hear that an exam is on.
    """

    is_counted: ClassVar[bool] = False

    async def get(self) -> None:
        self.answer(await self.parts.assistance.exam_of(self.person))
