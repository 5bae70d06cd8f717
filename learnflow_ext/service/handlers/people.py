"""Who is in a course: the list, and changes to it with a look at what they come to first."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode

from jupyterhub.utils import url_path_join

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.service.enrolment import Preview, Wish
from learnflow_ext.service.handlers.course_page import CoursePage
from learnflow_ext.service.views import people as view

MISTAKES = 422


class PeoplePage(CoursePage):
    """Reads the wish of one of the page's forms, and answers with what it comes to."""

    page = "people"

    def wish(self) -> tuple[Wish, str]:
        """What the form asks for, and the proof of what was shown; that is empty before the first look."""
        form = parse_qs(self.form(), keep_blank_values=True)
        given = {name: values[0] for name, values in form.items()}
        wish = Wish(
            user=given.get("user", "").strip(),
            role=given.get("role", ""),
            # Browsers send line ends as CR LF.
            roster=given.get("roster", "").replace("\r\n", "\n").strip(),
            only=given.get("only") == "on",
        )
        return wish, given.get("seen", "")

    async def preview(self, course: str, wish: Wish) -> Preview | None:
        """What `wish` comes to; None once the answer says why it cannot be."""
        try:
            preview = await self.parts.enrolment.preview(course, wish, by=self.person.name)
        except LearnFlowError as error:
            if "HX-Request" not in self.request.headers or error.status != 400:
                raise
            self.set_status(MISTAKES)
            self.show("people_preview.html", course=course, preview=None, problem=error.message)
            return None
        if preview.mistakes:
            self.set_status(MISTAKES)
            self.show_preview(course, preview)
            return None
        return preview

    def show_preview(self, course: str, preview: Preview, *, problem: str = "") -> None:
        """Finish with what would change, and a button that does it."""
        self.show("people_preview.html", course=course, preview=preview, problem=problem)


class PeopleHandler(PeoplePage):
    """`courses/{course}/people`: who is in the course; POST does what was shown before."""

    async def get(self, course: str) -> None:
        enrolment = self.parts.enrolment
        terms = await self.parts.deadlines.of_course(course)
        members = view.members(await enrolment.members(course), terms.room())
        user = self.get_query_argument("user", "")
        chosen = next((member for member in members if member.name == user), None)
        done = self.get_query_argument("done", "")
        rows = members[self.offset : self.offset + self.limit]
        sheet = view.ROSTER if self.as_csv else view.PEOPLE if enrolment.off else view.CHANGEABLE
        self.show_tables(
            course,
            "People",
            sheet.of(rows),
            template="people.html",
            context={
                "off": enrolment.off,
                "chosen": chosen,
                "done": int(done) if done.isascii() and done.isdecimal() and len(done) < 6 else None,
            },
        )

    async def post(self, course: str) -> None:
        wish, seen = self.wish()
        preview = await self.preview(course, wish)
        if preview is None:
            return
        if seen != preview.seen:
            self.show_preview(
                course,
                preview,
                problem="The course has changed since you looked, so nothing was done. Look again:",
            )
            return
        await self.parts.enrolment.apply(course, preview, by=self.person.name)
        self.log.info("people changed", course=course, changes=len(preview.changes))
        query = urlencode({"done": len(preview.changes)})
        self.set_header("HX-Redirect", f"{url_path_join(self.request.path)}?{query}")
        self.set_status(204)
        self.finish()


class PreviewHandler(PeoplePage):
    """`POST courses/{course}/people/preview`: what a change would come to."""

    async def post(self, course: str) -> None:
        wish, _ = self.wish()
        preview = await self.preview(course, wish)
        if preview is not None:
            self.show_preview(course, preview)
