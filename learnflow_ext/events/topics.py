"""The topics: their names, and how each is kept on a broker."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from learnflow_ext.contracts.events import TOPICS

DEAD_LETTER = ".dead-letter"

ALL_TOPICS = frozenset(TOPICS) | {topic + DEAD_LETTER for topic in TOPICS}

KEY = "course:pseudonym"
"""What every topic is keyed by: all of a student's events in a course lie in one partition, in order."""


class TopicSpec(msgspec.Struct, frozen=True, kw_only=True):
    """How a topic is kept."""

    name: str
    partitions: int
    """As many consumers of one group can share the work. Changing it later moves keys: order breaks once."""
    retention: timedelta
    """How long messages stay. The database's log has them for as long as the law and the admin say."""
    carries: str
    key: str = KEY


def _spec(name: str, partitions: int, days: int, carries: str) -> TopicSpec:
    return TopicSpec(name=name, partitions=partitions, retention=timedelta(days=days), carries=carries)


SPECS: tuple[TopicSpec, ...] = (
    _spec("learning.requests", 6, 7, "help asked, by chat or button"),
    _spec("concepts.requests", 3, 7, "the same, routed to the concepts agent"),
    _spec("code.submissions", 6, 30, "code sent for review, assignments submitted"),
    _spec("debug.requests", 3, 7, "the same, routed to the debug agent"),
    _spec("exercise.generated", 3, 30, "exercises that passed the gate"),
    _spec("learning.responses", 6, 7, "help answered: agent, rung, withheld or not, timings"),
    _spec("struggle.detected", 3, 30, "alerts raised and changed"),
    _spec("progress.events", 6, 30, "runs (claims), grades, changes of standing"),
)
"""The eight. Partitions follow traffic: six where every student of a school writes, three elsewhere."""

STRAYS = "progress.events"
"""Whose dead letters take what belongs to a topic that we do not know."""

DEAD_SPECS: tuple[TopicSpec, ...] = tuple(
    _spec(spec.name + DEAD_LETTER, 1, 90, f"messages of {spec.name} that nobody could work with")
    for spec in SPECS
)
"""Kept longer, because a person has to look at them."""


def dead_letter(topic: str) -> str:
    """Where a message of `topic` goes that nobody can work with."""
    return topic if topic.endswith(DEAD_LETTER) else topic + DEAD_LETTER


def require_known(topic: str) -> None:
    """ValueError for a topic that is none of ours: a misspelt one would stay silent for ever."""
    if topic not in ALL_TOPICS:
        raise ValueError(f"There is no topic {topic!r}.")
