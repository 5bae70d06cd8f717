"""A small linear classifier: words, word pairs, letter groups, and kinds of words.

The letter groups are what makes it good at misspelt messages, the kinds (`triage_words.txt`) at words and
languages it never learnt. Its weights ship with the package, learnt from `triage_examples.txt` by
`learnflow_ext.agents.learning`. It has no random parts, takes less than a millisecond, and says how sure it
is.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from learnflow_ext.agents.asking import weighted
from learnflow_ext.agents.word_kinds import kinds_of, plain_words, simplified, without_courtesies

LONG = 20
"""Words: of a longer message the sentences that ask for something count more than those that tell."""
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


def features(text: str) -> Iterator[tuple[str, float]]:
    """(feature, weight) of a message; nothing for one without letters."""
    plain = without_courtesies(simplified(text))
    words = _words(plain)
    if len(words) <= LONG:
        yield from _features(words)
        return
    for sentence, share in weighted(plain):
        for feature, weight in _features(_words(sentence)):
            yield feature, share * weight


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


def vector(text: str) -> dict[str, float]:
    """The features with their weights added up, of length 1; empty for a message without letters."""
    found: dict[str, float] = defaultdict(float)
    for feature, weight in features(text):
        found[feature] += weight
    length = math.sqrt(sum(weight * weight for weight in found.values()))
    return {feature: weight / length for feature, weight in found.items()}


class Classifier:
    """Labels messages. Made once from learnt weights, then only read."""

    def __init__(self, labels: Sequence[str], weights: Mapping[str, Sequence[float]]) -> None:
        """`weights` has, by feature, one number for each of the labels."""
        self._labels = tuple(labels)
        self._weights = weights

    def rank(self, message: str) -> list[tuple[str, float]]:
        """(label, confidence), the likeliest first; all alike when no part of the message was ever seen.

        Confidences add up to 1, or to less the more of the words are new.
        """
        scores = [0.0] * len(self._labels)
        for feature, value in vector(message).items():
            for place, weight in enumerate(self._weights.get(feature, ())):
                scores[place] += weight * value
        shares = softmax(scores)
        # Of words that were never seen nobody knows what they mean.
        sure = 1 - DOUBT * (1 - self._familiar(message))
        return sorted(
            ((label, sure * share) for label, share in zip(self._labels, shares, strict=True)),
            key=lambda pair: (-pair[1], pair[0]),
        )

    def _familiar(self, message: str) -> float:
        """The share of a message's words that the examples or the lists of words have, 0 to 1."""
        words = _words(without_courtesies(simplified(message)))[-LONG:]
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
