"""A student's progress."""

from __future__ import annotations

import msgspec

from learnflow_ext.service.handlers.base import ApiHandler
from learnflow_ext.service.handlers.course_page import standings_of
from learnflow_ext.service.views.alerts import for_student
from learnflow_ext.store import alerts, courses, insight, progress


class ProgressHandler(ApiHandler):
    """`GET api/progress?course=…`: one's own; `…/{user}` of others too, in a course one teaches."""

    async def get(self, user: str = "") -> None:
        user = user or self.person.name
        course = self.get_query_argument("course")
        time_zone = self.get_query_argument("time_zone", "")
        withheld = None
        if self.person.grades(course):
            withheld = await self.parts.results.withheld(course, self.person)
        async with self.parts.db.connect() as conn:
            withheld = withheld or await self.parts.results.withheld(course, self.person, conn)
            counted = await progress.of_student(conn, user, course)
            mine = await alerts.of_course(conn, course, student=user, limit=5)
            notes = await insight.notes(conn, course, limit=3)
            standing = (await standings_of(self.parts, course, [user], time_zone, withheld, conn))[user]
            titles = await courses.titles(conn, course) if mine else {}
        self.answer(
            msgspec.structs.replace(
                withheld.progress(counted),
                title=self.parts.title(course),
                topics=standing.topics,
                streak_days=standing.streak.current,
                longest_streak_days=standing.streak.longest,
                next_step=standing.next_step,
                alerts=tuple(for_student(alert, titles) for alert in withheld.alerts(mine)),
                notes=tuple(note.text for note in notes),
            )
        )
