"""What need not be tried, because it never ends."""

from __future__ import annotations

import pytest

from learnflow_ext.agents.trial import hopeless

NEVER_ENDS = [
    "while True:\n    pass",
    "x = 0\nwhile 1:\n    x += 1\nprint(x)",
    "def total(values):\n    while True:\n        pass",
    "def helper():\n    return 1\n\nwhile True:\n    helper()",
]
MAY_END = [
    "while True:\n    break",
    "def total(values):\n    while True:\n        return 1",
    # It ends with an IndexError, which its tests may want.
    "def first_gap(values):\n    n = 0\n    while True:\n        n += values[n]",
    "def numbers():\n    yield 1\n    while True:\n        pass",
    "def total(values):\n    if not values:\n        return 0\n    while True:\n        pass",
    "if False:\n    while True:\n        pass",
    "raise SystemExit\nwhile True:\n    pass",
    "laps = 0\nwhile laps < 3:\n    lap = laps + 1",
    # Its tests may call the other one.
    "def wait():\n    while True:\n        pass\n\ndef total(values):\n    return sum(values)",
    "while True\n    pass",
    "",
]


@pytest.mark.parametrize("program", NEVER_ENDS)
def test_a_loop_that_nothing_can_leave(program: str) -> None:
    assert hopeless(program)


@pytest.mark.parametrize("program", MAY_END)
def test_whatever_may_end_is_tried(program: str) -> None:
    assert not hopeless(program)
