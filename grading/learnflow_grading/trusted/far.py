"""What a student's code sees of a test's own things: each use is a question to the test's side."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

_ONE_BY_ONE = 1000
"""How many values of a test's iterator are asked for singly: it may count how many are taken."""


class Far:
    """Something that the test passed in, and that stays on its side."""

    def __init__(self, ask: Callable[..., Any], number: int) -> None:
        """`ask` is the agent's; `number` is by what the test's side knows the thing."""
        object.__setattr__(self, "_far", (ask, number))
        object.__setattr__(self, "_ahead", ([], itertools.count()))

    def __iter__(self) -> Iterator[Any]:
        found = self._do("special", "__iter__", [])
        return found if type(found) is Far else iter(found)

    def __next__(self) -> Any:
        ahead, asked = object.__getattribute__(self, "_ahead")
        if not ahead:
            if next(asked) < _ONE_BY_ONE:
                return self._do("special", "__next__", [])
            ahead.extend(reversed(self._do("special", "__next__", [True])))
        return ahead.pop()

    def _do(self, what: str, name: str, args: list[Any], kwargs: dict[str, Any] | None = None) -> Any:
        ask, number = object.__getattribute__(self, "_far")
        return ask(what, number, name, args, kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._do("call", "", list(args), kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._do("get", name, [])

    def __setattr__(self, name: str, value: Any) -> None:
        self._do("set", name, [value])


def _forward(name: str) -> Callable[..., Any]:
    def method(self: Far, *args: Any) -> Any:
        return self._do("special", name, list(args))

    return method


for _name in (
    "len getitem setitem delitem contains enter exit str eq ne lt le gt ge add sub mul truediv"
    " floordiv mod pow neg abs radd rsub rmul bool int float"
).split():
    setattr(Far, f"__{_name}__", _forward(f"__{_name}__"))
Far.__hash__ = lambda self: id(self)  # type: ignore[method-assign]


def number_of(thing: Far) -> int:
    """By what the test's side knows it."""
    return int(object.__getattribute__(thing, "_far")[1])
