"""The hub ends and is started again, while a student works."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from learnflow_hub.accounts import generate_passwords, write_new_accounts
from learnflow_hub.ports import ADDRESSES, HUBS, free_ports
from learnflow_hub.processes import kill_all, tree
from learnflow_hub.services import search_path
from learnflow_hub.state import State
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from .conftest import Visitor, alive, environment_of, token_of

pytestmark = pytest.mark.timeout(400)

CONFIG = """
from learnflow_hub import setup_learnflow

c = get_config()
c.LearnFlow.state_dir = {state!r}
c.Authenticator.allowed_users = {{"ada"}}
c.JupyterHub.authenticator_class = "learnflow_hub.authenticator.ClassroomAuthenticator"
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = {hub_port}
setup_learnflow(c)
"""


class Hub:
    """A hub as an admin runs it: `jupyterhub -f …`, always with the same configuration."""

    def __init__(self, folder: Path) -> None:
        self.state = State(folder / "state")
        self.state.prepare()
        self.passwords = generate_passwords(("ada",))
        write_new_accounts(self.state.new_accounts, self.passwords)
        self.log = folder / "hub.log"
        [self.port] = free_ports(1, ADDRESSES)
        [hub_port] = free_ports(1, HUBS)
        self.url = f"http://127.0.0.1:{self.port}"
        self._config = folder / "jupyterhub_config.py"
        self._config.write_text(CONFIG.format(state=str(self.state.root), port=self.port, hub_port=hub_port))
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        self.seen: list[psutil.Process] = []

    def start(self) -> None:
        """Start it, and wait until people can sign in and the service answers."""
        self._starts += 1
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(self._config)],
                cwd=self.log.parent,
                env={**environment_of(psutil.Process().pid), "PATH": search_path()},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 120
        while not self._is_ready():
            assert self._process.poll() is None, self.log.read_text()[-8000:]
            assert time.monotonic() < deadline, self.log.read_text()[-8000:]
            time.sleep(0.2)

    def _is_ready(self) -> bool:
        # Before the hub says so it takes no signal: it would just end.
        said = self.log.read_text().count("JupyterHub is now running")
        return said == self._starts and all(
            Visitor(self.url).ask(path).status == 200 for path in ("/hub/login", "/services/learnflow/health")
        )

    def end(self, how: signal.Signals) -> None:
        """End the hub, and nothing else."""
        assert self._process is not None
        self.seen += tree(self._process.pid)
        self._process.send_signal(how)
        self._process.wait(60)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A running hub; in the end nothing of it is left."""
    hub = Hub(tmp_path)
    try:
        hub.start()
        yield hub
    finally:
        hub.end(signal.SIGTERM)
        kill_all([each for known in hub.seen if known.is_running() for each in tree(known.pid)])


def ran(url: str, token: str, kernel: str, code: str) -> str:
    """What a cell prints that runs in this kernel, by way of the proxy."""

    async def run() -> str:
        request_id = uuid.uuid4().hex
        address = f"{url.replace('http', 'ws')}/user/ada/api/kernels/{kernel}/channels"
        connection = await websocket_connect(
            HTTPRequest(address, headers={"Authorization": f"token {token}"}, request_timeout=60)
        )
        protocol: Any = connection.protocol
        header = {"msg_id": request_id, "msg_type": "execute_request", "session": "s", "username": ""}
        content = {"code": code, "silent": False, "store_history": False}
        message = {"channel": "shell", "header": {**header, "version": "5.3"}, "content": content}
        printed, idle = "", False
        try:
            await connection.write_message(json.dumps({**message, "parent_header": {}, "metadata": {}}))
            async with asyncio.timeout(60):
                while not idle:
                    raw = await connection.read_message()
                    assert raw is not None, "the server hung up"
                    answer: dict[str, Any] = json.loads(raw)
                    if answer["parent_header"].get("msg_id") != request_id:
                        continue
                    if answer["msg_type"] == "stream":
                        printed += answer["content"]["text"]
                    idle = answer["content"].get("execution_state") == "idle"
        finally:
            connection.close()
            async with asyncio.timeout(30):
                while not protocol.stream.closed():  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.01)
        return printed

    return asyncio.run(run())


def test_a_student_s_notebook_goes_on_where_it_was(hub: Hub) -> None:
    """Killed is the hardest case: the hub could prepare nothing."""
    ada = Visitor(hub.url)
    assert ada.sign_in("ada", hub.passwords["ada"], then="/hub/home").status == 200
    ada.start_server("ada")
    token = token_of(ada, "ada")
    kernel = ada.ask("/user/ada/api/kernels", method="POST", body={"name": "python3"}).json()["id"]
    assert ran(hub.url, token, kernel, "kept = 41; print('set')") == "set\n"

    hub.end(signal.SIGKILL)
    hub.start()

    assert ran(hub.url, token, kernel, "print(kept + 1)") == "42\n"
    assert ada.ask("/user/ada/lab").status == 200, "without signing in again"
    assert ada.ask("/hub/home").url.endswith("/hub/home")
    again = Visitor(hub.url)
    assert again.sign_in("ada", hub.passwords["ada"], then="/user/ada/lab").status == 200
    assert [found["id"] for found in again.ask("/user/ada/api/kernels").json()] == [kernel]
    # Her server still finds the service, although that is another process now.
    answer = again.ask("/user/ada/learnflow/progress")
    assert answer.status == 200, answer.text

    # The hub still knows which processes are hers, and what the first hub had started has gone with it.
    stopped = Visitor(hub.url, token).ask("/hub/api/users/ada/server", method="DELETE")
    assert stopped.status in (202, 204)
    deadline = time.monotonic() + 60
    while alive(hub.seen) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert alive(hub.seen) == []
