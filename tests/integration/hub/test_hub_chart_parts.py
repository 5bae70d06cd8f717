"""The chart's parts under a real hub: started as rendered, known to the hub as z2jh-values.yaml says.

There is no cluster: addresses, folders and secrets are put in for those of pods, a database in a file and the
bus within the service for PostgreSQL and Kafka, and the full compose file's balancer, without its cookie, for
the cluster's. Commands, variables, settings and roles are theirs.
"""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from chart import FOLDER, of_kind, pods, rendered
from learnflow_hub.ports import ADDRESSES, HUBS, free_ports
from learnflow_hub.processes import kill_all, tree
from learnflow_hub.services import search_path

from .conftest import Visitor, answers_on

pytestmark = pytest.mark.timeout(300)

COMPOSE = FOLDER.parent / "compose" / "full"
NOTICE_S = 2
PARTS = {"learnflow": "learnflow", "formgrader-python-basics": "learnflow-formgrader-python-basics"}
"""Services of the hub, and the chart's Deployments behind them."""
CONFIG = """
import json

c = get_config()
told = json.loads({told!r})
c.JupyterHub.load_roles = [{{"name": name, **role}} for name, role in told["loadRoles"].items()]
c.JupyterHub.services = [{{"name": name, **service}} for name, service in told["services"].items()]
for section, traits in told["config"].items():
    c[section].update(traits)
c.JupyterHub.load_groups["formgrade-python-basics"]["users"] = ["teacher"]
c.JupyterHub.load_groups["nbgrader-python-basics"]["users"] = ["ada"]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.JupyterHub.proxy_class = "learnflow_hub.proxy.LocalTraefikProxy"
c.LocalTraefikProxy.static_config_file = "{folder}/traefik.toml"
c.LocalTraefikProxy.dynamic_config_file = "{folder}/routes.toml"
"""


