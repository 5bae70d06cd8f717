"""Who works on what, right now, and how much was run lately. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode

from learnflow_ext.service import words
from learnflow_ext.service.charts import Chart, axis, colours, counted, told
from learnflow_ext.service.tables import Cell, Field, Sheet
from learnflow_ext.service.views.cells import file_name, number_of, student
from learnflow_ext.service.weeks import SHOWN, WEEK, WEEK_S, monday
from learnflow_ext.store.clock import iso
from learnflow_ext.store.insight import AtWork, Slot

SPAN_S = 600
"""Seconds of one bar of activity."""
LESSON = timedelta(hours=3)
"""How far back activity is shown."""
WELL, FAILED = "went well", "failed"

NOW = Sheet[AtWork](
    name="now",
    title="At work in the last 15 minutes",
    empty="Nobody has run anything in the last 15 minutes.",
    fields=(
        Field("Student", lambda one: student(one.student)),
        Field("Works on", lambda one: file_name(one.exercise) or one.assignment, "assignment"),
        Field("Latest run", lambda one: "went well" if one.ok else one.error or "failed", "error"),
        Field("Runs", lambda one: number_of(one.runs, one.student), "number"),
        Field("Failed", lambda one: number_of(one.failed, one.student), "number"),
        Field("When", lambda one: one.at, "time"),
    ),
)

WORKED = Sheet[AtWork](
    name="worked",
    title="Who ran something then",
    empty="Nobody ran anything then.",
    fields=(
        Field("Student", lambda one: student(one.student)),
        Field("Worked on, at last", lambda one: file_name(one.exercise) or one.assignment, "assignment"),
        Field("Runs", lambda one: number_of(one.runs, one.student), "number"),
        Field("Failed", lambda one: number_of(one.failed, one.student), "number"),
        Field("Last run", lambda one: one.at, "time"),
    ),
)


def worked_link(begin: int, seconds: int) -> str:
    """Who ran something in a span that begins `begin` seconds after the epoch."""
    return f"now/worked?{urlencode({'since': begin, 'until': begin + seconds})}"


def _of_slot(number: int, slot: Slot, seconds: int) -> Cell:
    return Cell(f"{number}", worked_link(slot.begin, seconds))


ACTIVITY = Sheet[Slot](
    name="activity",
    title="Runs by ten minutes",
    empty="Nobody has run anything in the last three hours.",
    fields=(
        Field("From", lambda slot: _moment(slot.begin), "clock"),
        Field("Students", lambda slot: _of_slot(slot.students, slot, SPAN_S), "number"),
        Field("Runs", lambda slot: _of_slot(slot.runs, slot, SPAN_S), "number"),
        Field("Failed", lambda slot: _of_slot(slot.failed, slot, SPAN_S), "number"),
    ),
)


def first_span(now: datetime) -> datetime:
    """Where the first bar of activity begins."""
    last = int(now.timestamp()) // SPAN_S * SPAN_S
    return datetime.fromtimestamp(last + SPAN_S, UTC) - LESSON


def activity(slots: Sequence[Slot], now: datetime) -> Chart | None:
    """Runs of the last three hours, by ten minutes, `slots` without runs too; None for no runs at all."""
    there = {slot.begin: slot for slot in slots}
    first = int(first_span(now).timestamp())
    begins = range(first, first + int(LESSON.total_seconds()), SPAN_S)
    shown = [there.get(begin) or Slot(begin=begin, runs=0, failed=0, students=0) for begin in begins]
    runs, failed = sum(slot.runs for slot in shown), sum(slot.failed for slot in shown)
    if not runs:
        return None
    return Chart(
        name=ACTIVITY.name,
        title="The last three hours",
        says=(
            f"The class ran {words.many(runs, 'cell')} in the last three hours; {failed:,} of these runs "
            "failed."
        ),
        spec={
            "height": 160,
            "mark": {"type": "rect", "stroke": "--sheet", "strokeWidth": 1, "cursor": "pointer"},
            "encoding": {
                "x": {
                    "field": "from",
                    "type": "temporal",
                    "axis": axis(format="%H:%M", tickCount=6, grid=False, labelOverlap=True),
                },
                "x2": {"field": "to"},
                "y": counted("above", "Runs"),
                "y2": {"field": "below"},
                "color": colours([WELL, FAILED], ["--mark-0", "--mark-1"]),
                "href": {"field": "href"},
                "tooltip": told(kind="Runs that", runs="Runs", students="Students at work"),
            },
        },
        rows=tuple(
            {
                "from": slot.begin * 1000,
                "to": (slot.begin + SPAN_S) * 1000,
                "kind": kind,
                "runs": above - below,
                "below": below,
                "above": above,
                "students": slot.students,
                "href": worked_link(slot.begin, SPAN_S),
            }
            for slot in shown
            for kind, below, above in _stacked(slot)
        ),
        table=ACTIVITY.of(slot for slot in reversed(shown) if slot.runs),
    )


def _stacked(slot: Slot) -> tuple[tuple[str, int, int], ...]:
    """(kind, from, to) of the two parts of a bar."""
    return (WELL, 0, slot.runs - slot.failed), (FAILED, slot.runs - slot.failed, slot.runs)


def weeks(slots: Sequence[Slot], now: datetime, where: tzinfo) -> Chart | None:
    """Runs of the last weeks, `slots` without those of weeks without any; None for no runs at all."""
    there = {_week_of(slot.begin, where): slot for slot in slots}
    first = monday(now, where) - (SHOWN - 1) * WEEK
    begins = [int((first + number * WEEK).timestamp()) for number in range(SHOWN)]
    shown = [
        there.get(_week_of(begin, where)) or Slot(begin=begin, runs=0, failed=0, students=0)
        for begin in begins
    ]
    runs, failed = sum(slot.runs for slot in shown), sum(slot.failed for slot in shown)
    if not runs:
        return None
    most = max(shown, key=lambda slot: slot.students)
    sheet = Sheet[Slot](
        name="weeks",
        title="Runs by week",
        empty="Nobody has run anything in these weeks.",
        fields=(
            Field("Week of", lambda slot: _week_of(slot.begin, where)),
            Field("Students", lambda slot: _of_slot(slot.students, slot, WEEK_S), "number"),
            Field("Runs", lambda slot: _of_slot(slot.runs, slot, WEEK_S), "number"),
            Field("Failed", lambda slot: _of_slot(slot.failed, slot, WEEK_S), "number"),
        ),
    )
    rows: list[dict[str, Any]] = [
        {
            "week": _week_of(slot.begin, where)[:6],
            "kind": kind,
            "rank": rank,
            "runs": above - below,
            "students": slot.students,
            "href": worked_link(slot.begin, WEEK_S),
        }
        for slot in shown
        for rank, (kind, below, above) in enumerate(_stacked(slot))
        if above > below
    ]
    names = [_week_of(begin, where)[:6] for begin in begins]
    return Chart(
        name=sheet.name,
        title="Week by week",
        says=(
            f"In the last {SHOWN} weeks the class ran {words.many(runs, 'cell')}; {failed:,} of these runs "
            f"failed. Most students, {most.students:,}, worked in the week of {_week_of(most.begin, where)}."
        ),
        spec={
            "height": 160,
            "mark": {"type": "bar", "stroke": "--sheet", "strokeWidth": 1, "cursor": "pointer"},
            "encoding": {
                "x": {
                    "field": "week",
                    "type": "ordinal",
                    "sort": names,
                    "scale": {"domain": names, "paddingInner": 0.2, "paddingOuter": 0.1},
                    "axis": axis("Week of", labelAngle=0, labelOverlap=True),
                },
                "y": counted("runs", "Runs", stack="zero"),
                "color": colours([WELL, FAILED], ["--mark-0", "--mark-1"]),
                "order": {"field": "rank", "type": "quantitative"},
                "href": {"field": "href"},
                "tooltip": told(week="Week of", kind="Runs that", runs="Runs", students="Students at work"),
            },
        },
        rows=tuple(rows),
        table=sheet.of(slot for slot in reversed(shown) if slot.runs),
    )


def _week_of(begin: int, where: tzinfo) -> str:
    """The Monday, `09 Nov 2026`. Weeks are counted by the second, and clocks change in some of them."""
    return (datetime.fromtimestamp(begin, UTC) + timedelta(hours=12)).astimezone(where).strftime("%d %b %Y")


def _moment(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))
