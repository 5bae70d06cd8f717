"""When an assignment is due, what lateness costs, how often it may be handed in, when results show. Pure."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args

import msgspec

from learnflow_ext.service.course_yaml import keys_in, moment
from learnflow_ext.service.exams import ExtraTime, Window, extra_time_in, moved, windows_in

DAY = timedelta(days=1)
LONGEST_HOLIDAYS = 366
"""Days."""
MOST_HOLIDAYS = 5_000
"""Days in one course."""
MOST_SECONDS = 600
"""That a cell may run while it is graded: all cells have 24 times as many."""
_THAT_SECOND = timedelta(seconds=1)
"""Whoever hands in within the deadline's own second is in time."""


Feedback = Literal["at_once", "after_deadline", "by_hand"]


class Late(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lateness costs."""

    percent_a_day: float = 0.0
    """Of the points reached, for each day begun; 100 takes all of them."""
    grace_minutes: float = 0.0
    """Lateness that costs nothing."""
    days: float | None = None
    """After so many days nothing is taken any more; None for always."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one student in one assignment."""

    due: datetime | None = None
    """Aware, UTC; None for no deadline."""
    late: Late = Late()
    attempts: int | None = None
    """How often it may be handed in; None for as often as one likes."""
    feedback: Feedback = "at_once"
    """When students see points and feedback."""
    blind: bool = False
    """Whether graders see numbers in place of names until the results are given out; `feedback` is `by_hand`
    then."""
    cell_seconds: float | None = None
    """How long a cell may run while it is graded; None for `c.LearnFlowGrading.cell_timeout`."""

    def closes(self) -> datetime | None:
        """When the last submission is taken; None for never."""
        return None if self.due is None or self.late.days is None else self.due + self.late.days * DAY

    def days_late(self, at: datetime) -> int:
        """Days begun after the deadline; 0 in time, and within the grace."""
        if self.due is None:
            return 0
        over = at - self.due
        if over < _THAT_SECOND or over <= timedelta(minutes=self.late.grace_minutes):
            return 0
        return math.ceil(over / DAY)

    def penalty(self, at: datetime) -> float:
        """Share of the points, 0 to 1, that is taken off what is handed in at `at`."""
        return min(1.0, self.days_late(at) * self.late.percent_a_day / 100)

    def refusal(self, at: datetime, handed_in: int) -> str:
        """Why nothing more is taken at `at` from who has handed in so often; empty when it is taken."""
        closes = self.closes()
        if closes is not None and at >= closes + _THAT_SECOND:
            return (
                f"This assignment closed on {in_words(closes)}, so nothing was submitted. Your notebook stays"
                " where it is; ask your teacher for more time if you had a reason."
            )
        if self.attempts is not None and handed_in >= self.attempts:
            return (
                f"You have handed this in {_times(handed_in)}, and {_times(self.attempts)} is all there is."
                " Your earlier submissions count."
            )
        return ""

    def remark(self, at: datetime) -> str:
        """What a student reads beside a grade for late work; empty when it was in time."""
        days = self.days_late(at)
        if not days:
            return ""
        share = self.penalty(at)
        if not share:
            return "Handed in late; that costs nothing here."
        return f"Handed in on day {days} after the deadline, so {100 * share:g} % of the points are off."

    def sentence(self, handed_in: int) -> str:
        """All of it in one sentence, for who has handed in so often already; empty where nothing holds."""
        parts = []
        if self.due is not None:
            parts.append(f"due {in_words(self.due)}")
            if self.late.percent_a_day:
                parts.append(f"later costs {self.late.percent_a_day:g} % of the points for each day begun")
            if (closes := self.closes()) is not None:
                parts.append(
                    f"nothing is taken after {in_words(closes)}" if closes > self.due else "not later"
                )
        if self.attempts is not None:
            parts.append(
                f"it may be handed in {_times(self.attempts)}, and was {_times(handed_in)} so far"
                if handed_in
                else f"it may be handed in {_times(self.attempts)}"
            )
        if self.feedback == "after_deadline":
            parts.append("points and feedback come once everybody's deadline is past")
        elif self.feedback == "by_hand":
            parts.append("your teacher gives out points and feedback")
        text = "; ".join(parts)
        return f"{text[:1].upper()}{text[1:]}." if text else ""


class Extension(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """More room for one student."""

    student: str
    assignment: str = ""
    """Empty for all."""
    due: datetime | None = None
    """A deadline of their own."""
    days: float = 0.0
    """Or so many days more than the others."""
    attempts: int = 0
    """So many more than the others."""

    def sentence(self) -> str:
        """What it gives, in words; empty for nothing."""
        parts = [f"due {in_words(self.due)}"] if self.due is not None else []
        if self.days:
            parts.append(f"{self.days:g} {'day' if self.days == 1 else 'days'} more")
        if self.attempts:
            parts.append(f"{self.attempts} more {'attempt' if self.attempts == 1 else 'attempts'}")
        return " and ".join(parts) + (f" in {self.assignment}" if self.assignment and parts else "")


class CourseTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A course's terms."""

    assignments: Mapping[str, Terms] = {}
    others: Terms = Terms()
    """For assignments that say nothing themselves."""
    extensions: tuple[Extension, ...] = ()
    exams: tuple[Window, ...] = ()
    extra_time: tuple[ExtraTime, ...] = ()
    """More time in the exams, deadlines in them included."""
    holidays: tuple[date, ...] = ()
    """Days without class, which break nobody's streak."""

    def of(self, assignment: str, student: str) -> Terms:
        """What holds for `student`. Of several extensions each thing's most generous counts."""
        terms = self.assignments.get(assignment, self.others)
        theirs = [e for e in self.extensions if e.student == student and e.assignment in ("", assignment)]
        due, attempts = terms.due, terms.attempts
        if due is not None:
            longer = moved(due, self.exams, self.extra_time, assignment, student)
            due = max([longer, *(e.due or due + e.days * DAY for e in theirs)])
        if attempts is not None and theirs:
            attempts += max(e.attempts for e in theirs)
        return msgspec.structs.replace(terms, due=due, attempts=attempts)

    def room(self) -> dict[str, str]:
        """What each student has more than the others, in words."""
        students = {one.student for one in self.extensions} | {one.student for one in self.extra_time}
        return {student: "; ".join(self.said_of(student)) for student in students}

    def said_of(self, student: str) -> list[str]:
        """What `student` has more than the others, each in words."""
        said = [one.sentence() for one in self.extensions if one.student == student]
        said += [one.sentence() for one in self.extra_time if one.student == student]
        return [words for words in said if words]

    def cell_seconds(self, assignment: str) -> float | None:
        """How long a cell of `assignment` may run; None where nothing is said."""
        return self.assignments.get(assignment, self.others).cell_seconds

    def blind(self, assignment: str) -> bool:
        """Whether `assignment` is to be graded without names."""
        return self.assignments.get(assignment, self.others).blind

    def withholds(self, assignment: str, at: datetime) -> str:
        """Why nobody sees points and feedback of `assignment` at `at`, in a sentence; empty when they do.

        What is shown after the deadline waits for the last one that anybody has: feedback tells answers.
        """
        terms = self.assignments.get(assignment, self.others)
        if terms.feedback == "at_once":
            return ""
        if terms.feedback == "by_hand" or terms.due is None:
            return "It is graded. Your teacher gives out points and feedback to everybody together."
        granted = {e.student for e in self.extensions} | {e.student for e in self.extra_time}
        last = max([terms.due, *(self.of(assignment, student).due or terms.due for student in granted)])
        if at >= last + _THAT_SECOND:
            return ""
        return (
            f"It is graded. You see points and feedback once everybody's deadline is past: {in_words(last)}."
        )


def parse(text: bytes) -> CourseTerms:
    """The terms in a `course.yaml`. ValueError, with a sentence for the teacher, when a key does not fit."""
    found = keys_in(text)
    others = _terms({k: v for k, v in found.items() if k != "due"}, Terms(), "the course")
    named = [each for each in _list(found, "assignments") if isinstance(each, dict) and "name" in each]
    return CourseTerms(
        assignments={str(each["name"]): _terms(each, others, f"assignment {each['name']}") for each in named},
        others=others,
        extensions=tuple(_extension(each) for each in _list(found, "extensions")),
        exams=tuple(window for window, _ in windows_in(found)),
        extra_time=extra_time_in(found),
        holidays=_all_holidays(_list(found, "holidays")),
    )


def _all_holidays(listed: list[Any]) -> tuple[date, ...]:
    days: list[date] = []
    for each in listed:
        days += _holidays(each)
        if len(days) > MOST_HOLIDAYS:
            raise ValueError(f"holidays are at most {MOST_HOLIDAYS:,} days.")
    return tuple(days)


def _holidays(found: Any) -> list[date]:
    """A day, or all from a first to a last one."""
    if isinstance(found, dict) and found.keys() == {"first", "last"}:
        first, last = _day(found["first"]), _day(found["last"])
    else:
        first = last = _day(found)
    if not 0 <= (last - first).days < LONGEST_HOLIDAYS:
        raise ValueError(f"holidays go from a first day to a last one, within a year: {first} to {last}.")
    return [first + number * DAY for number in range((last - first).days + 1)]


def _day(found: Any) -> date:
    if isinstance(found, str):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(found)
    if type(found) is not date:
        raise ValueError(f"holidays are days, such as 2026-12-24, or have a first and a last day: {found!r}.")
    return found


def _list(found: Mapping[str, Any], key: str) -> list[Any]:
    listed = found.get(key) or []
    if not isinstance(listed, list):
        raise ValueError(f"{key} is a list: a line that begins with a dash for each.")
    return listed


def _terms(found: Mapping[str, Any], above: Terms, whose: str) -> Terms:
    late, attempts = above.late, above.attempts
    if "late" in found:
        late = _late(found["late"], whose)
    if "attempts" in found:
        attempts = found["attempts"]
        if attempts is not None and (type(attempts) is not int or attempts < 1):
            raise ValueError(f"attempts of {whose} is {attempts!r}; it is a whole number from 1 upwards.")
    feedback = found.get("feedback", above.feedback)
    if feedback not in get_args(Feedback):
        raise ValueError(f"feedback of {whose} is {feedback!r}; it is at_once, after_deadline or by_hand.")
    blind = found.get("blind", above.blind)
    if type(blind) is not bool:
        raise ValueError(f"blind of {whose} is {blind!r}; it is true or false.")
    if blind:
        if found.get("feedback", "by_hand") != "by_hand":
            raise ValueError(
                f"feedback of {whose} is {feedback}, and its grading is blind: names come back when you give "
                "out the results, so leave feedback out, or say by_hand."
            )
        feedback = "by_hand"
    due = moment(found["due"], f"due of {whose}") if found.get("due") is not None else None
    seconds = found.get("cell_seconds", above.cell_seconds)
    if seconds is not None and (type(seconds) not in (int, float) or not 0.5 <= seconds <= MOST_SECONDS):
        raise ValueError(
            f"cell_seconds of {whose} is {seconds!r}; it is a number from 0.5 to {MOST_SECONDS}."
        )
    return Terms(due=due, late=late, attempts=attempts, feedback=feedback, blind=blind, cell_seconds=seconds)


def _late(found: Any, whose: str) -> Late:
    try:
        late = msgspec.convert(found or {}, Late)
    except msgspec.ValidationError as error:
        raise ValueError(f"late of {whose} has percent_a_day, grace_minutes and days: {error}") from None
    numbers = [late.percent_a_day, late.grace_minutes, late.days or 0.0]
    if not all(math.isfinite(n) and 0 <= n < 100_000 for n in numbers) or late.percent_a_day > 100:
        raise ValueError(f"late of {whose} has numbers from 0 upwards, and at most 100 percent a day.")
    return late


def _extension(found: Any) -> Extension:
    if not isinstance(found, dict) or "student" not in found:
        raise ValueError(f"An extension names its student: {found!r}.")
    given = {**found, "student": str(found["student"])}
    if given.get("due") is not None:
        given["due"] = moment(given["due"], f"due of {given['student']}'s extension")
    try:
        extension = msgspec.convert(given, Extension)
    except msgspec.ValidationError as error:
        raise ValueError(f"An extension has student, assignment, due, days and attempts: {error}") from None
    if not (0 <= extension.days < 100_000 and extension.attempts >= 0):
        raise ValueError(f"An extension of {extension.student} gives less than nothing.")
    return extension


def in_words(when: datetime) -> str:
    """`when` (aware, UTC) as people read it."""
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
