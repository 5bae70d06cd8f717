"""`learnflow/progress`: how far the student has come."""

from __future__ import annotations

import asyncio

import msgspec
from tornado.web import authenticated

from learnflow_ext.contracts.progress import StudentProgress
from learnflow_ext.server.handlers.base import ProblemHandler

LONGEST_ZONE = 64


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """One's own, in every course that one studies; empty without any."""

    courses: list[StudentProgress]


class ProgressHandler(ProblemHandler):
    """GET ?time_zone= -> Progress. Who it is about the service knows from this server's token."""

    _track_activity = False  # the panel looks again by itself: that must not keep an idle server alive

    @authenticated
    async def get(self) -> None:
        zone = self.get_query_argument("time_zone", "")[:LONGEST_ZONE]
        studied = [one.course for one in await self.gateway.courses() if one.role == "student"]
        found = await asyncio.gather(*(self.gateway.progress(course, zone) for course in studied))
        await self.gateway.days_are_of(zone)
        self.answer(Progress(courses=found))
