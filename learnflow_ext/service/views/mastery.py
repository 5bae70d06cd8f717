"""How far students have come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from learnflow_ext.contracts.progress import TopicProgress
from learnflow_ext.service.standing import Standings
from learnflow_ext.service.tables import Cell, Field, Sheet, Table
from learnflow_ext.service.views.cells import percent, share, student, student_link
from learnflow_ext.store.courses import AssignmentInfo

TOPICS = Sheet[TopicProgress](
    name="topics",
    title="Topics",
    empty="There are no topics in this course yet.",
    fields=(
        Field("Topic", lambda topic: topic.title),
        Field("Level", lambda topic: topic.level or ""),
        Field("Mastery, %", share, "share"),
        Field("P(known), %", lambda topic: percent(topic.known), "number"),
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
