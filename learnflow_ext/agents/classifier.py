"""A small linear classifier: words, word pairs, letter groups, and kinds of words.

The letter groups are what makes it good at misspelt messages, the kinds (`triage_words.txt`) at words and
languages it never learnt. A long message is read sentence by sentence: how much each of them counts follows
from what it looks like (`asking`), and that is learnt as well. The weights ship with the package, learnt by
`learnflow_ext.agents.learning`. It has no random parts, takes a few milliseconds for the longest message, and
says how sure it is.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from learnflow_ext.agents.asking import ASKING, STATEMENT, sentences, without_statement
from learnflow_ext.agents.word_kinds import kinds_of, plain_words, simplified, without_courtesies

LONG = 20
"""Words: a longer message is read sentence by sentence."""
LOUD = 1.5
"""How much more the words of a long message say together than those of a short one."""
EVEN = 0.2
"""The share that all sentences of a long message have alike, whatever they look like."""
DOUBT = 0.4
"""How much confidence a message of nothing but unknown words loses."""

_WORD = re.compile(r"[^\W_]+|==|//|[%=]")
_LITTLE = frozenset(
    "a about all also am an and any are as at be been but by could for from had has have he her his i if"
    " in into is"
    " it its just like me of on one only or our out please pls she should so some than that the their"
    " them then"
    " there these they this to too up us very was we were which will with would you your der die das und"
    " ich ist ein"
    " eine le la les et je un une el los y de il lo e".split()
)


class Part(NamedTuple):
    """A sentence of a long message, or the whole of a short one."""

    features: dict[str, float]
    """Of length 1; empty for one without letters."""
    looks: frozenset[str]
    """As `asking` names them, and the kinds of its words; empty for a short message."""


class Message(NamedTuple):
    """What the classifier sees of a message."""

    parts: tuple[Part, ...]
    """One for a short message, at least one."""
    whole: dict[str, float]
    """Features of the message as such; empty for a short one."""


def message(text: str) -> Message:
    """Read `text`; without letters it has one part without features."""
    simple = simplified(text)
    plain = without_courtesies(without_statement(simple))
    words = _words(plain)
    if len(words) <= LONG:
        return Message((Part(_unit(_features(words)), frozenset()),), {})
    told, code = sentences(plain)
    parts, kinds = [], set[str]()
    for sentence in told:
        words = _words(sentence.text)
        own = kinds_of(words)
        kinds |= own
        asks = sentence.looks & ASKING
        found = [*_features(words)]
        if asks:
            found += [(f"a:{kind}", 0.3) for kind in sorted(own)]
        if "question" in asks:
            found.append(("m:question", 0.6))
        parts.append(Part(_unit(found), sentence.looks | {f"k:{kind}" for kind in own}))
    whole = {f"d:{kind}": 0.05 for kind in sorted(kinds)}
    if code:
        whole["m:code"] = 1.0
    if STATEMENT in plain:
        whole["m:statement"] = 1.0
    return Message(tuple(parts) or (Part({}, frozenset()),), whole)


def shares(read: Message, looks: Mapping[str, float]) -> list[float]:
    """How much of the message each part is, adding up to 1, by what its looks weigh."""
    return softmax([sum(looks.get(look, 0.0) for look in sorted(part.looks)) for part in read.parts])


def joined(read: Message, weighed: Sequence[float]) -> tuple[dict[str, float], float]:
    """The features of all parts, each with its share, and what they were multiplied with to be this loud."""
    if len(read.parts) == 1 and not read.whole:
        return read.parts[0].features, 1.0
    found: dict[str, float] = defaultdict(float, read.whole)
    for part, share in zip(read.parts, weighed, strict=True):
        share = (1 - EVEN) * share + EVEN / len(read.parts)
        for feature, weight in part.features.items():
            found[feature] += share * weight
    scale = LOUD / (_length(found) or 1.0)
    return {feature: scale * weight for feature, weight in found.items()}, scale


def _features(words: list[str]) -> Iterator[tuple[str, float]]:
    for word in words:
        yield f"w:{word}", 0.2 if word in _LITTLE else 1.0
        padded = f"^{word}$"
        if len(word) >= 4:
            for start in range(len(padded) - 3):
                yield f"g:{padded[start : start + 4]}", 0.25
    for first, second in zip(["^", *words], [*words, "$"], strict=True):
        yield f"p:{first} {second}", 0.3 if first in _LITTLE and second in _LITTLE else 0.9
    kinds = sorted(kinds_of(words))
    for kind in kinds or ["none"] * bool(words):
        yield f"k:{kind}", 1.2
    for first, second in combinations(kinds, 2):
        yield f"k:{first}+{second}", 0.5


def _unit(found: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The features with their weights added up, of length 1; empty for none."""
    added: dict[str, float] = defaultdict(float)
    for feature, weight in found:
        added[feature] += weight
    length = _length(added)
    return {feature: weight / length for feature, weight in added.items()}


def _length(found: Mapping[str, float]) -> float:
    return math.sqrt(sum(weight * weight for weight in found.values()))


class Classifier:
    """Labels messages. Made once from learnt weights, then only read."""

    def __init__(
        self, labels: Sequence[str], weights: Mapping[str, Sequence[float]], looks: Mapping[str, float]
    ) -> None:
        """`weights` has, by feature, one number for each of the labels; `looks` one for each look."""
        self._labels = tuple(labels)
        self._weights = weights
        self._looks = looks

    def rank(self, text: str) -> list[tuple[str, float]]:
        """(label, confidence), the likeliest first; all alike when no part of the message was ever seen.

        Confidences add up to 1, or to less the more of the words are new.
        """
        scores = [0.0] * len(self._labels)
        read = message(text)
        for feature, value in joined(read, shares(read, self._looks))[0].items():
            for place, weight in enumerate(self._weights.get(feature, ())):
                scores[place] += weight * value
        confidence = softmax(scores)
        # Of words that were never seen nobody knows what they mean.
        sure = 1 - DOUBT * (1 - self._familiar(text))
        return sorted(
            ((label, sure * share) for label, share in zip(self._labels, confidence, strict=True)),
            key=lambda pair: (-pair[1], pair[0]),
        )

    def _familiar(self, text: str) -> float:
        """The share of a message's words that the examples or the lists of words have, 0 to 1."""
        words = _words(without_courtesies(simplified(text)))[-LONG:]
        known = sum(f"w:{word}" in self._weights or bool(kinds_of([word])) for word in words)
        return known / len(words) if words else 0.0


def softmax(scores: Sequence[float]) -> list[float]:
    """Shares that add up to 1."""
    top = max(scores)
    raised = [math.exp(score - top) for score in scores]
    whole = sum(raised)
    return [each / whole for each in raised]


def _words(plain: str) -> list[str]:
    return _WORD.findall(plain_words(plain))
