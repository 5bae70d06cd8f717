"""Steps of students as xAPI 1.0.3 statements, for a learning record store. Pure.

A statement says who did what to which thing: the student by pseudonym, a verb of a public vocabulary, an
activity below the classroom's own address. What was written stays here: questions, answers, code, messages,
notebooks; so do names that a student gave an exception. Not every event is a statement: what the tutor
decided, what a teacher did and what was inferred about a student (alerts) are nobody's learning experience,
and are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec

from learnflow_ext.contracts.events import (
    EVENT_TYPES,
    OF_SOME_KIND,
    PYTHONS,
    AssignmentSubmitted,
    CodeSubmitted,
    Event,
    HelpAnswered,
    HelpAsked,
    HelpVoted,
    PracticeChecked,
    ProgressChanged,
    QuizAnswered,
    RegradeAsked,
    RunFinished,
    SubmissionGraded,
    TeacherAsked,
)

Statement = dict[str, Any]
VERSION = "1.0.3"
"""Of xAPI: what a client says in the header `X-Experience-API-Version` when it sends statements."""
LANGUAGE = "en-US"
UNNAMED = "unnamed"
_ADL, _STREAM, _TIN_CAN = (
    "http://adlnet.gov/expapi/",
    "http://activitystrea.ms/schema/1.0/",
    "http://id.tincanapi.com/",
)
COURSE = f"{_ADL}activities/course"
ASSIGNMENT = f"{_ADL}activities/assessment"
QUESTION = f"{_ADL}activities/question"
_REQUEST = f"{_TIN_CAN}activitytype/resource"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one event says, before names and addresses are put to it."""

    verb: str
    """IRI; its last part is also what a person reads."""
    path: tuple[str, ...]
    """Of the activity, below the course's."""
    kind: str
    """IRI of the activity's type."""
    result: dict[str, Any] = {}
    """As xAPI has it; empty for none."""
    extensions: dict[str, Any] = {}
    """Further facts, each below the classroom's address; None is left out."""


def score(raw: float, most: float) -> dict[str, float]:
    """xAPI's score; its bounds only where `raw` keeps to them, for extra points may go beyond."""
    found: dict[str, float] = {"raw": raw}
    if 0 <= raw <= most and most > 0:
        found |= {"min": 0, "max": most, "scaled": raw / most}
    return found


def duration(ms: int) -> str:
    """`ms` milliseconds as an ISO 8601 duration, to hundredths of a second as xAPI asks."""
    return f"PT{max(0, ms) / 1000:.2f}S"


def _asked(event: HelpAsked | TeacherAsked) -> Step:
    whom = event.agent if isinstance(event, HelpAsked) else "teacher"
    return Step(
        verb=f"{_ADL}verbs/asked",
        path=("questions", event.request_id),
        kind=QUESTION,
        extensions={"asked": whom, "assignment": event.assignment},
    )


def _answered_by_tutor(event: HelpAnswered) -> Step:
    return Step(
        verb=f"{_STREAM}receive",
        path=("questions", event.request_id),
        kind=QUESTION,
        extensions={"agent": event.agent, "rung": event.rung, "withheld": event.withheld},
    )


def _voted(event: HelpVoted) -> Step:
    return Step(
        verb=f"{_TIN_CAN}verb/rated",
        path=("questions", event.request_id),
        kind=QUESTION,
        result={"success": event.helpful},
    )


def _reviewed(event: CodeSubmitted) -> Step:
    return Step(
        verb=f"{_STREAM}submit",
        path=("reviews", event.request_id),
        kind=_REQUEST,
        extensions={"assignment": event.assignment, "lines": event.lines},
    )


def _submitted(event: AssignmentSubmitted) -> Step:
    return Step(
        verb=f"{_STREAM}submit",
        path=("assignments", event.assignment),
        kind=ASSIGNMENT,
        extensions={"submission": event.submission_id},
    )


def _ran(event: RunFinished) -> Step:
    # Any other may be a class that the student named.
    exception = event.exception if event.exception in PYTHONS or not event.exception else OF_SOME_KIND
    return Step(
        verb=f"{_ADL}verbs/attempted",
        path=("assignments", event.assignment) if event.assignment else (),
        kind=ASSIGNMENT if event.assignment else COURSE,
        result={"success": event.ok, "duration": duration(event.duration_ms)},
        extensions={"exception": exception, "claimed": True},
    )


