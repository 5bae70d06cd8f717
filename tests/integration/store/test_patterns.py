"""Patterns of errors: counted, told apart by what came of their hints, and named."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from learnflow_ext.contracts.errors import BadRequest, NotFound
from learnflow_ext.contracts.help import CellError, Diagnosis, Fingerprint, HelpRequest
from learnflow_ext.contracts.runs import RunReport
from learnflow_ext.diagnosis.fingerprint import fingerprint
from learnflow_ext.store import courses, help, patterns, runs
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.patterns import Pattern, Tried

TYPO = fingerprint("NameError", "name 'totl' is not defined", "print(totl)")
ODD = fingerprint("StrangeError", "the moon is full", "moon()")
_ids = count()


async def answer(
    db: Database, who: str, pattern: Fingerprint, rung: int, *, cell: str = "x", course: str = "c"
) -> None:
    """An error that was asked about, and answered."""
    known = pattern is not ODD
    diagnosis = Diagnosis(
        exception=pattern.exception,
        message="m",
        line=1,
        source_line="",
        cause="c",
        concept="",
        known=known,
    )
    request = HelpRequest(
        course=course,
        assignment="a",
        cell_id=cell,
        error=CellError(exception=pattern.exception, message="m"),
    )
    request_id = f"r{next(_ids)}"
    async with db.begin() as conn:
        await courses.ensure(conn, course, "a")
        await help.asked(conn, who, request, request_id=request_id)
        await help.routed(
            conn, request_id, agent="debug", intent="debug", diagnosis=diagnosis, fingerprint=pattern
        )
    async with db.begin() as conn:
        await help.answered(conn, request_id, agent="debug", intent="debug", text="t", rung=rung)


async def run(db: Database, who: str, *, ok: bool, cell: str = "x") -> None:
    report = RunReport(
        run_id=f"run{next(_ids)}",
        notebook="c/a/n.ipynb",
        course="c",
        assignment="a",
        cell_id=cell,
        ok=ok,
        exception="" if ok else "NameError",
        duration_ms=1,
        finished_at=0.0,
    )
    async with db.begin() as conn:
        await runs.record_batch(conn, who, [report])


async def found(db: Database, course: str = "c") -> list[Pattern]:
    async with db.connect() as conn:
        return await patterns.of_course(conn, course, now() - timedelta(days=7))


async def test_the_hint_before_a_run_that_went_well_gets_the_credit(db: Database) -> None:
    await answer(db, "ada", TYPO, 1)
    await run(db, "ada", ok=False)
    await answer(db, "ada", TYPO, 2)
    await run(db, "ada", ok=True)
    await run(db, "ada", ok=True)
    await answer(db, "ben", TYPO, 1)
    await run(db, "ben", ok=True, cell="another")
    await run(db, "chen", ok=True)
    (pattern,) = await found(db)
    assert (pattern.exception, pattern.construct, pattern.known) == ("NameError", "print", True)
    assert (pattern.asked, pattern.students, pattern.went_on) == (3, 2, 1)
    assert pattern.rungs == {1: Tried(2, 0), 2: Tried(1, 1)}
    async with db.connect() as conn:
        since = now() - timedelta(days=1)
        assert await patterns.outcomes(conn, "c", TYPO.key, since) == pattern.rungs
        assert await patterns.outcomes(conn, "c", "0" * 16, since) == {}
        assert await patterns.outcomes(conn, "other", TYPO.key, since) == {}


async def test_what_no_rule_explains_comes_first(db: Database) -> None:
    for who in ("ada", "ben", "chen"):
        await answer(db, who, TYPO, 1)
    await answer(db, "ada", ODD, 1)
    assert [(each.exception, each.known) for each in await found(db)] == [
        ("StrangeError", False),
        ("NameError", True),
    ]


class TestNames:
    async def test_a_name_is_the_courses_and_stays(self, db: Database) -> None:
        await answer(db, "ada", ODD, 1)
        await answer(db, "ada", ODD, 1, course="other")
        async with db.begin() as conn:
            await patterns.name(conn, "c", ODD.key, "  the\n moon  slip ")
        await answer(db, "ben", ODD, 1)
        assert [each.name for each in await found(db)] == ["the moon slip"]
        assert [each.name for each in await found(db, "other")] == [""]
        async with db.begin() as conn:
            await patterns.name(conn, "c", ODD.key, "")
        assert [each.name for each in await found(db)] == [""]

    async def test_nonsense_is_refused(self, db: Database) -> None:
        await answer(db, "ada", ODD, 1)
        async with db.begin() as conn:
            for key in ("", "0" * 16, "x" * 10_000, "' OR 1=1"):
                with pytest.raises(NotFound):
                    await patterns.name(conn, "c", key, "x")
            with pytest.raises(BadRequest):
                await patterns.name(conn, "c", ODD.key, "x" * 101)
