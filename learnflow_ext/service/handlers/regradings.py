"""Grading everybody again after a test was fixed: starting it, how far it is, and what changed."""

from __future__ import annotations

from urllib.parse import parse_qs

from jupyterhub.utils import url_path_join
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import NotFound
from learnflow_ext.contracts.grades import Regrading
from learnflow_ext.service.handlers.base import ApiHandler
from learnflow_ext.service.handlers.course_page import CoursePage
from learnflow_ext.service.views.regradings import CHANGES, facts, worth_showing
from learnflow_ext.store import courses, regradings


def number_in(text: str) -> int:
    """The number of a regrading in an address. NotFound for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise NotFound("There is no such regrading in this course.")
    return int(text)


async def shown(handler: ApiHandler, course: str, regrading: Regrading) -> Regrading:
    """`regrading` as its reader may see it: without names where the assignment is graded blind."""
    hidden = await handler.parts.blinds.hidden(course, handler.person)
    return await handler.parts.blinds.regrading(course, hidden, regrading)


async def begin(handler: ApiHandler, course: str, assignment: str) -> Regrading:
    """Queue everything of `assignment` once more."""
    parts, name = handler.parts, handler.person.name

    async def start(conn: AsyncConnection) -> Regrading:
        return await regradings.view(conn, course, await regradings.start(conn, course, assignment, name))

    regrading = await parts.db.retrying(start)
    parts.queue.wake()
    handler.log.info("regrading begun", course=course, assignment=assignment, submissions=regrading.total)
    return regrading


class RegradingsApiHandler(ApiHandler):
    """`POST api/courses/{course}/assignments/{assignment}/regradings`."""

    async def post(self, course: str, assignment: str) -> None:
        self.answer(await shown(self, course, await begin(self, course, assignment)), 201)


class RegradingApiHandler(ApiHandler):
    """`GET api/courses/{course}/regradings/{regrading}`."""

    async def get(self, course: str, regrading: str) -> None:
        async with self.parts.db.connect() as conn:
            found = await regradings.view(conn, course, number_in(regrading))
        self.answer(await shown(self, course, found))


class RegradingsHandler(CoursePage):
    """`POST courses/{course}/regradings`: the form on the grading page; leads to the regrading's own page."""

    async def post(self, course: str) -> None:
        assignment = parse_qs(self.form()).get("assignment", [""])[0]
        regrading = await begin(self, course, assignment)
        self.set_header("HX-Redirect", url_path_join(self.request.path, str(regrading.regrading_id)))
        self.set_status(204)
        self.finish()


class RegradingHandler(CoursePage):
    """`courses/{course}/regradings/{regrading}`: a bar, then whose points changed."""

    page = "grading"

    async def get(self, course: str, regrading: str) -> None:
        async with self.parts.db.connect() as conn:
            found = await regradings.view(conn, course, number_in(regrading))
            titles = await courses.titles(conn, course)
        found = await shown(self, course, found)
        rows = worth_showing(found)[self.offset : self.offset + self.limit]
        self.show_tables(
            course,
            f"{titles.get(found.assignment, found.assignment)}, graded again",
            CHANGES.of(rows),
            template="regrading.html",
            facts=() if found.waiting else facts(found),
            context={"regrading": found},
        )


class StopHandler(CoursePage):
    """`POST courses/{course}/regradings/{regrading}/stop`: what still waits keeps its grade."""

    async def post(self, course: str, regrading: str) -> None:
        number = number_in(regrading)
        stopped = await self.parts.db.retrying(lambda conn: regradings.stop(conn, course, number))
        self.log.info("regrading stopped", course=course, regrading=number, cancelled=stopped)
        self.set_header("HX-Refresh", "true")
        self.set_status(204)
        self.finish()


class RegradingProgressHandler(CoursePage):
    """`courses/{course}/regradings/{regrading}/progress`: the bar alone; loads the page anew when done."""

    async def get(self, course: str, regrading: str) -> None:
        async with self.parts.db.connect() as conn:
            found = await regradings.view(conn, course, number_in(regrading))
        if not found.waiting:
            self.set_header("HX-Refresh", "true")
        self.show("regrading_bar.html", regrading=found)
