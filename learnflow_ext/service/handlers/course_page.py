"""What the teacher's pages share: each is a table or a few, over several pages, each also a CSV file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta, tzinfo
from urllib.parse import urlencode

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import NotFound
from learnflow_ext.progress.streak import zone
from learnflow_ext.service.charts import Chart
from learnflow_ext.service.handlers.board import PAGE, PageHandler, text_of
from learnflow_ext.service.parts import Parts
from learnflow_ext.service.results import Withheld
from learnflow_ext.service.standing import Standings, stand
from learnflow_ext.service.tables import NO_TITLES, Table, csv_text
from learnflow_ext.service.views.alerts import for_teacher
from learnflow_ext.service.views.cells import student_link
from learnflow_ext.service.views.patterns import pattern_text
from learnflow_ext.store import board as stored
from learnflow_ext.store import courses, evidence, time_zones

WEEK = timedelta(days=7)
MOST_ROWS = 5_000


async def calendar(parts: Parts, course: str, time_zone: str = "") -> tuple[tzinfo, list[date]]:
    """(whose days count: those of `time_zone`, or else of the settings; the holidays of `course`, by the
    settings and by its teachers).
    """
    settings = parts.progress_settings
    holidays = [date.fromisoformat(day) for day in settings.holidays.get(course, ())]
    holidays += (await parts.deadlines.written(course)).holidays
    return zone(time_zone or settings.time_zone, settings.time_zone), holidays


async def standings_of(
    parts: Parts,
    course: str,
    names: list[str],
    time_zone: str = "",
    withheld: Withheld | None = None,
    conn: AsyncConnection | None = None,
) -> dict[str, Standings]:
    """Where each of `names` stands in `course`; days are those of `time_zone`, or else of the zone that their
    browser said, or else of the settings.

    Without what is `withheld`, for a student's own eyes. Reads through `conn` where the caller has one.
    """
    where, holidays = await calendar(parts, course, time_zone)
    async with nullcontext(conn) if conn is not None else parts.db.connect() as reading:
        topics = await courses.assignments(reading, course)
        checked = await evidence.of_students(reading, course, names)
        own = await time_zones.of(reading, names)
    now = datetime.now(UTC)
    skills = parts.skills.of(course)
    return {
        name: stand(
            withheld.checked(checked[name]) if withheld is not None else checked[name],
            topics,
            now,
            where=zone(time_zone or own[name], own[name]) if name in own else where,
            holidays=holidays,
            skills=skills,
        )
        for name in names
    }


class CoursePage(PageHandler):
    """A page of one course, for its teachers; `?format=csv` gives its table as a file."""

    page = ""
    paged = ""
    """The table that goes over several pages; empty for the first."""

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
        enrolled = await self.enrolled(course)
        async with self.parts.db.connect() as conn:
            return sorted({*enrolled, *await stored.students(conn, course)})

    async def standings(self, course: str, names: list[str]) -> dict[str, Standings]:
        """Where each of `names` stands, without what is graded blind."""
        withheld = await self.parts.results.withheld(course, self.person)
        return await standings_of(self.parts, course, names, withheld=withheld)

    def show_tables(
        self,
        course: str,
        heading: str,
        *tables: Table,
        template: str = "insight.html",
        charts: Sequence[Chart] = (),
        context: Mapping[str, object] | None = None,
        titles: Mapping[str, str] = NO_TITLES,
        **more: object,
    ) -> None:
        """Finish with a page of `tables`, or with the file of the one that `?table=` names, or the first.

        `template` extends `insight.html`, and `context` is what it needs beyond that. The tables of `charts`
        can be had as files as well. `live` names the parts, by their ids, that follow what happens.
        """
        if self.as_csv:
            wanted = self.get_query_argument("table", tables[0].name)
            files = (*tables, *(chart.table for chart in charts if chart.table is not None))
            chosen = next((table for table in files if table.name == wanted), None)
            if chosen is None:
                raise NotFound("There is no such table on this page.")
            self.attach(f"{course}-{chosen.name}", csv_text(chosen))
            return
        paged = next(table for table in tables if table.name == (self.paged or tables[0].name))
        rows = len(paged.rows)
        cut = msgspec.structs.replace(paged, rows=paged.rows[:PAGE])
        query = {key: self.get_query_argument(key) for key in self.request.arguments if key != "page"}
        path = self.request.path
        number = self.number
        self.show(
            template,
            course=course,
            title=self.parts.title(course),
            heading=heading,
            page=self.page,
            charts=charts,
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
            live=more.pop("live", ""),
            patterns=more.pop("patterns", ()),
            pattern_text=pattern_text,
            why=for_teacher,
            student_link=student_link,
            titles=titles,
            **(context or {}),
        )