def _graded(event: SubmissionGraded) -> Step | None:
    if event.status != "graded":
        return None
    return Step(
        verb=f"{_ADL}verbs/scored",
        path=("assignments", event.assignment),
        kind=ASSIGNMENT,
        result={"score": score(event.score, event.max_score), "completion": True},
        extensions={
            "submission": event.submission_id,
            "provisional": event.needs_review,
            "penalty": event.penalty or None,
            "again": True if event.before is not None else None,
        },
    )


def _quiz(event: QuizAnswered) -> Step:
    return Step(
        verb=f"{_ADL}verbs/answered",
        path=("assignments", event.assignment, "questions", event.question),
        kind=QUESTION,
        # xAPI's own way to write several choices.
        result={"success": event.right, "response": "[,]".join(event.choices)},
        extensions={"attempt": event.attempt},
    )


def _progressed(event: ProgressChanged) -> Step:
    mastered = event.level == "Mastered"
    return Step(
        verb=f"{_ADL}verbs/{'mastered' if mastered else 'progressed'}",
        path=("assignments", event.assignment),
        kind=ASSIGNMENT,
        result={"score": score(event.best_score, event.max_score)},
        extensions={"level": event.level},
    )


def _regrade(event: RegradeAsked) -> Step:
    return Step(
        verb=f"{_STREAM}request",
        path=("assignments", event.assignment),
        kind=ASSIGNMENT,
        extensions={"submission": event.submission_id},
    )


def _practised(event: PracticeChecked) -> Step:
    return Step(
        verb=f"{_ADL}verbs/scored",
        path=("practice", event.name),
        kind=ASSIGNMENT,
        result={"score": score(event.score, event.max_score)},
        extensions={"topic": event.topic, "difficulty": event.difficulty, "attempt": event.attempt},
    )


STEPS: dict[type[Event], Callable[[Any], Step | None]] = {
    HelpAsked: _asked,
    TeacherAsked: _asked,
    HelpAnswered: _answered_by_tutor,
    HelpVoted: _voted,
    CodeSubmitted: _reviewed,
    AssignmentSubmitted: _submitted,
    RunFinished: _ran,
    SubmissionGraded: _graded,
    QuizAnswered: _quiz,
    ProgressChanged: _progressed,
    RegradeAsked: _regrade,
    PracticeChecked: _practised,
}
"""What becomes a statement; all other events are left out."""


def statement(event: Event, *, id_: str, time: str, pseudonym: str, home: str) -> Statement | None:
    """`event` as a statement under its own id, so that sending it again changes nothing; None for none.

    `time` is ISO 8601 in UTC, `home` the classroom's address, without a slash at its end.
    """
    step_of = STEPS.get(type(event))
    step = step_of(event) if step_of is not None else None
    if step is None:
        return None
    course = _address(home, "courses", event.course) if event.course else _address(home)
    activity = _address(course, *step.path)
    said = step.verb.rpartition("/")[2]
    found: Statement = {
        "id": id_,
        "actor": {"objectType": "Agent", "account": {"homePage": home, "name": pseudonym}},
        "verb": {"id": step.verb, "display": {LANGUAGE: said}},
        "object": {
            "objectType": "Activity",
            "id": activity,
            "definition": {
                "type": step.kind,
                "name": {LANGUAGE: (step.path[-1] if step.path else event.course) or UNNAMED},
            },
        },
        "context": {"platform": "LearnFlow"},
        "timestamp": time,
    }
    if step.result:
        found["result"] = step.result
    facts = {
        _address(home, "xapi", name): value
        for name, value in step.extensions.items()
        if value not in (None, "")
    }
    if facts:
        found["context"]["extensions"] = facts
    if event.course and activity != course:
        parent = {"objectType": "Activity", "id": course, "definition": {"type": COURSE}}
        found["context"]["contextActivities"] = {"grouping": [parent]}
    return found


def logged(type_: str, data: dict[str, Any], *, course: str, student: str) -> Event | None:
    """The event that a row of the log was; None for a type, or a form, that this version does not know."""
    cls = EVENT_TYPES.get(type_)
    if cls is None:
        return None
    try:
        return msgspec.convert({**data, "course": course, "student": student}, cls)
    except msgspec.ValidationError:
        return None


def _address(*parts: str) -> str:
    first, *rest = parts
    return "/".join((first, *(quote(part or UNNAMED, safe="") for part in rest)))
