"""A deployment of many processes on real servers: replicas, workers, hub; each may be killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hub_actor
import msgspec
import psutil
from events_stage import Servers
from learnflow_hub.ports import ADDRESSES, free_ports
from netns import Network
from real_hub import RealHub
from stub_hub import COURSE, PREFIX, Hub, environment
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from learnflow_ext.contracts.grades import FileSet
from learnflow_ext.store.database import Database

SHIPPED = Path(__file__).parents[2] / "notebooks" / COURSE
ASSIGNMENT = "01-first-steps"
START_S = 120
SETTLE_S = 120
COUNTS = "e.type = 'org.learnflow.submission.graded.v1' AND e.data::jsonb->>'status' = 'graded'"
"""Which events `e` have an effect on standings, in SQL."""
CONFIG = """
c = get_config()
c.LearnFlow.state_dir = {state!r}
c.LearnFlow.courses = {{{course!r}: {folder!r}}}
c.LearnFlow.database_url = {database!r}
c.LearnFlow.release_on_start = {release}
c.LearnFlowGrading.workers = 0
c.LearnFlowKafka.bootstrap_servers = {bootstrap!r}
c.LearnFlowKafka.topic_prefix = {prefix!r}
c.LearnFlowKafka.create_topics = False
"""


class Part:
    """A process that is killed and started again, always with the same command."""

    def __init__(self, name: str, command: Sequence[str], env: dict[str, str], folder: Path) -> None:
        self.name = name
        self.address = "127.0.0.1"
        """Of its machine."""
        self.log = folder / f"{name}.log"
        self._command, self._env, self._folder = command, env, folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                # Not even a test run that is killed may leave it behind.
                ["setpriv", "--pdeathsig", "KILL", *self._command],
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """As a machine that loses its power: its children go as well."""
        if self._process is None:
            return
        if self._process.poll() is None:
            below = psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()
            for each in below:
                try:
                    each.kill()
                except psutil.NoSuchProcess:
                    continue
        self._process.wait(20)
        self._process = None

    def require(self) -> None:
        """AssertionError, with the end of its log, when it has ended by itself."""
        assert self._process is None or self._process.poll() is None, f"{self.name}: {self.said()}"

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]


class Cluster:
    """Everything but the servers, which are handed in."""

    def __init__(
        self,
        servers: Servers,
        database: str,
        folder: Path,
        students: Sequence[str],
        network: Network | None = None,
        prefix: str = "",
        real_hub: RealHub | None = None,
    ) -> None:
        """`database` is a new one of `servers`; `students`, and who is called teacher, may all sign in.

        With a `network` replicas may be on other machines. `prefix` stands before the names of topics.
        Without a `real_hub` a small program stands for it; of a real one `tokens` are there once it is up.
        """
        self.prefix = prefix
        self.network = network
        self.servers, self.database, self.folder = servers, database, folder
        self._hub_port, *self._ports = free_ports(4, ADDRESSES)
        course = folder / "course"
        self.real_hub = real_hub
        if real_hub is None:
            self.tokens = hub_actor.tokens(list(students))
            command = [sys.executable, hub_actor.__file__, str(self._hub_port), *students]
            self.hub = self._part("hub", command)
        else:
            self.tokens = {}
            self._hub_port = real_hub.port
            command = real_hub.command(f"http://127.0.0.1:{self._ports[-1]}", folder / "state", course)
            self.hub = self._part("hub", command, real_hub.environment)
        self.replicas: dict[str, Part] = {}
        self.bases: list[str] = []
        self.workers: dict[str, Part] = {}
        (course / "source").mkdir(parents=True)
        shutil.copytree(SHIPPED / "source" / ASSIGNMENT, course / "source" / ASSIGNMENT)
        (course / "quizzes").mkdir()
        shutil.copy(SHIPPED / "quizzes" / f"{ASSIGNMENT}.yaml", course / "quizzes")

    def replica(self, name: str, *, release: bool = False, at: str = "") -> Part:
        """Add one; the one with `release` gives the assignment out. It is on the machine `at`, or on this."""
        host, hub, inside = "127.0.0.1", "127.0.0.1", []
        if self.network is not None and at:
            host, hub = self.network.address[at, "here"], self.network.address["here", at]
            inside = self.network.inside(at)
        port = self._ports.pop()
        config = self.config(name, release=release, seen_from=hub)
        env = environment(Hub(port=self._hub_port))
        env = {key: value.replace("127.0.0.1", hub) for key, value in env.items()}
        env |= {"JUPYTERHUB_SERVICE_URL": f"http://{host}:{port}", "LEARNFLOW_COOKIE_SECRET": "0f" * 32}
        if self.real_hub is not None:
            env["JUPYTERHUB_API_TOKEN"] = self.real_hub.token
        command = [*inside, sys.executable, "-m", "learnflow_ext.service", "--config", str(config)]
        self.replicas[name] = self._part(name, command, env)
        self.replicas[name].address = host
        self.bases.append(f"http://{host}:{port}{PREFIX}")
        return self.replicas[name]

    def worker(self, name: str, roles: str) -> Part:
        command = [sys.executable, "-m", "learnflow_ext.cli", "worker", "--roles", roles]
        self.workers[name] = self._part(name, [*command, "--config", str(self.config(name))])
        return self.workers[name]

    @property
    def parts(self) -> dict[str, Part]:
        """All of them, by name."""
        return {"hub": self.hub, **self.replicas, **self.workers}

    def config(self, name: str, *, release: bool = False, seen_from: str = "127.0.0.1") -> Path:
        """Its configuration; `seen_from` is the address that it has for this machine."""
        file = self.folder / f"{name}_config.py"
        file.write_text(
            CONFIG.format(
                state=str(self.folder / "state"),
                course=COURSE,
                folder=str(self.folder / "course"),
                database=self.database.replace("127.0.0.1", seen_from),
                release=release,
                bootstrap=self.servers.kafka.bootstrap,
                prefix=self.prefix,
            )
        )
        return file

    def _part(self, name: str, command: Sequence[str], env: dict[str, str] | None = None) -> Part:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTERHUB")}
        path = f"{Path(sys.executable).parent}:{kept['PATH']}"
        return Part(name, command, {**kept, "PATH": path, "NO_COLOR": "1", **(env or {})}, self.folder)

    async def up(self, *names: str) -> None:
        """Wait until replicas answer (all, or those named) and the assignment is out."""
        wanted = names or tuple(self.replicas)
        bases = [base for name, base in zip(self.replicas, self.bases, strict=True) if name in wanted]

        async def ready() -> bool:
            for part in self.parts.values():
                part.require()
            return all([await asyncio.to_thread(_healthy, base) for base in bases])

        await until(ready, "replicas", START_S)

    async def files(self) -> FileSet:
        """What students hand in: the assignment as it was given out."""
        http = SimpleAsyncHTTPClient(force_instance=True)
        address = f"{self.bases[0]}api/courses/{COURSE}/assignments/{ASSIGNMENT}/files"
        token = next(iter(self.tokens.values()))
        answer = await http.fetch(address, headers={"Authorization": f"token {token}"})
        http.close()
        return msgspec.json.decode(answer.body, type=FileSet)

    def holder_of_the_seat(self) -> Part | None:
        """Whose relay is at work now."""
        with self.servers.postgres.connect(self.database.rpartition("/")[2]) as conn:
            row = conn.execute(
                "SELECT host(client_addr), client_port FROM pg_locks JOIN pg_stat_activity USING (pid) "
                "WHERE granted AND "
                "locktype = 'advisory' AND application_name = 'learnflow-relay'"
            ).fetchone()
        if row is None:
            return None
        address, port = row
        for part in (*self.replicas.values(), *self.workers.values()):
            if part.address != "127.0.0.1" or part._process is None:
                # One part a machine: others' connections are not seen from here.
                if part.address == address:
                    return part
                continue
            connections = psutil.Process(part.pid).net_connections(kind="tcp")
            if any(each.laddr and each.laddr.port == port for each in connections):
                return part
        return None

    async def settled(self) -> None:
        """Wait until nothing waits to be graded, delivered or counted."""

        async def nothing() -> bool:
            for part in self.parts.values():
                part.require()
            return await asyncio.to_thread(self._left) == 0

        await until(nothing, "grading, relay and consumers", SETTLE_S)

    def _left(self) -> int:
        with self.servers.postgres.connect(self.database.rpartition("/")[2]) as conn:
            row = conn.execute(
                "SELECT (SELECT count(*) FROM submissions WHERE status IN ('queued', 'grading'))"
                " + (SELECT count(*) FROM outbox)"
                " + (SELECT count(*) FROM event_log AS e WHERE " + COUNTS + " AND NOT EXISTS"
                "    (SELECT 1 FROM consumed AS c WHERE c.consumer = 'progress' AND c.event_id = e.event_id))"
            ).fetchone()
        assert row is not None
        return int(row[0])

    def stop(self) -> None:
        for part in self.parts.values():
            part.kill()


async def started(cluster: Cluster) -> None:
    """Tables, topics, hub, workers, replicas, in this order; wait until all answer."""
    from learnflow_ext.events import kafka_topics
    from learnflow_ext.events.kafka_client import KafkaCluster

    await Database(cluster.database).upgrade()
    await kafka_topics.create(KafkaCluster(bootstrap=cluster.servers.kafka.bootstrap, prefix=cluster.prefix))
    for part in cluster.parts.values():
        part.start()
    if cluster.real_hub is not None:
        await asyncio.to_thread(cluster.real_hub.up, cluster.hub.require)
        cluster.tokens = await asyncio.to_thread(cluster.real_hub.tokens)
    await cluster.up()


def _healthy(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}health", timeout=5) as answer:
            found: dict[str, Any] = msgspec.json.decode(answer.read())
    except OSError:
        return False
    assert found["releases"] != "failed", base
    return bool(found["status"] == "ok" and found["releases"] == "done")


async def until(condition: Callable[[], Any], what: str, seconds: float) -> None:
    """Wait for `condition`; AssertionError with `what`."""
    end = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < end, f"{what}: waited for {seconds} s"
        await asyncio.sleep(0.2)
