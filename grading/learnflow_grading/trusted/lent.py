"""What tests make and lend to a student's code: copies of it, and whether it was changed.

Lists, mappings, arrays and tables cross as they are, and come back as they are by then. Anything else that
can be changed (a `UserList`, a masked array, an object of a class that the test declares, a database) stays
on the test's side, and a student's code calls its methods.
"""

from __future__ import annotations

import collections
import contextlib
import copy
import enum
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

from . import tables
from .wire import MUTABLE

_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes})
_MOST = 400_000
"""Values of an array or a table that is looked through."""


def copied(
    value: Any,
    made: dict[int, Any],
    originals: dict[int, tuple[Any, Any]] | None = None,
    *,
    all_kinds: bool = True,
) -> Any:
    """`value` with its lists, mappings, arrays and the like copied, those inside of it as well.

    All else stays itself, a student's own things above all: a copy of those would be nobody's. `made` holds
    what was copied already, by its `id`, so that what is there twice stays one. `originals` takes (copy, what
    it is of) by the copy's `id`. Without `all_kinds` what does not cross stays itself, too.
    """
    kind = type(value)
    if id(value) in made:
        return made[id(value)]

    def inner(each: Any) -> Any:
        return copied(each, made, originals, all_kinds=all_kinds)

    if kind is tuple:
        return tuple(map(inner, value))
    stays = all_kinds and is_lent(value)
    if not stays and kind not in MUTABLE and kind is not collections.defaultdict and not tables.knows(kind):
        return value
    fresh = _twin(value, made) if stays else copy.copy(value)
    made[id(value)] = fresh
    if fresh is value:
        return value
    if originals is not None:
        originals[id(fresh)] = (fresh, value)
    if isinstance(fresh, list | collections.deque):
        base: Any = list if isinstance(fresh, list) else collections.deque
        base.clear(fresh)
        base.extend(fresh, list(map(inner, value)))
    elif isinstance(fresh, dict):
        for key, each in list(dict.items(value)):
            dict.__setitem__(fresh, key, inner(each))
    if stays and hasattr(value, "__dict__"):
        vars(fresh).update({name: inner(each) for name, each in vars(value).items()})
    return fresh


def is_lent(value: Any) -> bool:
    """Whether it can be changed, and does not cross: who has it calls its methods."""
    kind = type(value)
    if kind in _PLAIN or hasattr(kind, "_lf_proxies") or issubclass(kind, type | enum.Enum | BaseException):
        return False
    # Not `isinstance`: that asks the object.
    if issubclass(kind, list | dict | set | collections.deque | bytearray):
        return kind not in MUTABLE and kind is not collections.defaultdict
    if issubclass(kind, collections.UserList | collections.UserDict | sqlite3.Connection | sqlite3.Cursor):
        return True
    np = sys.modules.get("numpy")
    if np is not None and issubclass(kind, np.ndarray):
        return kind is not np.ndarray
    return kind.__module__ == "__main__" and hasattr(value, "__dict__")


def holds_lent(value: Any) -> bool:
    """Whether it is one, or one is somewhere in its lists and mappings."""
    todo, seen = [value], set[int]()
    while todo:
        item = todo.pop()
        if is_lent(item):
            return True
        if id(item) in seen:
            continue
        seen.add(id(item))
        if type(item) in (list, tuple, collections.deque):
            todo += [each for each in item if type(each) not in _PLAIN]
        elif isinstance(item, dict):
            todo += [each for each in item.values() if type(each) not in _PLAIN]
    return False


def _twin(value: Any, made: dict[int, Any]) -> Any:
    """Another of the same kind, which holds the same; itself where that cannot be made."""
    try:
        if isinstance(value, sqlite3.Cursor):
            return copied(value.connection, made).cursor()
        if isinstance(value, sqlite3.Connection):
            twin = sqlite3.connect(":memory:")
            # Not `backup`, which waits for ever for the end of a transaction.
            twin.executescript("\n".join(value.iterdump()))
            twin.row_factory, twin.text_factory = value.row_factory, value.text_factory
            return twin
        return copy.copy(value)
    except Exception:  # a teacher's class may refuse in any way
        return value


def held_by(value: Any) -> Any:
    """What a list, mapping, array or table holds at present, for `refill`."""
    return value.copy() if tables.knows(type(value)) else copy.copy(value)


def refill(value: Any, held: Any) -> None:
    """Make `value` hold again what it held."""
    kind = type(value)
    if kind in (list, collections.deque, bytearray):
        value.clear()
        value.extend(held)
    elif tables.knows(kind):
        if hasattr(value, "_update_inplace"):
            value._update_inplace(held)
        else:
            value[...] = held
    else:
        value.clear()
        value.update(held)


def print_of(value: Any, seen: set[int] | None = None, depth: int = 0) -> Any:
    """What is equal as long as `value` holds the same, to be compared with `==` alone."""
    kind = type(value)
    seen = set() if seen is None else seen
    if kind in _PLAIN:
        return value
    if id(value) in seen or depth > 60 or hasattr(kind, "_lf_proxies") or issubclass(kind, type):
        return id(value)
    seen.add(id(value))

    def each(items: Any) -> list[Any]:
        return [print_of(item, seen, depth + 1) for item in items]

    found: list[Any] = [id(kind)]
    if (array := _array(value)) is not None:
        return found + array
    if issubclass(kind, list | tuple | collections.deque | set | bytearray):
        found += each(value)
    elif issubclass(kind, dict):
        found += each(part for pair in dict.items(value) for part in pair)
    elif issubclass(kind, sqlite3.Connection):
        found += _stored(value)
    elif issubclass(kind, sqlite3.Cursor):
        found += _stored(value.connection)
    elif not is_lent(value):
        return id(value)
    return found + each([vars(value)]) if is_lent(value) and hasattr(value, "__dict__") else found


def _array(value: Any) -> list[Any] | None:
    np, pd = sys.modules.get("numpy"), sys.modules.get("pandas")
    if np is not None and issubclass(type(value), np.ndarray):
        mask = getattr(value, "mask", None)
        plain = np.asarray(value)
        held = list(map(id, plain.ravel().tolist())) if plain.dtype.hasobject else plain.tobytes()
        return [plain.shape, held, None if mask is None else np.asarray(mask).tobytes()]
    if pd is not None and issubclass(type(value), pd.DataFrame | pd.Series) and value.size <= _MOST:
        return [value.shape, value.to_csv()]
    return None


def _stored(connection: sqlite3.Connection) -> list[Any]:
    """What a database holds; nothing where it is closed. Its own count leaves out what is dropped, or put in
    the place of all.
    """
    found: list[Any] = []
    questions: tuple[Callable[[], object], ...] = (
        lambda: connection.total_changes,
        connection.serialize,
        lambda: connection.serialize(name="temp"),
    )
    for ask in questions:
        # As an empty one says.
        with contextlib.suppress(sqlite3.Error):
            found.append(ask())
    return found
