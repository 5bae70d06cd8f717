"""What a notebook says of its whole assignment: topic and tutor, in its metadata under `learnflow`. Pure.

Teachers write it with nbgrader's panel *Create Assignment* in JupyterLab, or by hand:
`"metadata": {"learnflow": {"topic": "functions", "tutor": "concepts"}}`. What `course.yaml` says goes before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

TOPICS = (
    *("basics", "control_flow", "data_structures", "functions"),
    *("objects", "files", "errors", "libraries"),
)
"""What an assignment can teach, in teaching order."""
POLICIES = ("off", "concepts", "hints", "open")
"""What the tutor may do, the strictest first."""
KEY = "learnflow"
TEACHES = "LEARNFLOW_TEACHES"
"""The variable of a user's server that is `1` when they taught a course as it started. It opens no door: it
decides whether JupyterLab shows the panel in which all this is written."""


class Said(msgspec.Struct, frozen=True):
    """What an assignment's notebooks say; empty texts where they say nothing."""

    topic: str = ""
    """One of `TOPICS`."""
    tutor: str = ""
    """One of `POLICIES`."""


def said(metadata: Mapping[str, Any]) -> Said:
    """What one notebook's metadata say. ValueError, a sentence for the teacher, where that cannot be."""
    ours = metadata.get(KEY)
    if ours is None:
        return Said()
    if not isinstance(ours, Mapping):
        raise ValueError(f"`{KEY}` in the notebook's metadata must be a list of keys and values.")
    return Said(topic=_one_of(ours, "topic", TOPICS), tutor=_one_of(ours, "tutor", POLICIES))


def _one_of(ours: Mapping[str, Any], key: str, known: tuple[str, ...]) -> str:
    value = ours.get(key)
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{key} in the notebook's metadata is {value!r}; it can be {', '.join(known)}.")
    return value


def together(notebooks: Iterable[Said]) -> Said:
    """What several notebooks of one assignment say: the first topic, and the strictest tutor."""
    each = list(notebooks)
    tutors = [POLICIES.index(one.tutor) for one in each if one.tutor]
    return Said(
        topic=next((one.topic for one in each if one.topic), ""),
        tutor=POLICIES[min(tutors)] if tutors else "",
    )
