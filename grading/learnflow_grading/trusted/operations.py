"""What the test's side can ask for to be done with a student's value, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _special(target: Any, name: str, args: list[Any], _: dict[str, Any]) -> Any:
    kind = type(target)
    if name == "__iter__":
        return iter(target)
    if name == "__bool__":
        return bool(target)
    if name == "__contains__":
        return args[0] in target
    if name == "__len__":
        return len(target)
    if name == "__hash__":
        return hash(target)
    return getattr(kind, name)(target, *args)


APPLY: dict[str, Callable[[Any, str, list[Any], dict[str, Any]], Any]] = {
    "call": lambda target, _, args, kwargs: target(*args, **kwargs),
    "method": lambda target, name, args, kwargs: getattr(target, name)(*args, **kwargs),
    "get": lambda target, name, *_: getattr(target, name),
    "set": lambda target, name, args, _: setattr(target, name, args[0]),
    "del": lambda target, name, *_: delattr(target, name),
    "special": _special,
    "next": lambda target, *_: next(target),
    "send": lambda target, _, args, __: target.send(args[0]),
    "close": lambda target, *_: target.close(),
}
"""(value, name of an attribute or operator, arguments, keywords) to what it gives."""
