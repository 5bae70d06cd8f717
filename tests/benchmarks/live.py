"""`make bench`: how soon a teacher sees what happens, and what a thousand open sockets cost.

On PostgreSQL and Kafka. To the screen: from before the transaction of a question, in another process, to the
first frame of a real browser whose feed shows it; in a quiet class, and in one where much happens. Sockets:
one replica with all of them, its memory, and how long until each was told; beside it, in the same run and
with the same clients, a bare Tornado server that writes as long a text to as many sockets.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import dashboard
import kafka_broker
import live_actor
import postgres
import psutil
import structlog
from events_stage import SAFE
from kafka_broker import Kafka
from playwright.async_api import Page, async_playwright
from stub_hub import COURSE, PREFIX, Hub, environment, running_hub

from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.store import help
from learnflow_ext.store.database import Database

CHROMIUM = "/usr/bin/chromium"
STUDENTS = 120
PER_PERSON = 20
AIM_MS = 100
END_S = 20.0
"""For a process to end by itself."""
SETTLE_S = 0.4
"""Between two broadcasts, so that none waits for the one before."""

NOTE = """
  window.came = {};
  window.WebSocket = class extends WebSocket {
    constructor(...address) {
      super(...address);
      this.addEventListener("message", ({ data }) => {
        const { kind, sequence } = JSON.parse(data);
        if (kind === "happened") window.came[sequence] = Date.now();
      });
    }
  };
"""
"""Before the page's own scripts: when each event reached the page."""
WATCH = """
() => {
  window.seen = {};
  const look = () => {
    for (const [, number] of document.getElementById("feed").textContent.matchAll(/number (\\d+)\\?/g)) {
      if (number in window.seen) continue;
      window.seen[number] = null;
      requestAnimationFrame(() => setTimeout(() => { window.seen[number] = Date.now(); }));
    }
  };
  new MutationObserver(look).observe(document.getElementById("feed"), { childList: true, subtree: true });
}
"""


