"""What a student's code may ask of the test's own things: to call them, and little besides."""

from __future__ import annotations

import time
import types
from typing import Any

from .declared import SPECIAL

_AT_ONCE = 256
"""How many values of a long iterator cross together."""
_CLOSED = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type)
"""Of the test's own things, what a student's code may call and nothing else."""
_INNER = (types.FrameType, types.CodeType, types.TracebackType, types.ModuleType, types.CellType)
"""From these a way leads to everything, `eval` included."""
_NEVER = ("_", "bit_generator", "ctypes", "cffi", "capsule", "load_extension", "enable_load_extension")
"""How attributes begin that lead into Python, or into memory."""


def look(target: Any, what: str, name: Any, args: list[Any]) -> Any:
    """`target`'s attribute, got or set, or what an operator gives. AttributeError where it is closed."""
    if type(name) is not str or isinstance(target, _CLOSED):
        raise AttributeError("This cannot be looked into.")
    if what == "get" and not name.startswith(_NEVER):
        found = getattr(target, name)
        if isinstance(found, _INNER):
            raise AttributeError("This cannot be looked into.")
        return found
    if what == "set" and not name.startswith("_") and type(target).__module__ == "__main__":
        setattr(target, name, args[0])
        return None
    if what == "special" and name in SPECIAL | {"__str__"}:
        return _apply_special(target, name, args)
    raise AttributeError(str(name)[:100])


def _apply_special(target: Any, name: str, args: list[Any]) -> Any:
    if name == "__iter__":
        # An iterator is asked for one after the other: it may never end.
        return target if hasattr(type(target), "__next__") else list(target)
    if name == "__next__" and args:
        return _several(target)
    if name == "__str__":
        return str(target)
    return getattr(type(target), name)(target, *args)


def _several(iterator: Any) -> list[Any]:
    """Its next values: one, and more where they are small and there at once. StopIteration at its end."""
    found = [next(iterator)]
    end = time.monotonic() + 0.02
    while (
        (type(found[-1]) in (int, float, bool) or (type(found[-1]) is str and len(found[-1]) < 1000))
        and len(found) < _AT_ONCE
        and time.monotonic() < end
        and type(iterator).__module__ != "__main__"
    ):
        try:
            found.append(next(iterator))
        except StopIteration:
            break
    return found
