"""Short, safe descriptions of a student's variables: what a value is, never what its own code says it is."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType
from typing import Any

from learnflow_ext.contracts.help import Variable
from learnflow_ext.diagnosis.plain import clean

MAX_VALUE = 120
MAX_NAME = 60
MAX_VARIABLES = 10
_MAX_ITEMS = 8
_MAX_DEPTH = 3
_MAX_BITS = 400
_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
}


def type_name(value: object) -> str:
    """The name of the value's class, whatever its metaclass says."""
    return clean(type.__dict__["__name__"].__get__(type(value)), MAX_NAME)


def _number(value: int) -> str:
    if value.bit_length() > _MAX_BITS:
        return f"a whole number of about {int(value.bit_length() * 0.30103) + 1} digits"
    return repr(value)


def _text(value: str | bytes) -> str:
    shown = repr(value[:MAX_VALUE])
    return shown if len(value) <= MAX_VALUE else f"{shown}… ({len(value)} long)"


def _items(value: Any, depth: int) -> Iterator[str]:
    for item in _some(value):
        yield short_value(item, depth + 1)


def _some(value: Any) -> list[object]:
    picked: list[object] = []
    for item in value:
        picked.append(item)
        if len(picked) == _MAX_ITEMS:
            break
    return picked


def _container(value: Any, depth: int) -> str:
    if depth >= _MAX_DEPTH:
        return "…"
    more = ", …" if len(value) > _MAX_ITEMS else ""
    if type(value) is dict:
        pairs = (
            f"{short_value(key, depth + 1)}: {short_value(value[key], depth + 1)}" for key in _some(value)
        )
        return f"{{{', '.join(pairs)}{more}}}"
    if not value and type(value) is set:
        return "set()"
    left, right = _BRACKETS[type(value)]
    comma = "," if type(value) is tuple and len(value) == 1 else ""
    return f"{left}{', '.join(_items(value, depth))}{more}{comma}{right}"


def _shape(value: object) -> str:
    """`shape (3, 4)` for arrays and tables, by the libraries' own classes; empty for anything else."""
    for module, names in (("numpy", ("ndarray",)), ("pandas", ("DataFrame", "Series"))):
        library = sys.modules.get(module)
        if library is None:
            continue
        for name in names:
            if type(value) is library.__dict__.get(name):
                return f"shape {tuple(getattr(value, 'shape', ()))}"
    return ""


def short_value(value: object, depth: int = 0) -> str:
    """The value in at most some 120 characters. Runs no code of the student's.

    Only exact builtin types are shown; of others the class and, for arrays and tables, the shape.
    """
    kind = type(value)
    if value is None or kind in (bool, float, complex, range):
        return repr(value)
    if kind is int:
        return _number(value)  # type: ignore[arg-type]  # checked by its exact class just above
    if kind in (str, bytes):
        return _text(value)  # type: ignore[arg-type]  # as above
    if kind in (list, tuple, set, frozenset, dict):
        return clean(_container(value, depth), MAX_VALUE)
    if kind in (FunctionType, BuiltinFunctionType):
        return f"the function {clean(str(value.__name__), MAX_NAME)}"  # type: ignore[attr-defined]  # as above
    if kind is type:
        return f"the class {clean(type.__dict__['__name__'].__get__(value), MAX_NAME)}"
    return _shape(value) or f"a {type_name(value)} object"


def names_in(line: str) -> list[str]:
    """The variable names a line of code uses, in order; empty for a line that is no code by itself."""
    for trial in (line, f"{line}\n    pass", f"if x:\n    pass\n{line}\n    pass"):
        try:
            tree = ast.parse(trial.strip())
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        ordered = sorted(found, key=lambda node: (node.lineno, node.col_offset))
        return list(dict.fromkeys(node.id for node in ordered if node.id in line))
    return []


def visible(frame: FrameType | None, namespace: Mapping[str, object]) -> dict[str, object]:
    """What names meant in the failing frame: its own, then the notebook's."""
    if frame is None:
        return dict(namespace)
    return {**namespace, **frame.f_locals}


def describe(line: str, known: Mapping[str, object]) -> tuple[Variable, ...]:
    """The variables that `line` uses, as far as they are known; modules and functions of Python left out."""
    found = []
    for name in names_in(line):
        if name not in known or isinstance(known[name], ModuleType):
            continue
        value = known[name]
        found.append(
            Variable(
                name=clean(name, MAX_NAME), type=type_name(value), value=clean(short_value(value), MAX_VALUE)
            )
        )
    return tuple(found[:MAX_VARIABLES])
