"""`learnflow demo --kafka`: what is said before anything starts, and how the service learns of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from learnflow_hub.bundle import config_file
from learnflow_hub.services import passed_on, services

from learnflow_ext.cli.demo import ready_kafka
from learnflow_ext.events.kafka_topics import KafkaUnavailable
from learnflow_ext.settings import LearnFlow, LearnFlowJwt, LearnFlowKafka, LearnFlowModel, load_config

if TYPE_CHECKING:
    from kafka_broker import Kafka


def test_the_topics_are_there_before_the_classroom_starts(kafka_broker: Kafka) -> None:
    assert ready_kafka(kafka_broker.bootstrap) == f"Kafka at {kafka_broker.bootstrap}, 16 topics"


def test_a_kafka_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learnflow_ext.events.kafka_topics.TIMEOUT_S", 1.0)
    with pytest.raises(KafkaUnavailable, match="Is it running"):
        ready_kafka("127.0.0.1:9")


def test_its_address_reaches_the_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEARNFLOW_STATE", str(tmp_path))
    monkeypatch.setenv("LEARNFLOW_KAFKA", "broker:9092")
    hub = passed_on((), LearnFlowJwt(), LearnFlowModel())
    entries = services(LearnFlow(), config_file(), {"learnflow": 1}, idle_seconds=0, environment=hub)
    assert entries[0]["environment"]["LEARNFLOW_KAFKA"] == "broker:9092"
    assert LearnFlowKafka(config=load_config(config_file())).bootstrap_servers == "broker:9092"
