"""A student's progress."""

from __future__ import annotations

import asyncio

import msgspec

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.progress import DaysOf
from learnflow_ext.progress.mail_hours import zones
from learnflow_ext.service.handlers.base import ApiHandler
from learnflow_ext.service.handlers.course_page import standings_of
from learnflow_ext.service.views.alerts import for_student
from learnflow_ext.store import alerts, courses, insight, progress, time_zones


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
            mine = await alerts.open_of(conn, course, user, 5)
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


class TimeZoneHandler(ApiHandler):
    """`POST api/time-zone`: where one's own days begin and end, for streaks; the last word counts."""

    async def post(self) -> None:
        given, name = self.body(DaysOf), self.person.name
        if given.time_zone not in await asyncio.to_thread(zones):
            raise BadRequest("There is no time zone of that name. One that there is: Europe/Berlin.")
        await self.parts.db.retrying(lambda conn: time_zones.keep(conn, name, given.time_zone))
        self.log.info("time zone kept", time_zone=given.time_zone)
        self.answer(given)
