"""The topics on a broker: make them, list them, compare them with what they should be."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
import structlog
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from learnflow_ext.contracts.errors import Unavailable
from learnflow_ext.events.bus import MAX_MESSAGE_BYTES
from learnflow_ext.events.kafka_client import ROOM_FOR_HEADERS, KafkaCluster
from learnflow_ext.events.topics import DEAD_SPECS, SPECS, TopicSpec

ALL_SPECS = (*SPECS, *DEAD_SPECS)
TIMEOUT_S = 15.0
SEEN_EVERY_S = 0.05

Finding = Literal["fits", "missing", "differs", "created", "changed"]

log = structlog.get_logger(__name__)


class KafkaUnavailable(Unavailable):
    """The cluster does not answer, or does not let us in."""

    code = "kafka_unavailable"


class TopicState(msgspec.Struct, frozen=True, kw_only=True):
    """One topic as found, or as left by `create`."""

    name: str
    """As the broker calls it, prefix included."""
    finding: Finding
    partitions: int
    """0 when it is missing."""
    replication: int
    retention_hours: float
    """-1 for ever; 0 when it is missing."""
    problems: tuple[str, ...] = ()
    """What differs, a sentence each; empty when it fits."""
    carries: str = ""
    key: str = ""


async def states(cluster: KafkaCluster, specs: Iterable[TopicSpec] = ALL_SPECS) -> list[TopicState]:
    """Each topic beside its spec; changes nothing. KafkaUnavailable with the reason."""
    return await asyncio.to_thread(_states, admin_of(cluster), cluster.prefix, tuple(specs))


async def create(
    cluster: KafkaCluster, specs: Iterable[TopicSpec] = ALL_SPECS, *, replication: int = 1
) -> list[TopicState]:
    """Make what is missing, correct retention, add partitions; never takes any away. Safe to repeat.

    The states afterwards. KafkaUnavailable when the cluster does not answer or refuses.
    """
    return await asyncio.to_thread(_create, admin_of(cluster), cluster.prefix, tuple(specs), replication)


def admin_of(cluster: KafkaCluster) -> AdminClient:
    """KafkaUnavailable for settings that no client can have."""
    try:
        return AdminClient(cluster.common())
    except KafkaException as error:
        raise KafkaUnavailable(f"A setting for Kafka is wrong: {error.args[0].str()}.") from error


def _states(admin: AdminClient, prefix: str, specs: Sequence[TopicSpec]) -> list[TopicState]:
    try:
        there = admin.list_topics(timeout=TIMEOUT_S).topics
        found = [spec for spec in specs if prefix + spec.name in there]
        resources = [ConfigResource(ResourceType.TOPIC, prefix + spec.name) for spec in found]
        configs = (
            {
                resource.name: future.result(TIMEOUT_S)
                for resource, future in admin.describe_configs(resources).items()
            }
            if resources
            else {}
        )
    except KafkaException as error:
        raise KafkaUnavailable(sentence(error)) from error
    except TimeoutError as error:
        raise KafkaUnavailable("Kafka takes too long to answer.") from error
    states = []
    for spec in specs:
        name = prefix + spec.name
        about = {"name": name, "carries": spec.carries, "key": spec.key}
        if name not in configs:
            states.append(
                TopicState(
                    **about, finding="missing", partitions=0, replication=0, retention_hours=0,
                    problems=("It is missing.",),
                )
            )  # fmt: skip
            continue
        partitions = there[name].partitions
        config = {key: entry.value for key, entry in configs[name].items()}
        retention_ms = int(config["retention.ms"] or -1)
        problems = _problems(spec, len(partitions), retention_ms, config)
        states.append(
            TopicState(
                **about,
                finding="differs" if problems else "fits",
                partitions=len(partitions),
                replication=min((len(one.replicas) for one in partitions.values()), default=0),
                retention_hours=retention_ms / 3_600_000 if retention_ms >= 0 else -1,
                problems=tuple(problems),
            )
        )
    return states


def _wanted(spec: TopicSpec) -> dict[str, str]:
    return {
        "retention.ms": str(round(spec.retention.total_seconds() * 1000)),
        "cleanup.policy": "delete",
        "max.message.bytes": str(MAX_MESSAGE_BYTES + ROOM_FOR_HEADERS),
    }


def _problems(
    spec: TopicSpec, partitions: int, retention_ms: int, config: dict[str, str | None]
) -> list[str]:
    problems = []
    if partitions < spec.partitions:
        problems.append(f"It has {partitions} of {spec.partitions} partitions.")
    wanted = round(spec.retention.total_seconds() * 1000)
    if retention_ms != wanted:
        kept = f"{retention_ms / 3_600_000:g} hours" if retention_ms >= 0 else "for ever"
        problems.append(f"It keeps messages {kept}, not {wanted / 3_600_000:g} hours.")
    if config.get("cleanup.policy") != "delete":
        problems.append(f"Its clean-up policy is {config.get('cleanup.policy')}, not delete.")
    if int(config.get("max.message.bytes") or 0) < MAX_MESSAGE_BYTES + ROOM_FOR_HEADERS:
        problems.append(f"It refuses messages above {config.get('max.message.bytes')} bytes.")
    return problems


def _create(
    admin: AdminClient, prefix: str, specs: Sequence[TopicSpec], replication: int
) -> list[TopicState]:
    before = _states(admin, prefix, specs)
    wanted = {prefix + spec.name: spec for spec in specs}
    missing = [state.name for state in before if state.finding == "missing"]
    differing = [state for state in before if state.finding == "differs"]
    try:
        if missing:
            topics = [
                NewTopic(
                    name,
                    num_partitions=wanted[name].partitions,
                    replication_factor=replication,
                    config=_wanted(wanted[name]),
                )
                for name in missing
            ]
            for future in admin.create_topics(topics, operation_timeout=TIMEOUT_S).values():
                _done(future, KafkaError.TOPIC_ALREADY_EXISTS)
        for state in differing:
            _correct(admin, state, wanted[state.name])
    except KafkaException as error:
        raise KafkaUnavailable(sentence(error)) from error
    except TimeoutError as error:
        raise KafkaUnavailable("Kafka takes too long to answer.") from error
    after = _settled(admin, prefix, specs)
    changed = {state.name for state in differing}
    return [
        msgspec.structs.replace(state, finding="created" if state.name in missing else "changed")
        if state.finding == "fits" and (state.name in missing or state.name in changed)
        else state
        for state in after
    ]


def _correct(admin: AdminClient, state: TopicState, spec: TopicSpec) -> None:
    if state.partitions < spec.partitions:
        log.warning("kafka.partitions_added", topic=state.name, before=state.partitions, now=spec.partitions)
        for future in admin.create_partitions([NewPartitions(state.name, spec.partitions)]).values():
            _done(future, KafkaError.INVALID_PARTITIONS)
    entries = [
        ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
        for key, value in _wanted(spec).items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, state.name, incremental_configs=entries)
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(TIMEOUT_S)


def _settled(admin: AdminClient, prefix: str, specs: Sequence[TopicSpec]) -> list[TopicState]:
    """Brokers learn of a change one after another: look until they agree with us, or say what they have."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        after = _states(admin, prefix, specs)
        if all(state.finding == "fits" for state in after) or time.monotonic() > deadline:
            return after
        time.sleep(SEEN_EVERY_S)


def _done(future: object, harmless: int) -> None:
    """Wait; what somebody else did at the same time is done too."""
    try:
        future.result(TIMEOUT_S)  # type: ignore[attr-defined]
    except KafkaException as error:
        if error.args[0].code() != harmless:
            raise


def sentence(error: KafkaException) -> str:
    """What a refusal, or silence, means to whoever reads of it."""
    reason = error.args[0]
    if reason.code() in (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN):
        return "Kafka does not answer. Is it running, and is its address right?"
    return f"Kafka refuses: {reason.str() or reason.name()}."
