"""Values as a beginner may read them: their kind in words, and a short text that runs none of their code."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from learnflow_ext.contracts.help import Variable
from learnflow_ext.diagnosis.plain import clean

MAX_TEXT = 60
MAX_ITEMS = 6
_MAX_DEPTH = 2
_MAX_BITS = 200
_SINGLE = (bool, int, float, complex, str, bytes, type(None), range)
_SEVERAL = (list, tuple, set, frozenset, dict)

KINDS = {
    "bool": "a truth value",
    "builtin_function_or_method": "a function",
    "complex": "a complex number",
    "dict": "a dictionary",
    "float": "a number",
    "function": "a function",
    "int": "an integer",
    "list": "a list",
    "method": "a function",
    "module": "a module",
    "NoneType": "nothing",
    "range": "a range",
    "set": "a set",
    "str": "a string",
    "tuple": "a tuple",
    "type": "a class",
}


@dataclass(frozen=True)
class Value:
    """One value, as it may be shown."""

    type: str
    """The class's name."""
    text: str
    """As code, at most 60 characters; empty for what has no short text, such as functions and own objects."""
    length: int | None = None
    """How many items; None where it has none, or where that is not known."""
    items: tuple[str, ...] = ()
    """The first items, or a dictionary's keys, as code; empty where there are none or they are not known."""


def kind(type_name: str) -> str:
    """`a string (`str`)`: the kind of value in words, with Python's name for it."""
    said = KINDS.get(type_name)
    return f"{said} (`{type_name}`)" if said else f"a value of type `{type_name}`"


def value_of(thing: object) -> Value:
    """Look at a live object; only the built-in classes themselves are shown in full."""
    name = clean(type.__dict__["__name__"].__get__(type(thing)), MAX_TEXT)
    if type(thing) in _SINGLE:
        length = len(thing) if isinstance(thing, (str, bytes, range)) else None
        return Value(name, _text(thing, 0), length)
    if type(thing) in _SEVERAL:
        assert isinstance(thing, _SEVERAL)
        return Value(name, _text(thing, 0), len(thing), tuple(_text(each, 1) for each in _some(thing)))
    return Value(name, "")


def value_from(variable: Variable) -> Value:
    """What a `Variable`'s text tells."""
    text = clean(variable.value, MAX_TEXT)
    if len(variable.value) <= MAX_TEXT:
        try:
            found = value_of(ast.literal_eval(variable.value))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            found = None
        if found is not None and found.type == variable.type:
            return found
    return Value(clean(variable.type, MAX_TEXT), text)


def values_from(variables: Iterable[Variable]) -> dict[str, Value]:
    """By name."""
    return {variable.name: value_from(variable) for variable in variables}


def _some(things: Iterable[object]) -> list[object]:
    return list(islice(things, MAX_ITEMS))


def _text(thing: object, depth: int) -> str:
    if type(thing) is int and thing.bit_length() > _MAX_BITS:
        return ""
    # The type first: isinstance would ask a student's object for its class.
    if type(thing) in (str, bytes) and isinstance(thing, (str, bytes)):
        return clean(repr(thing[:MAX_TEXT]), MAX_TEXT)
    if type(thing) in _SINGLE:
        return repr(thing)
    if type(thing) not in _SEVERAL or depth > _MAX_DEPTH:
        return "…"
    assert isinstance(thing, _SEVERAL)
    more = ", …" if len(thing) > MAX_ITEMS else ""
    if isinstance(thing, Mapping):
        pairs = (f"{_text(key, depth + 1)}: {_text(thing[key], depth + 1)}" for key in _some(thing))
        said = f"{{{', '.join(pairs)}{more}}}"
    elif isinstance(thing, (set, frozenset)):
        said = f"{{{', '.join(_text(each, depth + 1) for each in _some(thing))}{more}}}" if thing else "set()"
    else:
        inside = ", ".join(_text(each, depth + 1) for each in _some(thing)) + more
        comma = "," if isinstance(thing, tuple) and len(thing) == 1 else ""
        said = f"[{inside}]" if isinstance(thing, list) else f"({inside}{comma})"
    return clean(said, MAX_TEXT)
