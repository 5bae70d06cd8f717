"""What the text of an exercise says of its calls, and what only looks so."""

from __future__ import annotations

import pytest

from learnflow_ext.exercises.claims import claims
from learnflow_ext.exercises.exercise import Exercise

REST = (
    "class TooLong(ValueError):\n    pass\n\n\nclass Pair(Pair):\n    pass\n\n\n"
    'def cut(text, list):\n    """Cut it.{}"""\n'
)


def said(statement: str, docstring: str = "") -> list[str]:
    starter = REST.format(docstring)
    exercise = Exercise(
        name="cut",
        topic="basics",
        difficulty=1,
        title="Cut",
        statement=statement,
        examples=(),
        starter=starter,
        reference=f"{starter}    return text, list\n",
        visible=(),
        hidden=(),
    )
    return claims(exercise)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("`cut(2, 1)` gives `2, 1`.", "cut(2, 1) == (2, 1)"),
        ("cut(2, 1) gives (2, 1).", "cut(2, 1) == (2, 1)"),
        ("- cut(2, 1) is [1, [2]], as you see", "cut(2, 1) == [1, [2]]"),
        ("So cut('a',\n'(') returns 'a b'.", "cut('a', '(') == 'a b'"),
        ("cut(2, 1) -> 3\nAnd so on.", "cut(2, 1) == 3"),
        ("(cut(2, 1) == -2.5)", "cut(2, 1) == -2.5"),
        ("Nothing but this: cut(2, 1) is True", "cut(2, 1) == True"),
        ("```\nprint(cut(2, 1))  # 3\n```", "str(cut(2, 1)) == str(3)"),
        ("```\nprint(cut(2, 1))  # [3]\n```", "cut(2, 1) == ([3])"),
        (">>> print(cut(2, 1))\na b\n", "str(cut(2, 1)) == 'a b'"),
        ("`cut(2, 1)` is `Pair()`", "cut(2, 1) == (Pair())"),
        ("`cut(2, 1)` is `set()`", "cut(2, 1) == (set())"),
    ],
)
def test_it_is_asked_wherever_it_stands(text: str, claim: str) -> None:
    for found in (said(text), said("Cut it.", f"\n\n{text}\n")):
        assert [each.replace("((2, 1))", "(2, 1)") for each in found] == [f"assert {claim}"]


@pytest.mark.parametrize(
    "text",
    [
        "`cut('', 0)` gives `ValueError`.",
        "`cut('', 0)` gives `ValueError('too long')`.",
        "`cut('', 0)` gives `TooLong('too long')`.",
        "| `cut('', 0)` | `raise ValueError` |",
        "| `cut('', 0)` | `int` | `Pair` |",
        "| `cut('', 0)` | `cut(0, '')` |\n|---|---|\n| `1` | `2` |",
        "`cut(list, 0)` gives `list[0]`.",
        "cut(2, 1) is 2 more than the other.",
        "cut(2, 1) is 2\nmore than the other.",
        "cut(2, 1) is not 2.",
        "5 + cut(2, 1) is 7.",
        "cut(text, 1) is 7.",
        "cut(2, 1).upper() is 7.",
        "```\nprint(cut(2, 1), 3)  # 3\nprint('a')  # 'a'\n```",
        "cut(text) -> str",
    ],
)
def test_what_says_nothing_of_a_call_is_not_asked(text: str) -> None:
    assert said(text) == [] == said("Cut it.", f"\n\n{text}\n")


def test_a_step_of_a_session_says_what_stands_below_it() -> None:
    assert said("Cut it.", "\n\n>>> cut(2, 1) == 3\nFalse\n") == ["assert (cut(2, 1) == 3) == (False)"]