class Actor:
    """A process of `live_actor`, and what it said when it was up."""

    def __init__(self, process: asyncio.subprocess.Process, number: int) -> None:
        """Use `acting`."""
        self._process = process
        self.number = number

    @property
    def memory(self) -> float:
        """Its own, in KiB, without that of its children."""
        return float(psutil.Process(self._process.pid).memory_full_info().uss) / 1024

    async def ask(self, **line: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        return json.loads(await said(self._process))


async def said(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode().strip()
    assert line, "it ended; its reason is above"
    return line


@asynccontextmanager
async def acting(**order: Any) -> AsyncIterator[Actor]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, live_actor.__file__, json.dumps(order)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        limit=2**24,
    )
    try:
        word, number = (await said(process)).split()
        assert word == "up"
        yield Actor(process, int(number))
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(END_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


class Asked(NamedTuple):
    """A question."""

    number: int
    sequence: int
    """Its place in the log."""
    began: float
    """Before its transaction, monotonic."""
    clock: float
    """The same, of the clock."""
    kept: float
    """After its transaction, of the clock."""


LEGS = (
    ("transaction", "began", "kept"),
    ("the relay has it", "kept", "relayed"),
    ("Kafka has brought it", "relayed", "brought"),
    ("written to the socket", "brought", "written"),
    ("in the page", "written", "came"),
    ("on the screen", "came", "seen"),
)
"""Name, and from which moment to which."""


class Room:
    """A class on one database, a service in a process of its own, and who asks questions."""

    def __init__(self, hub: Hub, service: Actor, db: Database) -> None:
        self.hub = hub
        self.port = service.number
        self.service = service
        self._db = db
        self._asked = 0

    async def ask(self) -> Asked:
        """A student's question."""
        self._asked += 1
        request = HelpRequest(text=f"What is number {self._asked}?", course=COURSE)
        began, clock = time.monotonic(), time.time()
        async with self._db.begin() as conn:
            event = await help.asked(conn, "ada", request, request_id=f"live-{self._asked}")
        return Asked(self._asked, event.sequence, began, clock, time.time())


async def seen(page: Page, number: int, patience: float) -> float | None:
    """When (seconds of the clock) the question was on the screen; None when it is not, after `patience`."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        moment = await page.evaluate(f"window.seen[{number}]")
        if moment:
            return float(moment) / 1000
        await asyncio.sleep(0.05)
    return None


async def to_screen(room: Room, quiet: int, busy: int) -> dict[str, list[dict[str, float]]]:
    """By class, of each question the moments of its legs, in seconds of the clock."""
    chance = random.Random(7)
    room.hub.service_url = f"http://127.0.0.1:{room.port}"
    waits: dict[str, list[dict[str, float]]] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1366, "height": 860})
        await page.add_init_script(NOTE)
        await page.goto(f"{room.hub.service_url}{PREFIX}courses/{COURSE}")
        await page.wait_for_selector("#live[data-state=live]")
        await page.evaluate(WATCH)
        for _ in range(20):
            if await seen(page, (await room.ask()).number, 2) is not None:
                break
        else:
            raise AssertionError("nothing ever reaches the screen")
        classes: list[tuple[str, int, Callable[[], float]]] = [
            ("a question each 1 to 1.5 s", quiet, lambda: chance.uniform(1, 1.5)),
            ("5 questions a second, at random", busy, lambda: chance.expovariate(5)),
        ]
        for name, count, gap in classes:
            asked = []
            for _ in range(count):
                await asyncio.sleep(gap())
                asked.append(await room.ask())
            shown = {one.number: await seen(page, one.number, 10) for one in asked}
            legs = await room.service.ask(legs=True)
            legs["came"] = {key: ms / 1000 for key, ms in (await page.evaluate("window.came")).items()}
            waits[name] = [
                {
                    "began": one.clock,
                    "kept": one.kept,
                    "seen": moment,
                    **{
                        leg: moments[key]
                        for leg, moments in legs.items()
                        if (key := str(one.sequence)) in moments
                    },
                }
                for one in asked
                if (moment := shown[one.number]) is not None
            ]
            # The feed shows the newest only: one that came and went within a refresh was never seen.
            assert len(waits[name]) > 0.95 * count, f"{name}: {count - len(waits[name])} never came"
        await browser.close()
    return waits


async def broadcasts(server: Actor, crowd: Actor, rounds: int) -> list[float]:
    """Milliseconds from the order to each socket."""
    waits: list[float] = []
    for number in range(10**9, 10**9 + rounds + 2):
        await asyncio.sleep(SETTLE_S)
        began = await server.ask(number=number)
        moments = await crowd.ask(since=began, kind="changed", number=number, patience=20)
        assert len(moments) == crowd.number, f"{len(moments)} of {crowd.number} were told"
        if number >= 10**9 + 2:
            waits += [(moment - began) * 1000 for moment in moments]
    return waits


async def events(room: Room, crowd: Actor, kind: str, rounds: int) -> list[float]:
    """Milliseconds from before a question's transaction to each socket."""
    waits: list[float] = []
    for number in range(rounds + 2):
        await asyncio.sleep(SETTLE_S)
        one = await room.ask()
        moments = await crowd.ask(since=one.began, kind=kind, number=one.sequence, patience=20)
        assert len(moments) == crowd.number, f"{len(moments)} of {crowd.number} were told"
        if number >= 2:
            waits += [(moment - one.began) * 1000 for moment in moments]
    return waits


def quantiles(values: list[float]) -> tuple[float, float, float]:
    """p50, p95 and worst."""
    ordered = sorted(values)
    p50, p95 = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95))
    return p50, p95, ordered[-1]


def between(moments: list[dict[str, float]], first: str, last: str) -> list[float]:
    """Milliseconds of those that have both; what a page heard as part of a whole feed has no leg."""
    return [(one[last] - one[first]) * 1000 for one in moments if first in one and last in one]


