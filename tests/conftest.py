"""What all tests need of the process they run in."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kafka_broker import Kafka

    from learnflow_ext.events.kafka_client import KafkaCluster


def pytest_configure() -> None:
    """Let Ctrl-C work again: a shell's background job ignores it, and so would each program a test starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[Kafka]:
    """A broker that all tests share, and none of them stops."""
    import kafka_broker

    with kafka_broker.running() as broker:
        yield broker


@pytest.fixture
def kafka(kafka_broker: Kafka) -> KafkaCluster:
    """That broker under names of the test's own; its topics are not made yet."""
    from learnflow_ext.events.kafka_client import KafkaCluster

    return KafkaCluster(
        bootstrap=kafka_broker.bootstrap,
        prefix=f"t{uuid.uuid4().hex[:8]}.",
        # A member that leaves without a word is missed sooner than in a real classroom.
        consumer={"session.timeout.ms": 3_000, "heartbeat.interval.ms": 500},
    )
