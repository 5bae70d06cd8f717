"""The exercise to try next: hard enough to learn from, easy enough to succeed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

GOOD_CHANCE = 0.7
"""Of success: there, effort pays (Wilson et al. 2019 put it at 0.85 for machines; people give up sooner)."""
READY = 0.4
"""P(known) of a topic below which the next topic waits."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An exercise that could come next."""

    topic: str
    """The assignment it is in."""
    name: str
    chance: float
    """P(correct), 0 to 1."""
    known: float
    """P(known) of its topic."""
    begun: bool = True
    """Whether the student has answers in its topic: without any, `known` says what others knew before."""
    solved: bool = False
    notebook: str = ""
    """Where it is."""


def next_best(choices: Sequence[Choice]) -> Choice | None:
    """Of `choices`, in course order, the one to do next; None when all are solved.

    Topics come in order: a later one only once all earlier open ones are begun and known well enough. Within
    reach, the chance nearest to `GOOD_CHANCE` wins, then the course's order.
    """
    reach: list[Choice] = []
    blocked_by = ""
    for choice in choices:
        if choice.solved:
            continue
        if blocked_by and choice.topic != blocked_by:
            break
        reach.append(choice)
        if not choice.begun or choice.known < READY:
            blocked_by = choice.topic
    return min(reach, key=lambda choice: abs(choice.chance - GOOD_CHANCE), default=None)
