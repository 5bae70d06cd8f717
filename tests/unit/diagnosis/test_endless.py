"""What is said of a cell that had to be stopped: only what its text proves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.diagnosis.endless import cause


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("n = 3\nwhile n > 0:\n    print(n)", 3, "No line of the loop changes `n`, so it stays that way."),
        ("n = 3\nwhile n > 0:\n    n = n + 1", 3, "makes `n` larger, which takes it further from the end"),
        ("n = 3\nwhile n < 9:\n    n -= 2", 3, "makes `n` smaller, which takes it further from the end"),
        ("while True:\n    x = 1", 2, "always true and it has no `break`"),
        ("while 1:\n    pass", 2, "always true and it has no `break`"),
        ("while True:\n    if x:\n        break", 2, "only when it reaches its `break`"),
        ("def f():\n    while True:\n        return 1", 3, "only when it reaches its `return`"),
        ("name = input('Name? ')", 1, "waiting for somebody to type"),
        ("import time\ntime.sleep(1000)", 2, "pausing on purpose"),
        ("for i in range(10**12):\n    pass", 2, "It may only have needed longer."),
        ("total = sum(range(10**12))", 1, "It may only have needed longer."),
        ("a = 1\nwhile a:\n    while a > 5:\n        a = 0\n    b = 2", 5, "`a` is true"),
        ("while n > 0:\n    n = step(n)", 2, "The loop does change `n`"),
        ("while len(todo) > 0:\n    pass", 2, "goes on as long as `len(todo) > 0` is true"),
    ],
)
def test_says_what_the_loop_waits_for(source: str, line: int, said: str) -> None:
    assert said in cause(source, line)


@pytest.mark.parametrize(
    "body",
    ["n -= 1", "n = n - 1", "items.pop(); n = len(items)", "change(n)", "n.shrink()", "n[0] = 1", "(n := 0)"],
)
def test_never_claims_that_nothing_changes_what_may_change(body: str) -> None:
    said = cause(f"while n > 0:\n    {body}", 2)
    assert "No line" not in said
    assert "further from the end" not in said


def test_a_function_of_ones_own_may_change_the_name_by_stealth() -> None:
    said = cause("while n > 0:\n    step()", 2)
    assert "so it stays that way" not in said


def test_an_inner_loop_that_is_proved_endless_is_the_one_named() -> None:
    source = "while True:\n    k = 0\n    while k < 3:\n        print(k)\n    break"
    assert "line 3" in cause(source, 4)


@pytest.mark.parametrize("source", ["", "while", "while True:", "\x00", "(" * 5_000])
def test_text_that_is_no_program_gets_the_general_answer(source: str) -> None:
    assert cause(source, 1).startswith("You stopped this cell")


@given(st.text(max_size=200), st.integers(-5, 500) | st.none())
def test_always_says_something(source: str, line: int | None) -> None:
    assert cause(source, line).startswith("You stopped this cell")
