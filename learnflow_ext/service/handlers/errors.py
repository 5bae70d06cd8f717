"""What the class keeps getting wrong, examples of it, and a note to everybody."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs

from learnflow_ext.contracts.grades import part_title
from learnflow_ext.service.handlers.course_page import MOST_ROWS, WEEK, CoursePage
from learnflow_ext.service.views import errors as view
from learnflow_ext.service.views.cells import file_name
from learnflow_ext.service.views.patterns import ASKED_ABOUT
from learnflow_ext.store import courses, errors, insight, patterns

MOST_NAMED = 200
"""Patterns to choose from when one gets a name."""


class ErrorPage(CoursePage):
    """A page about errors of a course."""

    page = "errors"

    async def cells(self, course: str) -> view.Cells:
        """Whose cells are whose in `course`."""
        async with self.parts.db.connect() as conn:
            assignments = await courses.assignments(conn, course)
        return view.cells_of(assignments, self.parts.courses[course].exercises)

    async def place(self, course: str) -> tuple[errors.Place, str]:
        """Where the error is that the address names, and in words."""
        given = {
            name: self.get_query_argument(name, "")
            for name in ("assignment", "exercise", "notebook", "error")
        }
        exercise, notebook = given["exercise"], given["notebook"]
        cells = view.cells_in(await self.cells(course), given["assignment"], exercise)
        place = errors.Place(
            assignment=given["assignment"],
            error=given["error"],
            cells=cells,
            notebook=None if exercise else notebook,
        )
        where = part_title(exercise) if exercise else file_name(notebook) or "a notebook"
        return place, f"{given['error'] or 'Errors'} in {where}"


class ErrorsHandler(ErrorPage):
    """`courses/{course}/errors`: errors by exercise; POST posts a note to the class."""

    async def get(self, course: str) -> None:
        async with self.parts.db.connect() as conn:
            found = await errors.by_cell(conn, course, datetime.now(UTC) - WEEK)
            notes = await insight.notes(conn, course)
            asked = await patterns.of_course(conn, course, datetime.now(UTC) - WEEK)
            titles = await courses.titles(conn, course)
        met = view.by_exercise(found, await self.cells(course), titles)
        tables = (
            view.PATTERNS.of(met[self.offset : self.offset + self.limit]),
            ASKED_ABOUT.of(asked[:MOST_ROWS]),
        )
        picture = view.picture(met)
        self.show_tables(
            course,
            "Errors of the week",
            *tables,
            charts=(picture,) if picture else (),
            notes=notes,
            patterns=asked[:MOST_NAMED],
        )

    async def post(self, course: str) -> None:
        given = parse_qs(self.form()).get("text", [""])[0]
        name = self.person.name
        await self.parts.db.retrying(lambda conn: insight.post_note(conn, course, given, name))
        async with self.parts.db.connect() as conn:
            notes = await insight.notes(conn, course)
        self.show("notes.html", notes=notes, now=datetime.now(UTC))


class PatternHandler(CoursePage):
    """`POST courses/{course}/errors/patterns`: what a pattern of errors is called."""

    async def post(self, course: str) -> None:
        form = parse_qs(self.form(), keep_blank_values=True)
        key, called = form.get("pattern", [""])[0], form.get("name", [""])[0]
        await self.parts.db.retrying(lambda conn: patterns.name(conn, course, key, called))
        self.log.info("pattern named", pattern=key, course=course)
        self.show("named.html", called=" ".join(called.split()))


class ErrorStudentsHandler(ErrorPage):
    """`courses/{course}/errors/students?assignment=…&exercise=…&error=…`: who met one error."""

    async def get(self, course: str) -> None:
        place, heading = await self.place(course)
        async with self.parts.db.connect() as conn:
            found = await errors.students_with(conn, course, datetime.now(UTC) - WEEK, place)
        self.show_tables(course, heading, view.STUDENTS.of(found[self.offset :]))


class ErrorExamplesHandler(ErrorPage):
    """`courses/{course}/errors/examples?…`: what it looked like, without names, to show to a class."""

    async def get(self, course: str) -> None:
        place, heading = await self.place(course)
        since = datetime.now(UTC) - WEEK
        async with self.parts.db.connect() as conn:
            found = await errors.messages(conn, course, since, place)
            asked = await errors.questions(conn, course, since, place)
        anonymous = view.anonymiser(await self.students(course))
        self.show_tables(
            course,
            heading,
            view.what_python_said(view.messages(found, anonymous), self.request.query),
            view.QUESTIONS.of(dict.fromkeys(map(anonymous, asked))),
            facts=(
                ("Names of students", "left out", ""),
                ("Who met it", "open", f"errors/students?{self.request.query}"),
            ),
        )
