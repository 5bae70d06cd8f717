"""A real classroom, started as a user starts it, and people who visit it without a browser."""

from __future__ import annotations

import http.cookiejar
import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import psutil
import pytest


@dataclass
class Answer:
    """What came back, after redirects."""

    status: int
    text: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        return json.loads(self.text)


class Visitor:
    """Somebody with a cookie jar, or only with a token."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url
        self.token = token
        self.jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def ask(
        self, path: str, *, method: str = "GET", form: Mapping[str, str] | None = None, body: Any = None
    ) -> Answer:
        """One request; an error status is an answer like any other."""
        data, headers = None, {}
        if form is not None:
            data = urllib.parse.urlencode(form).encode()
        elif body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        if self.token:
            headers["Authorization"] = f"token {self.token}"
        if method != "GET" and (proof := self.xsrf(path)):
            headers["X-XSRFToken"] = proof
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with self._opener.open(request, timeout=60) as answer:
                return Answer(answer.status, answer.read().decode(), answer.geturl(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), error.geturl(), dict(error.headers))

    def xsrf(self, path: str) -> str:
        """The cookie that proves that a request comes from a page of ours; empty for none."""
        fitting = [c for c in self.jar if c.name == "_xsrf" and path.startswith(c.path)]
        return max(fitting, key=lambda cookie: len(cookie.path)).value or "" if fitting else ""

    def sign_in(self, name: str, password: str, then: str = "") -> Answer:
        """Through the form on the login page."""
        page = self.ask("/hub/login").text
        found = re.search(r'name="_xsrf" value="([^"]+)"', page)
        assert found, page
        form = {"username": name, "password": password, "_xsrf": found.group(1)}
        return self.ask(f"/hub/login?{urllib.parse.urlencode({'next': then})}", method="POST", form=form)

    def start_server(self, name: str, seconds: float = 90) -> Answer:
        """As a click on "Start my server", until its lab answers."""
        self.ask(f"/hub/spawn/{name}")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = self.ask(f"/user/{name}/lab")
            if answer.status == 200 and urlparse(answer.url).path == f"/user/{name}/lab":
                return answer
            time.sleep(0.3)
        raise AssertionError(f"{name}'s server did not start: {answer.url}\n{answer.text[-2000:]}")


@dataclass
class Demo:
    """A running `learnflow demo`."""

    process: subprocess.Popen[str]
    state: Path
    url: str = ""
    passwords: dict[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        port = urlparse(self.url).port
        assert port is not None
        return port

    def tree(self) -> list[psutil.Process]:
        """Every process of it, itself included."""
        top = psutil.Process(self.process.pid)
        return [top, *top.children(recursive=True)]

    def listening(self) -> set[int]:
        """The ports it listens on."""
        ports: set[int] = set()
        for process in self.tree():
            try:
                found = process.net_connections("tcp")
            except psutil.Error:
                continue
            ports |= {each.laddr.port for each in found if each.status == psutil.CONN_LISTEN}
        return ports

    def visitor(self, name: str, passwords: Mapping[str, str] | None = None) -> Visitor:
        """Somebody who has just signed in."""
        visitor = Visitor(self.url)
        answer = visitor.sign_in(name, (passwords or self.passwords)[name], then="/hub/home")
        assert answer.status == 200 and answer.url.endswith("/hub/home"), answer.url
        return visitor

    def stop(self, number: int = signal.SIGINT) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(90)


Start = Callable[..., Demo]


def command(state: Path, *arguments: str) -> list[str]:
    """The command line of a demo."""
    demo = [sys.executable, "-m", "learnflow_ext.cli", "demo", "--port", "0"]
    return [*demo, "--state", str(state), *arguments]


@pytest.fixture(scope="session")
def start() -> Iterator[Start]:
    """Starts demos; whatever still runs at the end is stopped."""
    running: list[Demo] = []

    def starter(state: Path, *arguments: str) -> Demo:
        process = subprocess.Popen(
            command(state, "--json", *arguments), stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        demo = Demo(process, state)
        running.append(demo)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"The demo ended with {process.wait()}:\n{log_of(state)}"
        ready = json.loads(line)
        demo.url, demo.passwords = ready["url"], ready["passwords"]
        return demo

    yield starter
    for demo in running:
        if demo.process.poll() is None:
            demo.stop()
        if demo.process.stdout is not None:
            demo.process.stdout.close()


@pytest.fixture(scope="module")
def demo(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One classroom for a module's tests."""
    demo = start(tmp_path_factory.mktemp("classroom") / "state")
    yield demo
    if demo.process.poll() is None:
        demo.stop()


def token_of(visitor: Visitor, name: str) -> str:
    """A new API token with all that `name` may do."""
    visitor.ask("/hub/token")
    answer = visitor.ask(f"/hub/api/users/{name}/tokens", method="POST", body={"note": "test"})
    assert answer.status == 201, answer.text
    return str(answer.json()["token"])


def log_of(state: Path) -> str:
    """The end of the hub's log."""
    log = state / "hub" / "hub.log"
    return log.read_text()[-4000:] if log.exists() else "(no log)"


def alive(processes: list[psutil.Process]) -> list[str]:
    """Those that still run, as text for an assertion."""
    left = []
    for process in processes:
        try:
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                left.append(f"{process.pid} {process.name()} {process.cmdline()[:5]}")
        except psutil.NoSuchProcess:
            continue
    return left


def answers_on(port: int) -> bool:
    """Whether anything listens on `port` here."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def inside(pid: int, path: Path) -> Path:
    """`path` as the process `pid` sees it."""
    return Path(f"/proc/{pid}/root") / path.relative_to("/")


def environment_of(pid: int) -> dict[str, str]:
    """The environment that the process started with."""
    text = Path(f"/proc/{pid}/environ").read_text(errors="replace")
    return dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)


def server_of(demo: Demo, name: str) -> psutil.Process:
    """The process of `name`'s Jupyter server."""
    for process in demo.tree():
        try:
            if "/run/learnflow/singleuser.py" in process.cmdline() and process.name() != "bwrap":
                if environment_of(process.pid).get("JUPYTERHUB_USER") == name:
                    return process
        except (psutil.Error, OSError):
            continue
    raise AssertionError(f"{name} has no server")
