"""Names of topics."""

from __future__ import annotations

from learnflow_ext.contracts.events import TOPICS

DEAD_LETTER = ".dead-letter"

ALL_TOPICS = frozenset(TOPICS) | {topic + DEAD_LETTER for topic in TOPICS}


def dead_letter(topic: str) -> str:
    """Where a message of `topic` goes that nobody can work with."""
    return topic if topic.endswith(DEAD_LETTER) else topic + DEAD_LETTER


def require_known(topic: str) -> None:
    """ValueError for a topic that is none of ours: a misspelt one would stay silent for ever."""
    if topic not in ALL_TOPICS:
        raise ValueError(f"There is no topic {topic!r}.")
