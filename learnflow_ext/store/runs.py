"""Runs of cells, as the students' own servers tell them: claims, counted once each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnClause,
    Select,
    String,
    Text,
    and_,
    bindparam,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from learnflow_ext.contracts.errors import TooLarge, Unprocessable
from learnflow_ext.contracts.events import RunFinished
from learnflow_ext.contracts.runs import MAX_RUNS_PER_REPORT, RunReport
from learnflow_ext.store import outbox, people, progress, texts
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import Module, Progress, Run
from learnflow_ext.store.upsert import insert

CLOCK_SLACK = timedelta(days=1)
LONGEST_RUN_MS = 2**31 - 1

# Built once: nothing is asked more often.
_KEEP = insert(Run).on_conflict_do_nothing(index_elements=["user_id", "run_id"]).returning(Run.run_id)


def believable(seconds: float, received: datetime) -> datetime:
    """The reported time where it lies within a day of ours; else the time it was received."""
    if math.isfinite(seconds) and abs(seconds - received.timestamp()) <= CLOCK_SLACK.total_seconds():
        return datetime.fromtimestamp(seconds, UTC)
    return received


def _clean(report: RunReport) -> RunReport:
    if not report.run_id or texts.clip(report.run_id, texts.NAME) != report.run_id:
        raise Unprocessable(f"A run's id has between 1 and {texts.NAME} characters.")
    return RunReport(
        run_id=report.run_id,
        notebook=texts.clip(report.notebook, texts.PATH),
        course=texts.clip(report.course, texts.NAME),
        assignment=texts.clip(report.assignment, texts.NAME),
        cell_id=texts.clip(report.cell_id, texts.NAME),
        ok=report.ok,
        exception=texts.clip(report.exception, texts.NAME),
        message=texts.clip(report.message, texts.LINE),
        attempt=texts.clip(report.attempt, texts.NAME),
        duration_ms=min(max(report.duration_ms, 0), LONGEST_RUN_MS),
        finished_at=report.finished_at,
    )


async def record_batch(conn: AsyncConnection, student: str, reports: Sequence[RunReport]) -> int:
    """Keep the runs not known yet, count them in progress, and record a `RunFinished` for each; how many.

    The same `run_id` counts once for a student, and is free for another. The caller has checked that the
    student belongs to the courses named. TooLarge for more than 200 reports, Unprocessable for a run without
    a usable id; then nothing is kept.
    """
    if len(reports) > MAX_RUNS_PER_REPORT:
        raise TooLarge(f"At most {MAX_RUNS_PER_REPORT} runs fit in one report.")
    told = {report.run_id: _clean(report) for report in reports}
    if not told:
        return 0
    user_id = await people.ensure(conn, student)
    received = now()
    rows = [
        {
            "user_id": user_id,
            "run_id": report.run_id,
            "course": report.course,
            "assignment": report.assignment,
            "notebook": report.notebook,
            "cell_id": report.cell_id,
            "ok": report.ok,
            "exception": report.exception,
            "message": report.message,
            "duration_ms": report.duration_ms,
            "finished_at": believable(report.finished_at, received),
            "recorded_at": received,
        }
        for report in told.values()
    ]
    in_one = conn.dialect.name == "postgresql"
    if in_one:
        kept = await conn.scalars(_KEEP_AND_COUNT, {name: [row[name] for row in rows] for name in _GIVEN})
    else:
        kept = await conn.scalars(_KEEP, rows)
    unknown = set(kept)
    new = [report for run_id, report in told.items() if run_id in unknown]
    if not new:
        return 0
    if not in_one:
        await _count(conn, user_id, new, received)
    await outbox.record_all(
        conn,
        [
            RunFinished(
                course=report.course,
                student=student,
                run_id=report.run_id,
                notebook=report.notebook,
                ok=report.ok,
                duration_ms=report.duration_ms,
                assignment=report.assignment,
                cell_id=report.cell_id,
                exception=report.exception,
                message=report.message,
            )
            for report in new
        ],
    )
    return len(new)


async def _count(conn: AsyncConnection, user_id: int, new: list[RunReport], at: datetime) -> None:
    """Claims about assignments that do not exist are kept, and counted nowhere."""
    runs = Counter((report.course, report.assignment) for report in new)
    failed = Counter((report.course, report.assignment) for report in new if not report.ok)
    for place, amount in runs.items():
        await progress.apply_activity_in(conn, user_id, *place, at=at, runs=amount, failed_runs=failed[place])


_GIVEN: dict[str, TypeEngine[Any]] = {
    # Without a length, to which PostgreSQL would cut: what is too long is refused by the table.
    name: Text() if isinstance(each.type, String) else each.type
    for name, each in Run.__table__.columns.items()
}


def _keep_and_count() -> Select[*tuple[Any, ...]]:
    """As `_KEEP` and `_count`, in one trip to the server."""
    lists = [bindparam(name, type_=ARRAY(type_)) for name, type_ in _GIVEN.items()]
    named: list[ColumnClause[Any]] = [column(name, type_) for name, type_ in _GIVEN.items()]
    rows = func.unnest(*lists).table_valued(*named, name="given").render_derived()
    kept = (
        insert(Run)
        .from_select(list(_GIVEN), select(*(rows.c[name] for name in _GIVEN)))
        .on_conflict_do_nothing(index_elements=["user_id", "run_id"])
        .returning(Run.user_id, Run.run_id, Run.course, Run.assignment, Run.ok, Run.recorded_at)
        .cte("kept")
    )
    failed = func.count().filter(~kept.c.ok)
    counts = [func.max(kept.c.recorded_at), func.count(), failed, literal(0), literal(0)]
    place = and_(Module.course == kept.c.course, Module.assignment == kept.c.assignment)
    counted = progress.adding(
        select(kept.c.user_id, Module.id, *counts)
        .join_from(kept, Module, place)
        .group_by(kept.c.user_id, Module.id)
    )
    return select(kept.c.run_id).add_cte(counted.returning(Progress.user_id).cte("counted"))


_KEEP_AND_COUNT = _keep_and_count()
