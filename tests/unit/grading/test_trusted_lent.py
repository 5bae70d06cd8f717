"""What tests lend to a student's code: whether it was changed, and copies of it."""

from __future__ import annotations

import sqlite3
from collections import Counter, OrderedDict, UserDict, UserList, deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from learnflow_grading.trusted.lent import copied, held_by, holds_lent, is_lent, print_of, refill


class Bag:
    """As a class that a test declares."""

    def __init__(self, items: list[Any]) -> None:
        self.items = items


Bag.__module__ = "__main__"


def database() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE t (n INTEGER)")
    made.execute("INSERT INTO t VALUES (4)")  # in a transaction that stays open
    return made


def replaced(db: sqlite3.Connection) -> None:
    db.commit()
    other = sqlite3.connect(":memory:")
    other.execute("CREATE TABLE t (n INTEGER)")
    db.deserialize(other.serialize())


def linked() -> Bag:
    first = Bag([])
    first.items.append(Bag([first, Bag([])]))
    return first


CHANGES: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "a list of a class of its own": (lambda: UserList([1, [2]]), lambda xs: xs[1].append(3)),
    "a mapping of one": (lambda: UserDict(a=1), lambda d: d.clear()),
    "a masked array": (
        lambda: np.ma.masked_array([1.0, np.nan], [False, True]),
        lambda a: a.__setitem__(0, 7),
    ),
    "its mask alone": (lambda: np.ma.masked_array([1, 2], [False, True]), lambda a: a.mask.fill(True)),
    "an attribute": (lambda: Bag([1]), lambda bag: setattr(bag, "items", [])),
    "what an attribute holds": (lambda: Bag([{"a": {3}}]), lambda bag: bag.items[0]["a"].add(4)),
    "a table in an attribute": (lambda: Bag([pd.Series([1, 2])]), lambda bag: bag.items[0].update([9, 9])),
    "objects that hold one another": (linked, lambda bag: bag.items[0].items[1].items.append(1)),
    "a row": (database, lambda db: db.execute("DELETE FROM t")),
    "a table": (database, lambda db: db.execute("CREATE VIEW v AS SELECT 1")),
    "a table that is made anew": (
        database,
        lambda db: db.executescript("DROP TABLE t; CREATE TABLE t (n INTEGER)"),
    ),
    "all of a database": (database, replaced),
    "a row, by way of a cursor": (
        lambda: database().cursor(),
        lambda cursor: cursor.execute("DELETE FROM t"),
    ),
    "a table that is there for a while": (
        lambda: sqlite3.connect(":memory:"),
        lambda db: db.execute("CREATE TEMP TABLE t (n INTEGER)"),
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_seen_and_a_copy_is_another(what: str) -> None:
    make, change = CHANGES[what]
    value = make()
    assert is_lent(value)
    assert holds_lent([{"a": (value,)}])
    before, twin = print_of(value), copied(value, {})
    assert print_of(value) == before
    change(twin)
    assert print_of(value) == before, "of the copy alone"
    change(value)
    assert print_of(value) != before


@pytest.mark.parametrize(
    "value",
    [3, "a", [1], {"a": [1]}, {1}, np.arange(3), pd.Series([1]), ValueError("x"), len, Bag, iter([1])],
)
def test_what_crosses_or_cannot_be_changed_is_not_lent(value: Any) -> None:
    assert not is_lent(value)
    assert not holds_lent([value])


def test_who_closes_a_database_changes_it_and_hears_of_no_error() -> None:
    db = database()
    cursor, before = db.cursor(), print_of(db)
    db.close()
    assert print_of(db) != before
    assert print_of(cursor) != before
    assert copied([db, cursor], {}) == [db, cursor]


def test_what_is_there_twice_stays_one() -> None:
    bag = Bag([1])
    one, other = copied([bag, bag], {})
    assert one is other
    assert one is not bag


CROSSING: list[tuple[Any, Callable[[Any], object]]] = [
    ([3, 1, 2], lambda xs: xs.sort()),
    (deque([1, 2], maxlen=2), lambda xs: xs.append(3)),
    ({1, 2}, lambda xs: xs.clear()),
    ({"a": 1}, lambda xs: xs.update(b=2)),
    (Counter("aab"), lambda xs: xs.clear()),
    (OrderedDict(a=1, b=2), lambda xs: xs.move_to_end("a")),
    (bytearray(b"ab"), lambda xs: xs.append(0)),
    (np.array([1.0, 2.0]), lambda xs: xs.fill(0)),
    (pd.Series([1, 2]), lambda xs: xs.update([9, 9])),
    (pd.DataFrame({"a": [1, 2]}), lambda xs: xs.insert(0, "b", 7)),
]


@pytest.mark.parametrize(("value", "change"), CROSSING)
def test_what_crosses_is_filled_again_with_what_it_held(value: Any, change: Callable[[Any], object]) -> None:
    same, shown, held = value, repr(value), held_by(value)
    change(value)
    assert repr(value) != shown
    refill(value, held)
    assert same is value
    assert repr(value) == shown


def test_what_a_copy_is_of_is_known() -> None:
    bag = Bag([[1]])
    originals: dict[int, tuple[Any, Any]] = {}
    (twin,) = copied([bag], {}, originals)
    assert originals[id(twin)] == (twin, bag)
    inner: list[Any] = [bag, [1]]
    outer = copied(inner, {}, all_kinds=False)
    assert outer is not inner
    assert outer[0] is bag
    assert outer[1] is not inner[1]
