"""Where in a long message the request stands: a story may take ten sentences to one that asks.

Pure; works on `simplified` text, in whatever language as far as punctuation goes.
"""

from __future__ import annotations

import re

ASKS = 1.0
"""The weight of a sentence that asks, orders or wishes."""
TELLS = 0.35
"""That of one that only tells."""
CLOSES = 0.25
"""More for the last one, where the request often stands without a sign."""

_END = re.compile(r"(?<=[.!?…;])\s+|\n+")
_ASKS = re.compile(
    r"\?"
    r"|\b(?:can|could|would|will|may|might) (?:you|u|i|we|it|somebody|someone)\b"
    r"|\b(?:please|kindly|pls|plz)\b"
    r"|\bi (?:would|want|wish|need|should|have to|only|just|wonder|am wondering|like to)\b"
    r"|\bid (?:like|love)\b"
    r"|\b(?:tell|show|give|send|explain|write|let|gimme|lets|hit|set) (?:me|us|it)\b"
)


def weighted(text: str) -> list[tuple[str, float]]:
    """(sentence, weight) in order; empty for a text without any."""
    sentences = [each for each in _END.split(text) if re.search(r"\w", each)]
    found = [(each, ASKS if _ASKS.search(each) else TELLS) for each in sentences]
    if found:
        last, weight = found[-1]
        found[-1] = (last, weight + CLOSES)
    return found
