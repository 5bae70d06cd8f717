"""`make bench`: what the record costs to write, and how fast it is looked up when it is large.

Writing: a transaction that records an event, beside a bare `INSERT` of the same row into a table like the
log, on the same connections. Looking up: the queries behind the teacher's pages, in a record of
LEARNFLOW_BENCH_EVENTS events (1,000,000) of 2,000 students in 16 courses over three months; beside them a
`SELECT 1`. `--plans` adds what PostgreSQL does for each, a block a statement, as docs/record.md shows some.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import postgres
import structlog
from events_stage import SAFE
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import RunFinished
from learnflow_ext.service.app import settle
from learnflow_ext.store import (
    alerts,
    board,
    errors,
    eventlog,
    evidence,
    handed_in,
    insight,
    outbox,
    partitions,
)
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.views import STRUGGLING_STUDENTS, USER_PROGRESS_SUMMARY

EVENTS = int(os.environ.get("LEARNFLOW_BENCH_EVENTS", "1000000"))
STUDENTS = 2_000
COURSES = 16
ASSIGNMENTS = 8
EXERCISES = 6
DAYS = 90

Query = Callable[[AsyncConnection], Awaitable[Any]]

FILL = """
INSERT INTO users (name, created_at) SELECT 's' || n, now() FROM generate_series(1, :students) n;
INSERT INTO pseudonyms (user_id, pseudonym) SELECT id, md5(name) FROM users;
INSERT INTO modules (course, assignment, title, updated_at)
    SELECT 'c' || c, 'a' || a, 'A ' || a, now()
    FROM generate_series(0, :courses - 1) c, generate_series(1, :assignments) a;
INSERT INTO exercises (module_id, notebook, name, max_score, position)
    SELECT id, assignment, 'e' || e, 2, e FROM modules, generate_series(0, :exercises - 1) e;
INSERT INTO event_log (event_id, time, topic, type, course, user_id, data)
    SELECT md5(n::text), now() - make_interval(secs => :days * 86400.0 * (1 - n::float8 / :events)),
        CASE WHEN n % 10 < 8 THEN 'progress.events' ELSE 'learning.requests' END,
        CASE WHEN n % 10 < 8 THEN 'org.learnflow.run.finished.v1' ELSE 'org.learnflow.help.asked.v1' END,
        'c' || (n * 7919 % :students) % :courses, 1 + n * 7919 % :students, '{"run_id": "' || n || '"}'
    FROM generate_series(1::bigint, :events) n;
INSERT INTO runs (user_id, run_id, course, assignment, notebook, cell_id, ok, exception, message, duration_ms,
        finished_at, recorded_at)
    SELECT user_id, event_id, course, 'a' || 1 + sequence % :assignments, 'a/n.ipynb', 'c1',
        sequence % 3 > 0, CASE WHEN sequence % 3 > 0 THEN '' ELSE 'NameError' END, 'x', 12, time, time
    FROM event_log WHERE topic = 'progress.events';
INSERT INTO help_turns (request_id, user_id, course, assignment, notebook, cell_id, conversation, question,
        exception, asked_agent, asked_at, agent, intent, answer, rung, withheld, first_words_ms, last_word_ms)
    SELECT event_id, user_id, course, 'a1', 'n.ipynb', 'c1', 'x', 'why?', 'NameError', 'tutor', time, 'debug',
        'debug', 'because', 1, false, 20, 40
    FROM event_log WHERE topic = 'learning.requests';
INSERT INTO submissions (submission_id, user_id, module_id, status, files_path, size, attempts, submitted_at,
        finished_at, score, max_score, needs_review, message, duration_ms)
    SELECT md5(u.id || '-' || m.id || '-' || t), u.id, m.id, 'graded', '/x', 9, 1,
        now() - make_interval(days => :days / t), now() - make_interval(days => :days / t),
        u.id % 13, 12, false, '', 900
    FROM users u JOIN modules m ON m.course = 'c' || u.id % :courses, generate_series(1, 2) t;
INSERT INTO grades (submission_number, notebook, name, score, max_score, message)
    SELECT s.number, e.notebook, e.name, (s.number + e.position) % 3, 2, ''
    FROM submissions s JOIN exercises e USING (module_id);
