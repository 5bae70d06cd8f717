"""Taking old messages from the topics before their time is up: never any that a group has not done with."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from datetime import datetime
from typing import Any

import msgspec
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from learnflow_ext.events import lti_consumer, progress_consumer, struggle_consumer
from learnflow_ext.events.kafka_client import KafkaCluster
from learnflow_ext.events.kafka_topics import ALL_SPECS, TIMEOUT_S, KafkaUnavailable, admin_of, sentence

READ_BY = {
    each.GROUP: frozenset(each.TOPICS) for each in (lti_consumer, progress_consumer, struggle_consumer)
}
"""Our groups and what they read: one that noted nothing yet of a partition has not begun with it."""
EVERYWHERE = (progress_consumer.GROUP, struggle_consumer.GROUP)
"""Those that every classroom has. Kafka forgets a group that was away for a week: then it begins anew."""
SOME_UNKNOWN = (
    "Kafka cannot name all groups that read its messages just now, as for a while after it began, or while a "
    "broker is away. Nothing was deleted; try again in a few minutes."
)

Place = tuple[str, int]
"""Topic, as the broker calls it, and partition."""


class Cleared(msgspec.Struct, frozen=True, kw_only=True):
    """One topic that has messages from before the time asked for."""

    name: str
    messages: int
    """That go, or went."""
    waited_for: int
    """As old, and kept: some group has not done with them."""


async def clear(cluster: KafkaCluster, before: datetime, *, really: bool) -> list[Cleared]:
    """Delete what was published before then (aware), or with `really` false only say what that would be.

    Topics without such messages are left out. KafkaUnavailable when the cluster does not answer or refuses.
    """
    return await asyncio.to_thread(_clear, admin_of(cluster), cluster.prefix, before, really)


def _clear(admin: AdminClient, prefix: str, before: datetime, really: bool) -> list[Cleared]:
    try:
        there = admin.list_topics(timeout=TIMEOUT_S).topics
        names = [prefix + spec.name for spec in ALL_SPECS if prefix + spec.name in there]
        places = [(name, number) for name in names for number in there[name].partitions]
        if not places:
            return []
        start = _offsets(admin, places, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
        end = _offsets(admin, places, OffsetSpec.latest())  # type: ignore[no-untyped-call]
        found = _offsets(admin, places, OffsetSpec.for_timestamp(int(before.timestamp() * 1000)))
        # None is as young: all of them are older.
        wanted = {place: offset if offset >= 0 else end[place] for place, offset in found.items()}
        done = _done(admin, prefix, places, start)
        upto = {place: max(start[place], min(wanted[place], done.get(place, end[place]))) for place in places}
        if really:
            _delete(admin, {place: offset for place, offset in upto.items() if offset > start[place]})
    except KafkaException as error:
        raise KafkaUnavailable(sentence(error)) from error
    except TimeoutError as error:
        raise KafkaUnavailable("Kafka takes too long to answer.") from error
    gone: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for place in places:
        gone[place[0]] += upto[place] - start[place]
        kept[place[0]] += max(0, wanted[place] - upto[place])
    return [
        Cleared(name=name, messages=gone[name], waited_for=kept[name])
        for name in names
        if gone[name] or kept[name]
    ]


def _offsets(admin: AdminClient, places: Iterable[Place], which: OffsetSpec) -> dict[Place, int]:
    """-1 where there is none."""
    asked = admin.list_offsets({TopicPartition(*place): which for place in places})
    return {(at.topic, at.partition): int(_result(future).offset) for at, future in asked.items()}


def _done(
    admin: AdminClient, prefix: str, places: Iterable[Place], start: Mapping[Place, int]
) -> dict[Place, int]:
    """Up to where all groups of the cluster that read a partition have done with it."""
    listed = _result(admin.list_consumer_groups())
    if listed.errors:
        raise KafkaUnavailable(SOME_UNKNOWN)
    noted: dict[str, dict[Place, int]] = {prefix + group: {} for group in EVERYWHERE}
    for group in sorted(each.group_id for each in listed.valid):
        (future,) = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
        offsets = _result(future).topic_partitions
        noted[group] = {(at.topic, at.partition): at.offset for at in offsets if at.offset >= 0}
    found: dict[Place, int] = {}
    for group, theirs in noted.items():
        reads = {name for name, _ in theirs}
        if group.startswith(prefix):
            reads |= {prefix + topic for topic in READ_BY.get(group.removeprefix(prefix), ())}
        for place in places:
            if place[0] in reads:
                reached = theirs.get(place, start[place])
                found[place] = min(found.get(place, reached), reached)
    return found


def _delete(admin: AdminClient, upto: Mapping[Place, int]) -> None:
    if upto:
        asked = admin.delete_records([TopicPartition(*place, offset) for place, offset in upto.items()])
        for future in asked.values():
            _result(future)


def _result(future: Future[Any]) -> Any:
    return future.result(TIMEOUT_S)
