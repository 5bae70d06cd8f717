"""Progress from the event stream alone: played from the first event, it comes to what is kept.

Events may come late, doubled and out of order: each says which step of its student's it is, and the later
word about a step wins. What a student's server reports is in the stream too, and changes nothing here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from learnflow_ext.contracts.events import (
    AssignmentSubmitted,
    Envelope,
    PracticeChecked,
    QuizAnswered,
    SubmissionGraded,
)
from learnflow_ext.contracts.grades import CodeReview
from learnflow_ext.progress.standing import best
from learnflow_ext.store.evidence import Checked
from learnflow_ext.store.quizzes import Share

TYPES = tuple(cls.TYPE for cls in (AssignmentSubmitted, SubmissionGraded, QuizAnswered, PracticeChecked))
"""Of the events that are evidence; all others may be given as well."""
Key = TypeVar("Key")
Value = TypeVar("Value")


class Ledger:
    """The evidence about everybody in one course."""

    def __init__(self, course: str) -> None:
        self._course = course
        self._students: dict[str, _Student] = defaultdict(_Student)

    def take(self, envelopes: Iterable[Envelope]) -> None:
        """Note what they say; those of other courses and without evidence are passed over."""
        for envelope in envelopes:
            if envelope.event.course == self._course and envelope.event.TYPE in TYPES:
                self._students[envelope.event.student].take(envelope)

    def students(self) -> list[str]:
        """Whom there is evidence about, sorted."""
        return sorted(self._students)

    def checked(self, student: str) -> Checked:
        """The evidence about `student`, as `store.evidence` has it; nothing for somebody unknown."""
        return self._students.get(student, _Student()).checked(student)


class _Student:
    """By what makes a step, the last word about it."""

    def __init__(self) -> None:
        self._handed_in: dict[str, tuple[int, datetime]] = {}
        self._graded: dict[str, tuple[int, SubmissionGraded]] = {}
        self._first_answers: dict[tuple[str, str], tuple[int, bool]] = {}
        self._practised: dict[str, tuple[float, str]] = {}

    def take(self, envelope: Envelope) -> None:
        match envelope.event:
            case AssignmentSubmitted() as event:
                _keep(
                    self._handed_in,
                    event.submission_id,
                    (envelope.sequence, datetime.fromisoformat(envelope.time)),
                )
            # What failed or was cancelled leaves the points that there were.
            case SubmissionGraded(status="graded") as event:
                _keep(self._graded, event.submission_id, (envelope.sequence, event))
            case QuizAnswered(attempt=1) as event:
                _keep(
                    self._first_answers, (event.assignment, event.question), (envelope.sequence, event.right)
                )
            case PracticeChecked() as event if event.assignment:
                score, _ = self._practised.get(event.name, (0.0, ""))
                self._practised[event.name] = (max(score, event.score), event.assignment)

    def checked(self, student: str) -> Checked:
        graded = sorted(
            (event for _, event in self._graded.values()),
            key=lambda event: (event.attempt, event.submission_id),
        )
        by_assignment: dict[str, list[SubmissionGraded]] = defaultdict(list)
        for event in graded:
            by_assignment[event.assignment].append(event)
        shares: dict[str, float] = {}
        reviews: dict[str, CodeReview] = {}
        for name, events in by_assignment.items():
            standing = best((event.score, event.max_score) for event in events)
            if standing is not None:
                shares[name] = standing.best_score / standing.max_score
            # As `store.handed_in`: of equal ones the latest.
            counts = max(
                enumerate(events),
                key=lambda one: (one[1].score / one[1].max_score if one[1].max_score else -1.0, one[0]),
            )[1]
            if counts.code_lines > 0:
                reviews[name] = CodeReview(
                    lines=counts.code_lines, mistakes=counts.code_mistakes, remarks=counts.code_remarks
                )
        answers = {
            name: [right for event in events for right in event.right]
            for name, events in by_assignment.items()
        }
        right: dict[str, list[bool]] = defaultdict(list)
        for (assignment, _), (_, was_right) in self._first_answers.items():
            right[assignment].append(was_right)
        practice: dict[str, float] = defaultdict(float)
        for _, (score, assignment) in sorted(self._practised.items()):
            practice[assignment] += score
        return Checked(
            student=student,
            best=shares,
            answers=answers,
            solved=frozenset(
                (event.assignment, exercise)
                for event in graded
                for exercise, was_right in zip(event.exercises, event.right, strict=False)
                if was_right
            ),
            submitted=tuple(sorted(at for _, at in self._handed_in.values())),
            quizzes={name: Share(sum(given), len(given)) for name, given in right.items()},
            practice=dict(practice),
            reviews=reviews,
        )


def _keep(kept: dict[Key, tuple[int, Value]], key: Key, new: tuple[int, Value]) -> None:
    """The word with the higher number stays; the same one again changes nothing."""
    if key not in kept or new[0] > kept[key][0]:
        kept[key] = new
