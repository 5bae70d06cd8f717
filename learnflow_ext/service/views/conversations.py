"""What was asked and answered, word by word."""

from __future__ import annotations

from learnflow_ext.service.tables import Field, Sheet
from learnflow_ext.service.views.cells import student
from learnflow_ext.store.insight import Turn

CONVERSATIONS = Sheet[Turn](
    name="conversations",
    title="Conversations with the tutor",
    empty="Nobody has asked anything yet.",
    fields=(
        Field("Student", lambda turn: student(turn.student)),
        Field("Asked", lambda turn: turn.at, "time"),
        Field("Question", lambda turn: turn.question or "(pressed Explain)", "long"),
        Field("Answered by", lambda turn: turn.agent),
        Field("Answer", lambda turn: turn.answer, "long"),
        Field("Hint, step", lambda turn: str(turn.rung) if turn.rung else "", "number"),
        Field("Held back", lambda turn: "yes" if turn.withheld else "no"),
    ),
)