class Cluster:
    """What stands for one: a folder, ports, tokens, processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.ping, *self.replicas, balancer, formgrader = free_ports(6, ADDRESSES)
        (self.hub_port,) = free_ports(1, HUBS)
        self.ports = dict(zip(PARTS, (balancer, formgrader), strict=True))
        self.tokens = {service: secrets.token_hex(32) for service in PARTS}
        self.processes: list[subprocess.Popen[bytes]] = []
        self.first: subprocess.Popen[bytes] | None = None
        """One of the two replicas."""
        self.log = folder / "log"

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                env={"PATH": search_path(), **environment},
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def hub(self) -> None:
        told: dict[str, Any] = yaml.safe_load((FOLDER / "z2jh-values.yaml").read_text())["hub"]
        del told["config"]["KubeSpawner"]
        for name, service in told["services"].items():
            service |= {"url": f"http://127.0.0.1:{self.ports[name]}", "api_token": self.tokens[name]}
        file = self.folder / "jupyterhub_config.py"
        file.write_text(
            CONFIG.format(told=json.dumps(told), port=self.port, hub_port=self.hub_port, folder=self.folder)
        )
        self.start(sys.executable, "-m", "jupyterhub", "-f", str(file))

    def balancer(self) -> None:
        """Before both replicas: each in turn, whoever asks."""
        routes = yaml.safe_load((COMPOSE / "routes.yaml").read_text())
        balanced = routes["http"]["services"]["learnflow"]["loadBalancer"]
        del balanced["sticky"]
        balanced["healthCheck"]["interval"] = "200ms"
        balanced["servers"] = [{"url": f"http://127.0.0.1:{port}"} for port in self.replicas]
        (self.folder / "routes.yaml").write_text(json.dumps(routes))
        static = yaml.safe_load((COMPOSE / "traefik.yaml").read_text())
        static["entryPoints"]["http"]["address"] = f"127.0.0.1:{self.ports['learnflow']}"
        static["entryPoints"]["http"]["forwardedHeaders"]["trustedIPs"] = ["127.0.0.1"]
        static["entryPoints"]["ping"]["address"] = f"127.0.0.1:{self.ping}"
        static["providers"]["file"]["filename"] = str(self.folder / "routes.yaml")
        (self.folder / "balancer.yaml").write_text(json.dumps(static))
        self.start("traefik", f"--configFile={self.folder / 'balancer.yaml'}")

    def part(self, service: str, port: int) -> subprocess.Popen[bytes]:
        """Start the container of the Deployment behind `service`."""
        documents = rendered()
        (found,) = of_kind(documents, "ConfigMap").values()
        for name, words in found["data"].items():
            (self.folder / name).write_text(words)
        settings = json.loads((self.folder / "settings.json").read_text())
        settings["LearnFlow"] |= {"state_dir": str(self.folder / "state"), "database_url": ""}
        settings["LearnFlow"]["drain_notice_seconds"] = NOTICE_S
        settings["LearnFlowKafka"]["bootstrap_servers"] = ""
        (self.folder / "settings.json").write_text(json.dumps(settings))
        (container,) = pods(documents)[PARTS[service]]["spec"]["containers"]

        def here(text: str) -> str:
            for theirs, ours in (
                ("http://hub:8081", f"http://127.0.0.1:{self.hub_port}"),
                ("http://0.0.0.0:8888", f"http://127.0.0.1:{port}"),
                ("/etc/learnflow", str(self.folder)),
                ("/srv/learnflow", str(self.folder / "state")),
                ("/home/learnflow", str(self.folder)),
            ):
                text = text.replace(theirs, ours)
            return text

        environment = {each["name"]: here(each["value"]) for each in container["env"] if "value" in each}
        environment["JUPYTERHUB_API_TOKEN"] = self.tokens[service]
        return self.start(*map(here, container["command"]), **environment)

    def until_up(self) -> None:
        """Hub and services answer through the proxy."""
        visitor = Visitor(f"http://127.0.0.1:{self.port}")
        replicas = [Visitor(f"http://127.0.0.1:{port}") for port in self.replicas]
        addresses = {"/hub/health": 200, "/services/learnflow/health/live": 200}
        # Refused, as it should be to whoever has not signed in; but by the formgrader.
        addresses["/services/formgrader-python-basics/api/kernels"] = 403
        deadline = time.monotonic() + 120

        def ready() -> bool:
            return all(map(answers_on, (self.port, *self.replicas))) and all(
                (
                    *(visitor.ask(address).status == status for address, status in addresses.items()),
                    *(replica.ask("/services/learnflow/health/ready").status == 200 for replica in replicas),
                )
            )

        while not ready():
            ended = [process.args for process in self.processes if process.poll() is not None]
            assert not ended and time.monotonic() < deadline, (ended, self.log.read_text()[-4000:])
            time.sleep(0.3)

    def visitor(self, name: str) -> Visitor:
        visitor = Visitor(f"http://127.0.0.1:{self.port}")
        assert visitor.sign_in(name, "any", then="/hub/home").status == 200
        return visitor

    def stop(self) -> None:
        for process in self.processes:
            kill_all(tree(process.pid))
            process.wait(20)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.hub()
        cluster.balancer()
        cluster.first, _ = [cluster.part("learnflow", port) for port in cluster.replicas]
        formgrader = "formgrader-python-basics"
        cluster.part(formgrader, cluster.ports[formgrader])
        cluster.until_up()
        yield cluster
    finally:
        cluster.stop()


def test_the_service_answers_behind_the_hubs_proxy(cluster: Cluster) -> None:
    answer = cluster.visitor("ada").ask("/services/learnflow/health/ready")
    assert (answer.status, answer.json()["ready"]) == (200, True), cluster.log.read_text()[-3000:]


def test_a_teacher_signs_in_to_the_dashboard_and_a_student_is_not_one(cluster: Cluster) -> None:
    page = cluster.visitor("teacher").ask("/services/learnflow/courses/python-basics")
    assert page.status == 200, cluster.log.read_text()[-3000:]
    assert cluster.visitor("ada").ask("/services/learnflow/courses/python-basics").status == 403


def test_a_teacher_opens_the_formgrader_and_a_student_does_not(cluster: Cluster) -> None:
    address = "/services/formgrader-python-basics/formgrader/manage_assignments"
    page = cluster.visitor("teacher").ask(address)
    assert (page.status, "formgrader" in page.text.lower()) == (200, True), cluster.log.read_text()[-3000:]
    assert cluster.visitor("ada").ask(address).status == 403


def test_a_replica_that_is_stopped_is_missed_by_nobody(cluster: Cluster) -> None:
    """The last test of this file: one of the two is gone after it."""
    teacher = cluster.visitor("teacher")
    page = "/services/learnflow/courses/python-basics"
    # Signed in once, known to both.
    assert {teacher.ask(page).status for _ in range(4)} == {200}
    assert cluster.first is not None
    cluster.first.send_signal(signal.SIGTERM)
    asked: list[int] = []
    while cluster.first.poll() is None:
        asked.append(teacher.ask(page).status)
    asked += [teacher.ask(page).status for _ in range(4)]
    assert set(asked) == {200}, cluster.log.read_text()[-3000:]
    assert cluster.first.returncode == 0
    assert len(asked) > 4
