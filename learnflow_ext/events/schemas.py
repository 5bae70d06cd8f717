"""JSON schemas of the events, generated from the event classes.

The files in `contracts/schemas` are made from these by `events.reference`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

import msgspec

from learnflow_ext.contracts.events import EVENT_TYPES, Event
from learnflow_ext.events.wire import dataschema_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PERSONAL = "x-personal"
"""Marks a field that stays in the log and never travels."""


def schema_of(type_: str) -> dict[str, Any]:
    """The schema of the `data` of events of `type_`, as it travels: pseudonym, no personal fields.

    KeyError for an unknown type. New optional fields may come within a version, so others are allowed.
    """
    cls = EVENT_TYPES[type_]
    schema = _whole(cls)
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


def contract_of(type_: str) -> dict[str, Any]:
    """`schema_of`, and under `$defs.logged` the schema of `data` in `event_log` and in `events export`.

    There `x-personal` marks the personal fields; course and student are columns of their own. KeyError for
    an unknown type.
    """
    cls = EVENT_TYPES[type_]
    schema = _whole(cls)
    columns = set(Event.__struct_fields__)
    logged = {
        name: value | ({PERSONAL: True} if name in cls.PERSONAL else {})
        for name, value in schema["properties"].items()
        if name not in columns
    }
    return {
        **schema_of(type_),
        "$defs": {
            "logged": {
                "description": "As kept in the log, where personal fields are; once erased they are empty.",
                "type": "object",
                "properties": logged,
                "required": [name for name in schema["required"] if name not in columns],
            }
        },
    }


def _whole(cls: type[Event]) -> dict[str, Any]:
    """Every field, with what the class says about it."""
    schema: dict[str, Any] = msgspec.json.schema(cls)["$defs"][cls.__name__]
    said = {**_said(Event), **_said(cls)}
    schema["properties"] = {
        name: value | ({"description": said[name]} if name in said else {})
        for name, value in schema["properties"].items()
    }
    return schema


def _said(cls: type[Event]) -> dict[str, str]:
    """The texts below the fields in the class's source, by field."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(body, ast.ClassDef), "it is the source of a class"
    found = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            found[field.target.id] = inspect.cleandoc(below.value.value)
    return found
