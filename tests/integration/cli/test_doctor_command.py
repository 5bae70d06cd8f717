"""`learnflow doctor` on this machine, and on one without bubblewrap."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from traitlets.config import Config

from learnflow_ext.events import kafka_clock
from learnflow_ext.events.kafka_topics import KafkaUnavailable
from learnflow_ext.service import deployment
from learnflow_ext.store.clock import now

if TYPE_CHECKING:
    from learnflow_ext.events.kafka_client import KafkaCluster

Command = Callable[..., tuple[int, str, str]]


def test_it_names_each_protection(learnflow: Command) -> None:
    code, out, _ = learnflow("doctor")
    assert code in (0, 1)
    for name in ("sandbox", "user ids", "system calls", "memory of notebooks", "disk"):
        assert f"{name}: " in out


def test_for_programs(learnflow: Command) -> None:
    code, out, _ = learnflow("doctor", "--json")
    told = json.loads(out)
    assert told["facts"]["complaint"] == ""
    assert {"name", "level", "text", "advice"} == set(told["findings"][0])
    assert code == (1 if "missing" in {one["level"] for one in told["findings"]} else 0)


def test_what_a_configuration_names_is_asked(
    learnflow: Command, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "jupyterhub_config.py"
    file.write_text(f"c = get_config()\nc.LearnFlow.state_dir = {str(state)!r}\n")
    told = json.loads(learnflow("doctor", "--json", "--config", str(file))[1])
    assert {one["name"]: one["level"] for one in told["findings"]}.items() >= {
        ("database", "strong"),
        ("subdomain_host", "weak"),
        ("hub", "weak"),
    }
    file.write_text(
        f"c = get_config()\nc.LearnFlow.state_dir = {str(tmp_path / 'none')!r}\n"
        "c.LearnFlowKafka.bootstrap_servers = '127.0.0.1:9'\n"
        "c.LearnFlowModel.base_url = 'http://127.0.0.1:9/v1'\nc.LearnFlowModel.model = 'm'\n"
        "c.JupyterHub.subdomain_host = 'https://hub.school'\n"
    )
    monkeypatch.setattr(deployment, "PATIENCE_SECONDS", 1)
    code, out, _ = learnflow("doctor", "--json", "--config", str(file))
    levels = {one["name"]: one["level"] for one in json.loads(out)["findings"]}
    assert code == 1
    assert {levels[name] for name in ("database", "Kafka", "model")} == {"missing"}
    assert levels["subdomain_host"] == "strong"


async def test_postgresql_and_its_clock(postgres_url: str) -> None:
    config = Config()
    config.LearnFlow.database_url = postgres_url
    config.JupyterHub.hub_port = 9
    levels = {one.name: one.level for one in await deployment.examine(config)}
    assert levels.pop("hub") == "weak"
    assert levels == {"database": "strong", "clocks": "strong", "subdomain_host": "weak"}


@pytest.mark.parametrize(("behind", "level"), [(0, "strong"), (600, "missing")])
async def test_kafka_and_its_clock(
    kafka: KafkaCluster, tmp_path: Path, behind: float, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config()
    config.LearnFlow.state_dir = str(tmp_path)
    config.LearnFlowKafka.bootstrap_servers = kafka.bootstrap
    config.LearnFlowKafka.topic_prefix = kafka.prefix
    # In place of a broker with another clock.
    monkeypatch.setattr(kafka_clock, "now", lambda: now() - timedelta(seconds=behind))
    config.JupyterHub.hub_port = 9
    found = {one.name: one for one in await deployment.examine(config)}
    assert (found["Kafka"].level, found["clocks"].level) == ("strong", level)
    assert ("broker's clock is 600 s ahead of ours" in found["clocks"].text) == (level == "missing")
    admin = AdminClient(kafka.common())

    def left() -> bool:
        there = admin.list_topics(timeout=10).topics
        return any(name.startswith(kafka.prefix + kafka_clock.TOPIC) for name in there)

    async with asyncio.timeout(10):
        while await asyncio.to_thread(left):  # noqa: ASYNC110 - the broker tells nobody
            await asyncio.sleep(0.05)


async def test_the_topic_that_kafka_does_not_let_us_delete_is_named(
    kafka: KafkaCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    class MayNotDelete(AdminClient):
        def delete_topics(self, topics: list[str], **_: object) -> dict[str, Future[None]]:  # type: ignore[override]
            refused: Future[None] = Future()
            refused.set_exception(KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)))
            made.extend(topics)
            return dict.fromkeys(topics, refused)

    config = Config()
    config.LearnFlow.state_dir = str(tmp_path)
    config.LearnFlowKafka.bootstrap_servers = kafka.bootstrap
    config.LearnFlowKafka.topic_prefix = kafka.prefix
    config.JupyterHub.hub_port = 9
    monkeypatch.setattr(kafka_clock, "AdminClient", MayNotDelete)
    found = {one.name: one for one in await deployment.examine(config)}
    assert found["clocks"].level == "weak"
    assert f"The topic {made[0]} stays until you delete it." in found["clocks"].text
    assert "the right to make, write and delete" in found["clocks"].advice
    admin = AdminClient(kafka.common())
    admin.delete_topics(made)[made[0]].result(10)


async def test_a_topic_that_took_too_long_to_make_is_deleted_and_nobody_has_it_made_again(
    kafka: KafkaCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted: list[str] = []
    told: list[dict[str, object]] = []

    class Slow(AdminClient):
        def create_topics(self, topics: list[NewTopic], **_: object) -> dict[str, Future[None]]:  # type: ignore[override]
            late: Future[None] = Future()
            late.set_exception(KafkaException(KafkaError(KafkaError.REQUEST_TIMED_OUT)))
            return {each.topic: late for each in topics}

        def delete_topics(self, topics: list[str], **more: float) -> dict[str, Future[None]]:  # type: ignore[override]
            deleted.extend(topics)
            return super().delete_topics(topics, **more)

    class Watched(Producer):
        def __init__(self, settings: dict[str, object]) -> None:
            told.append(settings)
            super().__init__(settings)

    monkeypatch.setattr(kafka_clock, "Producer", Watched)
    await kafka_clock.ahead(kafka)
    assert told[0]["allow.auto.create.topics"] is False
    monkeypatch.setattr(kafka_clock, "AdminClient", Slow)
    with pytest.raises(KafkaUnavailable, match="Kafka refuses"):
        await kafka_clock.ahead(kafka)
    assert len(deleted) == 1


@pytest.mark.parametrize(("behind", "level"), [(1, "strong"), (600, "missing")])
async def test_the_hubs_clock(tmp_path: Path, behind: float, level: str) -> None:
    class Health(RequestHandler):
        def get(self) -> None:
            self.set_header("Date", format_datetime(now() - timedelta(seconds=behind), usegmt=True))

    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([("/school/hub/health", Health)], log_function=lambda handler: None))
    server.add_sockets(sockets)
    config = Config()
    config.LearnFlow.state_dir = str(tmp_path)
    config.JupyterHub.bind_url = "http://:8000/school/"
    config.JupyterHub.hub_port = sockets[0].getsockname()[1]
    found = [one for one in await deployment.examine(config) if one.name == "clocks"]
    server.stop()
    await server.close_all_connections()
    assert [one.level for one in found] == [level]
    assert "hub's clock" in found[0].text


def test_clocks_that_differ_are_told_with_the_way_to_mend_them() -> None:
    assert deployment.clocks("database", 0.3).level == "strong"
    behind = deployment.clocks("database", -90)
    assert (behind.level, behind.text) == ("missing", "The database's clock is 90 s behind ours.")
    assert "NTP" in behind.advice


def test_without_bubblewrap(learnflow: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, _ = learnflow("doctor")
    assert code == 2
    assert "apt-get install bubblewrap" in out
