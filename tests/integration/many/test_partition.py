"""Machines that are cut off from each other while a class works: it heals by itself, and nothing is lost.

Kafka and one of two replicas have a machine (a network namespace) each; PostgreSQL, hub, grader and the other
replica are on this one. What is cut loses every packet, so that each end believes for a while that all is
well.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import kafka_broker
import msgspec
import postgres
import pytest
from chaos import GRADED, Losses, Scene, losses, play
from cluster import Cluster, started
from events_stage import SAFE, Servers
from netns import Network, network
from stub_hub import COURSE
from stubborn import Told
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketError, websocket_connect

pytestmark = pytest.mark.timeout(400)

STUDENTS = 4
CUT_S = 4.0
SEAT_S = 90.0
"""PostgreSQL misses a machine after 20 s; a busy one that runs the tests may be slow besides."""


class Dashboard:
    """A teacher's socket to one replica, which comes back with its last place whenever it is lost."""

    def __init__(self, base: str, token: str) -> None:
        self._base, self._token = base.replace("http", "ws", 1), token
        self.grades: list[int] = []
        """Their numbers, as they were told."""
        self._after = "0"

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._listen()
            except (OSError, HTTPClientError, WebSocketError):
                await asyncio.sleep(0.5)

    async def _listen(self) -> None:
        url = f"{self._base}ws?course={COURSE}&after={self._after}"
        request = HTTPRequest(
            url, headers={"Authorization": f"token {self._token}"}, connect_timeout=2, request_timeout=5
        )
        socket = await websocket_connect(request, ping_interval=2, ping_timeout=2)
        try:
            while (message := await socket.read_message()) is not None:
                told = msgspec.json.decode(message)
                self._after = told.get("resume", self._after)
                if told["kind"] == "happened" and told["what"] == "grade":
                    self.grades.append(told["sequence"])
        finally:
            socket.close()


def without_kafka(cluster: Cluster, net: Network) -> Scene:
    """Nobody reaches Kafka for a while."""

    def play() -> None:
        net.cut("kafka")
        time.sleep(CUT_S)
        net.mend("kafka")

    return Scene("service - Kafka", play)


def alone(cluster: Cluster, net: Network, at: str, name: str) -> Scene:
    """The replica whose relay is at work reaches nobody, until another's has taken over."""

    def play() -> None:
        net.cut(at)
        try:
            end = time.monotonic() + SEAT_S
            while (holder := cluster.holder_of_the_seat()) is None or holder.name == name:
                assert time.monotonic() < end, "nobody took the relay's seat over"
                time.sleep(0.2)
        finally:
            net.mend(at)

    return Scene("replica - replica", play)


async def test_it_heals_by_itself_and_nothing_is_lost(tmp_path: Path) -> None:
    students: Callable[[int], list[str]] = lambda scene: [f"s{scene}-{each}" for each in range(STUDENTS)]  # noqa: E731
    told: list[Told] = []
    with network() as net:
        for machine in ("kafka", "b"):
            net.add(machine)
        net.connect("b", "kafka")
        here = [address for (whose, _), address in net.address.items() if whose == "here"]
        kafka = kafka_broker.running(host=net.address["kafka", "here"], inside=net.inside("kafka"))
        with postgres.running(SAFE, also_at=here) as database, kafka as broker, database.database() as url:
            cluster = Cluster(
                Servers(broker, database), url, tmp_path, [*students(0), *students(1), "teacher"], net
            )
            cluster.replica("away", at="b")
            cluster.replica("near", release=True)
            cluster.worker("grading", "grading")
            watching: list[asyncio.Task[None]] = []
            try:
                await started(cluster)
                files = await cluster.files()
                await _seated(cluster, "away")
                boards = [Dashboard(base, cluster.tokens["teacher"]) for base in cluster.bases]
                watching = [asyncio.create_task(board.watch()) for board in boards]
                for number, scene in enumerate(
                    (without_kafka(cluster, net), alone(cluster, net, "b", "away"))
                ):
                    figures, heard = await play(cluster, scene, students(number), files, 0.4, 1.5)
                    told.append(heard)
                    print(figures.line(), figures.errors, flush=True)
                found = losses(cluster, [each for one in told for each in one.done])
                await _all_heard(cluster, boards)
            except BaseException:
                for part in cluster.parts.values():
                    print(f"--- {part.name}\n{part.said()}")
                raise
            finally:
                for task in watching:
                    task.cancel()
                await asyncio.gather(*watching, return_exceptions=True)
                cluster.stop()
    assert found == Losses()
    assert [error for one in told for error in one.errors] == []


async def _seated(cluster: Cluster, name: str) -> None:
    """Have the relay of `name` at work: who else has the seat is started anew."""
    end = time.monotonic() + SEAT_S
    while (holder := cluster.holder_of_the_seat()) is None or holder.name != name:
        assert time.monotonic() < end, holder
        if holder is not None:
            holder.kill()
            await asyncio.sleep(1)
            holder.start()
            await cluster.up()
        await asyncio.sleep(0.2)


async def _all_heard(cluster: Cluster, boards: list[Dashboard]) -> None:
    """Each dashboard was told of every grade once, whichever replica it hangs on."""
    with cluster.servers.postgres.connect(cluster.database.rpartition("/")[2]) as conn:
        rows = conn.execute("SELECT sequence FROM event_log WHERE type = %s ORDER BY 1", (GRADED,))
        wanted = [number for (number,) in rows]
    end = time.monotonic() + 60
    while differ := [found for board in boards if (found := _differ(board.grades, wanted))]:
        assert time.monotonic() < end, differ
        await asyncio.sleep(0.2)


def _differ(found: list[int], wanted: list[int]) -> dict[str, list[int]]:
    """What was never told, and what was told more than once; empty when neither."""
    counts = Counter(found)
    return {
        name: some
        for name, some in (
            ("missed", sorted(set(wanted) - counts.keys())),
            ("again", sorted(number for number, times in counts.items() if times > 1)),
        )
        if some
    }
