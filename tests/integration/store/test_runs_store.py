"""Claims of runs: counted once each, bounded, and never in somebody else's place."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import event, select

from learnflow_ext.contracts.errors import TooLarge, Unprocessable
from learnflow_ext.contracts.events import RunFinished
from learnflow_ext.contracts.progress import AssignmentProgress
from learnflow_ext.contracts.runs import MAX_RUNS_PER_REPORT, RunReport
from learnflow_ext.store import courses, eventlog, outbox, people, progress, runs
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import Module, Progress, Run


def run(run_id: str, *, ok: bool = True, **other: object) -> RunReport:
    fields: dict[str, object] = {
        "run_id": run_id,
        "notebook": "c/a/first.ipynb",
        "course": "c",
        "assignment": "a",
        "ok": ok,
        "exception": "" if ok else "NameError",
        "duration_ms": 12,
        "finished_at": 0.0,
        **other,
    }
    return msgspec.convert(fields, RunReport)


async def report(db: Database, student: str, *reports: RunReport) -> int:
    async with db.begin() as conn:
        await courses.ensure(conn, "c", "a")
        return await runs.record_batch(conn, student, reports)


async def standing(db: Database, student: str) -> AssignmentProgress:
    async with db.connect() as conn:
        return (await progress.of_student(conn, student, "c")).assignments[0]


async def test_runs_are_kept_counted_and_told(db: Database) -> None:
    assert await report(db, "ada", run("1"), run("2", ok=False)) == 2
    found = await standing(db, "ada")
    assert (found.runs, found.failed_runs) == (2, 1)
    assert found.last_activity.endswith("Z")
    async with db.connect() as conn:
        entries = await eventlog.tail(conn, student="ada")
    assert [(e.type, e.data["run_id"], e.data["ok"]) for e in entries] == [
        (RunFinished.TYPE, "1", True),
        (RunFinished.TYPE, "2", False),
    ]


async def test_a_run_reported_twice_counts_once(db: Database) -> None:
    assert await report(db, "ada", run("1"), run("1")) == 1
    assert await report(db, "ada", run("1")) == 0
    assert await report(db, "ada", run("1"), run("2")) == 1
    assert (await standing(db, "ada")).runs == 2
    async with db.connect() as conn:
        assert await outbox.size(conn) == 2


async def test_in_each_assignment_its_own_new_runs_are_counted(db: Database) -> None:
    async with db.begin() as conn:
        await courses.ensure(conn, "c", "b")
        await courses.ensure(conn, "other", "a")
    await report(db, "ada", run("1"), run("2", ok=False, assignment="b"))
    mixed = [
        *(run("1"), run("3", ok=False), run("4"), run("5", ok=False, assignment="b")),
        *(run("6", course="other"), run("7", assignment="invented"), run("8", assignment=""), run("4")),
    ]
    assert await report(db, "ada", *mixed) == 6
    async with db.connect() as conn:
        found = await progress.of_student(conn, "ada", "c")
        counts = {one.assignment: (one.runs, one.failed_runs) for one in found.assignments}
        assert counts == {"a": (3, 1), "b": (2, 2)}
        (other,) = (await progress.of_student(conn, "ada", "other")).assignments
        assert (other.runs, other.failed_runs) == (1, 0)
        assert await outbox.size(conn) == 8
        times = set(await conn.scalars(select(Progress.last_activity)))
        assert times <= set(await conn.scalars(select(Run.recorded_at)))


async def test_a_report_takes_two_statements_on_postgresql(db: Database) -> None:
    said: list[str] = []

    def noted(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    async with db.begin() as conn:
        await courses.ensure(conn, "c", "a")
        await people.ensure(conn, "ada")
        event.listen(conn.sync_connection, "before_cursor_execute", noted)
        await runs.record_batch(conn, "ada", [run("1"), run("2", ok=False, assignment="b")])
        event.remove(conn.sync_connection, "before_cursor_execute", noted)
        on_postgresql = conn.dialect.name == "postgresql"
    assert len(said) == 2 if on_postgresql else len(said) > 2, said


async def test_another_student_may_have_the_same_run_id(db: Database) -> None:
    assert await report(db, "ada", run("1")) == 1
    assert await report(db, "ben", run("1")) == 1
    assert (await standing(db, "ada")).runs == (await standing(db, "ben")).runs == 1


async def test_an_empty_report_is_nothing(db: Database) -> None:
    assert await report(db, "ada") == 0


async def test_a_claimed_assignment_that_does_not_exist_is_made_nowhere(db: Database) -> None:
    assert await report(db, "ada", run("1", course="mine", assignment="invented")) == 1
    async with db.connect() as conn:
        assert list(await conn.scalars(select(Module.course))) == ["c"]
    assert (await standing(db, "ada")).runs == 0


async def test_the_largest_report_fits_and_a_larger_one_is_refused_whole(db: Database) -> None:
    largest = [run(str(n)) for n in range(MAX_RUNS_PER_REPORT)]
    assert await report(db, "ada", *largest) == MAX_RUNS_PER_REPORT
    with pytest.raises(TooLarge, match="200"):
        await report(db, "ben", *largest, run("more"))
    assert (await standing(db, "ben")).runs == 0


@pytest.mark.parametrize("run_id", ["", "x" * 256, "a\0"])
async def test_a_run_without_a_usable_id_takes_the_whole_report_back(db: Database, run_id: str) -> None:
    with pytest.raises(Unprocessable, match="id"):
        await report(db, "ada", run("1"), run(run_id))
    async with db.connect() as conn:
        assert (await conn.execute(select(Run))).all() == []


async def test_hostile_values_are_cut_to_size(db: Database) -> None:
    hostile = run(
        "1",
        ok=False,
        message="m" * 10**6,
        exception="E\0" * 10**5,
        notebook="n" * 10**5,
        cell_id="c" * 10**5,
        duration_ms=10**30,
        finished_at=1e300,
    )
    assert await report(db, "ada", hostile, run("2", duration_ms=-5)) == 2
    async with db.connect() as conn:
        rows = (await conn.execute(select(Run).order_by(Run.run_id))).all()
    assert len(rows[0].message) == 300
    assert rows[0].duration_ms == 2**31 - 1
    assert rows[0].finished_at == rows[0].recorded_at
    assert rows[1].duration_ms == 0
