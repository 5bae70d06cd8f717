"""Class now, mastery and conversations, for teachers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.service import words
from learnflow_ext.service.handlers.course_page import WEEK, CoursePage, calendar
from learnflow_ext.service.views import classroom, mastery
from learnflow_ext.service.views.conversations import CONVERSATIONS
from learnflow_ext.store import alerts, courses, insight

NOW = timedelta(minutes=15)
LONGEST_MOMENT = 11
"""Digits."""


class NowHandler(CoursePage):
    """`courses/{course}/now`: who works on what."""

    page = "now"

    async def get(self, course: str) -> None:
        now = datetime.now(UTC)
        async with self.parts.db.connect() as conn:
            working, count = await insight.at_work(
                conn, course, now - NOW, limit=self.limit, offset=self.offset
            )
            slots = await insight.activity(conn, course, classroom.first_span(now), classroom.SPAN_S)
            open_alerts = await alerts.count(conn, course, "open")
            titles = await courses.titles(conn, course)
        facts = (("At work", str(count), "now#now"), ("Open alerts", str(open_alerts), "alerts"))
        picture = classroom.activity(slots, now)
        charts = (picture,) if picture else ()
        table = classroom.NOW.of(working, titles)
        self.show_tables(course, "Class now", table, charts=charts, facts=facts, live=f"facts {table.name}")


class WorkedHandler(CoursePage):
    """`courses/{course}/now/worked?since=…&until=…`, in seconds since the epoch: who worked then."""

    page = "now"

    async def get(self, course: str) -> None:
        since, until = self._moment("since"), self._moment("until")
        async with self.parts.db.connect() as conn:
            working, count = await insight.at_work(
                conn, course, since, until, limit=self.limit, offset=self.offset
            )
            titles = await courses.titles(conn, course)
        facts = (
            ("From", words.absolute(since.isoformat()), ""),
            ("To", words.absolute(until.isoformat()), ""),
            ("Students", str(count), f"now/worked?{self.request.query}#worked"),
        )
        self.show_tables(course, "Who worked", classroom.WORKED.of(working, titles), facts=facts)

    def _moment(self, name: str) -> datetime:
        given = self.get_query_argument(name, "")
        if not (given.isascii() and given.isdecimal() and len(given) <= LONGEST_MOMENT):
            raise BadRequest("Say from when to when, in seconds.")
        return datetime.fromtimestamp(int(given), UTC)


class HeatHandler(CoursePage):
    """`courses/{course}/progress`: students x topics, the weeks behind it, and what estimates rest on."""

    page = "progress"

    async def get(self, course: str) -> None:
        names = (await self.students(course))[self.offset : self.offset + self.limit]
        standings = await self.standings(course, names)
        now, (where, _) = datetime.now(UTC), await calendar(self.parts, course)
        async with self.parts.db.connect() as conn:
            topics = await courses.assignments(conn, course)
            slots = await self.parts.weeks.of(conn, course, now, where)
        skills = self.parts.skills
        picture = classroom.weeks(slots, now, where)
        self.show_tables(
            course,
            "Students and topics",
            mastery.heat(topics, standings),
            mastery.ESTIMATES.of(mastery.estimates(topics, skills.of(course), skills.answered(course))),
            charts=(picture,) if picture else (),
        )


class ConversationsHandler(CoursePage):
    """`courses/{course}/conversations?student=…`, or `?pattern=…`, an error that was asked about lately."""

    page = "conversations"

    async def get(self, course: str) -> None:
        pattern = self.get_query_argument("pattern", "")
        async with self.parts.db.connect() as conn:
            found = await insight.conversations(
                conn,
                course,
                student=self.get_query_argument("student", ""),
                pattern=pattern,
                since=datetime.now(UTC) - WEEK if pattern else None,
                limit=self.limit,
                offset=self.offset,
            )
        self.show_tables(course, "Conversations", CONVERSATIONS.of(found))
