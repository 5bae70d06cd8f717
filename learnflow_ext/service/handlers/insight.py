"""Class now, mastery and conversations, for teachers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from learnflow_ext.service.handlers.course_page import CoursePage
from learnflow_ext.service.views import classroom, mastery
from learnflow_ext.service.views.conversations import CONVERSATIONS
from learnflow_ext.store import alerts, courses, insight

NOW = timedelta(minutes=15)


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
        facts = (("At work", str(count), ""), ("Open alerts", str(open_alerts), "alerts"))
        picture = classroom.activity(slots, now)
        charts = (picture,) if picture else ()
        self.show_tables(course, "Class now", classroom.NOW.of(working), charts=charts, facts=facts)


class HeatHandler(CoursePage):
    """`courses/{course}/progress`: students x topics."""

    page = "progress"

    async def get(self, course: str) -> None:
        names = (await self.students(course))[self.offset : self.offset + self.limit]
        standings = await self.standings(course, names)
        async with self.parts.db.connect() as conn:
            topics = await courses.assignments(conn, course)
        fitted = len(self.parts.skills.of(course))
        facts = (("Topics whose estimates are fitted to this class", f"{fitted} of {len(topics)}", ""),)
        self.show_tables(course, "Students and topics", mastery.heat(topics, standings), facts=facts)


class ConversationsHandler(CoursePage):
    """`courses/{course}/conversations?student=…`: what was asked and answered."""

    page = "conversations"

    async def get(self, course: str) -> None:
        async with self.parts.db.connect() as conn:
            found = await insight.conversations(
                conn,
                course,
                student=self.get_query_argument("student", ""),
                limit=self.limit,
                offset=self.offset,
            )
        self.show_tables(course, "Conversations", CONVERSATIONS.of(found))
