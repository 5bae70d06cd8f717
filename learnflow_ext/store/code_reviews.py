"""What a review saw in code that was handed in, as a text beside it."""

from __future__ import annotations

import msgspec

from learnflow_ext.contracts.grades import CodeReview

_DECODER = msgspec.json.Decoder(CodeReview)


def encoded(review: CodeReview | None) -> str | None:
    """For `Submission.review`."""
    return None if review is None else msgspec.json.encode(review).decode()


def decoded(text: str | None) -> CodeReview | None:
    """What `encoded` wrote; None for None."""
    return None if text is None else _DECODER.decode(text)
