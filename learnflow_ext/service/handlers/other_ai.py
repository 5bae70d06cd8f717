"""Whether other AI than the tutor may be used: asked by students' servers where the admin lets some in."""

from __future__ import annotations

from learnflow_ext.contracts.other_ai import OtherAiStanding
from learnflow_ext.service.handlers.base import ApiHandler


class OtherAiHandler(ApiHandler):
    """`GET api/other-ai`."""

    async def get(self) -> None:
        self.answer(OtherAiStanding(exam=await self.parts.assistance.in_exam(self.person)))
