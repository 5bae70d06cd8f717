"""The teacher's pages beside the overview: each a table or a few, each table also as CSV."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import cast
from urllib.parse import parse_qs, urlencode

from learnflow_ext.contracts.alerts import Mark
from learnflow_ext.contracts.errors import BadRequest, LearnFlowError, NotFound, Problem
from learnflow_ext.progress.streak import zone
from learnflow_ext.service import insight, words
from learnflow_ext.service.handlers.board import PageHandler, text_of
from learnflow_ext.service.parts import Parts
from learnflow_ext.service.standing import Standings, stand
from learnflow_ext.service.tables import Table, csv_text
from learnflow_ext.store import alerts, courses, eventlog, evidence, patterns, people, submissions
from learnflow_ext.store import board as stored
from learnflow_ext.store import insight as looked_up

NOW = timedelta(minutes=15)
WEEK = timedelta(days=7)
PAGE = 50
"""Rows of a page; a CSV file has them all."""
MOST_ROWS = 5_000
MOST_NAMED = 200
"""Patterns to choose from when one gets a name."""
MARKS = ("helpful", "false", "handled")


async def standings_of(
    parts: Parts, course: str, names: list[str], time_zone: str = ""
) -> dict[str, Standings]:
    """Where each of `names` stands in `course`; days are those of `time_zone`, or else of the settings."""
    settings = parts.progress_settings
    holidays = [date.fromisoformat(day) for day in settings.holidays.get(course, ())]
    async with parts.db.connect() as conn:
        topics = await courses.assignments(conn, course)
        checked = await evidence.of_students(conn, course, names)
    where, now = zone(time_zone or settings.time_zone, settings.time_zone), datetime.now(UTC)
    return {name: stand(checked[name], topics, now, where=where, holidays=holidays) for name in names}


class CoursePage(PageHandler):
    """A page of one course, for its teachers; `?format=csv` gives its table as a file."""

    page = ""
    paged = ""
    """The table that goes over several pages; empty for the first."""

    @property
    def as_csv(self) -> bool:
        """Whether a file was asked for."""
        return self.get_query_argument("format", "") == "csv"

    @property
    def number(self) -> int:
        """The page asked for, from 1. BadRequest for what is no number."""
        given = self.get_query_argument("page", "1")
        if not given.isdecimal() or not 1 <= int(given[:9]) <= 1_000_000:
            raise BadRequest("A page has a number, from 1.")
        return int(given[:9])

    @property
    def limit(self) -> int:
        """Rows to look up: one more than are shown tells whether there is a next page."""
        return MOST_ROWS if self.as_csv else PAGE + 1

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return 0 if self.as_csv else (self.number - 1) * PAGE

    async def students(self, course: str) -> list[str]:
        """Everybody in `course`, by name: the roll, and who did something there."""
        enrolled: frozenset[str] = frozenset()
        try:
            enrolled = await self.parts.people.members(f"nbgrader-{course}")
        except LearnFlowError as error:
            self.log.warning("no roll from the hub: showing whom we know", code=error.code)
        async with self.parts.db.connect() as conn:
            return sorted({*enrolled, *await stored.students(conn, course)})

    async def standings(self, course: str, names: list[str]) -> dict[str, Standings]:
        """Where each of `names` stands."""
        return await standings_of(self.parts, course, names)

    def show_tables(self, course: str, heading: str, *tables: Table, **more: object) -> None:
        """Finish with a page of `tables`, or with the file of the one that `?table=` names, or the first."""
        if self.as_csv:
            wanted = self.get_query_argument("table", tables[0].name)
            chosen = next((table for table in tables if table.name == wanted), None)
            if chosen is None:
                raise NotFound("There is no such table on this page.")
            self.set_header("Content-Type", "text/csv; charset=utf-8")
            self.set_header("Content-Disposition", f'attachment; filename="{course}-{chosen.name}.csv"')
            self.finish("\ufeff" + csv_text(chosen))
            return
        paged = next(table for table in tables if table.name == (self.paged or tables[0].name))
        rows = len(paged.rows)
        cut = Table(
            name=paged.name,
            title=paged.title,
            columns=paged.columns,
            rows=paged.rows[:PAGE],
            empty=paged.empty,
        )
        query = {key: self.get_query_argument(key) for key in self.request.arguments if key != "page"}
        path = self.request.path
        number = self.number
        self.show(
            "insight.html",
            course=course,
            title=self.parts.title(course),
            heading=heading,
            page=self.page,
            tables=[cut if table is paged else table for table in tables],
            paged=cut.name,
            now=datetime.now(UTC),
            xsrf=text_of(self.xsrf_token),
            csv=lambda name: f"{path}?{urlencode({**query, 'format': 'csv', 'table': name})}",
            previous=f"{path}?{urlencode({**query, 'page': number - 1})}" if number > 1 else "",
            following=f"{path}?{urlencode({**query, 'page': number + 1})}" if rows > PAGE else "",
            number=number,
            alerts=more.pop("alerts", None),
            held=more.pop("held", 0),
            notes=more.pop("notes", None),
            facts=more.pop("facts", ()),
            patterns=more.pop("patterns", ()),
            pattern_text=insight.pattern_text,
            why=insight.alert_sentence,
            student_link=insight.student_link,
        )


class NowHandler(CoursePage):
    """`courses/{course}/now`: who works on what."""

    page = "now"

    async def get(self, course: str) -> None:
        async with self.parts.db.connect() as conn:
            working = await looked_up.at_work(conn, course, datetime.now(UTC) - NOW)
            open_alerts = len(await alerts.of_course(conn, course, limit=1000))
        facts = (("At work", str(len(working)), ""), ("Open alerts", str(open_alerts), "alerts"))
        table = insight.now_table(working[self.offset :])
        self.show_tables(course, "Class now", table, facts=facts)


class HeatHandler(CoursePage):
    """`courses/{course}/progress`: students x topics."""

    page = "progress"

    async def get(self, course: str) -> None:
        names = (await self.students(course))[self.offset : self.offset + self.limit]
        standings = await self.standings(course, names)
        async with self.parts.db.connect() as conn:
            topics = await courses.assignments(conn, course)
        self.show_tables(course, "Students and topics", insight.heat_table(topics, standings))


class AlertsHandler(CoursePage):
    """`courses/{course}/alerts`: who is stuck and why, and what was made of it."""

    page = "alerts"

    async def get(self, course: str) -> None:
        async with self.parts.db.connect() as conn:
            found = await alerts.of_course(conn, course, limit=PAGE)
            held = len(await alerts.of_course(conn, course, states=("held",), limit=1000))
            before = await alerts.of_course(
                conn, course, states=("open", "handled"), limit=self.limit, offset=self.offset
            )
            figures = await alerts.precision(conn, course)
        tables = insight.alerts_table(before), insight.precision_table(figures)
        self.show_tables(course, "Who is stuck", *tables, alerts=found, held=held)


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


class ErrorsHandler(CoursePage):
    """`courses/{course}/errors`: what the class keeps getting wrong; POST posts a note to the class."""

    page = "errors"

    async def get(self, course: str) -> None:
        async with self.parts.db.connect() as conn:
            found = await looked_up.error_patterns(conn, course, datetime.now(UTC) - WEEK, MOST_ROWS)
            notes = await looked_up.notes(conn, course)
            asked = await patterns.of_course(conn, course, datetime.now(UTC) - WEEK)
        tables = insight.errors_table(found[self.offset :]), insight.patterns_table(asked[:MOST_ROWS])
        self.show_tables(course, "Errors of the week", *tables, notes=notes, patterns=asked[:MOST_NAMED])

    async def post(self, course: str) -> None:
        given = parse_qs(self.form()).get("text", [""])[0]
        name = self.person.name
        await self.parts.db.retrying(lambda conn: looked_up.post_note(conn, course, given, name))
        async with self.parts.db.connect() as conn:
            notes = await looked_up.notes(conn, course)
        self.show("notes.html", notes=notes, now=datetime.now(UTC))


class PatternHandler(CoursePage):
    """`POST courses/{course}/errors/patterns`: what a pattern of errors is called."""

    async def post(self, course: str) -> None:
        form = parse_qs(self.form(), keep_blank_values=True)
        key, called = form.get("pattern", [""])[0], form.get("name", [""])[0]
        await self.parts.db.retrying(lambda conn: patterns.name(conn, course, key, called))
        self.log.info("pattern named", pattern=key, course=course)
        self.show("named.html", called=" ".join(called.split()))


class ErrorStudentsHandler(CoursePage):
    """`courses/{course}/errors/students?notebook=…&error=…`: who met one error."""

    page = "errors"

    async def get(self, course: str) -> None:
        notebook, error = self.get_query_argument("notebook", ""), self.get_query_argument("error", "")
        async with self.parts.db.connect() as conn:
            found = await looked_up.students_with(conn, course, datetime.now(UTC) - WEEK, notebook, error)
        heading = f"{error or 'Errors'} in {insight.file_name(notebook) or 'a notebook'}"
        self.show_tables(course, heading, insight.error_students_table(found[self.offset :]))


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
        standing = (await self.standings(course, [student]))[student]
        timeline = insight.timeline_table(entries)
        timeline = Table(
            name=timeline.name,
            title=timeline.title,
            columns=timeline.columns,
            rows=timeline.rows[self.offset :],
            empty=timeline.empty,
        )
        step = standing.next_step
        facts = (
            ("Streak, days", str(standing.streak.current), ""),
            ("Longest", str(standing.streak.longest), ""),
            ("Conversations", "read", f"conversations?{urlencode({'student': student})}"),
            ("Next step", f"{step.exercise} in {step.title}" if step else "all solved", ""),
        )
        self.show_tables(
            course,
            words.shown_name(student),
            insight.topics_table(standing),
            insight.alerts_table(mine),
            timeline,
            facts=facts,
        )


class ConversationsHandler(CoursePage):
    """`courses/{course}/conversations?student=…`: what was asked and answered."""

    page = "conversations"

    async def get(self, course: str) -> None:
        async with self.parts.db.connect() as conn:
            found = await looked_up.conversations(
                conn,
                course,
                student=self.get_query_argument("student", ""),
                limit=self.limit,
                offset=self.offset,
            )
        self.show_tables(course, "Conversations", insight.conversations_table(found))


class GradingHandler(CoursePage):
    """`courses/{course}/grading`: the queue, and how far events are behind."""

    page = "grading"

    async def get(self, course: str) -> None:
        async with self.parts.db.connect() as conn:
            rows = await looked_up.grading(conn, course, MOST_ROWS if self.as_csv else 200)
            lag = await looked_up.lag(conn)
        waiting = sum(row.status in ("queued", "grading") for row in rows)
        facts = (
            ("Waiting or being graded", str(waiting), "grading"),
            ("Not graded", str(sum(row.status == "failed" for row in rows)), "grading"),
            ("Events on their way", str(lag.waiting), ""),
            ("Oldest of them, seconds", f"{lag.oldest_s:.0f}", ""),
        )
        self.show_tables(course, "Grading", insight.grading_table(rows[self.offset :]), facts=facts)


class MeHandler(PageHandler):
    """`courses/{course}/me`: one's own topics, streak and next step, and what the teacher can see."""

    async def get(self, course: str) -> None:
        name = self.person.name
        async with self.parts.db.connect() as conn:
            mine = await alerts.of_course(conn, course, student=name, limit=5)
            notes = await looked_up.notes(conn, course)
            assignments = await courses.assignments(conn, course)
            handed_in = await submissions.of_student(conn, course, name)
        terms = await self.parts.deadlines.of_course(course)
        counted = Counter(one.assignment for one in handed_in if one.status != "failed")
        told = [
            (it.title, terms.of(it.assignment, name).sentence(counted[it.assignment])) for it in assignments
        ]
        self.show(
            "me.html",
            title=self.parts.title(course),
            standing=(await standings_of(self.parts, course, [name]))[name],
            alerts=sorted({insight.alert_for_student(alert) for alert in mine}),
            notes=notes,
            deadlines=[(title, sentence) for title, sentence in told if sentence],
            now=datetime.now(UTC),
        )


class AlertsApiHandler(PageHandler):
    """`GET api/alerts?course=…`: the open alerts of a course one teaches."""

    async def get(self) -> None:
        course = self.get_query_argument("course")
        async with self.parts.db.connect() as conn:
            self.answer(await alerts.of_course(conn, course, limit=500))

    def show_problem(self, problem: Problem, error: BaseException | None) -> None:
        """JSON, as everywhere below `api/`."""
        self.answer(problem)
