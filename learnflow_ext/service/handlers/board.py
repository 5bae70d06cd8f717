"""The teacher's dashboard: its page, the parts of it that refresh, and the same as JSON."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from jupyterhub.utils import url_path_join

from learnflow_ext.contracts.errors import BadRequest, LearnFlowError, NotFound, NotSignedIn, Problem
from learnflow_ext.service import words
from learnflow_ext.service.blind import uneventful
from learnflow_ext.service.board import (
    ACTIVE,
    MAX_LINES,
    BoardView,
    FeedView,
    OverviewView,
    board_view,
    feed_view,
    overview_view,
)
from learnflow_ext.service.handlers.base import ApiHandler
from learnflow_ext.service.handlers.courses import courses_of
from learnflow_ext.service.tables import Table, csv_text
from learnflow_ext.service.views.alerts import FOR_ADMINS
from learnflow_ext.service.views.scores import points_table
from learnflow_ext.store import alerts, courses, eventlog
from learnflow_ext.store import board as stored

_ENTRIES_A_TOPIC = {
    "learning.requests": MAX_LINES,
    "learning.responses": MAX_LINES,
    "code.submissions": MAX_LINES,
    # Most of these are runs that went well, which the feed leaves out.
    "progress.events": 8 * MAX_LINES,
    "struggle.detected": MAX_LINES,
}

PAGE = 50
"""Rows of a page; a CSV file has them all."""
LONGEST_FIND = 100

_HEADINGS = {
    400: "That did not work",
    401: "Please sign in",
    403: "You cannot open this",
    404: "Not found",
    503: "Not available right now",
}


class PageHandler(ApiHandler):
    """Something a person opens in a browser."""

    def show(self, template: str, **context: object) -> None:
        """Finish with a page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self.parts.pages.render(template, person=self._person, **context))

    @property
    def as_csv(self) -> bool:
        """Whether a file was asked for."""
        return self.get_query_argument("format", "") == "csv"

    def attach(self, name: str, text: str) -> None:
        """Finish with a CSV file, `name` without its ending; marked as UTF-8, for spreadsheets."""
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="{name}.csv"')
        self.finish("\ufeff" + text)

    def show_problem(self, problem: Problem, error: BaseException | None) -> None:
        """Off to the login, a line inside the page, or an error page."""
        if "HX-Request" in self.request.headers:
            # A part of a page that is open: with nobody signed in any more, load the page anew.
            if isinstance(error, NotSignedIn):
                self.set_header("HX-Refresh", "true")
            super().show_problem(problem, error)
            return
        if isinstance(error, NotSignedIn) and self.request.method == "GET":
            self.redirect(self.get_login_url())
            return
        self.show(
            "problem.html",
            problem=problem,
            status=self.get_status(),
            heading=_HEADINGS.get(self.get_status(), "Something went wrong"),
        )

    async def enrolled(self, course: str) -> frozenset[str]:
        """The roll of `course`; nobody while the hub does not give it."""
        try:
            return await self.parts.people.members(f"nbgrader-{course}")
        except LearnFlowError as error:
            self.log.warning("no roll from the hub: showing whom we know", code=error.code)
            return frozenset()

    async def scores(self, course: str) -> BoardView:
        """Students and scores of `course`, the enrolled who did nothing yet among them."""
        enrolled = await self.enrolled(course)
        async with self.parts.db.connect() as conn:
            found = await stored.scores(conn, course, sorted(enrolled))
        return board_view(found, datetime.now(UTC), await self.parts.blinds.hidden(course, self.person))

    @property
    def number(self) -> int:
        """The page asked for, from 1. BadRequest for what is no number."""
        given = self.get_query_argument("page", "1")
        if not given.isdecimal() or not 1 <= int(given[:9]) <= 1_000_000:
            raise BadRequest("A page has a number, from 1.")
        return int(given[:9])

    async def overview(self, course: str) -> OverviewView:
        """The page of students that the address asks for, with `?page=` and `?find=`."""
        now, number = datetime.now(UTC), self.number
        find = self.get_query_argument("find", "")[:LONGEST_FIND]
        enrolled = await self.enrolled(course)
        async with self.parts.db.connect() as conn:
            found = await stored.overview(
                conn,
                course,
                sorted(enrolled),
                active_since=now - ACTIVE,
                find=find,
                limit=PAGE,
                offset=(number - 1) * PAGE,
            )
        hidden = await self.parts.blinds.hidden(course, self.person)
        return overview_view(found, now, find=find, number=number, size=PAGE, hidden=hidden)

    async def feed(self, course: str) -> FeedView:
        """What happened lately in `course`."""
        entries: list[eventlog.LogEntry] = []
        async with self.parts.db.connect() as conn:
            for topic, limit in _ENTRIES_A_TOPIC.items():
                entries += await eventlog.tail(conn, topic=topic, course=course, limit=limit)
            titles = await courses.titles(conn, course)
        seen = uneventful(entries, await self.parts.blinds.hidden(course, self.person))
        if not self.person.teaches(course):
            seen = [words.for_assistants(entry) for entry in seen]
        return feed_view(course, [words.titled(entry, titles) for entry in seen])


