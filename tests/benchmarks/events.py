"""`make bench`: how long an event takes, and how many a relay moves, on PostgreSQL and Kafka.

Latency runs from before the transaction of a state change to after the consumer's commit, over three
processes: one that writes, one that relays and consumes, the broker. Beside it, in the same run and at the
same rate, the bare broker: `Producer.produce` to `Consumer.poll`, same settings and size of message.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import structlog
from confluent_kafka import Consumer as BareConsumer
from confluent_kafka import Producer
from events_stage import Servers, Stage, servers, stage

from learnflow_ext.contracts.events import Envelope, RunFinished
from learnflow_ext.events.consumer import Consumer
from learnflow_ext.events.kafka import KafkaBus
from learnflow_ext.events.kafka_client import KafkaCluster
from learnflow_ext.events.relay import Relay
from learnflow_ext.events.shelf import ShelfDelivery
from learnflow_ext.events.wire import from_message
from learnflow_ext.store import outbox
from learnflow_ext.store.database import Database

TOPIC = "progress.events"
STUDENTS = 100
WRITERS = 6
TRANSACTIONS = 100
BYTES = 600


def run(student: int, stamp: str) -> RunFinished:
    return RunFinished(
        course="c", student=f"s{student}", run_id=stamp, notebook="n.ipynb", ok=True, duration_ms=1
    )


async def write(database: str, rate: int, seconds: float) -> None:
    """`rate` events a second; each carries the moment its transaction began. Prints the rate it came to.

    100 transactions a second at most: above that each holds several runs of one student, as their servers
    report them.
    """
    db = Database(database)
    await db.open()
    count, together = int(rate * seconds), max(1, rate // TRANSACTIONS)
    began = time.monotonic() + 0.2
    firsts = iter(range(0, count, together))

    async def writer() -> None:
        for first in firsts:
            await asyncio.sleep(max(0.0, began + first / rate - time.monotonic()))
            stamp, student = f"{time.monotonic():.6f}", first // together % STUDENTS
            async with db.begin() as conn:
                await outbox.record_all(conn, [run(student, stamp)] * min(together, count - first))

    await asyncio.gather(*(writer() for _ in range(WRITERS)))
    print(count / (time.monotonic() - began), flush=True)
    await db.close()


async def relay_and_consume(database: str, cluster: KafkaCluster, warm: int, count: int) -> None:
    """Prints the milliseconds of each event but the first `warm`."""
    db = Database(database)
    await db.open()
    bus = KafkaBus(cluster)
    waits: list[float] = []
    done = asyncio.Event()
    real = ShelfDelivery.ack

    async def ack(self: ShelfDelivery) -> None:
        now = time.monotonic()
        event = from_message(self.message).event
        assert isinstance(event, RunFinished)
        waits.append((now - float(event.run_id)) * 1000)
        if len(waits) == warm:
            print("warm", flush=True)
        if len(waits) == warm + count:
            done.set()
        await real(self)

    ShelfDelivery.ack = ack  # type: ignore[method-assign]

    async def handle(conn: object, envelope: Envelope) -> None:
        return None

    consuming = asyncio.create_task(Consumer(db, bus, "bench", [TOPIC], handle).run())
    relaying = asyncio.create_task(Relay(db, bus).run())
    print("up", flush=True)
    async with asyncio.timeout(120):
        await done.wait()
    print(json.dumps(waits[warm:]), flush=True)
    for task in (consuming, relaying):
        task.cancel()
    await asyncio.gather(consuming, relaying, return_exceptions=True)
    await bus.close()
    await db.close()


def bare(cluster: KafkaCluster, rate: int, seconds: float) -> list[float]:
    """Milliseconds from `produce` to `poll`."""
    consumer = BareConsumer(cluster.for_consumer("bare", lasting=True))
    consumer.subscribe([cluster.prefix + TOPIC])
    producer = Producer(cluster.for_producer())
    count, warm = int(rate * seconds), rate
    waits: list[float] = []

    def read() -> None:
        while len(waits) < warm + count:
            message = consumer.poll(1.0)
            if message is not None and message.error() is None:
                waits.append((time.monotonic() - float((message.value() or b"")[:20])) * 1000)

    reader = threading.Thread(target=read)
    reader.start()
    began = time.monotonic() + 2
    for number in range(warm + count):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        value = f"{time.monotonic():20.6f}".encode().ljust(BYTES, b".")
        producer.produce(cluster.prefix + TOPIC, value, key=f"k{number % STUDENTS}")
        producer.poll(0)
    producer.flush(30)
    reader.join(60)
    consumer.close()
    return waits[warm:]


def latency(both: Servers, folder: Path, rate: int, seconds: float) -> tuple[list[float], list[float], float]:
    """(ours, the bare broker's, events a second that were written)"""
    with stage(both, folder, f"bench{rate}.") as theatre:
        asyncio.run(theatre.set_up())
        ours, reached = through_everything(theatre, rate, seconds)
    with stage(both, folder, f"bare{rate}.") as theatre:
        asyncio.run(theatre.set_up())
        return ours, bare(_cluster(theatre), rate, seconds), reached


def through_everything(theatre: Stage, rate: int, seconds: float) -> tuple[list[float], float]:
    warm, count = rate, int(rate * seconds)
    order = {
        "database": theatre.database,
        "bootstrap": theatre.servers.kafka.bootstrap,
        "prefix": theatre.prefix,
    }
    reader = _child({**order, "do": "read", "warm": warm, "count": count})
    assert reader.stdout is not None
    assert reader.stdout.readline() == "up\n"
    warming = _child({**order, "do": "write", "rate": rate, "seconds": 1})
    warming.communicate()
    assert warming.returncode == 0
    assert reader.stdout.readline() == "warm\n"
    writer = _child({**order, "do": "write", "rate": rate, "seconds": seconds})
    waits: list[float] = json.loads(reader.stdout.readline())
    reached = float(writer.communicate()[0])
    assert writer.returncode == 0
    assert reader.wait() == 0
    return waits, reached


async def throughput(theatre: Stage, count: int) -> float:
    """Events a second from a full outbox to Kafka, over a bus that has spoken to the broker before."""
    db = Database(theatre.database)
    await db.open()
    bus = KafkaBus(_cluster(theatre))
    await fill(db, 1)
    await emptied(db, bus)
    await fill(db, count)
    took = await emptied(db, bus)
    await bus.close()
    await db.close()
    return count / took


async def fill(db: Database, count: int) -> None:
    for start in range(0, count, 500):
        numbers = range(start, min(start + 500, count))
        async with db.begin() as conn:
            await outbox.record_all(conn, [run(n % STUDENTS, str(n)) for n in numbers])


async def emptied(db: Database, bus: KafkaBus) -> float:
    """Seconds until a relay has emptied the outbox."""
    began = time.monotonic()
    working = asyncio.create_task(Relay(db, bus).run())
    while True:
        await asyncio.sleep(0.05)
        async with db.connect() as conn:
            if not await outbox.size(conn):
                break
    took = time.monotonic() - began
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return took


def bare_throughput(cluster: KafkaCluster, count: int) -> float:
    """Messages a second of a producer with the same settings that has nothing to do but produce."""
    producer = Producer(cluster.for_producer())
    value = b"." * BYTES
    producer.produce(cluster.prefix + TOPIC, value, key="k0")
    producer.flush(30)
    began = time.monotonic()
    for number in range(count):
        while True:
            try:
                producer.produce(cluster.prefix + TOPIC, value, key=f"k{number % STUDENTS}")
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    producer.flush(60)
    return count / (time.monotonic() - began)


def _cluster(theatre: Stage) -> KafkaCluster:
    return KafkaCluster(bootstrap=theatre.servers.kafka.bootstrap, prefix=theatre.prefix)


def _child(order: dict[str, Any]) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--child", json.dumps(order)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _play(order: dict[str, Any]) -> None:
    if order["do"] == "write":
        asyncio.run(write(order["database"], order["rate"], order["seconds"]))
        return
    cluster = KafkaCluster(bootstrap=order["bootstrap"], prefix=order["prefix"])
    asyncio.run(relay_and_consume(order["database"], cluster, order["warm"], order["count"]))


def quantiles(values: list[float]) -> list[float]:
    ordered = sorted(values)
    return [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95, 0.99)]


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--child")
    chosen = parser.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    if chosen.child:
        _play(json.loads(chosen.child))
        return
    with tempfile.TemporaryDirectory() as name, servers() as both:
        folder = Path(name)
        for rate in (100, 1_000):
            ours, theirs, reached = latency(both, folder, rate, chosen.seconds)
            print(f"\nOf {rate:,} events/s asked for, {reached:,.0f} were written.\n", flush=True)
            print("| events | p50 | p95 | p99 | n |\n|---|---|---|---|---|")
            for what, values in (
                ("state change to consumer's commit", ours),
                ("bare produce to poll", theirs),
            ):
                figures = " | ".join(f"{value:.1f} ms" for value in quantiles(values))
                print(f"| {rate}/s, {what} | {figures} | {len(values)} |", flush=True)
        with stage(both, folder, "full.") as theatre:
            asyncio.run(theatre.set_up())
            reached = asyncio.run(throughput(theatre, chosen.events))
            bare_rate = bare_throughput(_cluster(theatre), chosen.events)
        print(
            f"\nThe relay empties a full outbox of {chosen.events:,} at {reached:,.0f} events/s; "
            f"a bare producer moves {bare_rate:,.0f} messages/s, {bare_rate / reached:.1f} times as many."
        )


if __name__ == "__main__":
    main()
