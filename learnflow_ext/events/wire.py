"""Events as they travel: CloudEvents 1.0, structured JSON, under a pseudonym, without personal fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from cloudevents.core.bindings.kafka import to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from learnflow_ext.contracts.events import (
    EVENT_TYPES,
    OF_SOME_KIND,
    PYTHONS,
    TRACES,
    CodeSubmitted,
    Envelope,
    Event,
    HelpAsked,
    RunFinished,
    StruggleDetected,
    TeacherAsked,
)
from learnflow_ext.events.bus import BusMessage

SOURCE = "/learnflow"
SCHEMA_PREFIX = "urn:learnflow:schema:"
CONTENT_TYPE = "application/cloudevents+json"
CLAIMS = (CodeSubmitted, HelpAsked, RunFinished, StruggleDetected, TeacherAsked)
"""Their `assignment` is the folder in which the student was, who may have named it."""

_FORMAT = JSONFormat()


class WireError(Exception):
    """A message is not one of our events; the text says why."""


class _Wire(msgspec.Struct, frozen=True, kw_only=True):
    """What a consumer needs of a CloudEvent; other attributes are welcome and ignored."""

    specversion: str
    id: str
    type: str
    source: str
    time: str
    sequence: str
    data: dict[str, Any]


def key_of(course: str, pseudonym: str) -> str:
    """What keeps a student's events in order."""
    return f"{course}:{pseudonym}"


def dataschema_of(type_: str) -> str:
    """The name of the JSON schema of an event type's data."""
    return SCHEMA_PREFIX + type_


def claimed_folder(event: Event) -> tuple[str, str] | None:
    """Course and folder of an event whose folder may be none of the course's assignments; None for others."""
    return (event.course, event.assignment) if isinstance(event, CLAIMS) and event.assignment else None


def to_message(envelope: Envelope, pseudonym: str, *, own_folder: bool = False) -> BusMessage:
    """`envelope` for the bus. `sequence` and `partitionkey` are CloudEvents extensions, both texts.

    What the student may have named is empty, or `Exception`; with `own_folder` the assignment is as well.
    """
    event = envelope.event
    data = {
        name: _public(name, value)
        for name, value in msgspec.to_builtins(event).items()
        if name not in type(event).PERSONAL
    }
    if own_folder:
        data["assignment"] = ""
    data["student"] = pseudonym
    cloud = CloudEvent(
        {
            "id": envelope.id,
            "source": SOURCE,
            "type": event.TYPE,
            "time": datetime.fromisoformat(envelope.time),
            "subject": pseudonym,
            "datacontenttype": "application/json",
            "dataschema": dataschema_of(event.TYPE),
            "partitionkey": key_of(event.course, pseudonym),
            "sequence": f"{envelope.sequence:020d}",
        },
        data,
    )
    message = to_structured(cloud, _FORMAT)
    return BusMessage(
        topic=event.TOPIC,
        key=key_of(event.course, pseudonym),
        value=message.value,
        headers=message.headers,
    )


def _public(name: str, value: object) -> object:
    if name in TRACES:
        return ""
    if name == "exception" and value and value not in PYTHONS:
        return OF_SOME_KIND
    return value


def from_message(message: BusMessage) -> Envelope:
    """What `to_message` made: `event.student` is the pseudonym, and personal fields are empty.

    WireError for anything that is not an event of a type and version we know.
    """
    content_type = message.headers.get("content-type", b"").decode(errors="replace").partition(";")[0]
    if content_type.strip() != CONTENT_TYPE:
        raise WireError(f"content-type is {content_type!r}, not {CONTENT_TYPE}")
    try:
        cloud = msgspec.json.decode(message.value, type=_Wire)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"not a CloudEvent: {error}") from error
    if cloud.specversion != "1.0":
        raise WireError(f"CloudEvents version {cloud.specversion!r} is not 1.0")
    cls = EVENT_TYPES.get(cloud.type)
    if cls is None:
        raise WireError(f"unknown event type {cloud.type!r}")
    if cls.TOPIC != message.topic:
        raise WireError(f"{cloud.type} does not belong on {message.topic}")
    # Printable: a database takes no NUL in a text.
    if not (0 < len(cloud.id) <= 36 and cloud.id.isprintable()):
        raise WireError("id is malformed")
    if not (len(cloud.sequence) <= 20 and cloud.sequence.isascii() and cloud.sequence.isdigit()):
        raise WireError("sequence is malformed")
    try:
        time = datetime.fromisoformat(cloud.time)
    except ValueError as error:
        raise WireError(f"time is malformed: {error}") from error
    if time.tzinfo is None:
        raise WireError("time has no zone")
    return Envelope(id=cloud.id, sequence=int(cloud.sequence), time=cloud.time, event=_event(cls, cloud.data))


def _event(cls: type[Event], data: dict[str, Any]) -> Event:
    try:
        return msgspec.convert({**data, **dict.fromkeys(cls.PERSONAL, "")}, cls)
    except msgspec.ValidationError as error:
        raise WireError(f"data does not fit {cls.TYPE}: {error}") from error