class NothingHere(PageHandler):
    """Every address that is not in the table: a page for people, JSON for programs."""

    async def prepare(self) -> None:
        """404, whatever the method."""
        raise NotFound("There is nothing at this address.")

    def show_problem(self, problem: Problem, error: BaseException | None) -> None:
        if "text/html" in self.request.headers.get("Accept", ""):
            super().show_problem(problem, error)
        else:
            ApiHandler.show_problem(self, problem, error)


class HomeHandler(PageHandler):
    """The service's front page: the person's courses."""

    async def get(self) -> None:
        rules = await self.rules() if self.person.admin else None
        if rules is not None and self.as_csv:
            self.attach(rules.name, csv_text(rules))
            return
        self.show(
            "courses.html",
            courses=courses_of(self.parts, self.person),
            title=self.parts.title,
            rules=rules,
        )

    async def rules(self) -> Table:
        """For administrators, who set the limits: how often each rule was right. It names nobody."""
        async with self.parts.db.connect() as conn:
            figures = [
                (self.parts.title(course), one)
                for course in self.parts.settings.courses
                for one in await alerts.precision(conn, course)
            ]
        return FOR_ADMINS.of(figures)


class BoardHandler(PageHandler):
    """`courses/{course}`: the dashboard, for its teachers; `?format=csv` gives all points as a file."""

    async def get(self, course: str) -> None:
        if self.as_csv:
            board = await self.scores(course)
            # A class of thousands is a file that takes a moment.
            text = await asyncio.to_thread(lambda: csv_text(points_table(board)))
            self.attach(f"{course}-scores", text)
            return
        hub_root = self.hub_auth.hub_prefix.removesuffix("hub/")
        self.show(
            "board.html",
            course=course,
            title=self.parts.title(course),
            overview=await self.overview(course),
            lines=(await self.feed(course)).lines,
            now=datetime.now(UTC),
            # Also sets the cookie that the page's own requests must match.
            xsrf=text_of(self.xsrf_token),
            formgrader=url_path_join(hub_root, "services", f"formgrader-{course}", "formgrader"),
        )


class ScoresPartHandler(PageHandler):
    """`courses/{course}/scores`: the table alone."""

    async def get(self, course: str) -> None:
        overview = await self.overview(course)
        self.show("scores.html", course=course, overview=overview, now=datetime.now(UTC))


class FeedPartHandler(PageHandler):
    """`courses/{course}/feed`: the feed alone."""

    async def get(self, course: str) -> None:
        self.show("feed.html", lines=(await self.feed(course)).lines, now=datetime.now(UTC))


class ScoresHandler(PageHandler):
    """`api/courses/{course}/scores`."""

    async def get(self, course: str) -> None:
        self.answer(await self.scores(course))

    def show_problem(self, problem: Problem, error: BaseException | None) -> None:
        """JSON, as everywhere below `api/`."""
        self.answer(problem)


class FeedHandler(ScoresHandler):
    """`api/courses/{course}/feed`."""

    async def get(self, course: str) -> None:
        self.answer(await self.feed(course))


def text_of(token: str | bytes) -> str:
    """The XSRF token as text."""
    return token.decode() if isinstance(token, bytes) else token
