"""`learnflow topics` against a real Kafka."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ListConsumerGroupsResult, NewTopic, OffsetSpec

from learnflow_ext.contracts.events import TOPICS

if TYPE_CHECKING:
    from learnflow_ext.events.kafka_client import KafkaCluster


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def config(kafka: KafkaCluster, tmp_path: Path) -> str:
    """A configuration with that broker and a prefix of its own."""
    file = tmp_path / "classroom.py"
    file.write_text(
        f"c = get_config()\nc.LearnFlowKafka.bootstrap_servers = {kafka.bootstrap!r}\n"
        f"c.LearnFlowKafka.topic_prefix = {kafka.prefix!r}\n"
    )
    return str(file)


def test_create_makes_all_and_again_changes_nothing(learnflow: Run, kafka: KafkaCluster, config: str) -> None:
    missing = learnflow("topics", "check", "--config", config)
    assert (missing.code, missing.err) == (1, "")
    assert missing.out.count("It is missing.") == 16
    first = learnflow("topics", "create", "--config", config, "--json")
    assert first.code == 0, first
    made = {line["name"]: line for line in map(json.loads, first.out.splitlines())}
    assert {line["finding"] for line in made.values()} == {"created"}
    assert set(made) == {kafka.prefix + topic + end for topic in TOPICS for end in ("", ".dead-letter")}
    progress = made[kafka.prefix + "progress.events"]
    assert (progress["partitions"], progress["retention_hours"]) == (6, 30 * 24)
    assert progress["key"] == "course:pseudonym"
    second = learnflow("topics", "create", "--config", config)
    assert second.code == 0
    assert second.out.count("as it should be") == 16
    assert learnflow("topics", "check", "--config", config).code == 0
    listed = learnflow("topics", "list", "--config", config)
    assert listed.code == 0
    assert "6 partitions, 1 copies, 30 days" in listed.out


def test_what_differs_is_named_and_corrected(learnflow: Run, kafka: KafkaCluster, config: str) -> None:
    name = kafka.prefix + "progress.events"
    admin = AdminClient(kafka.common())
    admin.create_topics(
        [NewTopic(name, num_partitions=2, replication_factor=1, config={"retention.ms": "3600000"})]
    )[name].result(30)
    deadline = time.monotonic() + 30
    while name not in admin.list_topics(timeout=30).topics:  # the broker hears of it from its controller
        assert time.monotonic() < deadline
        time.sleep(0.05)
    found = learnflow("topics", "check", "--config", config, "--json")
    assert found.code == 1
    (state,) = [line for line in map(json.loads, found.out.splitlines()) if line["name"] == name]
    assert state["finding"] == "differs"
    assert "It has 2 of 6 partitions." in state["problems"]
    assert "It keeps messages 1 hours, not 720 hours." in state["problems"]
    assert learnflow("topics", "create", "--config", config).code == 0
    assert learnflow("topics", "check", "--config", config).code == 0


def test_a_broker_that_is_not_there_is_a_sentence(learnflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learnflow_ext.events.kafka_topics.TIMEOUT_S", 1.0)
    ended = learnflow("topics", "list", "--kafka", "127.0.0.1:9")
    assert ended.code == 2
    assert ended.err == "Kafka does not answer. Is it running, and is its address right?\n"


def test_an_empty_address_is_none(learnflow: Run) -> None:
    """As of a variable that is not set."""
    ended = learnflow("topics", "list", "--kafka", "")
    assert ended.code == 2
    assert "--kafka HOST:PORT" in ended.err


def test_without_kafka_in_the_configuration_it_says_how(learnflow: Run, tmp_path: Path) -> None:
    file = tmp_path / "small.py"
    file.write_text("c = get_config()\n")
    ended = learnflow("topics", "check", "--config", str(file))
    assert ended.code == 2
    assert "c.LearnFlowKafka.bootstrap_servers" in ended.err


def test_a_wrong_setting_is_named(learnflow: Run, kafka: KafkaCluster, tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(
        f"c = get_config()\nc.LearnFlowKafka.bootstrap_servers = {kafka.bootstrap!r}\n"
        "c.LearnFlowKafka.client = {'security.protokol': 'SSL'}\n"
    )
    ended = learnflow("topics", "check", "--config", str(file))
    assert ended.code == 2
    assert "security.protokol" in ended.err


def test_old_messages_go_but_for_those_that_a_group_has_not_done_with(
    learnflow: Run, kafka: KafkaCluster, config: str
) -> None:
    progress, requests = kafka.prefix + "progress.events", kafka.prefix + "learning.requests"
    admin = AdminClient(kafka.common())
    for made in admin.create_topics([NewTopic(progress, 1, 1), NewTopic(requests, 1, 1)]).values():
        made.result(30)
    now = int(time.time())
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    for name in (progress, requests):
        for age_s in (7200, 7000, 6800, 0):
            producer.produce(name, b"x", timestamp=(now - age_s) * 1000)
    assert producer.flush(30) == 0
    an_hour_ago = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now - 3600))

    def note(group: str, *done: TopicPartition) -> None:
        asked = [ConsumerGroupTopicPartitions(kafka.prefix + group, list(done))]
        deadline = time.monotonic() + 30
        while True:
            (noted,) = admin.alter_consumer_group_offsets(asked).values()
            if not any(at.error for at in noted.result(30).topic_partitions):
                return
            # A broker that just began makes the place for it first.
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def first(name: str) -> int:
        earliest = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
        (found,) = admin.list_offsets({TopicPartition(name, 0): earliest}).values()
        return int(found.result(30).offset)

    # Kafka knows nothing of the service's groups, as when they were away for longer than it remembers them.
    unread = learnflow("topics", "clear", "--config", config, "--before", an_hour_ago, "--yes")
    for name in (progress, requests):
        assert f"{name}  0 messages deleted, 3 kept for a group that has not done with them\n" in unread.out
    assert (first(progress), first(requests)) == (0, 0)
    # The one has done with the first of four, the other with all.
    note("progress", TopicPartition(progress, 0, 1))
    note("struggle", TopicPartition(progress, 0, 4), TopicPartition(requests, 0, 4))
    asked = learnflow("topics", "clear", "--config", config, "--before", an_hour_ago)
    assert asked.code == 0, asked
    assert f"{progress}  1 message would go, 2 kept for a group that has not done with them\n" in asked.out
    assert f"{requests}  3 messages would go\n" in asked.out
    assert "--yes" in asked.out
    assert (first(progress), first(requests)) == (0, 0)
    ended = learnflow("topics", "clear", "--config", config, "--before", an_hour_ago, "--yes")
    assert (ended.code, ended.err) == (0, "")
    assert f"{requests}  3 messages deleted\n" in ended.out
    assert (first(progress), first(requests)) == (1, 3)
    long_ago = learnflow("topics", "clear", "--config", config, "--before", "2020-01-01", "--yes")
    assert long_ago.out == "No topic holds a message from before then.\n"
    assert learnflow("topics", "clear", "--config", config, "--before", "yesterday").code == 2


def test_nothing_goes_while_kafka_cannot_name_all_groups(
    learnflow: Run, kafka: KafkaCluster, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As just after a broker began, which still reads how far they are."""
    name = kafka.prefix + "exercise.generated"
    admin = AdminClient(kafka.common())
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(30)
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    producer.produce(name, b"x", timestamp=1_000_000)
    assert producer.flush(30) == 0
    still = KafkaException(KafkaError(KafkaError.COORDINATOR_LOAD_IN_PROGRESS))
    told: Future[ListConsumerGroupsResult] = Future()
    told.set_result(ListConsumerGroupsResult(valid=[], errors=[still]))
    with monkeypatch.context() as patch:
        patch.setattr(AdminClient, "list_consumer_groups", lambda _: told)
        ended = learnflow("topics", "clear", "--config", config, "--before", "2020-01-01", "--yes")
    assert ended.code == 2
    assert ended.err.startswith("Kafka cannot name all groups that read its messages just now")
    # Which nobody of ours reads.
    asked = learnflow("topics", "clear", "--config", config, "--before", "2020-01-01")
    assert f"{name}  1 message would go\n" in asked.out
