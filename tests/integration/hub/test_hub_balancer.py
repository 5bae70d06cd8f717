"""The balancer of the full compose file, run by Traefik itself before two replicas that are ours."""

from __future__ import annotations

import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from learnflow_hub.ports import ADDRESSES, free_ports
from learnflow_hub.services import search_path

FOLDER = Path(__file__).parents[3] / "hub_config" / "compose" / "full"
PATH = "/services/learnflow/api/courses"
PATIENCE_S = 20.0


class Replica(ThreadingHTTPServer):
    """Says its name, who it was told had asked, and whether it is ready."""

    daemon_threads = True

    def __init__(self, name: str) -> None:
        self.ready = True
        replica = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.path != "/services/learnflow/health/ready" or replica.ready
                self.send_response(200 if known else 503)
                self.end_headers()
                self.wfile.write(f"{name} {self.headers['X-Forwarded-For']}".encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self) -> None:
        self.shutdown()
        self.server_close()


class Balanced:
    """Two replicas and the balancer."""

    def __init__(self, url: str, replicas: dict[str, Replica]) -> None:
        self.url = url
        self.replicas = replicas

    def ask(self, **headers: str) -> tuple[str, str, str]:
        """Which replica answered, who it thought had asked, and the cookie that was set."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        with urllib.request.urlopen(
            urllib.request.Request(self.url + PATH, headers=given), timeout=5
        ) as answer:
            name, _, asked = answer.read().decode().partition(" ")
            return name, asked, (answer.headers["Set-Cookie"] or "").partition(";")[0]

    def until(self, *names: str) -> None:
        """Wait until just these answer somebody without a cookie."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                if {self.ask()[0] for _ in range(6)} == set(names):
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not all of {names} answer")


@pytest.fixture
def balanced(tmp_path: Path) -> Iterator[Balanced]:
    replicas = {"service-1": Replica("service-1"), "service-2": Replica("service-2")}
    port, ping = free_ports(2, ADDRESSES)
    routes = (FOLDER / "routes.yaml").read_text().replace("interval: 3s", "interval: 100ms")
    for name, replica in replicas.items():
        assert f"http://{name}:8888" in routes
        routes = routes.replace(f"http://{name}:8888", f"http://127.0.0.1:{replica.server_port}")
    static = (FOLDER / "traefik.yaml").read_text()
    for theirs, here in (
        ('":8888"', f'"127.0.0.1:{port}"'),
        ("127.0.0.1:8080", f"127.0.0.1:{ping}"),
        ("/etc/traefik/routes.yaml", str(tmp_path / "routes.yaml")),
    ):
        assert theirs in static
        static = static.replace(theirs, here)
    (tmp_path / "routes.yaml").write_text(routes)
    (tmp_path / "traefik.yaml").write_text(static)
    process = subprocess.Popen(
        ["traefik", f"--configFile={tmp_path / 'traefik.yaml'}"],
        env={"PATH": search_path()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        found = Balanced(f"http://127.0.0.1:{port}", replicas)
        found.until("service-1", "service-2")
        yield found
    finally:
        process.terminate()
        process.wait(10)
        for replica in replicas.values():
            replica.end()


def test_a_browser_stays_with_one_replica_and_goes_on_with_the_other_when_it_drains(
    balanced: Balanced,
) -> None:
    first, _, cookie = balanced.ask()
    assert {balanced.ask(Cookie=cookie)[0] for _ in range(6)} == {first}
    (other,) = {*balanced.replicas} - {first}
    balanced.replicas[first].ready = False
    balanced.until(other)
    assert {balanced.ask(Cookie=cookie)[0] for _ in range(6)} == {other}
    balanced.replicas[first].ready = True
    balanced.until(first, other)


def test_who_asked_is_not_believed_of_a_stranger(balanced: Balanced) -> None:
    """From this address, which is not the hub's network."""
    assert balanced.ask(X_Forwarded_For="10.9.9.9")[1] == "127.0.0.1"
