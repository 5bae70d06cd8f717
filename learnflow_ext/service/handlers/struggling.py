"""Who is stuck: open alerts, what was made of them, and the same as JSON."""

from __future__ import annotations

from typing import cast

import msgspec

from learnflow_ext.contracts.alerts import TRIGGERS, AlertState, Mark, Verdict
from learnflow_ext.contracts.errors import BadRequest, Problem
from learnflow_ext.service.handlers.board import PAGE, PageHandler
from learnflow_ext.service.handlers.course_page import CoursePage
from learnflow_ext.service.views.alerts import ALERTS, JUDGED, PRECISION, trigger_name
from learnflow_ext.store import alerts, courses

MARKS = ("helpful", "false", "handled")
VERDICTS: dict[str, tuple[Verdict, ...]] = {
    "": (),
    "helpful": ("helpful",),
    "false": ("false",),
    "yes": ("helpful", "false"),
}
TOLD: tuple[AlertState, ...] = ("open", "handled")


class AlertsHandler(CoursePage):
    """`courses/{course}/alerts`: who is stuck and why, and what was made of it."""

    page = "alerts"

    async def get(self, course: str) -> None:
        async with self.parts.db.connect() as conn:
            found = await alerts.of_course(conn, course, limit=PAGE)
            held = await alerts.count(conn, course, "held")
            before = await alerts.of_course(conn, course, states=TOLD, limit=self.limit, offset=self.offset)
            figures = await alerts.precision(conn, course)
            titles = await courses.titles(conn, course)
        withheld = await self.parts.results.withheld(course, self.person)
        tables = ALERTS.of(withheld.alerts(before), titles), PRECISION.of(figures)
        self.show_tables(
            course,
            "Who is stuck",
            *tables,
            alerts=withheld.alerts(found),
            held=held,
            titles=titles,
            live="open",
        )


class RaisedHandler(CoursePage):
    """`courses/{course}/alerts/raised?rule=…&judged=…`, or `?state=held`: the alerts behind a number."""

    page = "alerts"

    async def get(self, course: str) -> None:
        rule, judged = self.get_query_argument("rule", ""), self.get_query_argument("judged", "")
        held = self.get_query_argument("state", "") == "held"
        if (rule and rule not in TRIGGERS) or judged not in JUDGED:
            raise BadRequest("There is no such rule, or nothing that is judged like that.")
        async with self.parts.db.connect() as conn:
            found = await alerts.of_course(
                conn,
                course,
                states=("held",) if held else TOLD,
                trigger=rule,
                verdicts=VERDICTS[judged],
                limit=self.limit,
                offset=self.offset,
            )
            titles = await courses.titles(conn, course)
        withheld = await self.parts.results.withheld(course, self.person)
        heading = "May be stuck, and waits for room" if held else trigger_name(rule) or "Alerts"
        if JUDGED[judged]:
            heading = f"{heading}: {JUDGED[judged]}"
        table = msgspec.structs.replace(
            ALERTS.of(withheld.alerts(found), titles), empty="No alert like that."
        )
        self.show_tables(course, heading, table)


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
