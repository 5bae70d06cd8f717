"""A course's formgrader, running as a plain Jupyter server."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

import learnflow_grading
from jupyter_server.auth.identity import PasswordIdentityProvider, User
from jupyter_server.utils import ensure_async

TOKEN = "for-the-test"
TEACHER = "turing"
"""Whom the token belongs to."""


class OneTeacher(PasswordIdentityProvider):
    """Stands for the hub, which knows by name who signs in."""

    async def get_user(self, handler: Any) -> User | None:
        """The teacher, for who has the token."""
        found: User | None = await ensure_async(super().get_user(handler))
        return None if found is None else User(username=TEACHER)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Message
    text: str
    url: str
    """Where it came from in the end."""

    @property
    def everything(self) -> str:
        """All that the browser was told, the address and the headers too."""
        return f"{self.url}\n{self.headers}\n{self.text}"


@dataclass
class Server:
    """The running formgrader."""

    base: str

    def get(self, path: str, *, token: str = TOKEN, method: str = "GET", body: object = None) -> Answer:
        headers = {"Authorization": f"token {token}"}
        data = json.dumps(body or {}).encode() if method in ("PUT", "POST") else None
        request = urllib.request.Request(f"{self.base}{path}", data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                text = reply.read().decode("utf-8", "replace")
                return Answer(reply.status, reply.headers, text, reply.url)
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode("utf-8", "replace")
                return Answer(error.code, error.headers, text, error.url or "")

    def submission(self, student: str) -> str:
        """Path of the page on which a teacher sees this student's notebook."""
        found = json.loads(self.get("/formgrader/api/submitted_notebooks/warmup/warmup").text)
        return f"/formgrader/submissions/{next(s['id'] for s in found if s['student'] == student)}/"


@contextlib.contextmanager
def running(course: str, course_root: Path, exchange: Path, home: Path) -> Iterator[Server]:
    """The formgrader of `course`, with the configuration of the real one, started in `home` with a trap."""
    (home / "nbgrader_config.py").write_text(f"open({str(home / 'trap')!r}, 'w')")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = Path(learnflow_grading.__file__).parent / "formgrader_config.py"
    command = [sys.executable, "-m", "jupyter_server", f"--config={config}", f"--ServerApp.port={port}"]
    log = os.open(home / "log", os.O_WRONLY | os.O_CREAT)
    process = subprocess.Popen(
        [
            *command,
            f"--IdentityProvider.token={TOKEN}",
            "--ServerApp.identity_provider_class=formgrader.OneTeacher",
        ],
        cwd=home,
        env=os.environ
        | {
            "HOME": str(home),
            "PYTHONPATH": str(Path(__file__).parent),
            "JUPYTERHUB_API_TOKEN": TOKEN,
            "LEARNFLOW_COURSE": course,
            "LEARNFLOW_COURSE_ROOT": str(course_root),
            "LEARNFLOW_EXCHANGE_ROOT": str(exchange),
        },
        stdout=subprocess.DEVNULL,
        stderr=log,
    )
    os.close(log)
    server = Server(f"http://127.0.0.1:{port}")
    try:
        for _ in range(150):
            time.sleep(0.2)
            try:
                if server.get("/formgrader/api/status").status == 200:
                    break
            except OSError:
                continue
        else:
            raise AssertionError((home / "log").read_text())
        yield server
        assert not (home / "trap").exists()
    finally:
        process.terminate()
        process.wait(20)
