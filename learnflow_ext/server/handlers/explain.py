"""`learnflow/explain`: the button under a failing cell."""

from __future__ import annotations

import msgspec
from tornado.web import authenticated

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.help import CellError
from learnflow_ext.server.asking import Asker
from learnflow_ext.server.chat import chat_parts
from learnflow_ext.server.context import Situation
from learnflow_ext.server.handlers.base import ProblemHandler
from learnflow_ext.server.runs import bounded_error

SETTING_ASKER = "learnflow_asker"


class ExplainRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the button sends."""

    notebook: str
    cell_id: str = ""
    code: str = ""
    error: CellError
    chat: str = "tutor.chat"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The question is in this chat; its answer will be."""

    chat: str


class ExplainHandler(ProblemHandler):
    """POST ExplainRequest -> 202 Asked, as soon as the question is in the chat."""

    @authenticated
    async def post(self) -> None:
        body = self.decoded(ExplainRequest)
        chat_parts(body.chat)
        if len(body.notebook) > 1000 or len(body.cell_id) > 200:
            raise BadRequest("That is not the name of a notebook or a cell.")
        asker: Asker = self.settings[SETTING_ASKER]
        situation = Situation(
            notebook=body.notebook, cell_id=body.cell_id, code=body.code, error=bounded_error(body.error)
        )
        await asker.explain(body.chat, situation, self.current_user)
        self.answer(Asked(chat=body.chat), 202)
