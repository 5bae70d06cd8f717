"""JSON schemas of what travels, generated from the event classes."""

from __future__ import annotations

from typing import Any

import msgspec

from learnflow_ext.contracts.events import EVENT_TYPES
from learnflow_ext.events.wire import dataschema_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(type_: str) -> dict[str, Any]:
    """The schema of the `data` of events of `type_`, as it travels: pseudonym, no personal fields.

    KeyError for an unknown type. New optional fields may come within a version, so others are allowed.
    """
    cls = EVENT_TYPES[type_]
    schema: dict[str, Any] = msgspec.json.schema(cls)["$defs"][cls.__name__]
    personal = set(cls.PERSONAL)
    properties = {name: value for name, value in schema["properties"].items() if name not in personal}
    properties["student"] = {"type": "string", "description": "The student's pseudonym."}
    return {
        **schema,
        "$schema": DIALECT,
        "$id": dataschema_of(type_),
        "properties": properties,
        "required": [name for name in schema["required"] if name not in personal],
    }
