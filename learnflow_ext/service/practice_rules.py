"""What a course says of practice: whether exercises are made, and what each assignment teaches. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from learnflow_ext.agents.course_index import Section
from learnflow_ext.exercises.choosing import topics_in
from learnflow_ext.exercises.families import FAMILIES
from learnflow_ext.service.course_yaml import keys_in

READ_FIRST = "read first"
"""The value of `practice` with which a teacher reads each exercise before the student gets it, and of
`model_exercises` with which they read the model's."""
ModelWrites = Literal["read first", "on", "off"]
"""Whether the model's exercises wait for a teacher, go to students, or are not written."""


_ON_OFF: tuple[ModelWrites, ModelWrites] = ("off", "on")


class PracticeRules(msgspec.Struct, frozen=True, kw_only=True):
    """The part of `course.yaml` that practice goes by."""

    enabled: bool | None = None
    """None where the course says nothing."""
    read_first: bool | None = None
    """Whether a teacher reads each exercise before the student gets it; None likewise."""
    model: ModelWrites | None = None
    """What becomes of exercises that the model writes; None likewise."""
    topics: Mapping[str, str] = {}
    """By assignment, where the course says it."""


def parse(text: bytes) -> PracticeRules:
    """The rules in a `course.yaml`. ValueError, with a sentence for the teacher, when a key does not fit."""
    found = keys_in(text)
    said = found.get("practice")
    if said is not None and not isinstance(said, bool) and said != READ_FIRST:
        raise ValueError(f"practice is {said!r}; it can be on, off or {READ_FIRST}.")
    written = found.get("model_exercises")
    if written is not None and not isinstance(written, bool) and written != READ_FIRST:
        raise ValueError(f"model_exercises is {written!r}; it can be on, off or {READ_FIRST}.")
    listed = found.get("assignments") or []
    return PracticeRules(
        enabled=None if said is None else bool(said),
        read_first=None if said is None else said == READ_FIRST,
        # YAML reads a bare `on` as true.
        model=None if written is None else "read first" if written == READ_FIRST else _ON_OFF[bool(written)],
        topics={
            str(each["name"]): _topic(each["topic"], str(each["name"]))
            for each in (listed if isinstance(listed, list) else [])
            if isinstance(each, dict) and each.get("topic") and "name" in each
        },
    )


def _topic(value: Any, assignment: str) -> str:
    if not isinstance(value, str) or value not in FAMILIES:
        raise ValueError(f"topic of assignment {assignment} is {value!r}; it can be {', '.join(FAMILIES)}.")
    return value


def named_topics(assignment: str, title: str) -> tuple[str, ...]:
    """What the name and title of an assignment say that it teaches."""
    return topics_in(f"{title} / {assignment.replace('-', ' ').replace('_', ' ')}")


def taught(sections: Iterable[Section]) -> dict[str, tuple[str, ...]]:
    """What each assignment of a course teaches: topics that its name and title say, else its headings, the
    most frequent first. Assignments of which nothing can be told have none."""
    headings: dict[str, Counter[str]] = {}
    named: dict[str, tuple[str, ...]] = {}
    for section in sections:
        assignment = section.assignment
        if assignment not in named:
            named[assignment] = named_topics(assignment, section.notebook_title)
            headings[assignment] = Counter()
        headings[assignment].update(topics_in(section.title))
    return {
        assignment: topics or tuple(topic for topic, _ in headings[assignment].most_common())
        for assignment, topics in named.items()
    }
