"""The hint ladder's rows: what runs that were reported leave in them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store import ladder, people
from learnflow_ext.store.database import Database
from learnflow_ext.store.ladder import REMEMBERED, Attempt
from learnflow_ext.store.models import HintLadder

CODES = [f"{number:016x}" for number in range(60)]


def ran(attempt: str, cell: str = "one", exercise: str = "e") -> Attempt:
    return Attempt("c", "a", exercise, cell, attempt)


@contextmanager
def statements(conn: AsyncConnection) -> Iterator[list[str]]:
    """What goes to the database meanwhile."""
    found: list[str] = []

    def noted(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(conn.sync_connection, "before_cursor_execute", noted)
    yield found
    event.remove(conn.sync_connection, "before_cursor_execute", noted)


async def kept(db: Database, exercise: str = "e") -> tuple[list[str], bool]:
    async with db.connect() as conn:
        row = (await conn.execute(select(HintLadder).where(HintLadder.exercise == exercise))).one()
    return row.seen.split(" "), bool(row.tried)


async def note(db: Database, *attempts: Attempt) -> None:
    async with db.begin() as conn:
        await ladder.attempted(conn, "ada", attempts)


async def due(db: Database, attempt: str = "", cell: str = "one") -> int:
    place: dict[str, Any] = {"course": "c", "assignment": "a", "exercise": "e"}
    async with db.begin() as conn:
        return await ladder.step(conn, "ada", **place, cell_id=cell, attempt=attempt)


async def test_of_any_runs_it_remembers_the_latest_and_whether_one_was_new(db: Database) -> None:
    chance = random.Random(7)
    seen: list[tuple[str, str]] = []
    tried = False
    for _ in range(80):
        batch = [(chance.choice("xyz"), chance.choice(CODES[: len(seen) + 3])) for _ in range(3)]
        for one in batch:
            tried |= one not in seen and any(cell == one[0] for cell, _ in seen)
            seen = [*(each for each in seen if each != one), one][-REMEMBERED:]
        await note(db, *(ran(code, cell) for cell, code in batch))
        found, is_tried = await kept(db)
        assert [each.partition(":")[2] for each in found] == [code for _, code in seen]
        assert len({each.partition(":")[0] for each in found}) == len({cell for cell, _ in seen})
        assert is_tried is tried
        if chance.random() < 0.1:
            await due(db)
            tried = False
    assert len(seen) == REMEMBERED


async def test_runs_and_questions_read_what_the_other_kept(db: Database) -> None:
    assert await due(db) == 1
    await note(db, ran(CODES[0]))
    assert (await kept(db))[1] is False, "a cell that was never seen has not changed"
    assert await due(db, CODES[0]) == 1
    await note(db, ran(CODES[1]))
    assert await due(db, CODES[1]) == 2
    await note(db, ran(CODES[0]), ran(CODES[1]))
    assert await due(db, CODES[0]) == 2
    await note(db, ran(CODES[2], cell="two"))
    assert await due(db) == 2, "another cell of the exercise"
    await note(db, ran(CODES[2]))
    assert await due(db) == 3, "code of one cell, for the first time in another"


@pytest.mark.parametrize("attempt", ["", "x", "z" * 16, "0" * 5000, "%" * 16, "_" * 16, "0" * 15 + "\n"])
async def test_what_is_no_attempt_leaves_nothing(db: Database, attempt: str) -> None:
    await note(db, ran(attempt))
    async with db.connect() as conn:
        assert (await conn.execute(select(HintLadder))).all() == []


async def test_a_report_of_many_runs_takes_one_statement(db: Database) -> None:
    async with db.begin() as conn:
        await people.ensure(conn, "ada")
        with statements(conn) as said:
            await ladder.attempted(conn, "ada", [ran(CODES[0])])
            await ladder.attempted(conn, "ada", [ran(code, exercise=code) for code in CODES])
        assert len(said) == 2
    assert (await kept(db, CODES[7]))[0][0].endswith(CODES[7])
