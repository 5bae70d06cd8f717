"""Processes of their own for the ends of the stream, to be killed at any moment: `events_actor.py SOCKET`.

Over that socket, a descriptor, `events_troupe` sends an order as JSON for each, with its stdin, stdout and
stderr, and gets its id. The JSON says `role` (relay or consumer), `database`, `bootstrap`, `prefix`,
`instance`, maybe `stop_at`: the point where it stands still once, says so on stdout, and goes on when it gets
a line on stdin.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os
import random
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import psycopg  # noqa: F401 - loaded before the forks, as all they need
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import Envelope, RunFinished
from learnflow_ext.events.consumer import Consumer
from learnflow_ext.events.kafka import KafkaBus
from learnflow_ext.events.kafka_client import KafkaCluster
from learnflow_ext.events.relay import Relay
from learnflow_ext.events.shelf import ShelfDelivery
from learnflow_ext.store import consumed, outbox, people
from learnflow_ext.store.database import Database, DatabaseUnavailable

TOPIC = "progress.events"
GROUP = "effects"

LONGEST = 65_536
PR_SET_PDEATHSIG = 1

RELAY_POINTS = ("read", "published", "confirmed", "deleted", "forgotten")
CONSUMER_POINTS = ("received", "noted", "effect", "committed", "acked")


class Point:
    """Stands still the first time it is reached, if it is the one."""

    def __init__(self, wanted: str | None) -> None:
        self._wanted = wanted

    def reached(self, name: str) -> None:
        if name == self._wanted:
            self._wanted = None
            print(f"at {name}", flush=True)
            sys.stdin.readline()


def _after(point: Point, name: str, owner: Any, attribute: str) -> None:
    """Stand at `name` right after the coroutine function `owner.attribute` has done its work."""
    real: Callable[..., Any] = getattr(owner, attribute)

    async def then(*arguments: Any, **options: Any) -> Any:
        result = await real(*arguments, **options)
        point.reached(name)
        return result

    setattr(owner, attribute, then)


def _before(point: Point, name: str, owner: Any, attribute: str) -> None:
    real: Callable[..., Any] = getattr(owner, attribute)

    async def first(*arguments: Any, **options: Any) -> Any:
        point.reached(name)
        return await real(*arguments, **options)

    setattr(owner, attribute, first)


def _prepare(point: Point) -> None:
    _before(point, "confirmed", outbox, "delete")
    _after(point, "deleted", outbox, "delete")
    _after(point, "read", outbox, "pending")
    _after(point, "published", KafkaBus, "publish")
    real = Relay._let_go

    def forgotten(self: Relay, sequences: set[int]) -> None:
        point.reached("forgotten")
        real(self, sequences)

    Relay._let_go = forgotten  # type: ignore[method-assign]
    for name in ("_apply", "_apply_all"):
        _before(point, "received", Consumer, name)
        _after(point, "committed", Consumer, name)
    for name in ("note", "note_all"):
        _after(point, "noted", consumed, name)
    _after(point, "acked", ShelfDelivery, "ack")


async def _main(order: dict[str, Any]) -> None:
    point = Point(order.get("stop_at"))
    _prepare(point)
    db = Database(order["database"])
    while True:
        try:
            await db.open(create=False)
            break
        except DatabaseUnavailable:
            await asyncio.sleep(0.1)
    cluster = KafkaCluster(
        bootstrap=order["bootstrap"],
        prefix=order["prefix"],
        client={"reconnect.backoff.max.ms": 500},
        consumer={
            "session.timeout.ms": 6_000,
            "heartbeat.interval.ms": 500,
            # Started again under the same name it has its place back at once.
            "group.instance.id": order["instance"],
        },
    )
    bus = KafkaBus(cluster)

    async def handle(conn: AsyncConnection, envelope: Envelope) -> None:
        assert isinstance(envelope.event, RunFinished)
        person = await people.behind(conn, envelope.event.student)
        assert person is not None
        await conn.execute(
            text("INSERT INTO effects (student, run) VALUES (:student, :run)"),
            {"student": person.name, "run": int(envelope.event.run_id)},
        )
        point.reached("effect")

    if order["role"] == "relay":
        running = Relay(db, bus, poll_s=0.5).run()
    else:
        running = Consumer(db, bus, GROUP, [TOPIC], handle).run()
    print("up", flush=True)
    await running


def _obey(order: bytes, streams: list[int]) -> None:
    """As a process just forked, until it is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # Else all would wait for as long as each other.
    random.seed()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(_main(json.loads(order)))


def _serve(line: socket.socket) -> None:
    """A fork for each order, while somebody is there to send one."""
    # Nobody asks how they ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    while True:
        order, streams, _, _ = socket.recv_fds(line, LONGEST, 3)
        if not order:
            return
        pid = os.fork()
        if not pid:
            line.close()
            _obey(order, streams)
            return
        for stream in streams:
            os.close(stream)
        line.send(str(pid).encode())


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
