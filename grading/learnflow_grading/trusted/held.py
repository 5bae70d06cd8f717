"""A student's values as the test's side knows them: by number, and what is said of each."""

from __future__ import annotations

import builtins
import enum
import functools
import types
from collections.abc import Callable
from typing import Any

from .far import Far, number_of
from .wire import Reader, Uncrossable, Writer

_MAX_HANDLES = 500_000
_ITERATORS = frozenset({"builtins", "itertools"})
"""Where the kinds of iterators are from that are asked for one value after the other."""
_CALLABLES = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    functools.partial,
    types.MethodWrapperType,
    type(str.upper),
    getattr(functools, "_lru_cache_wrapper", types.FunctionType),
)
_BASES = (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)


class Held:
    """Everything of one student's that the test's side has been told of."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """`ask` has the test's side do something with a thing of its own."""
        self._ask = ask
        self._handles: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._far: dict[int, Far] = {}

    def __getitem__(self, number: int) -> Any:
        """The value with this number. IndexError where there is none."""
        return self._handles[number]

    def reader(self) -> Reader:
        """Reads what the test's side passes."""
        return Reader(self._read_link)

    def writer(self, known: list[Any] | None = None) -> Writer:
        """Writes a value for the test's side, which has the values `known` already."""
        return Writer(self._write_link, known)

    def contents(self, objects: list[Any]) -> list[Any]:
        """What these hold, for `changed`."""
        return [self.writer(objects).content(value) for value in objects]

    def changed(self, objects: list[Any], before: list[Any]) -> list[Any]:
        """(place, content) of those of `objects` that hold something else than `before`."""
        changed = []
        for number, value in enumerate(objects):
            writer = self.writer(objects)
            content = writer.content(value)
            if content != before[number]:
                changed.append([number, content])
        return changed

    def hold(self, value: Any) -> int:
        """A number by which the supervisor may name `value`."""
        known = self._numbers.get(id(value))
        if known is not None:
            return known
        if len(self._handles) >= _MAX_HANDLES:
            raise Uncrossable("far too many objects")
        self._handles.append(value)
        self._numbers[id(value)] = len(self._handles) - 1
        return len(self._handles) - 1

    def _write_link(self, value: Any, writer: Writer) -> list[Any]:
        kind = type(value)
        if kind is Far:
            return ["mine", number_of(value)]
        if isinstance(value, type):
            return ["cl", self.hold(value)]
        if kind in _CALLABLES:
            return ["fn", self.hold(value), str(getattr(value, "__name__", ""))[:200]]
        if kind.__module__ in _ITERATORS and hasattr(kind, "__next__"):
            return ["g", self.hold(value)]
        if kind is types.ModuleType:
            return ["mo", str(value.__name__)[:200]]
        if issubclass(kind, enum.Enum):
            return ["en", self.hold(kind), str(value.name)]
        if callable(value) and kind.__module__ not in ("__main__", "builtins"):
            # `np.vectorize(f)`, `operator.itemgetter(1)`: a library's, and to be called.
            return ["fn", self.hold(value), str(getattr(value, "__name__", ""))[:200]]
        base = next((b for b in _BASES if issubclass(kind, b)), None)
        if base is not None:
            return ["o", self.hold(value), self.hold(kind), writer.write(_plain(base, value))]
        if issubclass(kind, BaseException):
            args = [_or_text(writer, arg) for arg in BaseException.args.__get__(value)]  # type: ignore[attr-defined]
            return ["ex", self.hold(value), self.hold(kind), ["t", args]]
        return ["o", self.hold(value), self.hold(kind), None]

    def _read_link(self, wire: list[Any], reader: Reader) -> Any:
        if wire[0] == "yours":
            return self._handles[wire[1]]
        if wire[0] == "member":
            return self._handles[wire[1]][wire[2]]
        if wire[0] == "far":
            number = wire[1]
            if number not in self._far:
                self._far[number] = Far(self._ask, number)
            return self._far[number]
        if wire[0] == "raise":
            return wire
        raise Uncrossable("unknown value")

    def describe(self, cls: type) -> dict[str, Any]:
        """What the test's side is told of a class: its name, its bases, an enumeration's members."""
        bases = []
        for base in type.__dict__["__bases__"].__get__(cls):
            plain = base.__module__ == "builtins" and getattr(builtins, base.__name__, None) is base
            bases.append(base.__name__ if plain else ["cl", self.hold(base)])
        members = None
        if issubclass(cls, enum.Enum):
            members = [
                [name, self.writer().write(_enum_value(member))] for name, member in cls.__members__.items()
            ]
            kind = next(
                (b.__name__ for b in (enum.IntFlag, enum.IntEnum, enum.Flag) if issubclass(cls, b)), "Enum"
            )
            return {
                "name": str(cls.__name__),
                "module": str(cls.__module__),
                "bases": [],
                "members": members,
                "kind": kind,
            }
        fields = cls.__dict__.get("_fields") if issubclass(cls, tuple) else None
        return {
            "name": str(cls.__name__),
            "module": str(cls.__module__),
            "bases": bases,
            "called": "__call__" in _names_in(cls),
            "fields": [str(name) for name in fields] if isinstance(fields, tuple) else None,
        }

    def exception(self, error: BaseException) -> list[Any]:
        """The error for the test's side, without its arguments where these cannot cross."""
        error.__traceback__ = None
        try:
            return self.writer().write(error)  # type: ignore[no-any-return]
        except Uncrossable:
            return ["ex", self.hold(error), self.hold(type(error)), ["t", []]]


def _plain(base: type, value: Any) -> Any:
    """What a value of a subclass of a built-in type holds, without asking the subclass."""
    if base is int or base is bool:
        return int.__index__(value)
    if base is float:
        return float.__add__(value, 0.0) if value == value else float("nan")
    if base is complex:
        return complex.__add__(value, 0)
    if base is str:
        return str.__str__(value) if type(value) is str else "".join(str.__iter__(value))
    if base is bytes:
        return bytes.__getitem__(value, slice(None))
    if base is dict:
        return dict(dict.items(value))
    iterate: Any = base.__iter__  # type: ignore[attr-defined]
    return base(iterate(value))


def _names_in(cls: type) -> set[str]:
    """What it and its bases define, without asking it."""
    return {name for base in type.__dict__["__mro__"].__get__(cls) for name in base.__dict__}


def _enum_value(member: Any) -> Any:
    return member.value


def _or_text(writer: Writer, value: Any) -> Any:
    try:
        return writer.write(value)
    except Uncrossable:
        return type(value).__name__
