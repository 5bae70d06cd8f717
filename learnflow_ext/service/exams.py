"""When exams are, and who has more time in them: `exams` and `extra_time` of a `course.yaml`. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from learnflow_ext.service.course_yaml import moment

MOST_MINUTES = 7 * 24 * 60
MOST_PERCENT = 400


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The time of an exam."""

    begins: datetime
    ends: datetime
    assignments: tuple[str, ...] = ()
    """Empty for the whole course."""

    def covers(self, assignment: str) -> bool:
        """Whether it is an exam of this assignment."""
        return not self.assignments or assignment in self.assignments


class ExtraTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """More time for one student in every exam, or in those of one assignment."""

    student: str
    minutes: float = 0.0
    percent: float = 0.0
    """Or a share of the exam's length: 25 makes 90 minutes 112.5."""
    assignment: str = ""
    """Empty for all."""

    def of(self, window: Window) -> timedelta:
        """How much it comes to in `window`."""
        if self.assignment and not window.covers(self.assignment):
            return timedelta()
        return max(timedelta(minutes=self.minutes), (window.ends - window.begins) * (self.percent / 100))

    def sentence(self) -> str:
        """What it gives, in words; empty for nothing."""
        parts = [f"{self.minutes:g} minutes"] if self.minutes else []
        if self.percent:
            parts.append(f"{self.percent:g} %")
        where = f"the exam {self.assignment}" if self.assignment else "exams"
        return f"{' or '.join(parts)} more in {where}" if parts else ""


def more_time(extra: Iterable[ExtraTime], student: str, window: Window) -> timedelta:
    """How much longer `window` is for `student`; of several the most generous counts, and none takes away."""
    return max((each.of(window) for each in extra if each.student == student), default=timedelta())


def moved(
    due: datetime, windows: Iterable[Window], extra: Iterable[ExtraTime], assignment: str, student: str
) -> datetime:
    """When an assignment that is due at `due` is due for `student`, never earlier.

    A deadline belongs to an exam when that names the assignment and begins before it, or when it falls into
    an exam of the whole course. Others, of homework for instance, do not move.
    """
    extra = [each for each in extra if each.student == student]
    found = [due]
    for window in windows:
        belongs = window.covers(assignment) if window.assignments else due <= window.ends
        if belongs and due >= window.begins:
            found.append(due + more_time(extra, student, window))
    return max(found)


def windows_in(found: Mapping[str, Any]) -> list[tuple[Window, dict[str, Any]]]:
    """Each exam's time, and what else stands there. ValueError, with a sentence for the teacher."""
    exams = [] if found.get("exams") is None else found["exams"]
    if not isinstance(exams, list):
        raise ValueError("exams must be a list, each with from, until and perhaps tutor and assignments.")
    return [_window(each) for each in exams]


def _window(value: Any) -> tuple[Window, dict[str, Any]]:
    if not isinstance(value, dict):
        raise ValueError(f"An exam needs from and until: {value!r}.")
    begins = moment(value.get("from"), "from of an exam")
    ends = moment(value.get("until"), "until of an exam")
    if ends <= begins:
        raise ValueError(f"An exam ends before it begins: {value!r}.")
    only = value.get("assignments") or []
    names = tuple(str(each) for each in (only if isinstance(only, list) else [only]))
    return Window(begins=begins, ends=ends, assignments=names), value


def extra_time_in(found: Mapping[str, Any]) -> tuple[ExtraTime, ...]:
    """Who has more time. ValueError, with a sentence for the teacher, when an entry does not fit."""
    listed = found.get("extra_time") or []
    if not isinstance(listed, list):
        raise ValueError("extra_time is a list: a line that begins with a dash for each student.")
    return tuple(map(_extra, listed))


def _extra(value: Any) -> ExtraTime:
    if not isinstance(value, dict) or "student" not in value:
        raise ValueError(f"Extra time names its student: {value!r}.")
    given = {**value, "student": str(value["student"])}
    try:
        extra = msgspec.convert(given, ExtraTime)
    except msgspec.ValidationError as error:
        raise ValueError(f"Extra time has student, minutes or percent, and assignment: {error}") from None
    for what, number, most in (
        ("minutes", extra.minutes, MOST_MINUTES),
        ("percent", extra.percent, MOST_PERCENT),
    ):
        if not (math.isfinite(number) and 0 <= number <= most):
            raise ValueError(f"{what} of {extra.student}'s extra time is from 0 to {most}.")
    return extra
