"""The labelled messages that ship with the package, and how to split them for an honest test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple, cast, get_args

from learnflow_ext.contracts.help import Intent

GROUPS = 4
"""Of styles, and of topics."""
NEW_LINE = "¶"
"""Stands in the file for the end of a line."""
_TELL_TALE = {
    "adventure": r"adventure", "bank": r"bank|balance", "calendar": r"calendar|leap year",
    "cart": r"\bcarts?\b|shopping", "cinema": r"cinema|movie", "coffee": r"coffee",
    "contacts": r"\bcontacts?\b|phone ?book", "cookies": r"cookie", "dice": r"\bdice\b",
    "dna": r"\bdna\b|strand", "football": r"football|soccer", "gym": r"\bgym\b", "hangman": r"hangman",
    "hotel": r"hotel", "library": r"librar|\bbooks?\b", "museum": r"museum",
    "parking": r"parking|car park", "password": r"password", "plants": r"plant",
    "prime": r"\bprimes?\b", "robot": r"robot", "temperature": r"temperat|celsius",
    "tictactoe": r"\btic\b", "tram": r"\btrams?\b", "vending": r"vending", "zoo": r"\bzoo\b",
}  # fmt: skip
"""How a message on a topic is known that does not say its own."""


class Story(NamedTuple):
    """A long message."""

    intent: Intent
    style: str
    """Of its author, one word."""
    topic: str
    """What the exercise is about, or the talk; one word."""
    text: str


class Fold(NamedTuple):
    """What to learn from, and what to be asked then. They share neither a style nor a topic."""

    learnt: list[tuple[Intent, str]]
    asked: list[Story]


@cache
def examples() -> tuple[tuple[Intent, str], ...]:
    """The short ones: (intent, message)."""
    return tuple(
        (_intent(label), text) for label, text in (line.split("\t", 1) for line in _lines("examples"))
    )


@cache
def stories() -> tuple[Story, ...]:
    """The long ones."""
    rows = (line.split("\t", 3) for line in _lines("stories"))
    return tuple(
        Story(_intent(label), style, topic, text.replace(NEW_LINE, "\n"))
        for label, style, topic, text in rows
    )


def taught() -> tuple[tuple[Intent, str], ...]:
    """All of them: (intent, message)."""
    return (*examples(), *((each.intent, each.text) for each in stories()))


def folds() -> Iterator[Fold]:
    """Sixteen; each of the stories is asked in one of them.

    Those of a fold are of some styles and some topics, and what is learnt is of none of these styles and none
    of these topics. Short messages do not say theirs: those that have a topic's own words are left out.
    """
    style_of = _grouped({each.style for each in stories()})
    topic_of = _grouped({each.topic for each in stories()})
    for style in range(GROUPS):
        for topic in range(GROUPS):
            named = re.compile(
                "|".join(words for name, words in _TELL_TALE.items() if topic_of.get(name) == topic)
            )
            others = [
                each for each in stories() if style_of[each.style] != style and topic_of[each.topic] != topic
            ]
            yield Fold(
                [each for each in examples() if not named.search(each[1].lower())]
                + [(each.intent, each.text) for each in others],
                [
                    each
                    for each in stories()
                    if style_of[each.style] == style and topic_of[each.topic] == topic
                ],
            )


def _grouped(names: set[str]) -> dict[str, int]:
    return {name: place % GROUPS for place, name in enumerate(sorted(names))}


def _lines(name: str) -> list[str]:
    text = resources.files("learnflow_ext.agents").joinpath(f"triage_{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _intent(label: str) -> Intent:
    if label not in get_args(Intent):
        raise ValueError(f"{label!r} is no intent")
    return cast(Intent, label)
