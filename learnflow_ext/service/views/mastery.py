"""How far students have come. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from learnflow_ext.contracts.progress import TopicProgress
from learnflow_ext.service.charts import MARKS, Chart, axis, colours, dashes, told
from learnflow_ext.service.over_time import Day
from learnflow_ext.service.standing import Standings
from learnflow_ext.service.tables import Cell, Field, Sheet, Table
from learnflow_ext.service.views.cells import percent, share, student, student_link
from learnflow_ext.store.courses import AssignmentInfo

LINES: Mapping[str, Any] = {"symbolType": "stroke", "symbolStrokeWidth": 3, "symbolSize": 500}
"""Lines in a legend, long enough to see how they are dashed."""

TOPICS = Sheet[TopicProgress](
    name="topics",
    title="Topics",
    empty="There are no topics in this course yet.",
    fields=(
        Field("Topic", lambda topic: topic.title),
        Field("Level", lambda topic: topic.level or ""),
        Field("Mastery, %", share, "share"),
        Field("Probably knows it, %", lambda topic: percent(topic.known), "number"),
        Field(
            "Made of",
            lambda topic: ", ".join(f"{name} {percent(value)} %" for name, value in topic.parts.items()),
        ),
        Field(
            "Quiz, right at first",
            lambda topic: f"{topic.quiz_right} of {topic.quiz_answered}" if topic.quiz_answered else "",
        ),
    ),
)
"""What each topic's mastery of one student is made of."""


def heat(topics: Sequence[AssignmentInfo], standings: Mapping[str, Standings]) -> Table:
    """Students x topics: mastery in percent."""
    sheet = Sheet[tuple[str, Standings]](
        name="progress",
        title="Mastery by topic, in percent",
        empty="No students are in this course yet.",
        fields=(
            Field("Student", lambda row: student(row[0])),
            *(_topic(place, topic) for place, topic in enumerate(topics)),
            Field("Streak, days", lambda row: str(row[1].streak.current), "number"),
        ),
    )
    return sheet.of(standings.items())


def _topic(place: int, topic: AssignmentInfo) -> Field[tuple[str, Standings]]:
    def read(row: tuple[str, Standings]) -> Cell:
        return share(row[1].topics[place], f"{student_link(row[0])}#topics")

    return Field(topic.title, read, "share")


def picture(days: Sequence[Day], topics: Sequence[TopicProgress], now: datetime) -> Chart | None:
    """One student's mastery over `days`, and `topics` as they are `now`; None for less than two days.

    More topics than there are colours: those that come last in the course. The table has them all.
    """
    begun = [place for place, topic in enumerate(topics) if topic.mastery is not None]
    if len(days) < 2 or not begun:
        return None
    shown = begun[-len(MARKS) :]
    names = [topics[place].title for place in shown]
    # The day alone: when work was handed in may be nobody's to know, where it is graded blind.
    moments = [
        *((_day(day.at), day.topics) for day in days),
        (_day(now.astimezone(days[0].at.tzinfo)), tuple(topics)),
    ]
    since = days[0].at.strftime("%d %b %Y")
    levels = ", ".join(f"{topics[place].title} {percent(topics[place].mastery)}\u00a0%" for place in shown)
    sheet = Sheet[Day](
        name="history",
        title="Mastery over time, in percent",
        empty="Nothing was handed in yet.",
        fields=(
            Field("At the end of", lambda day: day.at.strftime("%d %b %Y")),
            *(_of_topic(place, topic.title) for place, topic in enumerate(topics)),
        ),
    )
    return Chart(
        name=sheet.name,
        title="Mastery over time",
        says=f"Mastery since {since}, by topic. Today: {levels}.",
        spec={
            "height": 180,
            "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2.5, "point": {"size": 60}},
            "encoding": {
                "x": {
                    "field": "at",
                    "type": "temporal",
                    "axis": axis(format="%d %b", tickCount=6, grid=False, labelOverlap=True),
                },
                "y": {
                    "field": "percent",
                    "type": "quantitative",
                    "scale": {"domain": [0, 100]},
                    "axis": axis("Mastery, %", tickCount=5),
                },
                "color": colours(names, **LINES),
                # Lines of the same height show through each other.
                "strokeDash": dashes(names, **LINES),
                "tooltip": told(kind="Topic", day="Day", percent="Mastery, %"),
            },
        },
        rows=tuple(
            {
                "at": int(at.timestamp() * 1000),
                "day": at.strftime("%d %b %Y"),
                "kind": topic.title,
                "percent": round(100 * topic.mastery),
            }
            for at, standing in moments
            for place in shown
            if (topic := standing[place]).mastery is not None
        ),
        table=sheet.of(reversed(days)),
    )


def _day(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _of_topic(place: int, title: str) -> Field[Day]:
    return Field(title, lambda day: share(day.topics[place]), "share")
