"""One observation about a student's code."""

from __future__ import annotations

import msgspec


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """One observation. `why` and `question` are Markdown, with the student's names in code spans."""

    kind: str
    """Stable: `unused-name`, `shadowed-builtin`, ..."""
    line: int
    """From 1."""
    why: str
    question: str
    slip: bool
    """True for what is probably wrong, false for what could be clearer."""
    weight: int
    """How much it matters for learning; higher first."""
    rule: str = ""
    """Ruff's code, such as `B006`; empty for what we see ourselves."""
