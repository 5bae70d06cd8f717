"""Who is stuck: open alerts, what was made of them, and the same as JSON."""

from __future__ import annotations

from typing import cast

from learnflow_ext.contracts.alerts import Mark
from learnflow_ext.contracts.errors import BadRequest, Problem
from learnflow_ext.service.handlers.board import PAGE, PageHandler
from learnflow_ext.service.handlers.course_page import CoursePage
from learnflow_ext.service.views.alerts import ALERTS, PRECISION
from learnflow_ext.store import alerts

MARKS = ("helpful", "false", "handled")


class AlertsHandler(CoursePage):
    """`courses/{course}/alerts`: who is stuck and why, and what was made of it."""

    page = "alerts"

    async def get(self, course: str) -> None:
        async with self.parts.db.connect() as conn:
            found = await alerts.of_course(conn, course, limit=PAGE)
            held = await alerts.count(conn, course, "held")
            before = await alerts.of_course(
                conn, course, states=("open", "handled"), limit=self.limit, offset=self.offset
            )
            figures = await alerts.precision(conn, course)
        withheld = await self.parts.results.withheld(course, self.person)
        tables = ALERTS.of(withheld.alerts(before)), PRECISION.of(figures)
        self.show_tables(course, "Who is stuck", *tables, alerts=withheld.alerts(found), held=held)


class MarkHandler(CoursePage):
    """`POST courses/{course}/alerts/{alert}?as=helpful|false|handled`."""

    async def post(self, course: str, alert: str) -> None:
        mark = self.get_query_argument("as", "")
        if mark not in MARKS:
            raise BadRequest("An alert is marked helpful, false or handled.")
        name = self.person.name
        await self.parts.db.retrying(lambda conn: alerts.mark(conn, course, alert, cast(Mark, mark), name))
        self.log.info("alert marked", alert=alert, mark=mark, course=course)
        self.show("marked.html", mark=mark)


class AlertsApiHandler(PageHandler):
    """`GET api/alerts?course=…`: the open alerts of a course one teaches."""

    async def get(self) -> None:
        course = self.get_query_argument("course")
        withheld = await self.parts.results.withheld(course, self.person)
        async with self.parts.db.connect() as conn:
            self.answer(withheld.alerts(await alerts.of_course(conn, course, limit=500)))

    def show_problem(self, problem: Problem, error: BaseException | None) -> None:
        """JSON, as everywhere below `api/`."""
        self.answer(problem)
