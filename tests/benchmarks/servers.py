"""`make bench`: ten complete student servers at once, each with a notebook's kernel in its sandbox.

A hub as an admin runs it, with the service, the proxy and LearnFlow's spawner. First some students one by
one: their server from the request until it answers, a kernel until its first result, then cells with a pause
between them. Then ten others, all in the same moment. No browser: what a lab draws is its own machine's work.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from learnflow_hub.accounts import generate_passwords, write_new_accounts
from learnflow_hub.ports import ADDRESSES, HUBS, free_ports
from learnflow_hub.processes import kill_all, tree
from learnflow_hub.services import search_path
from learnflow_hub.state import State
from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.websocket import websocket_connect

PATIENCE_S = 240
ALONE = 4
"""Students who come one after the other, before the others all at once."""
CONFIG = """
from learnflow_hub import course_folder, setup_learnflow

c = get_config()
c.LearnFlow.state_dir = {state!r}
c.LearnFlow.courses = {{"python-basics": course_folder("python-basics")}}
c.JupyterHub.load_groups = {{"nbgrader-python-basics": {{"users": {names!r}}}}}
c.Authenticator.allowed_users = set({names!r})
c.JupyterHub.authenticator_class = "learnflow_hub.authenticator.ClassroomAuthenticator"
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.services = [{{"name": "bench", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [{{
    "name": "bench", "scopes": ["admin:servers", "access:servers", "read:users"], "services": ["bench"],
}}]
setup_learnflow(c)
"""
Times = dict[str, list[float]]
"""Seconds, by what was waited for."""


class Hub:
    """A hub with accounts, and a token that may start everybody's server."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        self.token = secrets.token_hex(16)
        state = State(folder / "state")
        state.prepare()
        write_new_accounts(state.new_accounts, generate_passwords(names))
        [port], [hub_port] = free_ports(1, ADDRESSES), free_ports(1, HUBS)
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "hub.log"
        config = folder / "jupyterhub_config.py"
        settings = {"state": str(state.root), "names": names, "port": port, "hub_port": hub_port}
        config.write_text(CONFIG.format(token=self.token, **settings))
        kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTERHUB")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(config)],
                cwd=folder,
                env={**kept, "PATH": search_path()},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._http = SimpleAsyncHTTPClient(force_instance=True, max_clients=100)

    async def ask(self, path: str, *, method: str = "GET", body: Any = None) -> HTTPResponse:
        """One request with that token."""
        request = HTTPRequest(
            self.url + path,
            method=method,
            headers={"Authorization": f"token {self.token}"},
            body=None if method == "GET" else json.dumps(body or {}),
            request_timeout=120,
            allow_nonstandard_methods=True,
            follow_redirects=False,
        )
        return await self._http.fetch(request, raise_error=False)

    async def until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait for `condition`; SystemExit with the hub's log when it takes too long."""
        end = time.monotonic() + PATIENCE_S
        while not await condition():
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit(f"{what} did not come:\n{self.log.read_text(encoding='utf-8')[-3000:]}")
            await asyncio.sleep(0.1)

    async def ready(self) -> None:
        """Until people could sign in and the service answers."""
        for path in ("/hub/api/", "/services/learnflow/health"):

            async def answers(path: str = path) -> bool:
                try:
                    return (await self.ask(path)).code == 200
                except OSError:
                    return False  # nothing listens yet

            await self.until(answers, path)

    def memory_mib(self) -> float:
        """Of every process below the hub's, each page counted once."""
        total = 0.0
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
        return total / 2**20


@contextmanager
def running(folder: Path, names: list[str]) -> Iterator[Hub]:
    """A hub of which nothing is left afterwards."""
    hub = Hub(folder, names)
    try:
        yield hub
    finally:
        known = tree(hub.process.pid)
        hub.process.send_signal(signal.SIGTERM)
        try:
            hub.process.wait(90)
        finally:
            kill_all([each for each in known if each.is_running()])


async def lesson(hub: Hub, name: str, times: Times, cells: int, pause: float) -> None:
    """One student's: server, kernel, and `cells` cells; their server stays."""
    began = time.monotonic()
    answer = await hub.ask(f"/hub/api/users/{name}/server", method="POST")
    if answer.code not in (201, 202):
        raise SystemExit(f"{name}'s server was refused: {answer.code} {answer.body!r}")

    async def up() -> bool:
        return (await hub.ask(f"/user/{name}/api/status")).code == 200

    await hub.until(up, f"{name}'s server")
    times["server, until it answers"].append(time.monotonic() - began)
    began = time.monotonic()
    answer = await hub.ask(f"/user/{name}/api/kernels", method="POST", body={"name": "python3"})
    if answer.code != 201:
        raise SystemExit(f"{name}'s kernel was refused: {answer.code} {answer.body!r}")
    kernel = json.loads(answer.body)["id"]
    address = f"{hub.url.replace('http', 'ws')}/user/{name}/api/kernels/{kernel}/channels"
    connection = await websocket_connect(
        HTTPRequest(address, headers={"Authorization": f"token {hub.token}"}, request_timeout=120)
    )
    try:
        await ran(connection, 0)
        times["kernel, until its first result"].append(time.monotonic() - began)
        for number in range(1, cells + 1):
            await asyncio.sleep(pause)
            began = time.monotonic()
            await ran(connection, number)
            times["a cell"].append(time.monotonic() - began)
    finally:
        connection.close()


async def ran(connection: Any, number: int) -> None:
    """Run a cell; SystemExit when it prints something else than it should."""
    request = uuid.uuid4().hex
    header = {
        "msg_id": request,
        "msg_type": "execute_request",
        "session": "s",
        "username": "",
        "version": "5.3",
    }
    content = {"code": f"print(sum(range({number})))", "silent": False, "store_history": True}
    message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
    await connection.write_message(json.dumps(message))
    printed, idle = "", False
    async with asyncio.timeout(PATIENCE_S):
        while not idle:
            raw = await connection.read_message()
            if raw is None:
                raise SystemExit("a student's server hung up")
            answer: dict[str, Any] = json.loads(raw)
            if answer["parent_header"].get("msg_id") != request:
                continue
            if answer["msg_type"] == "stream":
                printed += answer["content"]["text"]
            idle = answer["content"].get("execution_state") == "idle"
    if printed != f"{sum(range(number))}\n":
        raise SystemExit(f"a cell printed {printed!r}")


async def measure(hub: Hub, names: list[str], cells: int, pause: float) -> tuple[Times, Times, float]:
    """Some one by one, all others at once, and what memory each of those took."""
    await hub.ready()
    alone: Times = {"server, until it answers": [], "kernel, until its first result": [], "a cell": []}
    together: Times = {what: [] for what in alone}
    for name in names[:ALONE]:
        await lesson(hub, name, alone, cells, pause)
    before = hub.memory_mib()
    await asyncio.gather(*(lesson(hub, name, together, cells, pause) for name in names[ALONE:]))
    return alone, together, (hub.memory_mib() - before) / (len(names) - ALONE)


def p95(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=10)
    parser.add_argument("--cells", type=int, default=20)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two cells of a student")
    chosen = parser.parse_args()
    names = [f"s{number:02}" for number in range(chosen.students + ALONE)]
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        running(Path(folder), names) as hub,
    ):
        alone, together, mib = asyncio.run(measure(hub, names, chosen.cells, chosen.pause))
        load = os.getloadavg()[0]
    print(f"| what | one alone: p50 | {chosen.students} at once: p50 | p95 | n | p95 / alone |")
    print("|---|---|---|---|---|---|")
    for what, values in together.items():
        floor = statistics.median(alone[what])
        print(
            f"| {what} | {floor:.2f} s | {statistics.median(values):.2f} s | {p95(values):.2f} s "
            f"| {len(values)} | {p95(values) / floor:.1f} |"
        )
    print(f"\nEach student took {mib:.0f} MiB, server and kernel together; load {load:.1f} at the end.")


if __name__ == "__main__":
    main()
