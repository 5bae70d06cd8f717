"""What the leak gate is told that a student was told."""

from __future__ import annotations

import asyncio

import pytest

from learnflow_ext.service.telling import Record
from learnflow_ext.store import help
from learnflow_ext.store.database import Database


@pytest.mark.parametrize(
    ("here", "elsewhere", "in_order", "told"),
    [
        (("2",), ("1",), ("1", "2"), ""),
        (("1",), ("2",), ("1", "2"), "1\n\n2"),
        (("2", "4"), ("1", "3"), ("1", "2", "3", "4"), "1\n\n2\n\n3\n\n4"),
        ((), (), (), ""),
    ],
    ids=["moved on", "came back", "to and fro", "nothing"],
)
def test_the_order_of_time_is_told_where_it_is_another(
    here: tuple[str, ...], elsewhere: tuple[str, ...], in_order: tuple[str, ...], told: str
) -> None:
    before = help.Told(here=here, elsewhere=elsewhere, in_order=in_order)
    db = Database("sqlite+aiosqlite:////nowhere/at/all.sqlite")
    record = Record(db, asyncio.Lock(), "r", before, lambda _: "")
    assert record.told.in_order == told
    assert (record.told.here, record.told.elsewhere) == ("\n\n".join(here), "\n\n".join(elsewhere))
