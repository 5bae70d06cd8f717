"""One student's time line: runs, questions, hints, answers and grades, each as what it is."""

from __future__ import annotations

import uuid

from learnflow_ext.contracts import events
from learnflow_ext.service import words
from learnflow_ext.service.views.timeline import timeline
from learnflow_ext.store.eventlog import LogEntry


def happened(sequence: int, event: type[events.Event], **data: object) -> LogEntry:
    return LogEntry(
        sequence=sequence,
        id=str(uuid.UUID(int=sequence)),
        time=f"2026-03-04T12:00:{sequence:02}+00:00",
        topic=event.TOPIC,
        type=event.TYPE,
        course="c",
        student="ada",
        data=data,
    )


RUN = {"notebook": "c/01/first.ipynb", "duration_ms": 3}
ENTRIES = (
    happened(1, events.RunFinished, **RUN, ok=False, exception="NameError"),
    happened(2, events.HelpAsked, text="What is wrong?", agent="tutor"),
    happened(3, events.HelpAnswered, text="Look at line 2.", rung=2),
    happened(4, events.HelpAnswered, text="A list holds values.", rung=0),
    happened(5, events.HelpAnswered, text="Held back.", rung=1, withheld=True),
    happened(6, events.RunFinished, **RUN, ok=True),
    happened(7, events.SubmissionGraded, assignment="01", status="graded", score=7.0, max_score=10.0),
)


def said(entries: tuple[LogEntry, ...]) -> list[str]:
    return [row[1].text for row in timeline(entries).rows]


def test_each_is_told_newest_first() -> None:
    assert said(ENTRIES[:7]) == [
        "scored 7/10 in 01",
        "ran a cell in first: it went well",
        "got a hint; an answer that gave too much away was held back",
        "got an answer: \u201cA list holds values.\u201d",
        "got a hint, step 2 of 4: \u201cLook at line 2.\u201d",
        "asked the tutor: \u201cWhat is wrong?\u201d",
        "ran into a NameError in first",
    ]
    assert said(ENTRIES[6::-1]) == said(ENTRIES[:7])


def test_an_assistant_reads_that_it_was_a_hint_and_not_what_it_said() -> None:
    told = said(tuple(words.for_assistants(entry) for entry in ENTRIES[1:4]))
    assert told == ["got an answer", "got a hint, step 2 of 4", "asked the tutor for help"]
