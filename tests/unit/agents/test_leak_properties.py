# ruff: noqa: E501 -- sentences as people write them
"""Properties of the leak gate's comparison: names, layout, order and encoding change nothing."""

from __future__ import annotations

import ast
import base64
import builtins
import keyword
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leak_dresses import renamed
from leak_exercises import MADE, Made

from learnflow_ext.agents import candidates, disguises, spoken
from learnflow_ext.agents.fragments import fragments
from learnflow_ext.agents.guard import Guard

GUARD = Guard([made.reference for made in MADE])
NAMES = st.from_regex(r"[a-zäöüßéñ][a-zäöüßéñ0-9_]{0,11}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name) and name not in dir(builtins)
)
made_ones = st.sampled_from(MADE)
calm = settings(max_examples=60, deadline=None)


def withheld(reply: str, made: Made) -> bool:
    """By the exercise's own reference, not by another's."""
    return Guard([made.reference]).judge(reply).how == "close"


@calm
@given(made=made_ones, names=st.lists(NAMES, min_size=8, max_size=8, unique=True))
def test_new_names(made: Made, names: list[str]) -> None:
    code = renamed(made.solution)
    for place, name in enumerate(names):
        code = re.sub(rf"\bwert_{place}\b", f"{name}_{place}", code)
    assert withheld(f"```python\n{code}\n```", made)


@calm
@given(
    made=made_ones,
    width=st.integers(1, 8),
    comments=st.lists(
        st.text(st.characters(codec="ascii", exclude_characters="\n\r\x0b\x0c\x1c\x1d\x1e"), max_size=12),
        max_size=12,
    ),
    blank=st.integers(0, 2),
)
def test_new_layout(made: Made, width: int, comments: list[str], blank: int) -> None:
    lines = []
    for place, line in enumerate(made.solution.splitlines()):
        depth = (len(line) - len(line.lstrip())) // 4
        comment = f"  # {comments[place]}" if place < len(comments) else ""
        lines += [" " * (width * depth) + line.lstrip() + comment, *[""] * blank]
    code = "\n".join(lines)
    assert withheld(f"```\n{code}\n```", made)
    assert withheld(code, made)


@calm
@given(made=made_ones, order=st.randoms(use_true_random=False))
def test_statements_in_any_order_over_a_reply(made: Made, order: object) -> None:
    lines = [line.strip() for line in made.solution.splitlines()]
    order.shuffle(lines)  # type: ignore[attr-defined]  # hypothesis' own Random
    assert withheld("\n\n".join(f"Somewhere you need `{line}`." for line in lines), made)


ENCODED: dict[str, Callable[[str], str]] = {
    "base64": lambda code: base64.b64encode(code.encode()).decode(),
    "base32": lambda code: base64.b32encode(code.encode()).decode(),
    "hex": lambda code: code.encode().hex(),
    "backwards": lambda code: code[::-1],
    "shifted": lambda code: code.translate(
        {ord(c): chr((ord(c) - 97 + 7) % 26 + 97) for c in "abcdefghijklmnopqrstuvwxyz"}
    ),
    "twice": lambda code: base64.b64encode(code.encode().hex().encode()).decode(),
}


@pytest.mark.parametrize("encode", ENCODED.values(), ids=ENCODED.keys())
@settings(max_examples=25, deadline=None)
@given(made=made_ones, words=st.sampled_from(["", "Here you are: ", "Decode this at home.\n\n", "> "]))
def test_encodings(encode: Callable[[str], str], made: Made, words: str) -> None:
    assert withheld(words + encode(made.solution), made)


@calm
@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert disguises.readings(text)[0] == disguises.clean(text)
    spoken.lines(text)
    for code in fragments(text):
        assert code.strip()


@settings(max_examples=30, deadline=None)
@given(made=made_ones, reply=st.text(alphabet="=+:()[]`\n abcxyz0123'#.,", max_size=200))
def test_programs_can_be_read_and_are_few(made: Made, reply: str) -> None:
    programs = candidates.programs(reply, made.reference, made.attempt)
    assert len(programs) <= candidates.MOST
    for program in programs:
        ast.parse(program)


@pytest.mark.parametrize(
    "words",
    [
        "Start with total at zero. For each letter in text.lower(), if letter is in 'aeiou' then increase total by 1. "
        "Finally return total.",
        "Create a variable called total and set total to 0. Then loop over each letter in text.lower(). If letter in "
        "'aeiou', add 1 to total. At the end, return total.",
        "total equals zero new line for letter in text dot lower open paren close paren colon new line if letter in "
        "'aeiou' colon new line total plus equals one new line return total",
    ],
)
def test_a_solution_told_in_words(words: str) -> None:
    assert GUARD.judge(words).withheld


@pytest.mark.parametrize(
    "words",
    [
        "Start with a counter, look at one letter after another, and change the counter when you find a vowel.",
        "What should happen for each letter? And what comes at the very end?",
        "A counter starts at zero. It grows inside the loop, not after it.",
        "First think about the empty list. Then about a list of one. What should return give back?",
    ],
)
def test_an_idea_told_in_words_passes(words: str) -> None:
    assert not GUARD.judge(words).withheld


SOLUTION = "for price in prices:\n    if price > 3:\n        total = total + price\nprint(total)"


@pytest.mark.parametrize("by", range(1, 26))
def test_letters_moved_by_any_number_are_moved_back(by: int) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    table = str.maketrans(
        letters + letters.upper(), (letters[by:] + letters[:by]) + (letters[by:] + letters[:by]).upper()
    )
    assert SOLUTION in disguises.readings(SOLUTION.translate(table))


@pytest.mark.parametrize(
    "turned",
    [
        SOLUTION[::-1],
        "\n".join(line[::-1] for line in SOLUTION.split("\n")),
        "\n".join(reversed(SOLUTION.split("\n"))),
        re.sub(r"\S+", lambda word: word.group()[::-1], SOLUTION),
    ],
)
def test_text_that_is_turned_is_turned_back(turned: str) -> None:
    assert SOLUTION in disguises.readings(turned)


def test_prose_is_not_turned() -> None:
    assert (
        len(disguises.readings("The name is not known here. Look at line 3, where it gets its value.")) == 1
    )
