"""How this process speaks to a Kafka cluster: the settings of its clients, and where their complaints go."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from confluent_kafka import KafkaError

from learnflow_ext.events.bus import MAX_MESSAGE_BYTES

SESSION_TIMEOUT_MS = 10_000
"""After this long a consumer that was killed is replaced; one that only froze for less keeps its place."""
ROOM_FOR_HEADERS = 48_576

RELIABLE: Mapping[str, Any] = {
    "enable.idempotence": True,
    "acks": "all",
    # Without end: giving up on one message while the next goes through would break the order. Nothing is lost
    # meanwhile, for the outbox keeps what is not confirmed.
    "delivery.timeout.ms": 0,
    "linger.ms": 5,
    "compression.type": "zstd",
    # A broker refuses a batch as a whole: small enough, none is ever refused for what is not in one message.
    "batch.size": 60_000,
    # As Java's producers place keys, so that others can join our topics with theirs.
    "partitioner": "murmur2_random",
    "message.max.bytes": MAX_MESSAGE_BYTES + ROOM_FOR_HEADERS,
}
PATIENT: Mapping[str, Any] = {
    # Both grow, with jitter: a broker that comes back is not met by everybody at once.
    "reconnect.backoff.ms": 100,
    "reconnect.backoff.max.ms": 3_000,
    "log.connection.close": False,
}
CAREFUL: Mapping[str, Any] = {
    # Offsets follow the effect, never the clock.
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "partition.assignment.strategy": "cooperative-sticky",
    "session.timeout.ms": SESSION_TIMEOUT_MS,
    "heartbeat.interval.ms": 2_000,
    "fetch.wait.max.ms": 100,
    "allow.auto.create.topics": False,
}

log = structlog.get_logger(__name__)


class KafkaCluster(msgspec.Struct, frozen=True, kw_only=True):
    """Which cluster, and what the admin adds to our settings; each of theirs wins over ours."""

    bootstrap: str
    """`host:port`, several with commas."""
    prefix: str = ""
    """Before the names of topics and groups."""
    client: Mapping[str, Any] = {}
    """librdkafka settings of all clients: TLS, SASL."""
    producer: Mapping[str, Any] = {}
    consumer: Mapping[str, Any] = {}

    def common(self) -> dict[str, Any]:
        """For an admin client, and the base of the others."""
        return {
            "bootstrap.servers": self.bootstrap,
            "client.id": "learnflow",
            "error_cb": complain,
            "logger": logging.getLogger("learnflow.kafka"),
            **PATIENT,
            **self.client,
        }

    def for_producer(self) -> dict[str, Any]:
        """For `confluent_kafka.Producer`."""
        return {**self.common(), **RELIABLE, **self.producer}

    def for_consumer(self, group: str, *, lasting: bool) -> dict[str, Any]:
        """For `confluent_kafka.Consumer`; a group that lasts begins with what the topics still hold."""
        return {
            **self.common(),
            **CAREFUL,
            "group.id": self.prefix + group,
            "auto.offset.reset": "earliest" if lasting else "latest",
            **self.consumer,
        }


def complain(error: KafkaError) -> None:
    """Log what a client says about itself; it mends by itself, but for what is fatal."""
    tell = log.error if error.fatal() else log.warning
    tell("kafka.trouble", error=error.name(), detail=error.str())
