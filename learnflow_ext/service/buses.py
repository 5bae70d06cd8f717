"""Which bus this deployment uses, from its settings."""

from __future__ import annotations

import asyncio
import random

from learnflow_ext.events import kafka_topics
from learnflow_ext.events.bus import Bus
from learnflow_ext.events.kafka import KafkaBus
from learnflow_ext.events.kafka_client import KafkaCluster
from learnflow_ext.events.kafka_topics import KafkaUnavailable
from learnflow_ext.events.memory import MemoryBus
from learnflow_ext.service import logs
from learnflow_ext.settings import LearnFlowKafka

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0

log = logs.get("learnflow.buses")


def cluster_of(settings: LearnFlowKafka) -> KafkaCluster | None:
    """The Kafka cluster of the settings; None when events stay in the process."""
    if not settings.bootstrap_servers:
        return None
    return KafkaCluster(
        bootstrap=settings.bootstrap_servers,
        prefix=settings.topic_prefix,
        client=settings.client,
        producer=settings.producer,
        consumer=settings.consumer,
    )


async def open_bus(settings: LearnFlowKafka) -> Bus:
    """A bus that works; waits for Kafka as long as it takes, for the outbox keeps events meanwhile."""
    cluster = cluster_of(settings)
    if cluster is None:
        return MemoryBus()
    pause = FIRST_PAUSE_S
    while True:
        try:
            if settings.create_topics:
                states = await kafka_topics.create(cluster, replication=settings.replication)
            else:
                states = await kafka_topics.states(cluster)
        except KafkaUnavailable as error:
            log.warning("kafka does not answer yet", reason=error.message, retry_in_s=pause)
        else:
            for state in states:
                if state.problems:
                    log.warning("a topic is not as it should be", topic=state.name, problems=state.problems)
            if all(state.partitions for state in states):
                log.info("events travel on kafka", brokers=cluster.bootstrap, prefix=cluster.prefix)
                return KafkaBus(cluster)
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries
        pause = min(pause * 2, LONGEST_PAUSE_S)
