"""Texts from outside, made fit to be stored: they may be endless, or hold what a database refuses."""

from __future__ import annotations

NAME = 255
"""Characters of a name: user, course, assignment, exercise."""
PATH = 1_000
LINE = 300
"""Characters of a short message."""
QUESTION = 8_000
ANSWER = 20_000
DATA = 200_000
"""Characters of an event's data as JSON: above the worst case of the fields it may have."""

ELLIPSIS = "…"


def clip(text: str, limit: int) -> str:
    """`text` with at most `limit` characters, cut with an ellipsis.

    NUL and lone surrogates become U+FFFD: PostgreSQL refuses the first, UTF-8 the second.
    """
    if len(text) > limit:
        text = text[: limit - 1] + ELLIPSIS
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
