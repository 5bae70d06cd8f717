"""What one student did and what came of it."""

from __future__ import annotations

from collections.abc import Iterable

from learnflow_ext.service import words
from learnflow_ext.service.tables import Field, Sheet, Table
from learnflow_ext.service.views.cells import file_name
from learnflow_ext.store.eventlog import LogEntry

_SHEET = Sheet[tuple[LogEntry, str]](
    name="timeline",
    title="Time line",
    empty="Nothing has happened yet.",
    fields=(
        Field("When", lambda row: row[0].time, "time"),
        Field("What", lambda row: row[1], "long"),
    ),
)


def timeline(entries: Iterable[LogEntry]) -> Table:
    """Newest first; what says nothing to a teacher is left out."""
    newest_first = sorted(entries, key=lambda entry: entry.sequence, reverse=True)
    return _SHEET.of((entry, said) for entry in newest_first if (said := _said(entry)))


def _said(entry: LogEntry) -> str:
    if line := words.line(entry.type, entry.student, entry.data):
        return line.text
    if entry.type == "org.learnflow.run.finished.v1":
        place = file_name(str(entry.data.get("notebook") or "")) or str(entry.data.get("assignment") or "")
        return f"ran a cell in {place or 'a notebook'}: it went well"
    if entry.type == "org.learnflow.quiz.answered.v1" and (said := words.quiz_answered(entry.data)):
        return said[0]
    if entry.type == "org.learnflow.membership.changed.v1":
        role = str(entry.data.get("role") or "")
        article = "an" if role == "assistant" else "a"
        return f"was made {article} {role} of the course" if role else "was taken out of the course"
    if entry.type == "org.learnflow.allowance.changed.v1":
        room = words.quote(str(entry.data.get("room") or "")) or "more time"
        return f"was given {room}" if entry.data.get("given") else f"no longer has {room}"
    if entry.type == "org.learnflow.help.answered.v1":
        text, rung = words.quote(str(entry.data.get("text") or "")), entry.data.get("rung")
        what = f"a hint, step {rung} of 4" if isinstance(rung, int) and rung > 0 else "an answer"
        return f"got {what}: \u201c{text}\u201d" if text else f"got {what}"
    return ""
