"""Plain data: what it is made of, how much there is in it, and what may hide inside."""

from __future__ import annotations

import cmath
import collections
import datetime
import decimal
import fractions
import math
import sys
from collections.abc import Iterator
from typing import Any

_SEQUENCES = frozenset(
    {list, tuple, set, frozenset, collections.deque, type({}.keys()), type({}.values()), type({}.items())}
)
_MAPPINGS = frozenset({dict, collections.Counter, collections.OrderedDict, collections.defaultdict})
_SIZED = _SEQUENCES | _MAPPINGS | {str, bytes}
_ROWS = (list, tuple, collections.deque)
"""Of these, and of what is in them, numpy makes an array."""
_NUMBERS = (range, bytearray)
"""Of these as well."""
SINGLE = frozenset({int, float, complex, bool, str, bytes, type(None)})
DATA_BASES = (int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
_VALUES: tuple[type, ...] = (
    bool, int, float, complex, str, bytes, range, decimal.Decimal, fractions.Fraction,
    datetime.date, datetime.datetime, datetime.time, datetime.timedelta,
)  # fmt: skip


def is_data(value: Any) -> bool:
    """Whether it is nothing but numbers, texts and what is made of them, as an enumeration's values are."""
    if type(value) in (tuple, list, set, frozenset):
        return all(map(is_data, value))
    if type(value) is dict:
        return all(map(is_data, value.items()))
    return value is None or type(value) in _VALUES


def everything(value: Any) -> Iterator[Any]:
    """`value`, and all that is in it."""
    todo, seen = [value], set[int]()
    while todo:
        item = todo.pop()
        yield item
        if id(item) not in seen:
            seen.add(id(item))
            todo += [each for each in inside(item) if type(each) not in SINGLE]


def unknown_in(value: Any) -> bool | None:
    """Whether a number in it is nan, infinite, missing, or of half precision; None where there is none."""
    numbers = False
    for item in everything(value):
        kind = type(item)
        # What `everything` leaves out is in here.
        for each in (item, *(inside(item) if kind in _SEQUENCES or kind in _MAPPINGS else ())):
            if type(each) in (int, float, complex):
                numbers = True
                if type(each) is not int and not cmath.isfinite(each):
                    return True
        if kind is decimal.Decimal and not item.is_finite():
            return True
        if of_library(kind):
            if _is_unknown(item):
                return True
            numbers = True
    return False if numbers else None


def only_nans(value: Any) -> bool:
    """Whether each number in it that is none is one nan, in no array or table."""
    for item in everything(value):
        kind = type(item)
        for each in (item, *(inside(item) if kind in _SEQUENCES or kind in _MAPPINGS else ())):
            if type(each) is complex or (type(each) is float and math.isinf(each)):
                return False
        if kind is decimal.Decimal:
            return False
        if of_library(kind) and (math.isinf(item) if kind.__name__ == "float64" else _is_unknown(item)):
            return False
    return True


def _is_unknown(value: Any) -> bool:
    """The same for numpy's and pandas' own."""
    numpy = sys.modules["numpy"]
    if hasattr(value, "columns"):
        return any(_is_unknown(value.iloc[:, place]) for place in range(value.shape[1]))
    if hasattr(value, "isna") and not hasattr(value, "levels") and bool(numpy.asarray(value.isna()).any()):
        return True
    dtype = getattr(value, "dtype", None)
    if not isinstance(dtype, numpy.dtype):
        return False
    if dtype.kind in "mM":
        return bool(numpy.isnat(value).any())
    if dtype.kind not in "fc":
        return False
    return dtype.itemsize == 2 or not bool(numpy.isfinite(numpy.asarray(value)).all())


def size_of(value: Any, depth: int = 0) -> int | None:
    """0 for what is empty, or numpy takes for an empty array; 1 for what is not; None for what is neither."""
    kind = type(value)
    if kind in (int, float, complex):
        return 1
    if kind in _NUMBERS or (depth == 0 and kind not in _ROWS and kind in _SIZED):
        return int(len(value) > 0)
    if of_library(kind):
        return int(bool(value.size)) if hasattr(value, "size") else None
    if kind in _ROWS:
        # One that holds itself is not empty.
        return int(depth > 40 or any(size_of(item, depth + 1) != 0 for item in value))
    return None


def has_empty(value: Any) -> bool:
    """Whether an empty list, tuple, array or the like is somewhere in it: it would stand for any number."""
    todo, seen = [value], set[int]()
    while todo:
        item = todo.pop()
        if (type(item) in (*_ROWS, *_NUMBERS) or of_library(type(item))) and size_of(item) == 0:
            return True
        if id(item) not in seen:
            seen.add(id(item))
            todo += [each for each in inside(item) if type(each) not in SINGLE]
    return False


def of_library(kind: type) -> bool:
    """Whether it is a class of numpy's or pandas'."""
    return kind.__module__.partition(".")[0] in ("numpy", "pandas")


def inside(item: Any) -> list[Any]:
    """What a plain value holds that may be anything."""
    kind = type(item)
    if kind in _SEQUENCES:
        return list(item)
    if kind in _MAPPINGS:
        return [*item.values(), *item]
    if of_library(kind):
        if hasattr(item, "columns"):
            return [*item.columns, *item.index, *(item.iloc[:, n] for n in range(item.shape[1]))]
        if hasattr(item, "dtype") and item.dtype == object:
            return list(item.tolist()) if hasattr(item, "tolist") else []
    return []
