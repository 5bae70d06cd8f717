"""`learnflow/practice/check`: the student's answer to an exercise that was made for them."""

from __future__ import annotations

import msgspec
from tornado.web import authenticated

from learnflow_ext.server.handlers.base import ProblemHandler
from learnflow_ext.server.personas import SETTING_PRACTICE
from learnflow_ext.server.practice import PracticeFolder


class CheckRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which notebook, below the student's root."""

    path: str


class PracticeCheckHandler(ProblemHandler):
    """POST CheckRequest -> PracticeResult, for the notebook as it is saved."""

    @authenticated
    async def post(self) -> None:
        folder: PracticeFolder = self.settings[SETTING_PRACTICE]
        self.answer(await folder.check(self.decoded(CheckRequest).path))
