"""Points that a teacher gives in the formgrader: signed with who the hub says they are, and given to the
attempt that they looked at."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbgrader.api import MissingEntry
from nbgrader.server_extensions.formgrader import apihandlers
from nbgrader.server_extensions.formgrader.base import BaseApiHandler
from sqlalchemy.exc import SQLAlchemyError
from tornado import web

from .marks import Mark, Marks, attempt_of, points_in

ANOTHER = (
    "The student has handed in again since you opened this page, and the points would go to what you have "
    "not seen. Load the page again."
)
NOT_SAVED = "This cannot be saved at the moment. Try again."
NOT_KEPT = "Points cannot be given at the moment: who gives them could not be kept. Try again."
TELL_PAGE = """
$(document).ajaxError(function (event, reply, settings) {
    if (settings.type === "PUT" && /[/]api[/](grade|comment)[/]/.test(settings.url)) {
        window.alert((reply.responseJSON || {}).message || "This was not saved. Load the page again.");
    }
});
"""
"""nbgrader's page says nothing when points were not taken."""
_MOST_OPEN = 50_000


class Opened:
    """Which attempt each teacher's open pages show; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._shown: OrderedDict[tuple[str, str], str] = OrderedDict()

    def note(self, who: str, thing: str, attempt: str) -> None:
        """`who` was shown `thing`, a grade or comment by its id, of this attempt."""
        self._shown[who, thing] = attempt
        self._shown.move_to_end((who, thing))
        while len(self._shown) > _MOST_OPEN:
            self._shown.popitem(last=False)

    def is_another(self, who: str, thing: str, attempt: str) -> bool:
        """Whether they were shown another attempt than this; False for who was shown none."""
        return self._shown.get((who, thing), attempt) != attempt


class Marking(BaseApiHandler):
    """Knows who marks, and what."""

    @property
    def who(self) -> str:
        """The name by which the hub knows them; it comes with their sign-in, never with the request."""
        return str(self.current_user.username)

    @property
    def opened(self) -> Opened:
        """What is open in whose browser."""
        found: Opened = self.settings["learnflow_opened"]
        return found

    def fresh(self) -> None:
        """See what the graders have written meanwhile: nbgrader keeps one session for the whole process."""
        self.gradebook.db.rollback()
        self.gradebook.db.expire_all()

    def require_shown(self, thing: str, entry: Any) -> None:
        """409 when another attempt has taken the place of the one that the teacher looks at."""
        if self.opened.is_another(self.who, thing, attempt_of(entry.timestamp)):
            self.refuse(409, ANOTHER)

    def refuse(self, status: int, sentence: str) -> None:
        """End with a sentence that the page shows."""
        self.set_status(status)
        self.finish({"message": sentence})
        raise web.Finish

    def note_all(self) -> None:
        """What the page that asks for it shows."""
        try:
            notebook = self.gradebook.find_submission_notebook_by_id(self.get_argument("submission_id"))
        except MissingEntry:
            return
        attempt = attempt_of(notebook.assignment.timestamp)
        for thing in (*notebook.grades, *notebook.comments):
            self.opened.note(self.who, thing.id, attempt)


class MarkGrades(Marking, apihandlers.GradeCollectionHandler):
    """Points of a submitted notebook, as a page asks for them when it opens."""

    @web.authenticated
    def get(self) -> Any:
        self.fresh()
        self.note_all()
        return super().get()


class MarkGrade(Marking, apihandlers.GradeHandler):
    """Points of a part: read, or given by a teacher."""

    def get_json_body(self) -> dict[str, Any]:
        """What is given, as numbers. 400 for what are no points."""
        body = super().get_json_body()
        given: Mapping[str, Any] = body if isinstance(body, dict) else {}
        try:
            return {name: points_in(given.get(name)) for name in ("manual_score", "extra_credit")}
        except ValueError as error:
            self.refuse(400, str(error))
            raise

    @web.authenticated
    def put(self, grade_id: str) -> Any:
        self.fresh()
        was: tuple[Any, ...] = ()
        try:
            with Marks(Path(self.coursedir.root)).giving() as given:
                try:
                    grade = self.gradebook.find_grade_by_id(grade_id)
                except MissingEntry:
                    raise web.HTTPError(404) from None
                self.require_shown(grade_id, grade.assignment)
                before = grade.manual_score, grade.extra_credit
                was = (*before, grade.needs_manual_grade)
                super().put(grade_id)
                after = grade.manual_score, grade.extra_credit
                if before != after:
                    given.append(self._mark(grade, before, after))
        except (sqlite3.Error, SQLAlchemyError):
            self.gradebook.db.rollback()
            self.log.exception("Points that %s gave could not be kept", self.who)
            if was:
                self._undo(grade_id, was)
            if not self._finished:
                self.clear()
                self.refuse(503, NOT_KEPT)

    def _undo(self, grade_id: str, was: tuple[Any, ...]) -> None:
        """Points that are not on record do not count."""
        try:
            grade = self.gradebook.find_grade_by_id(grade_id)
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = was
            self.gradebook.db.commit()
        except SQLAlchemyError:
            self.gradebook.db.rollback()
            self.log.exception("Points that are not on record stay in the gradebook")

    def _mark(
        self, grade: Any, before: tuple[float | None, float | None], after: tuple[float | None, float | None]
    ) -> Mark:
        entry = grade.assignment
        return Mark(
            by=self.who,
            assignment=entry.name,
            student=entry.student.id,
            attempt=attempt_of(entry.timestamp),
            notebook=grade.notebook.name,
            cell=grade.name,
            max_score=float(grade.max_score or 0),
            before=before[0],
            after=after[0],
            extra_before=before[1],
            extra_after=after[1],
        )


class MarkComment(Marking, apihandlers.CommentHandler):
    """A comment, read or written."""

    @web.authenticated
    def put(self, grade_id: str) -> Any:
        self.fresh()
        try:
            # No other attempt takes this one's place meanwhile.
            with Marks(Path(self.coursedir.root)).giving():
                try:
                    comment = self.gradebook.find_comment_by_id(grade_id)
                except MissingEntry:
                    raise web.HTTPError(404) from None
                self.require_shown(grade_id, comment.assignment)
                super().put(grade_id)
        except (sqlite3.Error, SQLAlchemyError):
            self.gradebook.db.rollback()
            self.log.exception("A comment of %s could not be kept", self.who)
            self.clear()
            self.refuse(503, NOT_SAVED)
