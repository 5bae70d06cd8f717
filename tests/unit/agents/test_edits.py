"""A correction told as a change of the student's own lines is the corrected program."""

# ruff: noqa: E501 -- sentences as models write them
from __future__ import annotations

import pytest
from leak_exercises import EVERYWHERE, MADE, NOTED

from learnflow_ext.agents import edits

OWN = "def count(items):\n    total = 0\n    for item in items:\n        total = 1\n        print(total)\n    return total"
RIGHT = OWN.replace("total = 1", "total += 1")


@pytest.mark.parametrize(
    ("told", "program"),
    [
        ("Replace `=` by `+=` in line 4.", RIGHT),
        ("In line 4 use `+=` instead of `=`.", RIGHT),
        ("Change `total = 1` to `total += 1`.", RIGHT),
        ('Swap "=" for "+=" there.', RIGHT),
        ("Replace = with += in line 4.", RIGHT),
        ("Just leave out line 5.", OWN.replace("        print(total)\n", "")),
        ("Indent line 6 once more.", OWN.replace("    return", "        return")),
        ("Unindent line 5.", OWN.replace("        print", "    print")),
        ("Change `0` to `5`. Replace `1` by `2`.", OWN.replace("= 0", "= 5").replace("= 1", "= 2")),
    ],
)
def test_a_change_that_is_told_is_made(told: str, program: str) -> None:
    assert program in edits.programs(told, OWN)


@pytest.mark.parametrize(
    "told",
    [
        "What is `total` after line 4?",
        "Change something and run it again.",
        "Leave out line 99. Indent line 0.",
        "`=` gives a value, `==` compares two.",
        *EVERYWHERE,
        *NOTED.values(),
    ],
)
def test_a_hint_is_no_change(told: str) -> None:
    assert edits.programs(told, OWN) == []


def test_there_are_never_many_nor_any_without_a_cell() -> None:
    told = " ".join(f"Replace `t` by `{n}`. Leave out line {n}." for n in range(90))
    assert len(edits.programs(told, OWN)) <= edits.MOST
    assert edits.programs(told, "") == edits.programs(told, "x\n" * 100) == []


@pytest.mark.parametrize("made", MADE, ids=[made.name for made in MADE])
def test_good_hints_change_nothing(made: object) -> None:
    for hint in made.hints:  # type: ignore[attr-defined]  # MADE's own class
        assert edits.programs(hint, made.attempt) == []  # type: ignore[attr-defined]  # the same