def line(name: str, values: list[float], floor: float | None, memory: float | None) -> str:
    """p50, p95 and worst, and the p95 beside the floor's."""
    p50, p95, worst = quantiles(values)
    each = f"{memory:.1f} KiB" if memory is not None else ""
    beside = f"{p95 / floor:.2f}" if floor else ""
    waited = f"{p50:.0f} ms | {p95:.0f} ms | {worst:.0f} ms"
    return f"| {name} | {each} | {waited} | {beside} | {len(values)} |"


async def sockets(room: Room, count: int, rounds: int) -> None:
    """Print the table of open sockets."""
    teachers = range(-(-count // PER_PERSON))
    order = {
        "role": "clients",
        "tokens": [room.hub.add(f"teacher{number}", f"formgrade-{COURSE}") for number in teachers],
        "count": count,
    }
    print(f"\n{count:,} open sockets:\n")
    print("| what | memory each | p50 | p95 | worst | p95 / floor | n |\n|---|---|---|---|---|---|---|")
    async with acting(role="bare") as bare:
        empty = bare.memory
        async with acting(**order, port=bare.number, query="") as crowd:
            each = (bare.memory - empty) / count
            waits = await broadcasts(bare, crowd, rounds)
    floor = sorted(waits)[int(0.95 * len(waits))]
    print(line("bare Tornado, a broadcast", waits, None, each), flush=True)
    for name, kind, more in (
        (", as the dashboard", "happened", "&after=now"),
        (", changes only", "changed", ""),
    ):
        empty = room.service.memory
        async with acting(**order, port=room.port, query=f"course={COURSE}{more}") as crowd:
            # The second crowd moves into the memory that the first one left.
            memory = (room.service.memory - empty) / count if more else None
            waits = await broadcasts(room.service, crowd, rounds)
            print(line(f"LearnFlow{name}, a broadcast", waits, floor, memory), flush=True)
            waits = await events(room, crowd, kind, rounds)
            print(line(f"LearnFlow{name}, state change to each socket", waits, None, None), flush=True)
        # Until the service has noticed that they are gone.
        await asyncio.sleep(2)


async def measure(database: postgres.Postgres, url: str, broker: Kafka, folder: Path, chosen: Any) -> None:
    """Both tables."""
    await dashboard.fill(database, url, STUDENTS, 0)
    db = Database(url)
    await db.open()
    async with (
        running_hub() as hub,
        acting(
            role="service",
            state=str(folder / "state"),
            database=url,
            course=str(dashboard.SOURCE),
            bootstrap=broker.bootstrap,
            prefix="live.",
            environment=environment(hub),
        ) as service,
    ):
        room = Room(hub, service, db)
        waits = await to_screen(room, chosen.quiet, chosen.busy)
        print(f"To the screen, a course of {STUDENTS} students:\n")
        print("| what | p50 | p95 | worst | p95 / aim | n |\n|---|---|---|---|---|---|")
        for name, moments in waits.items():
            values = between(moments, "began", "seen")
            p50, p95, worst = quantiles(values)
            figures = f"{p50:.0f} ms | {p95:.0f} ms | {worst:.0f} ms | {p95 / AIM_MS:.2f}"
            print(f"| {name} | {figures} | {len(values)} |", flush=True)
        for name, moments in waits.items():
            print(f"\nLeg by leg, {name}:\n\n| until | p50 | p95 | worst | n |\n|---|---|---|---|---|")
            for leg, first, last in LEGS:
                values = between(moments, first, last)
                if values:
                    figures = " | ".join(f"{value:.1f} ms" for value in quantiles(values))
                    print(f"| {leg} | {figures} | {len(values)} |", flush=True)
        await sockets(room, chosen.sockets, chosen.rounds)
    await db.close()


def main() -> None:
    """Measure, and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quiet", type=int, default=60)
    parser.add_argument("--busy", type=int, default=150)
    parser.add_argument("--sockets", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=20)
    chosen = parser.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    with (
        tempfile.TemporaryDirectory() as name,
        postgres.running(SAFE) as database,
        kafka_broker.running() as broker,
        database.database() as url,
    ):
        asyncio.run(measure(database, url, broker, Path(name), chosen))


if __name__ == "__main__":
    main()
