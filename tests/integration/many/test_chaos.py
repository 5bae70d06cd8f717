"""A part of a deployment is killed while a class works: nothing is lost, and who sends again sees no error.

`make soak` kills each, has two of everything and prints a table; `make test` leaves this out.
Without the variable that it sets: a few students, and what other tests do not kill already (Kafka:
`events`, PostgreSQL: `test_service_postgres`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from chaos import HEAD, Figures, Losses, Scene, crashed, killed, losses, nothing, play
from cluster import Cluster, Part, started
from events_stage import servers
from stubborn import Done

ROUNDS = int(os.environ.get("LEARNFLOW_CHAOS_ROUNDS", "1"))
FULL = "LEARNFLOW_CHAOS_ROUNDS" in os.environ
STUDENTS = 20 if FULL else 5
THINK_S = 1.0 if FULL else 0.4
ASKS = 0.2
"""So much of what students do are questions."""
AFTER_S = 12.0 if FULL else 1.5
AWAY_S = 5.0 if FULL else 0.5

pytestmark = pytest.mark.timeout(300 + 900 * ROUNDS)


def scenes(cluster: Cluster) -> list[Scene]:
    """Each part once. A worker here carries events and grades; with all of them, each its own."""
    first = "replica-1"

    def holder() -> Part:
        # None for a moment when it has just changed hands.
        return cluster.holder_of_the_seat() or cluster.workers["bus-1"]

    workers = (
        [killed("grader", lambda: cluster.workers["grading-1"], AWAY_S), killed("relay", holder, AWAY_S)]
        if FULL
        else [killed("worker", lambda: cluster.workers["all"], AWAY_S)]
    )
    return [
        *([nothing(AWAY_S)] if FULL else []),
        killed("replica", lambda: cluster.replicas[first], AWAY_S),
        *workers,
        *([crashed(name, cluster, AWAY_S) for name in ("kafka", "postgres")] if FULL else []),
        killed("hub", lambda: cluster.hub, AWAY_S),
    ]


def cast(cluster: Cluster) -> None:
    """Who is there."""
    if FULL:
        for number in (1, 2):
            cluster.worker(f"bus-{number}", "relay,progress,struggle")
            cluster.worker(f"grading-{number}", "grading")
    else:
        cluster.worker("all", "relay,progress,struggle,grading")
    cluster.replica("replica-1", release=True)
    cluster.replica("replica-2")


async def test_each_part_is_killed_under_load_and_nothing_is_lost(tmp_path: Path) -> None:
    names: Callable[[int], list[str]] = lambda scene: [f"s{scene}-{each}" for each in range(STUDENTS)]  # noqa: E731
    most = 8 * ROUNDS
    done: list[Done] = []
    worst: dict[str, Figures] = {}
    with servers() as both, both.postgres.database() as url:
        cluster = Cluster(both, url, tmp_path, [name for scene in range(most) for name in names(scene)])
        cast(cluster)
        try:
            await started(cluster)
            files = await cluster.files()
            for number, scene in enumerate(ROUNDS * scenes(cluster)):
                # Students nobody has met: what a replica remembers of people helps nobody here.
                figures, told = await play(cluster, scene, names(number), files, THINK_S, AFTER_S, ASKS)
                done += told.done
                print(figures.line(), figures.errors, flush=True)
                worst[scene.name] = _worse(worst.get(scene.name), figures)
            found = losses(cluster, done)
        except BaseException:
            for part in cluster.parts.values():
                print(f"--- {part.name}\n{part.said()}")
            raise
        finally:
            cluster.stop()
    print(f"\n{HEAD}")
    for each in worst.values():
        print(each.line())
    assert found == Losses()
    assert [error for each in worst.values() for error in each.errors] == []
    assert len(done) > 2 * STUDENTS * len(worst)


def _worse(one: Figures | None, other: Figures) -> Figures:
    """The longest of both waits, the sum of what was done."""
    if one is None:
        return other
    return Figures(
        one.name,
        one.done + other.done,
        one.again + other.again,
        one.errors + other.errors,
        *(max(each) for each in zip(one.waits, other.waits, strict=True)),
    )
