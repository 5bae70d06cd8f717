"""Kafka, PostgreSQL, a relay and consumers, each a process that may be killed; and what came of it all."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kafka_broker
import postgres
from events_actor import TOPIC
from events_troupe import Forked, Troupe
from kafka_broker import Kafka
from postgres import Postgres
from sqlalchemy import text

from learnflow_ext.contracts.events import RunFinished
from learnflow_ext.events import kafka_topics
from learnflow_ext.events.kafka_client import KafkaCluster
from learnflow_ext.events.topics import SPECS
from learnflow_ext.store import outbox
from learnflow_ext.store.database import Database, DatabaseUnavailable

SAFE = {"synchronous_commit": "on", "max_connections": "120"}
"""What is committed outlives the server's process, though not a power cut, which nobody plays here."""
PATIENCE_S = 180


@dataclass(frozen=True)
class Servers:
    """Shared by several stages."""

    kafka: Kafka
    postgres: Postgres
    troupe: Troupe = field(default_factory=Troupe)
    """Of the actors on these servers."""


@contextmanager
def servers() -> Iterator[Servers]:
    with postgres.running(SAFE) as database, kafka_broker.running() as broker, closing(Troupe()) as troupe:
        yield Servers(broker, database, troupe)


@dataclass(frozen=True)
class Outcome:
    """What a comparison of the log with the effects found, as numbers of events."""

    events: int
    lost: int
    doubled: int
    reordered: int


class Actor:
    """A relay or a consumer; started again under its name it goes on."""

    def __init__(self, troupe: Troupe, order: dict[str, Any], log: Path) -> None:
        self.order = order
        self._troupe = troupe
        self._log = log
        self._process: Forked | None = None

    def start(self, stop_at: str | None = None) -> None:
        self._process = self._troupe.fork({**self.order, "stop_at": stop_at}, self._log)

    def wait_for(self, line: str) -> None:
        """Until it says so; AssertionError with its log when it ends instead."""
        assert self._process is not None
        for said in self._process.stdout:
            if said.strip() == line:
                return
        raise AssertionError(f"It never was {line!r}:\n{self._log.read_text()[-3000:]}")

    def go_on(self) -> None:
        assert self._process is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None


@dataclass
class Stage:
    """One database and one set of topics on the servers, with actors that work on them."""

    servers: Servers
    database: str
    prefix: str
    folder: Path
    actors: dict[str, Actor] = field(default_factory=dict)
    written: int = 0

    async def set_up(self, partitions: int = 4) -> None:
        db = Database(self.database)
        await db.upgrade()
        await db.open()
        async with db.begin() as conn:
            await conn.execute(text("CREATE TABLE effects (id BIGSERIAL PRIMARY KEY, student TEXT, run INT)"))
        await db.close()
        (spec,) = [spec for spec in SPECS if spec.name == TOPIC]
        cluster = KafkaCluster(bootstrap=self.servers.kafka.bootstrap, prefix=self.prefix)
        await kafka_topics.create(cluster, [spec])

    def add(self, name: str, role: str) -> Actor:
        order = {
            "role": role,
            "database": self.database,
            "bootstrap": self.servers.kafka.bootstrap,
            "prefix": self.prefix,
            "instance": f"{self.prefix}{name}",
        }
        self.actors[name] = Actor(self.servers.troupe, order, self.folder / f"{name}.log")
        return self.actors[name]

    async def write(
        self, db: Database, chance: random.Random, count: int, students: int, named: str = "s"
    ) -> None:
        """Record `count` events, a few in each transaction, however often the database goes away."""
        while count:
            some = min(count, chance.randint(1, 6))
            numbers = range(self.written, self.written + some)
            events = [
                RunFinished(
                    course="c", student=f"{named}{chance.randrange(students)}", run_id=str(number),
                    notebook="n", ok=True, duration_ms=1,
                )
                for number in numbers
            ]  # fmt: skip
            try:
                async with db.begin() as conn:
                    await outbox.record_all(conn, events)
            except DatabaseUnavailable:
                # Whether it was committed is for the log to say: these numbers are not used again.
                await asyncio.sleep(0.05)
            else:
                count -= some
            self.written += some

    async def settled(self, db: Database) -> Outcome:
        """Wait until nothing is under way any more, or nothing moves for long; then compare."""
        before, still = -1, 0.0
        while still < PATIENCE_S:
            try:
                async with db.connect() as conn:
                    left = await outbox.size(conn)
                    logged = await conn.scalar(text("SELECT count(*) FROM event_log"))
                    effects = await conn.scalar(text("SELECT count(*) FROM effects"))
            except DatabaseUnavailable:
                left, logged, effects = -1, 0, -1
            if not left and logged == effects:
                break
            still = 0.0 if effects != before else still + 0.1
            before = effects
            await asyncio.sleep(0.1)
        return await self.outcome(db)

    async def outcome(self, db: Database) -> Outcome:
        async with db.connect() as conn:
            logged = await conn.execute(
                text(
                    "SELECT users.name, data::jsonb->>'run_id' FROM event_log"
                    " JOIN users ON users.id = user_id ORDER BY sequence"
                )
            )
            changes = _by_student((name, int(run)) for name, run in logged)
            done = await conn.execute(text("SELECT student, run FROM effects ORDER BY id"))
            effects = _by_student((name, run) for name, run in done)
        lost = sum(len(set(runs) - set(effects[name])) for name, runs in changes.items())
        doubled = sum(len(runs) - len(set(runs)) for runs in effects.values())
        reordered = sum(
            one != other
            for name, runs in changes.items()
            for one, other in zip(
                [run for run in runs if run in set(effects[name])],
                list(dict.fromkeys(effects[name])),
                strict=True,
            )
        )
        return Outcome(sum(map(len, changes.values())), lost, doubled, reordered)


@contextmanager
def stage(servers: Servers, folder: Path, prefix: str, template: str = "template0") -> Iterator[Stage]:
    """A new database, made as `template` is, and topics; all actors are gone afterwards."""
    with ExitStack() as stack:
        made = Stage(servers, stack.enter_context(servers.postgres.database(template)), prefix, folder)
        try:
            yield made
        finally:
            for actor in made.actors.values():
                actor.kill()


def _by_student(pairs: Any) -> defaultdict[str, list[int]]:
    grouped: defaultdict[str, list[int]] = defaultdict(list)
    for name, run in pairs:
        grouped[name].append(run)
    return grouped
