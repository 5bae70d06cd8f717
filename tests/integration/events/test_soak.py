"""Everything is killed at random, again and again: no event lost, doubled, or out of its student's order.

Here 15 kills over 1,500 events; `make soak` asks for 200 over 20,000.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from events_stage import Outcome, Stage, servers, stage

from learnflow_ext.store.database import Database

KILLS = int(os.environ.get("LEARNFLOW_SOAK_KILLS", "15"))
EVENTS = int(os.environ.get("LEARNFLOW_SOAK_EVENTS", "1500"))
SEED = int(os.environ.get("LEARNFLOW_SOAK_SEED", "4"))
STUDENTS = 60
RELAYS, CONSUMERS = ("relay-1", "relay-2"), ("consumer-1", "consumer-2")


@pytest.mark.timeout(300 + 20 * KILLS)
async def test_every_committed_change_has_exactly_one_effect_in_order(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    began = time.monotonic()
    with servers() as both, stage(both, tmp_path, "soak.") as theatre:
        await theatre.set_up()
        for name in (*RELAYS, *CONSUMERS):
            theatre.add(name, name.partition("-")[0]).start()
        db = Database(theatre.database)
        await db.open()
        kills: Counter[str] = Counter()
        try:
            for number in range(KILLS):
                writing = asyncio.create_task(
                    theatre.write(db, random.Random(chance.random()), EVENTS // KILLS, STUDENTS)
                )
                await asyncio.sleep(chance.uniform(0.0, 0.6))
                victim = chance.choice((*RELAYS, *CONSUMERS, "kafka", "kafka", "postgres", "postgres"))
                kill(theatre, victim, chance)
                kills[victim.partition("-")[0]] += 1
                await writing
                if (number + 1) % 20 == 0:
                    print(f"{number + 1} kills, {theatre.written} events, {time.monotonic() - began:.0f} s")
            outcome = await theatre.settled(db)
        finally:
            await db.close()
    print(f"kills: {dict(kills)}; {outcome}; {time.monotonic() - began:.0f} s, seed {SEED}")
    assert outcome == Outcome(events=outcome.events, lost=0, doubled=0, reordered=0)
    assert outcome.events >= EVENTS // KILLS * KILLS


def kill(theatre: Stage, victim: str, chance: random.Random) -> None:
    """`kill -9`, a moment of absence, and up again. The writer of this process stands still meanwhile."""
    if victim == "kafka" or victim == "postgres":
        server = theatre.servers.kafka if victim == "kafka" else theatre.servers.postgres
        server.stop(signal.SIGKILL)
        server.start()
        return
    actor = theatre.actors[victim]
    actor.kill()
    time.sleep(chance.uniform(0.0, 0.2))
    actor.start()
