"""`make bench`: two replicas and two workers against one of each: a class at once, and 1,000 sockets.

PostgreSQL, Kafka, a small hub and two processes that play students are on the same machine: where it has two
cores, what a second replica adds in speed is what the first one left idle, and this shows what it costs.
First a class that does one thing after the other, as in `load`, then all hand in at the same moment. Each
worker carries events and grades. Then open sockets, spread evenly, and how soon each is told of a question.

Everything ends: what takes too long is stopped, told as an error, and the rest goes on. Where it is stands on
stderr. `--parts` does only some of it: the class takes some six minutes on two cores, the sockets three.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar, get_args

import dashboard
import live
import msgspec
import psutil
from cluster import Cluster, started
from crowd import Doing, Tally
from events_stage import Servers, servers
from load import CLIENTS, child, quantile
from sqlalchemy import text
from stub_hub import COURSE, environment, running_hub

from learnflow_ext.service import logs
from learnflow_ext.store.database import Database

SIZES = (1, 2)
PARTS = ("class", "sockets")
A_CLASS_S = 300.0
SOCKETS_S = 300.0
"""How long one row of a table may take."""
BEGAN = time.monotonic()

T = TypeVar("T")


def progress(said: str) -> None:
    """Where it is, for whoever waits."""
    print(f"{time.monotonic() - BEGAN:4.0f} s  {said}", file=sys.stderr, flush=True)


async def bounded(work: Awaitable[T], seconds: float, what: str, errors: list[str]) -> T | None:
    """What `work` comes to; None, and why among `errors`, when it takes too long or fails."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except (TimeoutError, AssertionError, OSError, SystemExit) as error:
        errors.append(f"{what}: {str(error) or f'not done within {seconds:g} s'}")
        progress(errors[-1])
        return None


def many_files() -> None:
    """Each socket is a file at both its ends; what this process may have, its children may have too."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Found(msgspec.Struct, frozen=True):
    """What a class came to on so many replicas."""

    tally: Tally
    seconds: float
    burst: Tally
    graded_s: float
    """From the first of the submissions at once until all are graded and told."""
    memory: float
    """Of all replicas and workers together, in MiB."""


async def together(cluster: Cluster, names: list[str], **order: Any) -> tuple[Tally, float]:
    """Let students work, spread evenly over replicas; what came of it, and after how many seconds."""
    at = time.time() + 5
    shares = [{name: cluster.tokens[name] for name in names[place::CLIENTS]} for place in range(CLIENTS)]
    bases = [cluster.bases[place % len(cluster.bases)] for place in range(CLIENTS)]
    order = {"do": "crowd", "at": at, **order}
    found = await asyncio.gather(
        *(child({**order, "base": base, "tokens": share}) for base, share in zip(bases, shares, strict=True))
    )
    whole = Tally.empty()
    for each in found:
        whole.add(msgspec.convert(each, Tally))
    return whole, time.time() - at


async def a_class(both: Servers, url: str, folder: Path, size: int, chosen: argparse.Namespace) -> Found:
    """So many replicas, so many workers."""
    names = [f"s{number:03}" for number in range(chosen.students)]
    cluster = Cluster(both, url, folder, names, prefix=f"bench{size}.")
    for number in range(1, size + 1):
        cluster.worker(f"worker-{number}", "relay,progress,struggle,grading")
    for number in range(1, size + 1):
        cluster.replica(f"replica-{number}", release=number == 1)
    try:
        progress(f"{size} + {size}: starting")
        await started(cluster)
        progress(f"{size} + {size}: {len(names)} students at work for {chosen.seconds:g} s")
        tally, seconds = await together(
            cluster, names, seconds=chosen.seconds, think=chosen.think, pace="hurry", seed="class"
        )
        progress(f"{size} + {size}: until all is graded")
        await cluster.settled()
        progress(f"{size} + {size}: all hand in at once")
        began = time.monotonic()
        burst, _ = await together(cluster, names, burst="submit", seed="burst")
        await cluster.settled()
        # The clients begin 5 s after they are asked to.
        graded = time.monotonic() - began - 5
        memory = sum(map(_memory, (part.pid for part in cluster.parts.values() if part is not cluster.hub)))
    finally:
        cluster.stop()
    return Found(tally, seconds, burst, graded, memory)


def _memory(pid: int) -> float:
    """Of a process and all below it, each page counted once, in MiB."""
    total = 0.0
    process = psutil.Process(pid)
    for each in (process, *process.children(recursive=True)):
        try:
            total += float(each.memory_full_info().pss)
        except psutil.Error:
            continue
    return total / 2**20


def say_class(found: dict[int, Found]) -> None:
    """The table of the class."""
    if not found:
        return
    print("| what | " + " | ".join(f"{size} + {size}: p50 | p95 | n" for size in found) + " | p95 2 / 1 |")
    print("|---|" + "---|---|---|" * len(found) + "---|")
    for what in get_args(Doing):
        times = [each.tally.times[what] for each in found.values()]
        cells = " | ".join(
            f"{quantile(one, 0.5):.0f} ms | {quantile(one, 0.95):.0f} ms | {len(one)}" for one in times
        )
        first, last = quantile(times[0], 0.95), quantile(times[-1], 0.95)
        print(f"| {what} | {cells} | {f'{last / first:.2f}' if first else ''} |")
    print("\n| replicas + workers | done a second | all handed in at once: graded after | memory | errors |")
    print("|---|---|---|---|---|")
    for size, found_there in found.items():
        rate = sum(map(len, found_there.tally.times.values())) / found_there.seconds
        errors = len(found_there.tally.errors) + len(found_there.burst.errors)
        figures = f"{rate:.1f} | {found_there.graded_s:.1f} s | {found_there.memory:.0f} MiB | {errors}"
        print(f"| {size} + {size} | {figures} |", flush=True)


async def sockets(
    both: Servers, url: str, folder: Path, size: int, chosen: argparse.Namespace
) -> tuple[float, list[float]]:
    """KiB of each socket, and milliseconds to each in each round, spread over `size` replicas."""
    await dashboard.fill(both.postgres, url, chosen.students, 0)
    db = Database(url)
    await db.open()
    try:
        async with running_hub() as hub, AsyncExitStack() as stack:
            share = chosen.sockets // size
            tokens = [
                hub.add(f"teacher{number}", f"formgrade-{COURSE}")
                for number in range(-(-chosen.sockets // live.PER_PERSON) + size)
            ]
            service = {
                "role": "service",
                "state": str(folder / f"state{size}"),
                "database": url,
                "course": str(dashboard.SOURCE),
                "bootstrap": both.kafka.bootstrap,
                "prefix": f"sockets{size}.",
                "environment": environment(hub),
            }
            progress(f"{size} for sockets: starting")
            replicas = [await stack.enter_async_context(live.acting(**service)) for _ in range(size)]
            progress(f"{size} for sockets: until the class's events are through")
            await _through(db)
            empty = [replica.memory for replica in replicas]
            crowds = []
            for number, replica in enumerate(replicas):
                progress(f"{size} for sockets: {share} connect to replica {number + 1}")
                mine = tokens[number::size]
                order = {"role": "clients", "tokens": mine, "count": share, "port": replica.number}
                crowds.append(
                    await stack.enter_async_context(live.acting(**order, query=f"course={COURSE}&after=now"))
                )
            each = sum(one.memory - before for one, before in zip(replicas, empty, strict=True))
            progress(f"{size} for sockets: {chosen.rounds} questions")
            waits = await _told(live.Room(hub, replicas[0], db), crowds, chosen.rounds)
            return each / chosen.sockets, waits
    finally:
        await db.close()


async def _through(db: Database) -> None:
    """Until the relay has delivered all: else the first questions wait behind a whole class's past."""
    while True:
        async with db.connect() as conn:
            if not await conn.scalar(text("SELECT count(*) FROM outbox")):
                return
        await asyncio.sleep(0.2)


