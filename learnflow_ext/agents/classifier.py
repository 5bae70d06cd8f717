"""A small bag-of-words classifier: naive Bayes over words, word pairs and letter groups.

The letter groups are what makes it good at misspelt messages. It is exact, has no random parts, learns its
few
hundred messages in some milliseconds, and says how sure it is.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

_WORD = re.compile(r"[a-z0-9]+|==|//|[%=]")
_REPEATED = re.compile(r"(.)\1{2,}")


def simplified(text: str) -> str:
    """Lower case, no accents, no apostrophes, `heeeelp` as `heelp`."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _REPEATED.sub(r"\1\1", bare.replace("'", "").replace("’", ""))  # noqa: RUF001 -- phones type it


def features(text: str) -> Iterator[tuple[str, float]]:
    """(feature, weight) of a message; nothing for one without letters."""
    words = _WORD.findall(simplified(text))
    for word in words:
        yield f"w:{word}", 1.0
        padded = f"^{word}$"
        if len(word) >= 4:
            for start in range(len(padded) - 3):
                yield f"g:{padded[start : start + 4]}", 0.25
    for first, second in zip(["^", *words], [*words, "$"], strict=True):
        yield f"p:{first} {second}", 0.7


class Classifier:
    """Labels messages. Made once from examples, then only read."""

    SMOOTHING = 0.25
    DOUBT = 0.4
    """How much confidence a message of nothing but unknown words loses."""

    def __init__(self, examples: Iterable[tuple[str, str]]) -> None:
        """`examples` are (label, message). At least two labels, or there is nothing to tell apart."""
        counts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for label, message in examples:
            for feature, weight in features(message):
                counts[label][feature] += weight
        self._counts = {label: dict(counter) for label, counter in counts.items()}
        self._vocabulary = {feature for counter in counts.values() for feature in counter}
        self._totals = {label: float(sum(counter.values())) for label, counter in counts.items()}

    def rank(self, message: str) -> list[tuple[str, float]]:
        """(label, confidence), the likeliest first; all alike when no part of the message was ever seen.

        Confidences add up to 1, or to less the more of the words are new.
        """
        seen = [(feature, weight) for feature, weight in features(message) if feature in self._vocabulary]
        size = len(self._vocabulary)
        logs = {}
        for label, counter in self._counts.items():
            total = self._totals[label] + self.SMOOTHING * size
            logs[label] = sum(
                weight * math.log((counter.get(feature, 0.0) + self.SMOOTHING) / total)
                for feature, weight in seen
            )
        top = max(logs.values())
        shares = {label: math.exp(value - top) for label, value in logs.items()}
        whole = sum(shares.values())
        # Of words that were never seen nobody knows what they mean.
        sure = 1 - self.DOUBT * (1 - self._familiar(message))
        return sorted(
            ((label, sure * share / whole) for label, share in shares.items()),
            key=lambda pair: (-pair[1], pair[0]),
        )

    def _familiar(self, message: str) -> float:
        """The share of a message's words that the examples have, 0 to 1."""
        words = _WORD.findall(simplified(message))
        return sum(f"w:{word}" in self._vocabulary for word in words) / len(words) if words else 0.0