UPDATE submissions SET points = (
    SELECT json_agg(json_build_array(notebook, name, score, max_score) ORDER BY id)::text FROM grades
    WHERE submission_number = submissions.number);
INSERT INTO progress (user_id, module_id, runs, failed_runs, questions, submissions, best_score, max_score,
        level, last_activity)
    SELECT u.id, m.id, 40, 12, 5, 2, u.id % 13, 12, 'Learning', now()
    FROM users u JOIN modules m ON m.course = 'c' || u.id % :courses;
INSERT INTO attendance (course, user_id, last_activity)
    SELECT course, user_id, max(time) FROM event_log GROUP BY course, user_id;
INSERT INTO alerts (alert_id, user_id, course, assignment, exercise, trigger, state, verdict, finding,
        raised_at, marked_by)
    SELECT md5(u.id || '.' || n), u.id, 'c' || u.id % :courses, 'a1', 'e1', 'same_error',
        CASE WHEN n = 0 AND u.id % 9 = 0 THEN 'open' ELSE 'handled' END, '',
        '{"trigger": "same_error", "at": 1, "assignment": "a1"}',
        now() - make_interval(days => n * 8), 'teacher'
    FROM users u, generate_series(0, 9) n;
"""


async def fill(db: Database) -> None:
    """A record as large as asked for; then statistics, as autovacuum would have made them."""
    sizes = {
        "students": STUDENTS, "courses": COURSES, "assignments": ASSIGNMENTS, "exercises": EXERCISES,
        "days": DAYS, "events": EVENTS,
    }  # fmt: skip
    async with db.begin() as conn:
        await conn.execute(text("SET LOCAL statement_timeout = 0"))
        for months in range(4):
            await partitions.prepare(conn, partitions.first_of_month(now(), -months))
        for statement in FILL.split(";")[:-1]:
            names = [name for name in sizes if f":{name}" in statement]
            for name in names:
                statement = statement.replace(f":{name}", str(sizes[name]))
            await conn.execute(text(statement.replace(":", "\\:")))
    while await db.retrying(handed_in.sum_up_missing):
        pass
    async with db.begin() as conn:
        await conn.execute(text("SET LOCAL statement_timeout = 0"))
        await conn.execute(text("ANALYZE"))


def queries(chance: random.Random) -> dict[str, Query]:
    """What is looked up, each time for another course or student."""

    def course() -> str:
        return f"c{chance.randrange(COURSES)}"

    def student() -> str:
        return f"s{chance.randint(1, STUDENTS)}"

    def classmates() -> tuple[str, list[str]]:
        number = chance.randrange(COURSES)
        # Ids count from 1, in order of the names.
        return f"c{number}", [f"s{n}" for n in range(1, STUDENTS + 1) if n % COURSES == number]

    def view(table: Any) -> Query:
        return lambda conn: conn.execute(select(table).where(table.c.course == course()))

    return {
        "nothing (`SELECT 1`)": lambda conn: conn.execute(text("SELECT 1")),
        "feed: 50 latest events of a course": lambda conn: eventlog.tail(conn, course=course(), limit=50),
        "one student's 50 latest events": lambda conn: eventlog.tail(
            conn, student=student(), course=course(), limit=50
        ),
        "socket: what is new since": lambda conn: eventlog.tail(conn, course=course(), after=EVENTS - 500),
        "who is at work (15 min)": lambda conn: insight.at_work(
            conn, course(), now() - timedelta(minutes=15)
        ),
        "errors of the week": lambda conn: errors.by_cell(conn, course(), now() - timedelta(days=7)),
        "conversations": lambda conn: insight.conversations(conn, course()),
        "grading queue": lambda conn: insight.grading(conn, course()),
        "open alerts": lambda conn: alerts.of_course(conn, course(), limit=100),
        "a student's last two hours (struggle)": lambda conn: alerts.moments(
            conn, chance.randint(1, STUDENTS), course(), now()
        ),
        "heat map: 125 students x 8 assignments": lambda conn: board.scores(conn, course()),
        "mastery of a class": lambda conn: evidence.of_students(conn, *classmates()),
        "view user_progress_summary": view(USER_PROGRESS_SUMMARY),
        "view struggling_students": view(STRUGGLING_STUDENTS),
    }


async def look_up(db: Database, repeat: int, plans: bool, only: str) -> None:
    seen: list[tuple[str, Any]] = []
    engine = db._engine(db._readers).sync_engine

    def noted(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    chosen: dict[str, list[str]] = {}
    print("\n| looked up | p50 | p95 | p99 |\n|---|---|---|---|")
    for name, query in queries(random.Random(4)).items():
        if only not in name:
            continue
        waits = []
        async with db.connect() as conn:
            await query(conn)
        event.listen(engine, "before_cursor_execute", noted)
        async with db.connect() as conn:
            await query(conn)
        event.remove(engine, "before_cursor_execute", noted)
        statements, seen[:] = list(seen), []
        for _ in range(repeat):
            began = time.perf_counter()
            async with db.connect() as conn:
                await query(conn)
            waits.append((time.perf_counter() - began) * 1000)
        print(f"| {name} | {' | '.join(f'{value:.1f} ms' for value in quantiles(waits))} |", flush=True)
        if plans:
            async with db.connect() as conn:
                chosen[name] = [await plan(conn, *statement) for statement in statements]
    for name, lines in chosen.items():
        print(f"\n**{name}**" + "".join(f"\n\n```text\n{each}\n```" for each in lines))


async def plan(conn: AsyncConnection, statement: str, parameters: Any) -> str:
    """What PostgreSQL does, without the tables of months that it leaves out."""
    rows = await conn.exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF, BUFFERS) {statement}", parameters)
    return "\n".join(str(row[0]) for row in rows if "never executed" not in row[0])


async def write(db: Database, repeat: int) -> None:
    """Milliseconds of a transaction: bare, by hand, and as we do it."""
    numbers = iter(range(10**9))
    row = text(
        "INSERT INTO bare (event_id, time, topic, type, course, user_id, data)"
        " VALUES (:id, now(), 'progress.events', 'org.learnflow.run.finished.v1', 'c0', 1, '{\"n\": 1}')"
    )
    async with db.begin() as conn:
        await conn.execute(text("CREATE TABLE bare (LIKE event_log INCLUDING ALL)"))

    async def bare() -> None:
        async with db.begin() as conn:
            await conn.execute(row, {"id": str(next(numbers))})

    async def ours() -> None:
        number = next(numbers)
        async with db.begin() as conn:
            await outbox.record(
                conn,
                RunFinished(
                    course="c0", student=f"s{1 + number % STUDENTS}", run_id=str(number), notebook="n.ipynb",
                    ok=True, duration_ms=1,
                ),
            )  # fmt: skip

    waits: dict[str, list[float]] = {"a bare `INSERT`, committed": [], "`record()`, committed": []}
    for number in range(2 * repeat + 20):
        # In turn, so that whatever else the machine does hits both.
        for name, job in zip(waits, (bare, ours), strict=True):
            began = time.perf_counter()
            await job()
            if number >= 20:
                waits[name].append((time.perf_counter() - began) * 1000)
    print("\n| written | p50 | p95 | p99 |\n|---|---|---|---|")
    for name, values in waits.items():
        print(f"| {name} | {' | '.join(f'{value:.2f} ms' for value in quantiles(values))} |", flush=True)


def quantiles(values: list[float]) -> list[float]:
    ordered = sorted(values)
    return [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95, 0.99)]


async def measure(url: str, repeat: int, plans: bool, only: str) -> None:
    db = Database(url)
    await db.open()
    settle()
    began = time.monotonic()
    await fill(db)
    print(f"{EVENTS:,} events of {STUDENTS:,} students, written in {time.monotonic() - began:.0f} s")
    await look_up(db, repeat, plans, only)
    if not only:
        await write(db, repeat)
    await db.close()


def main() -> None:
    """Measure, and print Markdown tables, with `--plans` also PostgreSQL's plans."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=100)
    parser.add_argument("--plans", action="store_true")
    parser.add_argument("--only", default="", help="look up what has this in its name, and write nothing")
    chosen = parser.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    settings = {**SAFE, "shared_buffers": "256MB", "max_wal_size": "4GB"}
    with postgres.running(settings) as server, server.database() as url:
        asyncio.run(measure(url, chosen.repeat, chosen.plans, chosen.only))


if __name__ == "__main__":
    main()
