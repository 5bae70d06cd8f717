"""`kill -9` at every point between a state change and the consumer's commit, on PostgreSQL and Kafka.

A point is where the code stands when the blow falls; see `events_actor`. `make soak` runs all combinations.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from events_actor import CONSUMER_POINTS, RELAY_POINTS
from events_stage import Actor, Outcome, Servers, Stage, servers, stage

from learnflow_ext.store.database import Database

EVENTS = 40
ALL = bool(os.environ.get("LEARNFLOW_SOAK"))

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def killable() -> Iterator[Servers]:
    """Servers that these tests alone kill."""
    with servers() as both:
        yield both


@pytest.fixture
def theatre(killable: Servers, tmp_path: Path) -> Iterator[Stage]:
    with stage(killable, tmp_path, f"f{uuid.uuid4().hex[:8]}.") as made:
        yield made


async def play(theatre: Stage, point: str, blow: str) -> None:
    """Stop the actor at `point`, let `blow` fall on it or on a server, and see that all comes right."""
    await theatre.set_up()
    relay, consumer = theatre.add("relay", "relay"), theatre.add("consumer", "consumer")
    standing = relay if point in RELAY_POINTS else consumer
    db = Database(theatre.database)
    await db.open()
    try:
        for actor in (relay, consumer):
            actor.start(point if actor is standing else None)
        await theatre.write(db, random.Random(point), EVENTS, students=5)
        async with asyncio.timeout(120):
            await asyncio.to_thread(standing.wait_for, f"at {point}")
        # On this thread: what a thread starts ends with it (`--pdeathsig`).
        strike(theatre, standing, blow)
        await theatre.write(db, random.Random(blow), EVENTS, students=5)
        assert await theatre.settled(db) == Outcome(events=2 * EVENTS, lost=0, doubled=0, reordered=0)
    finally:
        await db.close()


def strike(theatre: Stage, standing: Actor, blow: str) -> None:
    if blow == "itself":
        standing.kill()
        standing.start()
        return
    server = theatre.servers.kafka if blow == "kafka" else theatre.servers.postgres
    server.stop(signal.SIGKILL)
    # It goes on while the server is away, and meets that in the middle of what it was doing.
    standing.go_on()
    server.start()


class TestTheRelayIsKilled:
    @pytest.mark.parametrize("point", RELAY_POINTS)
    async def test_at(self, theatre: Stage, point: str) -> None:
        await play(theatre, point, "itself")


class TestAConsumerIsKilled:
    @pytest.mark.parametrize("point", CONSUMER_POINTS)
    async def test_at(self, theatre: Stage, point: str) -> None:
        await play(theatre, point, "itself")


class TestKafkaIsKilled:
    @pytest.mark.parametrize(
        "point", (*RELAY_POINTS, *CONSUMER_POINTS) if ALL else ("published", "committed")
    )
    async def test_while_the_others_are_at(self, theatre: Stage, point: str) -> None:
        await play(theatre, point, "kafka")


class TestPostgresIsKilled:
    @pytest.mark.parametrize("point", (*RELAY_POINTS, *CONSUMER_POINTS) if ALL else ("deleted", "effect"))
    async def test_while_the_others_are_at(self, theatre: Stage, point: str) -> None:
        await play(theatre, point, "postgres")