async def _told(room: live.Room, crowds: list[live.Actor], rounds: int) -> list[float]:
    """Milliseconds from before a question's transaction to each socket, whichever replica it hangs on."""
    waits: list[float] = []
    for number in range(rounds + 2):
        await asyncio.sleep(live.SETTLE_S)
        _, sequence, began, *_ = await room.ask()
        heard = await asyncio.gather(
            *(crowd.ask(since=began, kind="happened", number=sequence, patience=20) for crowd in crowds)
        )
        for crowd, moments in zip(crowds, heard, strict=True):
            assert len(moments) == crowd.number, f"{len(moments)} of {crowd.number} were told"
            if number >= 2:
                waits += [(moment - began) * 1000 for moment in moments]
    return waits


async def measure(both: Servers, chosen: argparse.Namespace) -> int:
    """All of it; how many errors there were."""
    found: dict[int, Found] = {}
    errors: list[str] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        for size in SIZES if "class" in chosen.parts else ():
            folder = Path(name) / str(size)
            folder.mkdir()
            with both.postgres.database() as url:
                work = a_class(both, url, folder, size, chosen)
                one = await bounded(work, A_CLASS_S, f"a class on {size} + {size}", errors)
            if one is not None:
                found[size] = one
                errors += [*one.tally.errors, *one.burst.errors]
        say_class(found)
        if "sockets" in chosen.parts:
            head = "memory each | a question to each: p50 | p95 | worst | n"
            print(f"\n| {chosen.sockets:,} sockets on | {head} |\n|---|---|---|---|---|---|", flush=True)
            for size in SIZES:
                with both.postgres.database() as url:
                    told = sockets(both, url, Path(name), size, chosen)
                    row = await bounded(told, SOCKETS_S, f"sockets on {size}", errors)
                if row is not None:
                    each, waits = row
                    p50, p95 = quantile(waits, 0.5), quantile(waits, 0.95)
                    print(
                        f"| {size} replica{'s' if size > 1 else ''} | {each:.1f} KiB | {p50:.0f} ms "
                        f"| {p95:.0f} ms | {max(waits):.0f} ms | {len(waits)} |",
                        flush=True,
                    )
    print(f"\n{os.cpu_count()} cores for all of it; load {os.getloadavg()[0]:.1f} at the end.")
    for error in errors[:20]:
        print(error, file=sys.stderr)
    return len(errors)


def main() -> int:
    """Measure, and print Markdown tables. 1 when anything was neither done nor told to wait."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=45)
    parser.add_argument("--think", type=float, default=2.0, help="seconds between two things, on average")
    parser.add_argument("--sockets", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    chosen = parser.parse_args()
    logs.configure(logging.ERROR)
    many_files()
    with servers() as both:
        return 1 if asyncio.run(measure(both, chosen)) else 0


if __name__ == "__main__":
    sys.exit(main())
