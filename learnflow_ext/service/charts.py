"""Pictures of numbers: a description in Vega-Lite, a sentence, and the same numbers as a table. Pure.

Colours are named as in the style sheet (`--accent`); `static/charts.js` puts in those of the reader's theme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from learnflow_ext.service.tables import Table

MARKS = ("--mark-0", "--mark-1", "--mark-2", "--mark-3", "--mark-4", "--mark-5")
"""Colours to tell things apart by; a picture has no more kinds of things than these."""
DASHES = ((1, 0), (8, 5), (2, 4), (12, 4, 2, 4), (5, 5), (16, 6))
"""Pixels drawn and left out, for lines; as many as there are colours."""

Row = Mapping[str, str | float]
Spec = Mapping[str, Any]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What a picture is about, when there are several things it could be about."""

    name: str
    """Of the query parameter."""
    label: str
    options: tuple[tuple[str, str], ...]
    """(value, what is read)."""
    chosen: str


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A picture, for who can see it and has scripts, and what everybody else reads instead."""

    name: str
    """Of its place in the page; that of its table, where it has one."""
    title: str
    says: str
    """What is to be seen, in a sentence."""
    spec: Spec
    """Vega-Lite, without data and without a width: it is as wide as its place."""
    rows: tuple[Row, ...]
    """The data; without any there is nothing to draw. `href` is an address below the course's that leads to
    what the mark is made of."""
    table: Table | None = None
    """The same numbers; None where a table of the page below has them."""
    choice: Choice | None = None

    @property
    def drawn(self) -> dict[str, Any]:
        """What the script reads."""
        return {"spec": self.spec, "rows": self.rows}


def axis(title: str | None = None, **more: Any) -> dict[str, Any]:
    """An axis without lines that say nothing; None for what needs no title."""
    return {"title": title, "domain": False, "ticks": False, "labelPadding": 6, **more}


def counted(field: str, title: str, **more: Any) -> dict[str, Any]:
    """An encoding by whole numbers, from 0 to the next round one."""
    steps = axis(title, format=",d", tickMinStep=1, tickCount=5)
    return {"field": field, "type": "quantitative", "scale": {"nice": 5}, "axis": steps, **more}


def colours(kinds: Sequence[str], names: Sequence[str] = MARKS, **legend: Any) -> dict[str, Any]:
    """Which kind has which colour, with a legend above the picture; the field is called `kind`."""
    return {
        "field": "kind",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(kinds), "range": list(names[: len(kinds)])},
        "legend": {"orient": "top", **legend},
    }


def dashes(kinds: Sequence[str], **legend: Any) -> dict[str, Any]:
    """Which kind's line is dashed how; with the same `legend`, one legend says this and `colours`."""
    dashed = [list(each) for each in DASHES[: len(kinds)]]
    return {**colours(kinds, **legend), "scale": {"domain": list(kinds), "range": dashed}}


def told(**fields: str) -> list[dict[str, str]]:
    """What a pointer over a mark shows: field=title."""
    return [{"field": field, "title": title} for field, title in fields.items()]
