"""One student: for the teacher, and for the student themselves."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import msgspec

from learnflow_ext.contracts.errors import NotFound
from learnflow_ext.service import words
from learnflow_ext.service.blind import uneventful
from learnflow_ext.service.handlers.board import PageHandler, text_of
from learnflow_ext.service.handlers.course_page import MOST_ROWS, CoursePage, calendar, standings_of
from learnflow_ext.service.over_time import over_time
from learnflow_ext.service.tables import csv_text
from learnflow_ext.service.views import mastery
from learnflow_ext.service.views.alerts import ALERTS, for_student
from learnflow_ext.service.views.cells import handed_in_link, student_link
from learnflow_ext.service.views.points import OF_STUDENT
from learnflow_ext.service.views.timeline import timeline
from learnflow_ext.store import (
    alerts,
    courses,
    eventlog,
    evidence,
    insight,
    people,
    points,
    practice_reviews,
    regrade_requests,
    submissions,
    time_zones,
)

DECIDED_LATELY = timedelta(days=7)
"""How long a student's page says what a teacher decided about an exercise."""


class StudentHandler(CoursePage):
    """`courses/{course}/students/{student}`: one student's topics, alerts and time line."""

    page = "student"
    paged = "timeline"

    async def get(self, course: str, student: str) -> None:
        async with self.parts.db.connect() as conn:
            if await people.find(conn, student) is None and student not in await self.students(course):
                raise NotFound("There is nobody of that name in this course.")
            entries = await eventlog.tail(conn, student=student, course=course, limit=MOST_ROWS // 10)
            mine = await alerts.of_course(conn, course, states=("open", "handled"), student=student)
            steps = await evidence.history(conn, course, student)
            assignments = await courses.assignments(conn, course)
            given = await points.changes(conn, course, student=student)
            own = await time_zones.of(conn, [student])
        withheld = await self.parts.results.withheld(course, self.person)
        given = [one for one in given if not withheld.blind.covers(one.assignment)]
        steps = [
            msgspec.structs.replace(one, share=None, review=None)
            if withheld.blind.covers(one.assignment)
            else one
            for one in steps
        ]
        standing = (await self.standings(course, [student]))[student]
        seen = uneventful(entries, withheld.blind)
        if not self.person.teaches(course):
            seen = [words.for_assistants(entry) for entry in seen]
        titles = {info.assignment: info.title for info in assignments}
        lines = timeline(words.titled(entry, titles) for entry in seen)
        room = "; ".join((await self.parts.deadlines.of_course(course)).said_of(student))
        # Who is out of the course has a page still, and needs no more time.
        link = f"{student_link(student)}/time" if student in await self.enrolled(course) else ""
        talks = ("Conversations", "read them", f"conversations?{urlencode({'student': student})}")
        # Not to an assignment, so that what is graded blind is left out there.
        rows = handed_in_link(student)
        facts = (
            ("Streak, days", str(standing.streak.current), rows),
            ("Longest streak, days", str(standing.streak.longest), rows),
            # What a student asked the tutor is between them and the teacher.
            *((talks, ("More time", room or "none", link)) if self.person.teaches(course) else ()),
            ("Next step", standing.next_said, ""),
        )
        where, holidays = await calendar(self.parts, course, own.get(student, ""))
        days = over_time(steps, assignments, where=where, holidays=holidays)
        picture = mastery.picture(student, days, standing.topics, datetime.now(UTC))
        self.show_tables(
            course,
            words.shown_name(student),
            mastery.topics_of(student, standing.topics),
            ALERTS.of(withheld.alerts(mine), titles),
            *((OF_STUDENT.of(given, titles),) if self.person.teaches(course) else ()),
            msgspec.structs.replace(lines, rows=lines.rows[self.offset :]),
            charts=(picture,) if picture else (),
            facts=facts,
        )


class MeHandler(PageHandler):
    """`courses/{course}/me`: one's own topics, streak and next step; `?format=csv` gives topics as a file."""

    async def get(self, course: str) -> None:
        name = self.person.name
        async with self.parts.db.connect() as conn:
            mine = await alerts.open_of(conn, course, name, 5)
            notes = await insight.notes(conn, course)
            assignments = await courses.assignments(conn, course)
            handed_in = await submissions.of_student(conn, course, name)
            requests = await regrade_requests.of_course(conn, course, student=name, limit=10)
            since = datetime.now(UTC) - DECIDED_LATELY
            practices = await practice_reviews.of_student(conn, course, name, since=since)
            own = await time_zones.of(conn, [name])
        terms = await self.parts.deadlines.of_course(course)
        withheld = await self.parts.results.withheld(course, self.person)
        standing = (await standings_of(self.parts, course, [name], withheld=withheld))[name]
        if self.as_csv:
            self.attach(f"{course}-my-topics", csv_text(mastery.topics_of(name, standing.topics)))
            return
        titles = {info.assignment: info.title for info in assignments}
        counted = Counter(one.assignment for one in handed_in if one.status != "failed")
        told = [
            (it.title, terms.of(it.assignment, name).sentence(counted[it.assignment])) for it in assignments
        ]
        self.show(
            "me.html",
            title=self.parts.title(course),
            standing=standing,
            alerts=sorted({for_student(alert, titles) for alert in withheld.alerts(mine)}),
            titles=titles,
            notes=notes,
            requests=requests,
            practices=practices,
            held=withheld.among(counted),
            time_zone=own.get(name, self.parts.progress_settings.time_zone),
            xsrf=text_of(self.xsrf_token),
            deadlines=[(title, sentence) for title, sentence in told if sentence],
            now=datetime.now(UTC),
        )
