"""A composed answer, before the guard has seen it."""

from __future__ import annotations

import msgspec

from learnflow_ext.contracts.help import Citation

MAX_WORDS = 160
"""No answer is longer: beginners stop reading."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """Paragraphs of Markdown in order, the finding first."""

    paragraphs: tuple[str, ...]
    citations: tuple[Citation, ...] = ()
    rung: int = 0
    """Step on the hint ladder, 1-4; 0 where the answer is no hint."""
    weaker: Reply | None = None
    """What to say when this is withheld: the rung below. None when there is nothing below."""

    @property
    def text(self) -> str:
        """All of it."""
        return "\n\n".join(self.paragraphs)


def words(markdown: str) -> int:
    """How many words a reader meets, code included."""
    return len(markdown.split())


def fitting(paragraphs: tuple[str, ...], limit: int = MAX_WORDS) -> tuple[str, ...]:
    """The leading paragraphs that stay within `limit` words together; always at least the first."""
    kept: list[str] = []
    used = 0
    for paragraph in paragraphs:
        used += words(paragraph)
        if kept and used > limit:
            break
        kept.append(paragraph)
    return tuple(kept)
