"""The page of grading: what waits and what came of it; and the grades of a course as a file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec
from learnflow_grading.blind import title

from learnflow_ext.contracts.errors import BadRequest, NotFound, Problem
from learnflow_ext.service import words
from learnflow_ext.service.blind import midnight
from learnflow_ext.service.handlers.board import PAGE
from learnflow_ext.service.handlers.course_page import MOST_ROWS, CoursePage
from learnflow_ext.service.tables import csv_text
from learnflow_ext.service.terms import CourseTerms
from learnflow_ext.service.views import grading as view
from learnflow_ext.service.views.cells import handed_in_link, has_page
from learnflow_ext.service.views.grading import (
    CHOSEN,
    EXPORT,
    POINTS,
    PROVISIONAL,
    SUBMISSIONS,
    ExportRow,
)
from learnflow_ext.service.views.points import OF_COURSE
from learnflow_ext.service.views.regradings import REGRADINGS
from learnflow_ext.store import (
    courses,
    gradesheet,
    insight,
    points,
    regrade_requests,
    regradings,
    results,
    submissions,
)
from learnflow_ext.store.clock import iso
from learnflow_ext.store.courses import AssignmentInfo
from learnflow_ext.store.gradesheet import Counted

STATES = {"waiting": ("queued", "grading"), "failed": ("failed",)}
"""Statuses of submissions, as they may be asked for."""


class GradingHandler(CoursePage):
    """`courses/{course}/grading`: the queue, who wants a regrade, and how far events are behind."""

    page = "grading"

    async def get(self, course: str) -> None:
        async with self.parts.db.connect() as conn:
            rows = await insight.grading(conn, course, MOST_ROWS if self.as_csv else 200)
            lag = await insight.lag(conn)
            again = await regradings.of_course(conn, course)
            assignments = await courses.assignments(conn, course)
            requests = await regrade_requests.of_course(conn, course, only_open=True)
            provisional = await gradesheet.provisional(conn, course, MOST_ROWS if self.as_csv else PAGE)
            waiting = await submissions.waiting(conn, course, PAGE)
            latest = next((row.assignment for row in rows if row.score is not None), "")
            chosen = self.get_query_argument("assignment", "") or latest
            if chosen != latest and chosen not in {info.assignment for info in assignments}:
                raise NotFound("There is no such assignment in this course.")
            found = await gradesheet.counted(conn, course, chosen)
            given = await points.changes(conn, course, limit=MOST_ROWS if self.as_csv else PAGE)
            unsettled = await self.parts.pass_back.unsettled(conn, course)
            given_up = await self.parts.pass_back.given_up(conn, course)
        rules = await self.parts.results.withheld(course)
        withheld = rules.among([info.assignment for info in assignments])
        titles = {info.assignment: info.title for info in assignments}
        picture = view.spread(list(found.values()), chosen, assignments)
        hidden = await self.parts.blinds.hidden(course, self.person)
        rows = await self.parts.blinds.veil(course, hidden, rows)
        requests = await self.parts.blinds.veil(course, hidden, requests)
        provisional = await self.parts.blinds.veil(course, hidden, provisional)
        waiting = await self.parts.blinds.veil(course, hidden, waiting)
        given = await self.parts.blinds.veil(course, hidden, given)
        facts = (
            (
                "Waiting or being graded",
                str(sum(row.status in STATES["waiting"] for row in rows)),
                handed_in_link(state="waiting"),
            ),
            (
                "Not graded",
                str(sum(row.status in STATES["failed"] for row in rows)),
                handed_in_link(state="failed"),
            ),
            ("To check", str(sum(row.needs_review for row in rows)), handed_in_link(state="check")),
            ("Asked for a regrade", str(len(requests)), "grading#requests" if requests else ""),
            ("Events still on their way", f"{lag.waiting:,}", ""),
            *((("The oldest of them waits for", f"{lag.oldest_s:.0f} s", ""),) if lag.waiting else ()),
        )
        self.show_tables(
            course,
            "Grading",
            SUBMISSIONS.of(rows[self.offset :], titles),
            PROVISIONAL.of(provisional, titles),
            REGRADINGS.of(again, titles),
            *((OF_COURSE.of(given, titles),) if self.person.teaches(course) else ()),
            template="grading.html",
            titles=titles,
            charts=(picture,) if picture else (),
            facts=facts,
            live=f"facts waiting {SUBMISSIONS.name}",
            context={
                "withheld": withheld,
                "unsettled": {name: grades for name, grades in unsettled.items() if name not in withheld},
                "given_up": given_up,
                "nameless": [one.assignment for one in given_up if hidden.covers(one.assignment)],
                "assignments": assignments,
                "requests": requests,
                "waiting": waiting,
                "has_page": has_page,
                "blind": [info.assignment for info in assignments if hidden.covers(info.assignment)],
            },
        )


class SubmissionsHandler(CoursePage):
    """`courses/{course}/grading/submissions?student=…&assignment=…&state=…`: those behind a number."""

    page = "grading"

    async def get(self, course: str) -> None:
        student, assignment, state = (
            self.get_query_argument(name, "") for name in ("student", "assignment", "state")
        )
        if state not in ("", "check", *STATES):
            raise BadRequest("Submissions are asked for by state: waiting, failed or check.")
        hidden = await self.parts.blinds.hidden(course, self.person)
        # Pages of what is blind are cut when it is in the order of its numbers: by time they would tell.
        whole = hidden.anything()
        async with self.parts.db.connect() as conn:
            rows = await insight.submissions(
                conn,
                course,
                student=student,
                assignment=assignment,
                statuses=STATES.get(state, ()),
                to_check=state == "check",
                limit=MOST_ROWS if whole else self.limit,
                offset=0 if whole else self.offset,
            )
            titles = await courses.titles(conn, course)
        if student:
            # Their number would stand beside their name: in the address.
            rows = [row for row in rows if not hidden.covers(row.assignment)]
        rows = await self.parts.blinds.veil(course, hidden, rows)
        rows = rows[self.offset :] if whole else rows
        said = {"waiting": "Waiting or being graded", "failed": "Not graded", "check": "To check"}
        parts = (said.get(state, ""), words.shown_name(student), titles.get(assignment, assignment))
        heading = ", ".join(part for part in parts if part) or "Submissions"
        self.show_tables(course, heading, CHOSEN.of(rows, titles))


class PointsHandler(CoursePage):
    """`courses/{course}/grading/points?assignment=…&tenth=…`: who has so many points."""

    page = "grading"

    async def get(self, course: str) -> None:
        chosen, tenth = self.get_query_argument("assignment", ""), self.get_query_argument("tenth", "")
        async with self.parts.db.connect() as conn:
            found = await gradesheet.counted(conn, course, chosen)
            assignments = await courses.assignments(conn, course)
        called = next((info.title for info in assignments if info.assignment == chosen), None)
        if called is None:
            raise NotFound("There is no such assignment in this course.")
        if not (tenth.isascii() and tenth.isdecimal()) or (place := int(tenth[:3])) > view.TENTHS:
            raise BadRequest("Points are asked for by tenths: a number from 0 to 10.")
        rows = sorted(
            (one for one in found.values() if view.tenth(one) == place),
            key=lambda one: (one.score, one.student),
        )
        hidden = await self.parts.blinds.hidden(course, self.person)
        rows = await self.parts.blinds.veil(course, hidden, rows)
        heading = f"{view.tenth_name(place)} % of the points in {called}"
        self.show_tables(course, heading, POINTS.of(rows[self.offset :]))


class CancelPartHandler(CoursePage):
    """`POST courses/{course}/grading/cancel?submission=…`: out of the queue."""

    async def post(self, course: str) -> None:
        submission = self.get_query_argument("submission")
        found = await self.parts.db.retrying(lambda conn: submissions.cancel(conn, course, submission))
        self.log.info("grading cancelled", submission=submission, course=course)
        hidden = await self.parts.blinds.hidden(course, self.person)
        (one,) = await self.parts.blinds.veil(course, hidden, [found])
        self.show("cancelled.html", one=one)


class GiveOutPartHandler(CoursePage):
    """`POST courses/{course}/grading/give-out?assignment=…`: points and feedback to everybody."""

    async def post(self, course: str) -> None:
        given, name = self.get_query_argument("assignment"), self.person.name
        await self.parts.db.retrying(lambda conn: results.release(conn, course, given, name))
        await self.parts.blinds.write(course)
        self.log.info("results given out", course=course, assignment=given)
        self.show("given_out.html", assignment=given, told=self.parts.pass_back.on)


class TellAgainPartHandler(CoursePage):
    """`POST courses/{course}/grading/tell-again?assignment=…`: what a platform refused is told once more."""

    async def post(self, course: str) -> None:
        given = self.get_query_argument("assignment")
        passes = self.parts.pass_back
        grades = await self.parts.db.retrying(lambda conn: passes.again(conn, course, given))
        self.log.info("grades are passed back again", course=course, assignment=given, grades=grades)
        self.show("told_again.html", assignment=given, grades=grades)


class NamesPartHandler(CoursePage):
    """`POST courses/{course}/grading/names?assignment=…`: teachers see names from now on."""

    async def post(self, course: str) -> None:
        given, name = self.get_query_argument("assignment"), self.person.name
        await self.parts.db.retrying(lambda conn: results.show_names(conn, course, given, name))
        await self.parts.blinds.write(course)
        self.log.info("blind grading ended", course=course, assignment=given)
        self.set_header("HX-Refresh", "true")
        self.set_status(204)
        self.finish()


class GradesHandler(CoursePage):
    """`GET api/courses/{course}/grades.csv`: everybody in each assignment, with the grade that counts."""

    async def get(self, course: str) -> None:
        students = await self.students(course)
        async with self.parts.db.connect() as conn:
            counted = await gradesheet.counted(conn, course)
            assignments = await courses.assignments(conn, course)
        terms = await self.parts.deadlines.of_course(course)
        hidden = await self.parts.blinds.hidden(course, self.person)
        numbers = {
            info.assignment: await self.parts.blinds.numbers(course, info.assignment, students)
            for info in assignments
            if hidden.covers(info.assignment)
        }

        def made() -> str:
            rows = []
            for info in assignments:
                if info.assignment in numbers:
                    rows += _nameless(info, numbers[info.assignment], counted, terms)
                    continue
                for name in students:
                    due = terms.of(info.assignment, name).due
                    rows.append(
                        ExportRow(
                            student=name,
                            assignment=info.assignment,
                            due=iso(due) if due is not None else "",
                            max_score=info.max_score,
                            counted=counted.get((name, info.assignment)),
                        )
                    )
            return csv_text(EXPORT.of(rows))

        # A class of thousands is a file that takes a moment.
        text = await asyncio.to_thread(made)
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="{course}-grades.csv"')
        self.finish(text)

    def show_problem(self, problem: Problem, error: BaseException | None) -> None:
        """JSON, as everywhere below `api/`."""
        self.answer(problem)


def _nameless(
    info: AssignmentInfo,
    numbers: Mapping[str, int],
    counted: Mapping[tuple[str, str], Counted],
    terms: CourseTerms,
) -> list[ExportRow]:
    """Rows of an assignment that is graded blind, by number. Everybody's deadline: one's own would tell."""
    due = terms.of(info.assignment, "").due
    rows = []
    for name, number in sorted(numbers.items(), key=lambda pair: pair[1]):
        one = counted.get((name, info.assignment))
        if one is not None:
            one = msgspec.structs.replace(one, submitted_at=midnight(one.submitted_at))
        rows.append(
            ExportRow(
                student=title(number),
                assignment=info.assignment,
                due=iso(due),
                max_score=info.max_score,
                counted=one,
            )
        )
    return rows
