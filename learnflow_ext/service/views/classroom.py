"""Who works on what, right now, and how much was run lately. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from learnflow_ext.service import words
from learnflow_ext.service.charts import Chart, axis, colours, counted, told
from learnflow_ext.service.tables import Field, Sheet
from learnflow_ext.service.views.cells import file_name, number_of, student
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
        Field("Works on", lambda one: file_name(one.exercise) or one.assignment),
        Field("Latest run", lambda one: "went well" if one.ok else one.error or "failed"),
        Field("Runs", lambda one: number_of(one.runs, one.student), "number"),
        Field("Failed", lambda one: number_of(one.failed, one.student), "number"),
        Field("When", lambda one: one.at, "time"),
    ),
)

ACTIVITY = Sheet[Slot](
    name="activity",
    title="Runs by ten minutes",
    empty="Nobody has run anything in the last three hours.",
    fields=(
        Field("From", lambda slot: _moment(slot.begin), "clock"),
        Field("Students", lambda slot: str(slot.students), "number"),
        Field("Runs", lambda slot: str(slot.runs), "number"),
        Field("Failed", lambda slot: str(slot.failed), "number"),
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
            "mark": {"type": "rect", "stroke": "--sheet", "strokeWidth": 1},
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
            }
            for slot in shown
            for kind, below, above in (
                (WELL, 0, slot.runs - slot.failed),
                (FAILED, slot.runs - slot.failed, slot.runs),
            )
        ),
        table=ACTIVITY.of(slot for slot in reversed(shown) if slot.runs),
    )


def _moment(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))
