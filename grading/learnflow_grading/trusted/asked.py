"""What a student's code may ask of the test's own things: to call them, and little besides."""

from __future__ import annotations

import functools
import time
import types
from collections.abc import Sequence
from typing import Any

from .declared import BINARY, SPECIAL
from .lent import is_lent

_AT_ONCE = 256
"""How many values of a long iterator cross together."""
CLOSED = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type, functools.partial)
"""Of the test's own things, what a student's code may call and nothing else."""
_BOUND = (types.MethodType, types.BuiltinFunctionType)
_CHANGING = frozenset({"__setitem__", "__delitem__", "__enter__", "__exit__", "__call__"}) | {
    name for name in BINARY if name.startswith("__i")
}
"""Operators that change what they are asked of."""
_HARMLESS = frozenset({"builtins", "itertools", "unittest.mock"})
"""Modules whose objects change nothing but themselves, or what the test wants changed."""
_OF_MOCKS = frozenset(
    "configure_mock reset_mock attach_mock mock_add_spec side_effect return_value call_args call_args_list"
    " call_count called mock_calls method_calls".split()
)
"""What a test says to a mock, or asks it; with these a student's code would answer for it."""
_INNER = (types.FrameType, types.CodeType, types.TracebackType, types.ModuleType, types.CellType)
"""From these a way leads to everything, `eval` included."""
_NEVER = (
    "_", "bit_generator", "ctypes", "cffi", "capsule", "load_extension", "enable_load_extension", "setconfig",
    "create_function", "create_aggregate", "create_window_function", "create_collation", "set_authorizer",
)  # fmt: skip
"""How attributes begin that lead into Python, or into memory, or change what a database answers."""


def what_may_change(target: Any, what: str, name: Any, lent: Sequence[Any]) -> Sequence[Any]:
    """What may be changed by a question, of what the test has `lent` and does not cross."""
    owner = getattr(target, "__self__", None) if isinstance(target, _BOUND) else target
    if what == "get" or (what == "special" and name not in _CHANGING):
        return ()
    if is_lent(owner):
        return (owner,)
    # By way of `array.flat`, or of a blob in a database, what it is of is changed.
    return () if type(owner).__module__ in _HARMLESS else lent


def look(target: Any, what: str, name: Any, args: list[Any]) -> Any:
    """`target`'s attribute, got or set, or what an operator gives. AttributeError where it is closed."""
    if type(name) is not str or isinstance(target, CLOSED):
        raise AttributeError("This cannot be looked into.")
    if what == "get" and not name.startswith(_NEVER) and not _is_about_mock(target, name):
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


def _is_about_mock(target: Any, name: str) -> bool:
    if type(target).__module__ != "unittest.mock":
        return False
    return name in _OF_MOCKS or name.startswith("assert_")


def _apply_special(target: Any, name: str, args: list[Any]) -> Any:
    if name == "__iter__":
        # An iterator is asked for one after the other: it may never end.
        return target if hasattr(type(target), "__next__") else list(target)
    if name == "__next__" and args:
        return _several(target)
    if name == "__str__":
        return str(target)
    if name == "__bool__":
        return bool(target)
    if name == "__contains__":
        return args[0] in target
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
