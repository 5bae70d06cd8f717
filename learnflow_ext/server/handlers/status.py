"""`learnflow/status`: is the service there?"""

from __future__ import annotations

import msgspec
from tornado.web import authenticated

from learnflow_ext import __version__
from learnflow_ext.server.handlers.base import ProblemHandler


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What the front end may show about the tutor."""

    service: bool
    """Whether the service answers."""
    version: str


class StatusHandler(ProblemHandler):
    """GET -> Status."""

    @authenticated
    async def get(self) -> None:
        self.answer(Status(service=await self.gateway.healthy(), version=__version__))
