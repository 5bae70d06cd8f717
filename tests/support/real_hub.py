"""JupyterHub itself for a `cluster`, as the full compose file sets it up: replicas that it did not start.

It runs with its own proxy, database and formgrader, and may be killed with all of them. Nobody signs in here:
an enrolment service of its own hands each student the token that the hub would give to their server.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from learnflow_hub.ports import HUBS, free_ports
from stub_hub import COURSE

START_S = 120
CONFIG = """
import sys

sys.path[:0] = {path!r}
c = get_config()
from learnflow_hub import setup_learnflow

c.LearnFlow.state_dir = {state!r}
c.LearnFlow.courses = {{{course!r}: {folder!r}}}
c.LearnFlowHub.service_address = {address!r}
c.LearnFlowHub.idle_minutes = 0
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.load_groups = {{
    "nbgrader-{course}": {{"users": {students!r}}},
    "formgrade-{course}": {{"users": ["teacher"]}},
}}
c.JupyterHub.services = [{{"name": "enrolment", "api_token": {enrolment!r}}}]
c.JupyterHub.load_roles = [
    {{"name": "enrolment", "scopes": ["admin:users", "tokens"], "services": ["enrolment"]}}
]
setup_learnflow(c)
"""


@dataclass
class RealHub:
    """What a `Cluster` needs to know of it."""

    folder: Path
    students: Sequence[str]
    token: str = field(default_factory=lambda: secrets.token_hex(32))
    """What the replicas show."""
    enrolment: str = field(default_factory=lambda: secrets.token_hex(32))

    def __post_init__(self) -> None:
        # Not among the replicas' ports, which are chosen later.
        self.port, self.proxy_port = free_ports(2, HUBS)
        self.environment = {"LEARNFLOW_SERVICE_TOKEN": self.token}

    def command(self, address: str, state: Path, course: Path) -> list[str]:
        """What starts it, and starts it again; the service is at `address`, with `state` and `course`."""
        file = self.folder / "jupyterhub_config.py"
        file.write_text(
            CONFIG.format(
                path=[each for each in os.environ.get("PYTHONPATH", "").split(":") if each],
                state=str(state),
                course=COURSE,
                folder=str(course),
                address=address,
                port=self.proxy_port,
                hub_port=self.port,
                students=list(self.students),
                enrolment=self.enrolment,
            )
        )
        return [sys.executable, "-m", "jupyterhub", "-f", str(file)]

    def up(self, require: Callable[[], None]) -> None:
        """Wait until it answers, and its proxy does; AssertionError after too long, or from `require` when it
        has ended. Blocks.
        """
        end = time.monotonic() + START_S
        for address in (f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.proxy_port}"):
            while not _answers(f"{address}/hub/health"):
                require()
                assert time.monotonic() < end, f"{address}: no hub within {START_S} s"
                time.sleep(0.1)

    def tokens(self) -> dict[str, str]:
        """One for each student, from the hub; they hold as long as its database does. Blocks."""
        return {name: self._token(name) for name in self.students}

    def _token(self, name: str) -> str:
        scopes = ["access:services!service=learnflow", "self"]
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/hub/api/users/{name}/tokens",
            data=json.dumps({"note": "their server's", "scopes": scopes}).encode(),
            headers={"Authorization": f"token {self.enrolment}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(json.load(answer)["token"])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
