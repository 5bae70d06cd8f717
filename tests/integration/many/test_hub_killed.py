"""JupyterHub itself is killed while a class works, with its proxy and its formgrader: nothing is lost.

Two replicas that the hub did not start, a worker, PostgreSQL and Kafka go on; students run cells, ask and
hand in, as their servers do, and among them are students whom no replica has met. `make soak` runs it.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from chaos import HEAD, Losses, Scene, losses, play
from cluster import Cluster, started
from events_stage import servers
from real_hub import RealHub

STUDENTS = 8
THINK_S = 0.6
ASKS = 0.2
AWAY_S = 2.0
AFTER_S = 6.0

pytestmark = pytest.mark.timeout(900)


async def test_students_whose_hub_is_killed_run_ask_and_hand_in_and_nothing_is_lost(tmp_path: Path) -> None:
    known, new = ([f"{kind}{number}" for number in range(STUDENTS)] for kind in ("known", "new"))
    hub = RealHub(tmp_path, [*known, *new])
    back: list[float] = []
    with servers() as both, both.postgres.database() as url:
        cluster = Cluster(both, url, tmp_path, [], real_hub=hub)
        cluster.worker("all", "relay,progress,struggle,grading")
        cluster.replica("replica-1", release=True)
        cluster.replica("replica-2")

        def kill() -> None:
            cluster.hub.kill()
            time.sleep(AWAY_S)
            began = time.monotonic()
            cluster.hub.start()
            hub.up(cluster.hub.require)
            back.append(time.monotonic() - began)

        try:
            await started(cluster)
            files = await cluster.files()
            met, told = await play(
                cluster, Scene("hub: students it knows", kill), known, files, THINK_S, 1.0, ASKS
            )
            unmet, more = await play(
                cluster, Scene("hub: students no replica has met", kill), new, files, THINK_S, AFTER_S, ASKS
            )
            done = [*told.done, *more.done]
            found = losses(cluster, done)
            # The same tokens: the hub has its database again, and knows everybody.
            assert await asyncio.to_thread(hub.tokens)
        except BaseException:
            for part in cluster.parts.values():
                print(f"--- {part.name}\n{part.said()}")
            raise
        finally:
            cluster.stop()
    print(f"\n{HEAD}\n{met.line()}\n{unmet.line()}\nThe hub was back after {max(back):.1f} s.")
    assert found == Losses()
    assert [*met.errors, *unmet.errors] == []
    kinds = {each.kind for each in done}
    assert kinds == {"run", "submission", "question"}
    assert {each.kind for each in more.done} >= {"run", "submission"}
