"""When students see points and feedback: what is held back, and what they read instead."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from learnflow_grading.blind import Hidden
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.alerts import Alert
from learnflow_ext.contracts.grades import SubmissionView
from learnflow_ext.contracts.progress import AssignmentProgress, StudentProgress
from learnflow_ext.service.auth import Person
from learnflow_ext.service.blind import WHY, Blinds
from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.service.terms import CourseTerms
from learnflow_ext.store import results
from learnflow_ext.store.database import Database
from learnflow_ext.store.evidence import Checked

NOTHING = CourseTerms()
NOTHING_BLIND = Hidden()
Value = TypeVar("Value")


class Withheld(msgspec.Struct, frozen=True, kw_only=True):
    """What is held back in a course, at one moment, from one person."""

    terms: CourseTerms = NOTHING
    released: frozenset[str] = frozenset()
    """Assignments that a teacher gave out."""
    at: datetime
    """Aware, UTC."""
    all_shown: bool = False
    """For those who grade."""
    blind: Hidden = NOTHING_BLIND
    """What they may not see beside a name."""

    def why(self, assignment: str) -> str:
        """A sentence in place of the results; empty where they may be seen."""
        if self.blind.covers(assignment):
            return WHY
        if self.all_shown or assignment in self.released:
            return ""
        return self.terms.withholds(assignment, self.at)

    def submission(self, view: SubmissionView) -> SubmissionView:
        """`view` without what is held back. Why something could not be graded is always told."""
        why = self.why(view.assignment)
        if not why:
            return view
        said = {"graded": why, "failed": view.message}.get(view.status, "")
        return msgspec.structs.replace(
            view, score=None, max_score=None, needs_review=False, message=said, has_feedback=False
        )

    def submissions(self, views: Sequence[SubmissionView]) -> tuple[SubmissionView, ...]:
        """Each of `views` without what is held back."""
        return tuple(self.submission(view) for view in views)

    def progress(self, progress: StudentProgress) -> StudentProgress:
        """`progress` without the points that are held back."""
        shown = tuple(
            self._progress(one) if self.why(one.assignment) else one for one in progress.assignments
        )
        return msgspec.structs.replace(progress, assignments=shown)

    def _progress(self, one: AssignmentProgress) -> AssignmentProgress:
        # How often somebody handed in would lead to the number that has so many rows.
        often = min(one.submissions, 1) if self.blind.covers(one.assignment) else one.submissions
        return msgspec.structs.replace(one, best_score=None, max_score=None, level=None, submissions=often)

    def alerts(self, alerts: Sequence[Alert]) -> list[Alert]:
        """`alerts` without those that say how a quiz went."""
        return [
            one for one in alerts if one.finding.trigger != "low_quiz" or not self.why(one.finding.assignment)
        ]

    def checked(self, checked: Checked) -> Checked:
        """`checked` without the evidence that is held back: levels and next steps would tell."""
        return msgspec.structs.replace(
            checked,
            best=self._shown(checked.best),
            answers=self._shown(checked.answers),
            reviews=self._shown(checked.reviews),
            solved=frozenset((topic, name) for topic, name in checked.solved if not self.why(topic)),
        )

    def _shown(self, by_assignment: dict[str, Value]) -> dict[str, Value]:
        return {name: value for name, value in by_assignment.items() if not self.why(name)}

    def among(self, assignments: Collection[str]) -> dict[str, str]:
        """Those of `assignments` that are held back, each with the sentence."""
        return {name: why for name in assignments if (why := self.why(name))}


class Results:
    """Looks up what is held back: in the course's file and in what its teachers gave out."""

    def __init__(self, db: Database, deadlines: Deadlines, blinds: Blinds) -> None:
        self._db = db
        self._deadlines = deadlines
        self._blinds = blinds

    async def withheld(
        self, course: str, person: Person | None = None, conn: AsyncConnection | None = None
    ) -> Withheld:
        """What is held back from `person`; from its students where nobody is named.

        From those who grade, what is graded blind: for use where results stand beside a name. Reads through
        `conn` where the caller has one, and only for students: ask for others before you take one.
        """
        if person is not None and person.grades(course):
            blind = await self._blinds.hidden(course, person)
            return Withheld(at=datetime.now(UTC), all_shown=True, blind=blind)
        async with nullcontext(conn) if conn is not None else self._db.connect() as reading:
            terms = await self._deadlines.of_course(course, reading)
            released = await results.released(reading, course)
        return Withheld(terms=terms, released=released, at=datetime.now(UTC))
