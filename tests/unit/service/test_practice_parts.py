"""What a teacher changes of an exercise in a form, part by part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.exercises.exercise import Example
from learnflow_ext.exercises.families import FAMILIES
from learnflow_ext.service.practice_parts import PARTS, parts_of, with_parts

EVERY = [
    family.exercise(level, 3) for families in FAMILIES.values() for family in families for level in (1, 4)
]
ONE = next(each for each in EVERY if each.topic == "functions" and not each.within)


def sent(text: str) -> str:
    """As a browser does."""
    return text.replace("\n", "\r\n") + "\r\n"


def test_what_comes_back_as_it_was_changes_nothing() -> None:
    for exercise in EVERY:
        assert (
            with_parts(exercise, {name: sent(text) for name, text in parts_of(exercise).items()}) is exercise
        )
    assert with_parts(ONE, {}) is ONE


@pytest.mark.parametrize("name", ["visible", "hidden"])
def test_one_more_test_leaves_the_others_as_they_are(name: str) -> None:
    for exercise in EVERY:
        text = parts_of(exercise)[name]
        new = with_parts(exercise, {name: sent(f"{text}\nthree = 3\nassert three == 3")})
        assert parts_of(new)[name] == f"{text}\nthree = 3\nassert three == 3"
        assert getattr(new, name)[-1] == "three = 3\nassert three == 3"
        assert parts_of(replace(new, **{name: getattr(exercise, name)})) == parts_of(exercise)


def test_tests_are_cut_where_python_ends_a_line() -> None:
    first = f"assert one({chr(0x2028)!r} '{chr(0x2028)}{chr(0xC)}') == 1"
    several = "assert one(2) == 2; seven = (\n    7)\nassert one(3) == 3; assert one(4) == 4  # Both."
    new = with_parts(ONE, {"hidden": f"{first}\n{several}"})
    assert new.hidden == (first, several)
    assert with_parts(ONE, {"hidden": ""}).hidden == ()
    assert with_parts(ONE, {"hidden": "# None."}).hidden == ("# None.",)


def test_the_solution_goes_on_below_the_start() -> None:
    new = with_parts(
        ONE,
        {
            "starter": sent('def twice(n):\n    """Give two of it."""'),
            "solution": sent("if n:\n    return n + n\nreturn 0"),
            "examples": sent("twice(2) gives 4\n\n  twice('a') gives 'aa'"),
            "statement": " Twice. ",
        },
    )
    assert new.reference == new.starter + "    if n:\n        return n + n\n    return 0\n"
    assert new.examples == (Example("twice(2)", "4"), Example("twice('a')", "'aa'"))
    assert (new.statement, new.hidden, new.name) == ("Twice.", ONE.hidden, ONE.name)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"hidden": "assert ("}, "The hidden tests cannot be read as Python, line 1."),
        (
            {"visible": "x = 1\nassert x ==\n"},
            "The tests that the student sees cannot be read as Python, line 2.",
        ),
        ({"examples": "twice(2) is 4"}, "Write each example on a line of its own"),
        ({"examples": "twice(2 gives 4"}, "Write each example on a line of its own"),
        ({"statement": "x" * 6_001}, "The statement: at most 6,000 characters."),
        ({"solution": "x" * 24_001}, "The solution: at most 24,000 characters."),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(said: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence.replace("(", r"\(")):
        with_parts(ONE, said)


def test_a_function_that_rules_are_about_keeps_its_name() -> None:
    ruled = next(each for each in EVERY if each.within and "." not in each.within)
    part = parts_of(ruled)["starter"].replace(ruled.within, "something_else")
    with pytest.raises(BadRequest, match="keep that name"):
        with_parts(ruled, {"starter": part})
    assert set(parts_of(ruled)) == set(PARTS)
