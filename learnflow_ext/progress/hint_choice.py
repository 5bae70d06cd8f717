"""Which step of the hint ladder to take for an error, from what came of the earlier hints. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

ENOUGH = 12
"""Answers on a rung before it is compared: fewer say nothing."""
_Z = 1.28
TOP = 4


def lower_bound(went_on: int, told: int) -> float:
    """What share surely goes on: the lower end of Wilson's interval at 80 %; 0 of none."""
    if not told:
        return 0.0
    share, z = went_on / told, _Z**2 / told
    spread = _Z * sqrt(share * (1 - share) / told + z / (4 * told))
    return max(0.0, (share + z / 2 - spread) / (1 + z))  # which rounding may take below it


def better_rung(due: int, outcomes: Mapping[int, tuple[int, int]]) -> int:
    """The rung to tell instead of the one that is `due`; `due` itself unless another surely helps more.

    `outcomes` has (told, went on) by rung. No more than one step above what is due is told, so that nobody
    jumps to the end of the ladder because others needed to; the ladder itself stays where it is.
    """
    told, went_on = outcomes.get(due, (0, 0))
    if due < 1 or told < ENOUGH:
        return due
    others = [
        (lower_bound(well, often), -rung)
        for rung, (often, well) in outcomes.items()
        if 1 <= rung <= min(due + 1, TOP) and rung != due and often >= ENOUGH
    ]
    best, rung = max(others, default=(0.0, -due))
    return -rung if best > went_on / told else due
