"""`make bench`: where the milliseconds between a state change and its consumer's commit go, leg by leg.

The same processes as in `events.py`, with a clock at each hand-over: one machine's clock counts for all of
them alike.

| leg | from | to |
|---|---|---|
| commit | before the transaction | its commit |
| read | the commit | the relay has the row |
| send | the relay has the row | the producer has the message |
| kafka | the producer has the message | the consumer's thread has it |
| take | the thread has it | the consumer begins with its batch |
| effect | the consumer begins | effect and note are committed |
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog
from confluent_kafka import Message
from events import STUDENTS, TOPIC, bare, quantiles, run
from events_stage import Stage, servers, stage

from learnflow_ext.contracts.events import Envelope, RunFinished
from learnflow_ext.events.bus import BusMessage, Delivery
from learnflow_ext.events.consumer import Consumer
from learnflow_ext.events.kafka import KafkaBus
from learnflow_ext.events.kafka_client import KafkaCluster
from learnflow_ext.events.kafka_subscription import KafkaSubscription
from learnflow_ext.events.relay import Relay
from learnflow_ext.events.shelf import ShelfDelivery
from learnflow_ext.store import outbox
from learnflow_ext.store.database import Database

LEGS = ("commit", "read", "send", "kafka", "take", "effect")
TRANSACTIONS = 100
WRITERS = 6


async def write(database: str, rate: int, seconds: float) -> dict[str, list[float]]:
    """As `events.write`; run -> (transaction begun, committed)."""
    db = Database(database)
    await db.open()
    count, together = int(rate * seconds), max(1, rate // TRANSACTIONS)
    began = time.monotonic() + 0.2
    firsts = iter(range(0, count, together))
    times: dict[str, list[float]] = {}

    async def writer() -> None:
        for first in firsts:
            await asyncio.sleep(max(0.0, began + first / rate - time.monotonic()))
            at, student = time.monotonic(), first // together % STUDENTS
            async with db.begin() as conn:
                await outbox.record_all(conn, [run(student, str(first))] * min(together, count - first))
            times[str(first)] = [at, time.monotonic()]

    await asyncio.gather(*(writer() for _ in range(WRITERS)))
    await db.close()
    return times


class Clocks:
    """When each event, by its id, came past the clocks of the reading process."""

    def __init__(self, count: int) -> None:
        self.all_through = asyncio.Event()
        """Set when `count` events are."""
        self._left = count
        self.runs: dict[str, str] = {}
        """Event -> run."""
        self.past: dict[str, list[float]] = {}
        """Event -> row read, message handed over, message polled, batch begun, committed."""
        self._ids: dict[bytes, str] = {}

    def read(self, envelope: Envelope) -> None:
        assert isinstance(envelope.event, RunFinished)
        self.runs[envelope.id] = envelope.event.run_id
        self.past[envelope.id] = [time.monotonic()]

    def sent(self, message: BusMessage) -> None:
        event_id = json.loads(message.value)["id"]
        self._ids[message.value] = event_id
        self.past[event_id].append(time.monotonic())

    def passed(self, value: bytes) -> None:
        self.past[self._ids[value]].append(time.monotonic())

    def through(self, value: bytes) -> None:
        self.passed(value)
        self._left -= 1
        if not self._left:
            self.all_through.set()


def install(clocks: Clocks) -> None:
    """Have the parts of this process read them."""
    pending, publish = outbox.pending, KafkaBus.publish
    hand_over = KafkaSubscription._hand_over
    consume_all, acks = Consumer._consume_all, ShelfDelivery.ack

    async def read(*args: Any, **kwargs: Any) -> list[outbox.Pending]:
        rows = await pending(*args, **kwargs)
        for row in rows:
            assert row.envelope is not None
            clocks.read(row.envelope)
        return rows

    async def sent(self: KafkaBus, message: BusMessage, **kwargs: Any) -> asyncio.Future[None]:
        clocks.sent(message)
        return await publish(self, message, **kwargs)

    def polled(self: KafkaSubscription, messages: list[Message]) -> None:
        for message in messages:
            if message.error() is None:
                clocks.passed(message.value() or b"")
        hand_over(self, messages)

    async def begun(self: Consumer, batch: Sequence[Delivery]) -> None:
        for delivery in batch:
            clocks.passed(delivery.message.value)
        await consume_all(self, batch)

    async def acked(self: ShelfDelivery) -> None:
        clocks.through(self.message.value)
        await acks(self)

    for owner, name, other in (
        (outbox, "pending", read),
        (KafkaBus, "publish", sent),
        (KafkaSubscription, "_hand_over", polled),
        (Consumer, "_consume_all", begun),
        (ShelfDelivery, "ack", acked),
    ):
        setattr(owner, name, other)


async def read(database: str, cluster: KafkaCluster, count: int, say: Callable[[str], None]) -> Clocks:
    """Relay and consume until `count` events are through."""
    clocks = Clocks(count)
    install(clocks)
    db = Database(database)
    await db.open()
    bus = KafkaBus(cluster)

    async def handle(conn: object, envelope: Envelope) -> None:
        return None

    tasks = [
        asyncio.create_task(Consumer(db, bus, "bench", [TOPIC], handle).run()),
        asyncio.create_task(Relay(db, bus).run()),
    ]
    say("up")
    async with asyncio.timeout(120):
        await clocks.all_through.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await bus.close()
    await db.close()
    return clocks


def legs(theatre: Stage, rate: int, seconds: float) -> dict[str, list[float]]:
    """Milliseconds of each event by leg, and `all` of them; the first second does not count."""
    order = {
        "database": theatre.database, "bootstrap": theatre.servers.kafka.bootstrap, "prefix": theatre.prefix,
        "rate": rate, "seconds": seconds + 1, "count": int(rate * (seconds + 1)),
    }  # fmt: skip
    reader = _child({**order, "do": "read"})
    assert reader.stdout is not None
    assert reader.stdout.readline() == "up\n"
    time.sleep(4)
    writer = _child({**order, "do": "write"})
    written = json.loads(writer.communicate()[0])
    found = json.loads(reader.stdout.readline())
    assert writer.returncode == reader.wait() == 0
    waits: dict[str, list[float]] = {name: [] for name in (*LEGS, "all")}
    for event_id, number in found["runs"].items():
        if int(number) >= rate:
            clocks = [*written[number], *found["past"][event_id]]
            for name, before, after in zip(LEGS, clocks[:-1], clocks[1:], strict=True):
                waits[name].append((after - before) * 1000)
            waits["all"].append((clocks[-1] - clocks[0]) * 1000)
    return waits


def _child(order: dict[str, Any]) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--child", json.dumps(order)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _play(order: dict[str, Any]) -> None:
    if order["do"] == "write":
        print(json.dumps(asyncio.run(write(order["database"], order["rate"], order["seconds"]))), flush=True)
        return
    cluster = KafkaCluster(bootstrap=order["bootstrap"], prefix=order["prefix"])
    clocks = asyncio.run(
        read(order["database"], cluster, order["count"], lambda line: print(line, flush=True))
    )
    print(json.dumps({"runs": clocks.runs, "past": clocks.past}), flush=True)


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rates", type=int, nargs="+", default=[100, 1_000])
    parser.add_argument("--child")
    chosen = parser.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    if chosen.child:
        _play(json.loads(chosen.child))
        return
    print("| events | leg | p50 | p95 | p99 |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name, servers() as both:
        for rate in chosen.rates:
            with stage(both, Path(name), f"legs{rate}.") as theatre:
                asyncio.run(theatre.set_up())
                waits = legs(theatre, rate, chosen.seconds)
            with stage(both, Path(name), f"bare{rate}.") as theatre:
                asyncio.run(theatre.set_up())
                cluster = KafkaCluster(bootstrap=both.kafka.bootstrap, prefix=theatre.prefix)
                waits["bare produce to poll"] = bare(cluster, rate, chosen.seconds)
            for leg, values in waits.items():
                figures = " | ".join(f"{value:.1f} ms" for value in quantiles(values))
                print(f"| {rate}/s | {leg} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
