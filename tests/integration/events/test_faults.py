"""`kill -9` at every point between a state change and the consumer's commit, on PostgreSQL and Kafka.

A point is where the code stands when the blow falls; see `events_actor`.
"""

from __future__ import annotations

import asyncio
import random
import signal
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from events_actor import CONSUMER_POINTS, RELAY_POINTS
from events_stage import Actor, Outcome, Servers, Stage, servers, stage

from learnflow_ext.store.database import Database

EVENTS = 40

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def killable() -> Iterator[Servers]:
    """Servers that these tests alone kill."""
    with servers() as both:
        yield both


@pytest.fixture(scope="module")
def tables(killable: Servers) -> Iterator[str]:
    """Name of a database with all tables, from which each stage's is copied: making them takes a while."""
    with killable.postgres.database() as url:
        asyncio.run(Database(url).upgrade())
        yield url.rpartition("/")[2]


@pytest.fixture
def theatre(killable: Servers, tables: str, tmp_path: Path) -> Iterator[Stage]:
    with stage(killable, tmp_path, f"f{uuid.uuid4().hex[:8]}.", tables) as made:
        yield made


async def play(theatre: Stage, point: str) -> None:
    """Stop the actor at `point`, kill it there, and see that all comes right."""
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
        standing.kill()
        standing.start()
        await theatre.write(db, random.Random("after"), EVENTS, students=5)
        assert await theatre.settled(db) == Outcome(events=2 * EVENTS, lost=0, doubled=0, reordered=0)
    finally:
        await db.close()


class TestTheRelayIsKilled:
    @pytest.mark.parametrize("point", RELAY_POINTS)
    async def test_at(self, theatre: Stage, point: str) -> None:
        await play(theatre, point)


class TestAConsumerIsKilled:
    @pytest.mark.parametrize("point", CONSUMER_POINTS)
    async def test_at(self, theatre: Stage, point: str) -> None:
        await play(theatre, point)


class TestAServerIsKilled:
    """Each of five relays stands at a point of its own, and so does each of five consumers, when it falls."""

    @pytest.fixture
    def theatres(self, killable: Servers, tables: str, tmp_path: Path) -> Iterator[list[Stage]]:
        with ExitStack() as stack:
            made = []
            for number in range(len(RELAY_POINTS)):
                folder = tmp_path / str(number)
                folder.mkdir()
                name = f"f{uuid.uuid4().hex[:8]}."
                made.append(stack.enter_context(stage(killable, folder, name, tables)))
            yield made

    @pytest.mark.parametrize("blow", ["kafka", "postgres"])
    async def test_while_the_others_are_at_every_point(
        self, killable: Servers, theatres: list[Stage], blow: str
    ) -> None:
        points = list(zip(theatres, RELAY_POINTS, CONSUMER_POINTS, strict=True))
        databases = [Database(each.database) for each in theatres]
        standing: list[Actor] = []
        try:
            for (theatre, *_), db in zip(points, databases, strict=True):
                await theatre.set_up()
                await db.open()
            for (theatre, _, point), db in zip(points, databases, strict=True):
                theatre.add("relay", "relay").start()
                theatre.add("consumer", "consumer").start(point)
                await theatre.write(db, random.Random(point), EVENTS, students=5)
            for (theatre, point, consumers), db in zip(points, databases, strict=True):
                relay, consumer = theatre.actors["relay"], theatre.actors["consumer"]
                await self.stands(consumer, consumers)
                relay.kill()
                relay.start(point)
                standing += (relay, consumer)
                # Of others: who stands in the middle of a transaction may hold these students' turns.
                await theatre.write(db, random.Random(point), EVENTS, students=5, named="t")
            for theatre, point, _ in points:
                await self.stands(theatre.actors["relay"], point)
            server = killable.kafka if blow == "kafka" else killable.postgres
            server.stop(signal.SIGKILL)
            # They go on while the server is away, and meet that in the middle of what they were doing.
            for actor in standing:
                actor.go_on()
            server.start()
            for (theatre, *at), db in zip(points, databases, strict=True):
                await theatre.write(db, random.Random(blow), EVENTS, students=5)
                outcome = await theatre.settled(db)
                assert outcome == Outcome(events=3 * EVENTS, lost=0, doubled=0, reordered=0), at
        finally:
            for db in databases:
                await db.close()

    async def stands(self, actor: Actor, point: str) -> None:
        async with asyncio.timeout(120):
            await asyncio.to_thread(actor.wait_for, f"at {point}")
