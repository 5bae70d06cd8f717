"""Exercises that wait for a teacher: read, changed, let through or refused."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs

from learnflow_ext.contracts.errors import BadRequest, LearnFlowError, NotFound
from learnflow_ext.service.handlers.course_page import CoursePage
from learnflow_ext.service.practice_parts import MOST_CHARS, MOST_CODE, PARTS
from learnflow_ext.service.practice_reviews import Late
from learnflow_ext.service.views.cells import student_link
from learnflow_ext.service.views.practice import DECIDED, card
from learnflow_ext.store import practice_reviews, texts
from learnflow_ext.store.practice_reviews import Reviewed

MISTAKES = 422
SHOWN = 20
"""Exercises on a page; those behind them follow as these are decided about."""


class PracticeHandler(CoursePage):
    """`courses/{course}/practice`: what waits, the oldest first, and what was decided lately."""

    page = "practice"

    async def get(self, course: str) -> None:
        async with self.parts.db.connect() as conn:
            waiting = await practice_reviews.waiting(conn, course, SHOWN)
            count = await practice_reviews.count_waiting(conn, course)
            decided = await practice_reviews.decided(conn, course, self.limit, self.offset)
        self.show_tables(
            course,
            "Exercises to read",
            DECIDED.of(decided),
            template="practice.html",
            context={
                "cards": [card(one) for one in waiting],
                "more_waiting": max(0, count - len(waiting)),
                "read_first": await self.parts.practices.read_first(course),
                "model_writes": await self.parts.practices.model_writes(course)
                if self.parts.practices.has_model
                else "off",
                "offered": await self.parts.practices.offered(course),
                "most_chars": MOST_CHARS,
                "most_code": MOST_CODE,
                "most_reason": texts.PATH,
            },
        )


class DecideHandler(CoursePage):
    """`POST courses/{course}/practice/{number}?do=give|reword|refuse`, with its parts and `reason`.

    Parts have the names of `practice_parts.PARTS`, and those that are missing stay. `read` is the `version`
    of the exercise that the teacher had before them.
    """

    page = "practice"

    async def post(self, course: str, number: str) -> None:
        if not number.isdecimal() or len(number) > 18:
            raise NotFound("There is no such exercise in this course.")
        form = {name: values[0] for name, values in parse_qs(self.form(), keep_blank_values=True).items()}
        read, reason = (form.get(name, "") for name in ("read", "reason"))
        said = {name: form[name].replace("\r\n", "\n") for name in PARTS if name in form}
        by = self.person.name
        reviews, wanted = self.parts.practices.reviews, self.get_query_argument("do", "")
        try:
            if wanted == "give":
                self._done(await reviews.let_through(course, int(number), by, said, read))
            elif wanted == "reword":
                found = await reviews.reword(course, int(number), said, read)
                self._again(course, found, saved=True)
            elif wanted == "refuse":
                self._done(await reviews.refuse(course, int(number), by, reason))
            else:
                raise BadRequest("An exercise is given, reworded or refused.")
        except LearnFlowError as error:
            if error.status not in (400, MISTAKES) or "HX-Request" not in self.request.headers:
                raise
            async with self.parts.db.connect() as conn:
                found = await practice_reviews.one(conn, course, int(number))
            self.set_status(MISTAKES)
            # Who was told of no change has not read any that came meanwhile.
            known = {} if isinstance(error, Late) or not read else {"read": read}
            self._again(course, found, problem=error.message, said=said, reason=reason, **known)

    def _done(self, one: Reviewed) -> None:
        self.show("practice_decided.html", one=one)

    def _again(self, course: str, one: Reviewed, **more: object) -> None:
        """The card as it is now, with what the teacher wrote still in it."""
        self.show(
            "practice_card.html",
            one=card(one),
            course=course,
            student_link=student_link,
            now=datetime.now(UTC),
            most_chars=MOST_CHARS,
            most_code=MOST_CODE,
            most_reason=texts.PATH,
            **more,
        )
