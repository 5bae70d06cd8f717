"""The clock of a Kafka broker against ours: it decides how long messages are kept."""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import Future

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from learnflow_ext.events.kafka_client import KafkaCluster
from learnflow_ext.events.kafka_topics import KafkaUnavailable, sentence
from learnflow_ext.store.clock import now

TOPIC = "learnflow.clock."
"""How the topic is called that is there for a moment."""
KEPT_MS = 60_000
"""For which a broker keeps what is in it, should it not be deleted."""
LATE = (KafkaError.REQUEST_TIMED_OUT, KafkaError._TIMED_OUT)
"""What is said of a topic that may come into being all the same."""


async def ahead(cluster: KafkaCluster, patience_s: float = 5.0) -> float:
    """Seconds by which the broker's clock is ahead of ours; negative when behind, 0.0 where nobody can tell
    them apart.

    A broker says its time only of a message that it takes. So a topic is made for one, and deleted again:
    ours carry our own times. KafkaUnavailable, with the reason, where it does not answer or does not let us.
    """
    return await asyncio.to_thread(_ahead, cluster, patience_s)


def _ahead(cluster: KafkaCluster, patience_s: float) -> float:
    name = f"{cluster.prefix}{TOPIC}{secrets.token_hex(8)}"
    try:
        admin = AdminClient(cluster.common())
        settings = {"message.timestamp.type": "LogAppendTime", "retention.ms": str(KEPT_MS)}
        # -1: as many copies as the cluster makes of what says nothing.
        topic = NewTopic(name, num_partitions=1, replication_factor=-1, config=settings)
        try:
            _wait(admin.create_topics([topic], operation_timeout=patience_s)[name], patience_s)
        except (KafkaException, TimeoutError) as error:
            if isinstance(error, TimeoutError) or error.args[0].code() in LATE:
                _delete(admin, name, patience_s)
            raise
        try:
            return _told(cluster, name, patience_s)
        finally:
            _delete(admin, name, patience_s)
    except KafkaException as error:
        raise KafkaUnavailable(sentence(error)) from error
    except (TimeoutError, ValueError) as error:
        raise KafkaUnavailable("Kafka takes too long to answer.") from error


def _told(cluster: KafkaCluster, name: str, patience_s: float) -> float:
    """As `ahead`, by a message in the topic of that name. TimeoutError when it does not arrive."""
    heard: list[float] = []

    def taken(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            return
        kind, milliseconds = message.timestamp()
        if kind == TIMESTAMP_LOG_APPEND_TIME:
            heard.append(milliseconds / 1000)

    limits = {
        "message.timeout.ms": round(1000 * patience_s),
        # A broker would make it again, with its own settings, for who asks for it after it was deleted.
        "allow.auto.create.topics": False,
    }
    producer = Producer({**cluster.common(), **cluster.producer, **limits})
    before = now().timestamp()
    producer.produce(name, b"", on_delivery=taken)
    producer.flush(patience_s)
    after = now().timestamp()
    if not heard:
        raise TimeoutError
    # It was taken at some moment between the two.
    return heard[0] - min(max(heard[0], before), after)


def _delete(admin: AdminClient, name: str, patience_s: float) -> None:
    """KafkaUnavailable, which names it, where it may stay."""
    try:
        _wait(admin.delete_topics([name], operation_timeout=patience_s)[name], patience_s)
    except (KafkaException, TimeoutError) as error:
        if isinstance(error, TimeoutError):
            why = "Kafka takes too long to answer."
        elif error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return
        else:
            why = sentence(error)
        raise KafkaUnavailable(f"The topic {name} stays until you delete it. {why}") from error


def _wait(future: Future[None], patience_s: float) -> None:
    future.result(patience_s)
