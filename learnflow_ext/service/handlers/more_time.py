"""More time for one student: what they have, and forms that give more or take it back."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from learnflow_ext.contracts.errors import BadRequest, LearnFlowError, NotFound
from learnflow_ext.progress.mail_hours import zones
from learnflow_ext.service import more_time, words
from learnflow_ext.service.handlers.course_page import CoursePage
from learnflow_ext.service.views.people import WRITTEN
from learnflow_ext.store import allowances
from learnflow_ext.store.allowances import Given, Kind
from learnflow_ext.store.clock import iso

MISTAKES = 422
KINDS: dict[str, Kind] = {"extra_time": "extra_time", "extension": "extension"}
GONE = "That is taken back already. Load the page again to see what holds."
NOBODY = "There is no student of that name in this course."


class MoreTimeHandler(CoursePage):
    """`courses/{course}/students/{student}/time`: POST gives, or takes back what was given here."""

    page = "people"

    async def get(self, course: str, student: str) -> None:
        await self._must_study(course, student)
        deadlines = self.parts.deadlines
        written, given = await deadlines.written(course), await deadlines.given(course)
        mine = [each for each in given if each.student == student]
        own = self.parts.progress_settings.time_zone
        # The form shows everybody's deadline by that clock too.
        where = ZoneInfo(own if own in await asyncio.to_thread(zones) else "UTC")
        self.show_tables(
            course,
            f"More time for {words.shown_name(student)}",
            WRITTEN.of(written.said_of(student)),
            template="more_time.html",
            context={
                "student": student,
                "given": [
                    (each, more_time.sentence(each), iso(each.given_at) if each.given_at else "")
                    for each in mine
                ],
                "exams": more_time.exams_in(written),
                "has_exams": bool(written.exams),
                "dues": {
                    name: f"{due.astimezone(where):%Y-%m-%d %H:%M}"
                    for name, due in more_time.due_in(written).items()
                },
                "zones": await asyncio.to_thread(zones),
                "zone": where.key,
                "done": self.get_query_argument("done", "") == "1",
            },
        )

    async def post(self, course: str, student: str) -> None:
        await self._must_study(course, student)
        form = {name: values[0].strip() for name, values in parse_qs(self.form()).items()}
        try:
            if form.get("do") == "take_back":
                await self._take_back(course, student, form)
            else:
                await self._give(course, await self._wanted(course, student, form))
        except LearnFlowError as error:
            if "HX-Request" not in self.request.headers or error.status != 400:
                raise
            self.set_status(MISTAKES)
            self.show("people_preview.html", course=course, preview=None, problem=error.message)
            return
        self.set_header("HX-Redirect", f"{self.request.path}?done=1")
        self.set_status(204)
        self.finish()

    async def _wanted(self, course: str, student: str, form: dict[str, str]) -> Given:
        written = await self.parts.deadlines.written(course)
        if form.get("do") == "extension":
            return more_time.extension_of(student, form, written, await asyncio.to_thread(zones))
        if form.get("do") == "extra_time":
            return more_time.extra_time_of(student, form, written)
        raise BadRequest("Choose what to give: extra time in exams, or a deadline of their own.")

    async def _give(self, course: str, given: Given) -> None:
        room = more_time.sentence(given)
        await allowances.give(self.parts.db, course, given, room=room, by=self.person.name)
        self.log.info("more time given", course=course, student=given.student, kind=given.kind)

    async def _take_back(self, course: str, student: str, form: dict[str, str]) -> None:
        kind, assignment = KINDS.get(form.get("kind", "")), form.get("assignment", "")
        had = [
            each
            for each in await self.parts.deadlines.given(course)
            if (each.student, each.kind, each.assignment) == (student, kind, assignment)
        ]
        if not had:
            raise BadRequest(GONE)
        room = more_time.sentence(had[0])
        if not await allowances.take_back(self.parts.db, course, had[0], room=room, by=self.person.name):
            raise BadRequest(GONE)
        self.log.info("more time taken back", course=course, student=student, kind=kind)

    async def _must_study(self, course: str, student: str) -> None:
        """NotFound for who is no student of `course`, Unavailable when the hub does not say."""
        if student not in await self.parts.people.members(f"nbgrader-{course}"):
            raise NotFound(NOBODY)
