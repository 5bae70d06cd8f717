"""What a student's server tells its own open pages, over jupyter-server's event bus."""

from __future__ import annotations

from typing import Any

from jupyter_events import EventLogger

HANDED_IN = "https://learnflow.org/schemas/handed-in/v1"
"""Something was just handed in, from whichever page: its grade comes soon. The front end knows it by this."""
_SCHEMA: dict[str, Any] = {
    "$id": HANDED_IN,
    "version": "1",
    "title": "Handed in",
    "description": "The student handed in an assignment.",
    "type": "object",
    "properties": {"course": {"type": "string"}, "assignment": {"type": "string"}},
    "required": ["course", "assignment"],
}


def prepare(events: EventLogger) -> None:
    """Make our events known; once a server."""
    events.register_event_schema(_SCHEMA)


def handed_in(events: EventLogger, course: str, assignment: str) -> None:
    """Tell all open pages."""
    events.emit(schema_id=HANDED_IN, data={"course": course, "assignment": assignment})
