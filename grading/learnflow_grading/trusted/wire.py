"""Values as JSON, and back: plain data only, sizes and depth bounded, types exact.

Used by both ends. The end that reads takes nothing for granted: whatever is not exactly as below raises
`Malformed`. A value that is no plain data goes through the reader's and writer's `link`.

Scalars are themselves; all else is a list with a tag first. Mutable values carry a number, by which a second
mention refers to the same object (`["=", n]`), so aliases and cycles survive, and by which the answer to
a call tells what became of an argument.
"""

from __future__ import annotations

import base64
import binascii
import builtins
import collections
import datetime
import decimal
import fractions
import math
import pathlib
from collections.abc import Callable
from typing import Any

from . import tables

MAX_DEPTH = 60
MAX_NODES = 400_000
_BIG = 1 << 53
_MAX_BITS = 4_000_000


class Uncrossable(Exception):
    """This value cannot be sent; the text says why, in words for a person."""


class Malformed(Exception):
    """What was received is no value."""


_VIEWS: dict[type, str] = {type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items"}
_TYPES: dict[str, type] = {
    t.__name__: t
    for t in (
        bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, range, object,
        type(None), type,
    )
}  # fmt: skip
_TYPES |= {n: t for n, t in vars(builtins).items() if isinstance(t, type) and issubclass(t, BaseException)}
_TYPE_NAMES = {t: name for name, t in _TYPES.items()}
_TIMES: dict[type, str] = {datetime.datetime: "datetime", datetime.date: "date", datetime.time: "time"}
_TIME_TYPES: dict[str, Any] = {name: t for t, name in _TIMES.items()}
_PATHS: dict[type, str] = {pathlib.PosixPath: "Path", pathlib.PurePosixPath: "PurePosixPath"}
_PATH_TYPES: dict[str, Any] = {"Path": pathlib.Path, "PurePosixPath": pathlib.PurePosixPath}
"""As text: a path that stayed on the test's side would open its files to the student's code."""
_SINGLES: dict[str, Any] = {"Ellipsis": ..., "NotImplemented": NotImplemented}
MUTABLE = (list, dict, set, bytearray, collections.deque, collections.Counter, collections.OrderedDict)


class Writer:
    """Makes one message's values. `link` is asked for whatever is no plain data; it returns a tagged list."""

    def __init__(self, link: Callable[[Any, Writer], list[Any]], known: list[Any] | None = None) -> None:
        """`known` are objects that the other side has already, by number."""
        self.objects: list[Any] = list(known or [])
        self._numbers = {id(value): number for number, value in enumerate(self.objects)}
        self._link = link
        self._nodes = 0
        self._depth = 0

    def number(self, value: Any) -> int:
        """A new number for `value`, which stays alive as long as the message is made."""
        self.objects.append(value)
        self._numbers[id(value)] = len(self.objects) - 1
        return len(self.objects) - 1

    def write(self, value: Any) -> Any:
        """`value` in wire form. Uncrossable when it is too large, too deep, or the link refuses it."""
        kind = type(value)
        if value is None or kind is bool or (kind is str):
            self._count(1 + (len(value) // 64 if kind is str else 0))
            return value
        self._count(1)
        if kind is int:
            if -_BIG < value < _BIG:
                return value
            if value.bit_length() > _MAX_BITS:
                raise Uncrossable("a number is far too long")
            return ["i", format(value, "x")]
        if kind is float:
            return value if math.isfinite(value) else ["f", repr(value)]
        known = self._numbers.get(id(value))
        if known is not None:
            return ["=", known]
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Uncrossable("a value is nested too deeply")
        try:
            return self._compound(kind, value)
        finally:
            self._depth -= 1

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise Uncrossable("a value is too large")

    def _all(self, values: Any) -> list[Any]:
        return [self.write(value) for value in values]

    def _pairs(self, items: Any) -> list[Any]:
        return [[self.write(key), self.write(value)] for key, value in items]

    def content(self, value: Any) -> Any:
        """What a numbered object holds, without its number."""
        kind = type(value)
        if kind in (list, set, collections.deque):
            return self._all(value)
        if kind in (dict, collections.Counter, collections.OrderedDict, collections.defaultdict):
            return self._pairs(value.items())
        if kind is bytearray:
            return _b64(value)
        return tables.write(value, self)[2:]

    def _compound(self, kind: type, value: Any) -> list[Any]:
        if kind is tuple:
            return ["t", self._all(value)]
        if kind is list:
            return ["l", self.number(value), self._all(value)]
        if kind is dict:
            return ["d", self.number(value), self._pairs(value.items())]
        if kind is set:
            return ["s", self.number(value), self._all(value)]
        if kind is frozenset:
            return ["z", self._all(value)]
        if kind is bytes:
            self._count(len(value) // 64)
            return ["b", _b64(value)]
        if kind is bytearray:
            self._count(len(value) // 64)
            return ["B", self.number(value), _b64(value)]
        if kind is complex:
            return ["c", self.write(value.real), self.write(value.imag)]
        if kind is range:
            return ["r", *self._all((value.start, value.stop, value.step))]
        if kind is slice:
            return ["sl", *self._all((value.start, value.stop, value.step))]
        return self._library(kind, value)

    def _library(self, kind: type, value: Any) -> list[Any]:
        if kind is collections.Counter or kind is collections.OrderedDict:
            return ["m", self.number(value), kind.__name__, self._pairs(value.items())]
        if kind is collections.defaultdict:
            # What it makes for missing keys is a function; a plain reader needs it rarely.
            return ["m", self.number(value), "defaultdict", self._pairs(value.items())]
        if kind is collections.deque:
            return ["q", self.number(value), self.write(value.maxlen), self._all(value)]
        if kind in _VIEWS:
            return ["v", _VIEWS[kind], self._all(value)]
        if kind is decimal.Decimal:
            return ["D", str(value)]
        if kind is fractions.Fraction:
            return ["F", self.write(value.numerator), self.write(value.denominator)]
        if kind in _TIMES:
            return ["dt", _TIMES[kind], value.isoformat()]
        if kind is datetime.timedelta:
            return ["td", value.days, value.seconds, value.microseconds]
        if kind in _PATHS:
            return ["p", _PATHS[kind], str(value)]
        if kind is type and value in _TYPE_NAMES:
            return ["T", _TYPE_NAMES[value]]
        if value is ... or value is NotImplemented:
            return ["e", "Ellipsis" if value is ... else "NotImplemented"]
        if tables.knows(kind):
            return tables.write(value, self)
        return self._link(value, self)


def _b64(data: bytes | bytearray) -> str:
    return base64.b64encode(data).decode("ascii")


def unb64(text: Any) -> bytes:
    """Malformed for anything but base64."""
    if type(text) is not str:
        raise Malformed("no base64")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("no base64") from None


class Reader:
    """Reads one message's values. `link` gets every tagged list that is no plain data."""

    def __init__(self, link: Callable[[list[Any], Reader], Any], known: list[Any] | None = None) -> None:
        self.objects: list[Any] = list(known or [])
        self._link = link
        self._nodes = 0
        self._depth = 0

    def read(self, wire: Any) -> Any:
        """The value. Malformed when it is none."""
        kind = type(wire)
        self._nodes += 1
        if self._nodes > MAX_NODES * 2:
            raise Malformed("too large")
        if wire is None or kind is bool or kind is int or kind is str or kind is float:
            return wire
        if kind is not list or not wire or type(wire[0]) is not str:
            raise Malformed("no value")
        self._depth += 1
        if self._depth > MAX_DEPTH + 5:
            raise Malformed("too deep")
        try:
            return self._tagged(wire)
        except (TypeError, ValueError, IndexError, OverflowError, ArithmeticError, KeyError) as error:
            raise Malformed(f"no {wire[0][:8]}: {type(error).__name__}") from None
        finally:
            self._depth -= 1

    def number(self, number: Any, value: Any) -> Any:
        """Note a numbered object; the numbers come in order."""
        if type(number) is not int or number != len(self.objects):
            raise Malformed("numbers out of order")
        self.objects.append(value)
        return value

    def _all(self, wires: Any) -> list[Any]:
        if type(wires) is not list:
            raise Malformed("no list")
        return [self.read(wire) for wire in wires]

    def _pairs(self, wires: Any) -> list[tuple[Any, Any]]:
        if type(wires) is not list:
            raise Malformed("no pairs")
        pairs = []
        for wire in wires:
            if type(wire) is not list or len(wire) != 2:
                raise Malformed("no pair")
            pairs.append((self.read(wire[0]), self.read(wire[1])))
        return pairs

    def fill(self, value: Any, content: Any) -> None:
        """Make an object hold what the other side says it holds now."""
        kind = type(value)
        if kind is list or kind is collections.deque:
            items = self._all(content)
            value.clear()
            value.extend(items)
        elif kind is set:
            items = self._all(content)
            value.clear()
            value.update(items)
        elif isinstance(value, dict):
            pairs = self._pairs(content)
            value.clear()
            for key, item in pairs:
                dict.__setitem__(value, key, item)
        elif kind is bytearray:
            value[:] = unb64(content)
        else:
            tables.fill(value, content, self)

    def _tagged(self, wire: list[Any]) -> Any:
        tag = wire[0]
        if tag == "t":
            return tuple(self._all(_only(wire, 2)[1]))
        if tag == "=":
            number = _only(wire, 2)[1]
            if type(number) is not int or not 0 <= number < len(self.objects):
                raise Malformed("no such object")
            return self.objects[number]
        if tag in _NUMBERED:
            fresh = _NUMBERED[tag]()
            self.number(_only(wire, 3)[1], fresh)
            self.fill(fresh, wire[2])
            return fresh
        if tag == "m":
            kinds: dict[str, type] = {
                "Counter": collections.Counter,
                "OrderedDict": collections.OrderedDict,
                "defaultdict": collections.defaultdict,
            }
            mapping = kinds[_only(wire, 4)[2]]()
            self.number(wire[1], mapping)
            self.fill(mapping, wire[3])
            return mapping
        if tag == "q":
            maxlen = self.read(_only(wire, 4)[2])
            queue: collections.deque[Any] = collections.deque(maxlen=maxlen)
            self.number(wire[1], queue)
            queue.extend(self._all(wire[3]))
            return queue
        simple = _SIMPLE.get(tag)
        if simple is not None:
            return simple(self, wire)
        if tag in tables.TAGS:
            return tables.read(wire, self)
        return self._link(wire, self)


def _only(wire: list[Any], length: int) -> list[Any]:
    if len(wire) != length:
        raise Malformed("wrong length")
    return wire


def _int(reader: Reader, wire: list[Any]) -> int:
    text = _only(wire, 2)[1]
    if type(text) is not str or len(text) > _MAX_BITS // 4 + 2:
        raise Malformed("no integer")
    return int(text, 16)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Malformed("no text")
    return value


def _float(reader: Reader, wire: list[Any]) -> float:
    if _only(wire, 2)[1] not in ("nan", "inf", "-inf"):
        raise Malformed("no float")
    return float(wire[1])


def _complex(reader: Reader, wire: list[Any]) -> complex:
    real, imag = (reader.read(part) for part in _only(wire, 3)[1:])
    if type(real) is not float or type(imag) is not float:
        raise Malformed("no complex number")
    return complex(real, imag)


def _view(reader: Reader, wire: list[Any]) -> Any:
    items = reader._all(_only(wire, 3)[2])
    if wire[1] == "keys":
        return dict.fromkeys(items).keys()
    if wire[1] == "values":
        return dict(enumerate(items)).values()
    if wire[1] == "items":
        return dict(items).items()
    raise Malformed("no view")


def _fraction(reader: Reader, wire: list[Any]) -> fractions.Fraction:
    above, below = (reader.read(part) for part in _only(wire, 3)[1:])
    if type(above) is not int or type(below) is not int:
        raise Malformed("no fraction")
    return fractions.Fraction(above, below)


def _ints(reader: Reader, wire: list[Any], *, optional: bool = False) -> list[Any]:
    parts = [reader.read(part) for part in _only(wire, 4)[1:]]
    if not all(type(part) is int or (optional and part is None) for part in parts):
        raise Malformed("no range")
    return parts


_NUMBERED: dict[str, Callable[[], Any]] = {"l": list, "d": dict, "s": set, "B": bytearray}
_SIMPLE: dict[str, Callable[[Reader, list[Any]], Any]] = {
    "i": _int,
    "f": _float,
    "c": _complex,
    "v": _view,
    "F": _fraction,
    "b": lambda reader, wire: unb64(_only(wire, 2)[1]),
    "z": lambda reader, wire: frozenset(reader._all(_only(wire, 2)[1])),
    "r": lambda reader, wire: range(*_ints(reader, wire)),
    "sl": lambda reader, wire: slice(*_ints(reader, wire, optional=True)),
    "D": lambda reader, wire: decimal.Decimal(str(_only(wire, 2)[1])[:10_000]),
    "dt": lambda reader, wire: _TIME_TYPES[_only(wire, 3)[1]].fromisoformat(str(wire[2])[:100]),
    "td": lambda reader, wire: datetime.timedelta(*_ints(reader, wire)),
    "p": lambda reader, wire: _PATH_TYPES[_only(wire, 3)[1]](_text(wire[2])),
    "T": lambda reader, wire: _TYPES[_only(wire, 2)[1]],
    "e": lambda reader, wire: _SINGLES[_only(wire, 2)[1]],
}


def checked_index(number: Any, inside: list[Any] | None) -> int:
    """`number`, a place in `inside` (None: in any list). Malformed for what is none."""
    if type(number) is not int or number < 0 or (inside is not None and number >= len(inside)):
        raise Malformed("no such thing")
    return number


def checked_list(value: Any) -> list[Any]:
    """`value`, which is a list. Malformed for what is none."""
    if type(value) is not list:
        raise Malformed("no list")
    return value
