"""Patterns of errors that were asked about, and which hint got people on."""

from __future__ import annotations

from urllib.parse import urlencode

from learnflow_ext.service import words
from learnflow_ext.service.tables import Cell, Field, Sheet
from learnflow_ext.service.views.cells import percent
from learnflow_ext.store.patterns import Pattern


def pattern_text(pattern: Pattern) -> str:
    """A pattern in a few words: class, message without anybody's names, kind of statement."""
    where = f" ({pattern.construct})" if pattern.construct not in ("", "other") else ""
    return f"{pattern.exception or 'an error'}: {words.quote(pattern.message)}{where}"


def _went_on(pattern: Pattern) -> str:
    return percent(pattern.went_on / pattern.asked) if pattern.asked else ""


def _asked(pattern: Pattern) -> str:
    """What was asked about it, with the answers."""
    return f"conversations?{urlencode({'pattern': pattern.key})}"


def _by_hint(pattern: Pattern) -> str:
    return ", ".join(
        f"{f'step {rung}' if rung else 'no step'}: {tried.went_on} of {tried.told}"
        for rung, tried in sorted(pattern.rungs.items())
    )


ASKED_ABOUT = Sheet[Pattern](
    name="patterns",
    title="What was asked about, by pattern",
    empty="Nobody has asked about an error in the last seven days.",
    fields=(
        Field("Pattern", pattern_text),
        Field("Called", lambda one: one.name),
        Field("Explained", lambda one: "by a rule" if one.known else "by nothing yet"),
        Field("Students", lambda one: Cell(str(one.students), _asked(one)), "number"),
        Field("Asked", lambda one: Cell(str(one.asked), _asked(one)), "number"),
        Field("Went on, %", lambda one: Cell(_went_on(one), _asked(one)), "number"),
        Field("Hint by hint", _by_hint, "long"),
    ),
)
