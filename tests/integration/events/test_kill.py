"""A process that is killed at any moment, again and again: nothing lost, doubled or reordered."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from itertools import groupby

import pytest
from events_troupe import unmeasured
from sqlalchemy import text

from learnflow_ext.store.database import Database

CHILD = """
import asyncio, sys
import structlog
from learnflow_ext.contracts.events import RunFinished
from learnflow_ext.events.consumer import Consumer
from learnflow_ext.events.memory import MemoryBus
from learnflow_ext.events.relay import Relay
from learnflow_ext.store import outbox, people
from learnflow_ext.store.database import Database
from sqlalchemy import text

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))

async def handle(conn, envelope):
    person = await people.behind(conn, envelope.event.student)
    await conn.execute(
        text("INSERT INTO effects (student, run) VALUES (:student, :run)"),
        {"student": person.name, "run": int(envelope.event.run_id)},
    )

async def main(url, more):
    db = Database(url)
    await db.open()
    number_of_row = "BIGSERIAL" if url.startswith("postgresql") else "INTEGER"
    async with db.begin() as conn:
        await conn.execute(text(
            f"CREATE TABLE IF NOT EXISTS effects (id {number_of_row} PRIMARY KEY, student TEXT, run INTEGER)"
        ))
    bus = MemoryBus()
    consumer = asyncio.create_task(Consumer(db, bus, "g", ["progress.events"], handle).run())
    relay = asyncio.create_task(Relay(db, bus).run())
    print("up", flush=True)
    while more:
        async with db.begin() as conn:
            for student in ("ada", "ben", "chen"):
                run_id = str(await number(conn))
                await outbox.record(conn, RunFinished(
                    course="c", student=student, run_id=run_id, notebook="n", ok=True, duration_ms=1
                ))
        print("written", flush=True)
    while True:
        async with db.connect() as conn:
            if not await outbox.size(conn):
                return
        await asyncio.sleep(0.02)

async def number(conn):
    return await conn.scalar(text("SELECT coalesce(max(sequence), 0) + 1 FROM event_log"))

asyncio.run(main(sys.argv[1], sys.argv[2] == "more"))
"""


@pytest.mark.timeout(400)
class TestKilledAgainAndAgain:
    async def test_every_committed_change_has_one_effect_in_order(self, database_url: str) -> None:
        await asyncio.to_thread(self.kill_again_and_again, database_url)
        db = Database(database_url)
        await db.open()
        async with db.connect() as conn:
            logged = await conn.execute(
                text("SELECT name, data FROM event_log JOIN users ON users.id = user_id ORDER BY sequence")
            )
            changes = [(row.name, int(json.loads(row.data)["run_id"])) for row in logged]
            done = await conn.execute(text("SELECT student, run FROM effects ORDER BY id"))
            effects = [(row.student, row.run) for row in done]
        await db.close()
        assert len(changes) >= 5 * 4 * 3
        assert self.by_student(effects) == self.by_student(changes)

    def kill_again_and_again(self, url: str) -> None:
        chance = random.Random(4)
        for _ in range(5):
            with self.start(url, "more") as child:
                assert child.stdout is not None
                assert child.stdout.readline() == "up\n"
                for _ in range(chance.randint(4, 20)):
                    assert child.stdout.readline() == "written\n"
                time.sleep(chance.uniform(0.0, 0.02))
                child.send_signal(signal.SIGKILL)
        with self.start(url, "finish") as child:
            assert child.wait(timeout=120) == 0

    def by_student(self, pairs: list[tuple[str, int]]) -> dict[str, list[int]]:
        ordered = sorted(pairs, key=lambda pair: pair[0])
        return {name: [run for _, run in group] for name, group in groupby(ordered, key=lambda pair: pair[0])}

    def start(self, url: str, mode: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", CHILD, url, mode], stdout=subprocess.PIPE, text=True, env=unmeasured()
        )
