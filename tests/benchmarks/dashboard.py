"""`make bench`: how long the teacher's pages take for a large course, on PostgreSQL.

A made-up class, filled up to a million events; every student ran cells in the last quarter of an hour. The
floor, in the same run and through the same door, is the page that lists courses: sign-in, template, and no
data of the course.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import sys
import tempfile
import time
from pathlib import Path

import postgres
import structlog
from served import Client, PaperWorker
from stub_hub import COURSE, environment, running_hub
from traitlets.config import Config

from learnflow_ext.cli.made_class import exercises_in
from learnflow_ext.service import made_class
from learnflow_ext.service.app import settle
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import courses, seed
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database

SOURCE = Path(__file__).parents[2] / "notebooks" / COURSE
FLOOR = ""
PAGES = {
    "one's courses (the floor)": FLOOR,
    "overview": f"courses/{COURSE}",
    "overview, page 20": f"courses/{COURSE}?page=20",
    "class now": f"courses/{COURSE}/now",
    "who is stuck": f"courses/{COURSE}/alerts",
    "progress": f"courses/{COURSE}/progress",
    "errors": f"courses/{COURSE}/errors",
    "one student": f"courses/{COURSE}/students/aisha",
    "conversations": f"courses/{COURSE}/conversations",
    "grading": f"courses/{COURSE}/grading",
}
MORE_EVENTS = """
INSERT INTO event_log (event_id, time, topic, type, course, user_id, data)
SELECT gen_random_uuid()::text, now() - (n %% 40000) * interval '1 minute', 'progress.events',
       'org.learnflow.run.finished.v1', %(course)s, u.id,
       '{"run_id": "x", "notebook": "n.ipynb", "ok": true, "duration_ms": 1}'
FROM generate_series(1, %(each)s) n CROSS JOIN users u
"""
RECENT_RUNS = """
INSERT INTO runs (user_id, run_id, course, assignment, notebook, cell_id, ok, exception, message, duration_ms,
                  finished_at, recorded_at)
SELECT u.id, 'recent-' || n, %(course)s, '02-loops-and-lists', 'loops/02-loops-and-lists.ipynb', 'test-ends',
       n %% 3 > 0, CASE WHEN n %% 3 > 0 THEN '' ELSE 'NameError' END, '', 3,
       now() - n * interval '1 minute', now() - n * interval '1 minute'
FROM generate_series(1, 10) n CROSS JOIN users u
"""


async def fill(server: postgres.Postgres, url: str, students: int, events: int) -> int:
    """The class, in the database; how many events there are then."""
    db = Database(url)
    await db.open()
    assignments = exercises_in(SOURCE)
    async with db.begin() as conn:
        for info in assignments:
            graded = [(one.notebook, one.name, one.max_score) for one in info.exercises]
            await courses.sync_assignment(conn, COURSE, info.assignment, info.title, graded)
        await seed.write(conn, COURSE, made_class.students(students, assignments, now()))
    await db.close()
    with server.connect(url.rpartition("/")[2]) as conn:
        row = conn.execute("SELECT count(*) FROM event_log").fetchone()
        assert row is not None
        missing = max(0, events - row[0])
        conn.execute(MORE_EVENTS, {"course": COURSE, "each": -(-missing // students)})
        conn.execute(RECENT_RUNS, {"course": COURSE})
        conn.execute("ANALYZE")
        row = conn.execute("SELECT count(*) FROM event_log").fetchone()
        assert row is not None
        return int(row[0])


async def measure(url: str, folder: Path, times: int) -> dict[str, list[float]]:
    """Milliseconds of each page, the pages in turn so that all meet the same moments."""
    config = Config()
    config.LearnFlow.state_dir = str(folder / "state")
    config.LearnFlow.database_url = url
    config.LearnFlow.courses = {COURSE: str(SOURCE)}
    config.LearnFlow.release_on_start = False
    waits: dict[str, list[float]] = {name: [] for name in PAGES}
    async with running_hub() as hub:
        service = await RunningService.start(config, environment(hub), make_worker=PaperWorker)
        settle()
        ask = Client(service, hub)
        try:
            for attempt in range(times + 1):
                for name, address in PAGES.items():
                    began = time.perf_counter()
                    answer = await ask(address, "teacher")
                    took = (time.perf_counter() - began) * 1000
                    assert answer.code == 200, (address, answer.code, answer.body[:500])
                    if attempt:
                        waits[name].append(took)
        finally:
            ask.http.close()
            await service.stop()
    return waits


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=2_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=20)
    chosen = parser.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    with (
        tempfile.TemporaryDirectory() as name,
        postgres.running({"shared_buffers": "256MB"}) as server,
        server.database() as url,
    ):
        there = asyncio.run(fill(server, url, chosen.students, chosen.events))
        waits = asyncio.run(measure(url, Path(name), chosen.times))
    print(f"Pages of a course with {chosen.students:,} students and {there:,} events:\n")
    print("| page | p50 | p95 | p50 / floor | n |\n|---|---|---|---|---|")
    floor = statistics.median(waits[next(iter(PAGES))])
    for name, values in waits.items():
        ordered = sorted(values)
        p50, p95 = statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        print(f"| {name} | {p50:.0f} ms | {p95:.0f} ms | {p50 / floor:.1f} | {len(ordered)} |", flush=True)


if __name__ == "__main__":
    main()
