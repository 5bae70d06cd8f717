"""More time for one student, given on the dashboard: reading the form, and what it adds to the terms.

It is kept in the database, so that every replica of the service knows it at once; `course.yaml` stays as its
author wrote it. As among its own entries, the most generous counts. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.service.course_yaml import LAST_YEAR
from learnflow_ext.service.exams import MOST_MINUTES, MOST_PERCENT, ExtraTime
from learnflow_ext.service.terms import CourseTerms, Extension, in_words
from learnflow_ext.store.allowances import Given


def as_extra_time(given: Iterable[Given]) -> tuple[ExtraTime, ...]:
    """Those of `given` that are more time in exams."""
    return tuple(
        ExtraTime(
            student=each.student, minutes=each.minutes, percent=each.percent, assignment=each.assignment
        )
        for each in given
        if each.kind == "extra_time"
    )


def with_given(terms: CourseTerms, given: Iterable[Given]) -> CourseTerms:
    """`terms` with what the dashboard gives besides."""
    given = list(given)
    if not given:
        return terms
    extensions = (
        Extension(student=each.student, assignment=each.assignment, due=each.due)
        for each in given
        if each.kind == "extension"
    )
    return msgspec.structs.replace(
        terms,
        extensions=(*terms.extensions, *extensions),
        extra_time=(*terms.extra_time, *as_extra_time(given)),
    )


def sentence(given: Given) -> str:
    """What it gives, in words."""
    if given.kind == "extra_time":
        return as_extra_time([given])[0].sentence()
    return Extension(student=given.student, assignment=given.assignment, due=given.due).sentence()


def exams_in(terms: CourseTerms) -> list[str]:
    """Assignments that have an exam of their own, in order of name."""
    return sorted({name for window in terms.exams for name in window.assignments})


def due_in(terms: CourseTerms) -> dict[str, datetime]:
    """The deadline that everybody has, for assignments that have one, by name."""
    found = {name: each.due for name, each in terms.assignments.items()}
    return {name: due for name, due in sorted(found.items()) if due is not None}


def extra_time_of(student: str, form: Mapping[str, str], terms: CourseTerms) -> Given:
    """The extra time that a form gives. BadRequest, in a sentence, for what cannot be."""
    percent = _number(form.get("percent", ""), "The share of the exam's length", MOST_PERCENT, " %")
    minutes = _number(form.get("minutes", ""), "The minutes", MOST_MINUTES, "")
    if not percent and not minutes:
        raise BadRequest("Say how much more time: a share of the exam's length, or minutes.")
    assignment = form.get("assignment", "")
    if assignment and assignment not in exams_in(terms):
        raise BadRequest("There is no exam of that assignment in this course's course.yaml.")
    return Given(student=student, kind="extra_time", assignment=assignment, minutes=minutes, percent=percent)


def extension_of(student: str, form: Mapping[str, str], terms: CourseTerms, zones: Collection[str]) -> Given:
    """The deadline of their own that a form gives. BadRequest, in a sentence, for what cannot be."""
    assignment = form.get("assignment", "")
    due = due_in(terms).get(assignment)
    if due is None:
        raise BadRequest("Choose an assignment that has a deadline in the course's course.yaml.")
    zone = form.get("time_zone", "")
    if zone not in zones:
        raise BadRequest("Choose a time zone of the list, such as Europe/Berlin.")
    try:
        local = datetime.fromisoformat(form.get("due", ""))
        moment = local.replace(tzinfo=local.tzinfo or ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRequest("Write the new deadline as a date with a time, such as 2026-12-01 18:00.") from None
    if moment.year > LAST_YEAR:
        raise BadRequest("That deadline is too far away.")
    if moment <= due:
        raise BadRequest(
            f"Everybody may hand in {assignment} until {in_words(due)} already, and that is not earlier."
        )
    return Given(student=student, kind="extension", assignment=assignment, due=moment)


def _number(text: str, what: str, most: int, unit: str) -> float:
    """0 for an empty field."""
    if not text.strip():
        return 0.0
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and 0 <= number <= most):
        raise BadRequest(f"{what} is a number from 0 to {most:,}{unit}.")
    return number
