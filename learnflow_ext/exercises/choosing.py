"""What to practise: topic and difficulty, from the student's words, the work at hand and their points.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from learnflow_ext.exercises.exercise import MAX_DIFFICULTY, MIN_DIFFICULTY
from learnflow_ext.exercises.generating import difficulty_for

_WORDS = {
    "basics": (
        "basics? variables? strings? texts? numbers? arithmetic operators? rounding print printing "
        "f-strings? "
        "first.steps? values? names? expressions? calculations? calculat(?:e|ing)"
    ),
    "control_flow": (
        "control.flow loops? looping conditions? conditionals? branch(?:es|ing)? booleans? "
        "if.statements? "
        "elif (?:for|while).loops? range iterat(?:e|ion|ing) repeat(?:ing|ition)? schleifen? bucles? "
        "boucles? "
        "bedingung(?:en)? condiciones"
    ),
    "data_structures": (
        "data.structures? lists? listen? listas? listes? tuples? dicts? dictionar(?:y|ies) sets "
        "comprehensions? slic(?:e|es|ing) index(?:es|ing)? collections?"
    ),
    "functions": (
        "functions? funktionen? funci(?:o|ó)n(?:es)? fonctions? parameters? arguments? return.values? "
        "recursion "
        "recursive lambdas?"
    ),
    "objects": (
        "objects? object.oriented oop classes methods? attributes? inheritance inherit(?:ing)? klassen "
        "objekten? clases"
    ),
    "files": "files? csv json dateien archivos fichiers reading.and.writing",
    "errors": (
        "errors? exceptions? try(?:.|/)(?:and.)?except raise raising error.handling handling.errors fehlern?"
    ),
    "libraries": (
        "librar(?:y|ies) imports? importing standard.library packages? datetime math.module modules"
    ),
}
"""Words for each topic, in teaching order; a dot stands for a space, hyphen or underscore."""
_GAP = r"[\s_-]"
_PATTERNS = {
    topic: re.compile(
        rf"(?<![^\W_])(?:{'|'.join(words.replace('.', _GAP).split())})(?![^\W_])", re.IGNORECASE
    )
    for topic, words in _WORDS.items()
}
_HARDER = re.compile(
    r"\b(?:harder|more difficult|more challenging|too easy|challenge me|a challenge|tougher|"
    r"trickier|level up|schwerer|schwieriger|zu leicht|más difícil|plus difficile)\b",
    re.IGNORECASE,
)
_EASIER = re.compile(
    r"\b(?:easier|easy one|something easy|simpler|too hard|too difficult|less difficult|leichter|einfacher|"
    r"zu schwer|más fácil|plus facile)\b",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"\b(?:another|one more|more of (?:that|this|those|these)|again|noch eine?)\b", re.IGNORECASE
)
_COURSEWORK = re.compile(
    r"\b(?:next|assignments?|homework|coursework|due|deadline|hand(?:ed)? in|submit|still open|left to do|"
    r"catch up|missing|hausaufgaben?|nächstes?)\b",
    re.IGNORECASE,
)
_PRACTICE = re.compile(
    r"\b(?:practi[cs]e|practi[cs]ing|another|new|extra|more|give me|make me|üben|übung)\b", re.IGNORECASE
)

Why = Literal["words", "again", "open", "weakest", "first"]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One assignment of the course, as far as choosing goes."""

    assignment: str
    title: str
    topics: tuple[str, ...]
    """What it teaches, the first first; empty where that cannot be told."""
    share: float | None = None
    """Of its points that the student has, practice included, 0 to 1; None without any evidence."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What will be made."""

    topic: str
    difficulty: int
    assignment: str
    """The assignment that it counts for; empty where none teaches the topic."""
    title: str
    """Of that assignment; empty likewise."""
    why: Why


def topics_in(text: str) -> tuple[str, ...]:
    """Topics that `text` names, in the order of their first mention."""
    found = [(match.start(), topic) for topic, words in _PATTERNS.items() if (match := words.search(text))]
    return tuple(topic for _, topic in sorted(found))


def shift_in(text: str) -> int:
    """1 where something harder is asked for, -1 for something easier, else 0."""
    return bool(_HARDER.search(text)) - bool(_EASIER.search(text))


def wants_practice(text: str) -> bool:
    """Whether a wish for something to do is for a new exercise, and not for what the course has next."""
    if shift_in(text) or _PRACTICE.search(text):
        return True
    return not _COURSEWORK.search(text)


def choose(
    text: str,
    course: Sequence[Known],
    *,
    at_hand: str = "",
    last: tuple[str, int] | None = None,
) -> Choice:
    """An exercise for the wish `text`.

    The topic is the one that the words name; else, when they only say another, harder or easier, that of the
    `last` exercise (topic, difficulty); else that of the assignment `at_hand`; else that of the assignment
    with the smallest share of points, of those that have any; else the course's first. The difficulty follows
    from the share of points in that topic; harder and easier go one step from the last exercise's, where that
    was on the same topic.
    """
    topic, why = _topic(text, course, at_hand, last)
    counts = next(
        (each for each in course if each.assignment == at_hand and topic in each.topics),
        next((each for each in course if topic in each.topics), None),
    )
    base = difficulty_for(counts.share if counts is not None else None)
    shift = shift_in(text)
    if shift and last is not None and last[0] == topic:
        base = last[1]
    return Choice(
        topic=topic,
        difficulty=min(max(base + shift, MIN_DIFFICULTY), MAX_DIFFICULTY),
        assignment=counts.assignment if counts is not None else "",
        title=counts.title if counts is not None else "",
        why=why,
    )


def _topic(text: str, course: Sequence[Known], at_hand: str, last: tuple[str, int] | None) -> tuple[str, Why]:
    if named := topics_in(text):
        return named[0], "words"
    if last is not None and (shift_in(text) or _AGAIN.search(text)):
        return last[0], "again"
    taught = [each for each in course if each.topics]
    for each in taught:
        if each.assignment == at_hand:
            return each.topics[0], "open"
    begun = [(each.share, each) for each in taught if each.share is not None]
    if begun:
        # In course order where several are equally weak.
        weakest = min(begun, key=lambda one: one[0])[1]
        return weakest.topics[0], "weakest"
    return (taught[0].topics[0] if taught else next(iter(_WORDS))), "first"


def spoken(topic: str) -> str:
    """A topic as a sentence has it: `control_flow` is "control flow"."""
    return topic.replace("_", " ")
