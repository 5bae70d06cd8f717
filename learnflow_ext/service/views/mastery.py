"""How far students have come. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from learnflow_ext.contracts.progress import TopicProgress
from learnflow_ext.progress.knowledge import SENSIBLE, SkillParameters
from learnflow_ext.service import words
from learnflow_ext.service.charts import MARKS, Chart, axis, colours, dashes, told
from learnflow_ext.service.over_time import Day
from learnflow_ext.service.standing import Standings
from learnflow_ext.service.tables import Cell, Field, Sheet, Table
from learnflow_ext.service.views.cells import (
    handed_in,
    handed_in_link,
    number_of,
    percent,
    share,
    student,
    student_link,
)
from learnflow_ext.store.courses import AssignmentInfo

PARTS: Mapping[str, str] = {"quality": "code quality"}
"""What people call the parts of mastery, where it is not their name."""
LINES: Mapping[str, Any] = {"symbolType": "stroke", "symbolStrokeWidth": 3, "symbolSize": 500}
"""Lines in a legend, long enough to see how they are dashed."""


def topics_of(name: str, topics: Iterable[TopicProgress]) -> Table:
    """What each topic's mastery of one student is made of."""
    sheet = Sheet[TopicProgress](
        name="topics",
        title="Topics",
        empty="There are no topics in this course yet.",
        fields=(
            Field("Topic", lambda topic: topic.title),
            Field("Level", lambda topic: topic.level or ""),
            Field("Mastery, %", lambda topic: share(topic, handed_in_link(name, topic.topic)), "share"),
            Field(
                "Probably knows it, %",
                lambda topic: handed_in(percent(topic.known), name, topic.topic),
                "number",
            ),
            Field(
                "Made of",
                lambda topic: ", ".join(
                    f"{PARTS.get(part, part)} {percent(value)} %" for part, value in topic.parts.items()
                ),
            ),
            Field("Code that was handed in", lambda topic: _code(name, topic)),
            Field("Quiz, right at first", lambda topic: _quiz(name, topic)),
        ),
    )
    return sheet.of(topics)


def _code(name: str, topic: TopicProgress) -> Cell:
    if topic.code is None:
        return Cell("")
    return handed_in(words.code_said(topic.code), name, topic.topic)


def _quiz(name: str, topic: TopicProgress) -> Cell:
    if not topic.quiz_answered:
        return Cell("")
    return Cell(f"{topic.quiz_right} of {topic.quiz_answered}", f"{student_link(name)}#timeline")


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What P(known) of a topic rests on."""

    topic: str
    title: str
    answered: int | None
    """Students with answers when it was last looked; None before that."""
    fitted: bool
    skill: SkillParameters


def estimates(
    topics: Sequence[AssignmentInfo],
    fitted: Mapping[str, SkillParameters],
    answered: Mapping[str, int] | None,
) -> list[Estimate]:
    """One for each of `topics`; `fitted` by topic, and how many students `answered` each."""
    return [
        Estimate(
            topic=topic.assignment,
            title=topic.title,
            answered=None if answered is None else answered.get(topic.assignment, 0),
            fitted=topic.assignment in fitted,
            skill=fitted.get(topic.assignment, SENSIBLE),
        )
        for topic in topics
    ]


def _answered(one: Estimate) -> Cell:
    return Cell("" if one.answered is None else str(one.answered), handed_in_link(assignment=one.topic))


ESTIMATES = Sheet[Estimate](
    name="estimates",
    title="How “probably knows it” is estimated",
    empty="There are no topics in this course yet.",
    fields=(
        Field("Topic", lambda one: one.title),
        Field("Students with answers", _answered, "number"),
        Field("Chances", lambda one: "fitted to this class" if one.fitted else "the usual ones"),
        Field("Known before, %", lambda one: percent(one.skill.known), "number"),
        Field("Learnt by an attempt, %", lambda one: percent(one.skill.learn), "number"),
        Field("Right without knowing, %", lambda one: percent(one.skill.guess), "number"),
        Field("Wrong though known, %", lambda one: percent(one.skill.slip), "number"),
    ),
)


def heat(topics: Sequence[AssignmentInfo], standings: Mapping[str, Standings]) -> Table:
    """Students x topics: mastery in percent."""
    sheet = Sheet[tuple[str, Standings]](
        name="progress",
        title="Mastery by topic, in percent",
        empty="No students are in this course yet.",
        fields=(
            Field("Student", lambda row: student(row[0])),
            *(_topic(place, topic) for place, topic in enumerate(topics)),
            Field("Streak, days", lambda row: number_of(row[1].streak.current, row[0]), "number"),
        ),
    )
    return sheet.of(standings.items())


def _topic(place: int, topic: AssignmentInfo) -> Field[tuple[str, Standings]]:
    def read(row: tuple[str, Standings]) -> Cell:
        return share(row[1].topics[place], f"{student_link(row[0])}#topics")

    return Field(topic.title, read, "share")


def picture(
    student: str, days: Sequence[Day], topics: Sequence[TopicProgress], now: datetime
) -> Chart | None:
    """Mastery of `student` over `days`, and `topics` as they are `now`; None for less than two days.

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
            *(_of_topic(student, place, topic) for place, topic in enumerate(topics)),
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


def _of_topic(student: str, place: int, topic: TopicProgress) -> Field[Day]:
    link = handed_in_link(student, topic.topic)
    return Field(topic.title, lambda day: share(day.topics[place], link), "share")
