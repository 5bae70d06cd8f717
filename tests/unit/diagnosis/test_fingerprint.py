"""When two errors are the same slip, and two cells the same attempt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.diagnosis.fingerprint import attempt_of, construct, fingerprint, normalised


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("name 'totl' is not defined", "name 'avrage' is not defined. Did you mean: 'average'?"),
        ("invalid literal for int() with base 10: 'x'", "invalid literal for int() with base 10: '3.5'"),
        (
            "area() missing 1 required positional argument: 'h'",
            "f() missing 2 required positional argument: 'x'",
        ),
        ("too many values to unpack (expected 2)", "too many values to unpack (expected 3)"),
        ("No such file or directory: '/home/ada/x.txt'", "No such file or directory: 'birds.csv'"),
        ("invalid syntax (cell.py, line 3)", "invalid syntax"),
    ],
)
def test_the_students_own_words_do_not_count(one: str, other: str) -> None:
    assert fingerprint("E", one).key == fingerprint("E", other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('can only concatenate str (not "int") to str', 'can only concatenate str (not "list") to str'),
        ("'int' object is not callable", "'str' object is not callable"),
        ("expected ':'", "expected '('"),
        ("int() argument must be a string", "float() argument must be a string"),
        ("'return' outside function", "'break' outside function"),
    ],
)
def test_pythons_own_words_do(one: str, other: str) -> None:
    assert fingerprint("E", one).key != fingerprint("E", other).key


def test_class_and_construct_count() -> None:
    same = fingerprint("TypeError", "m", "for i in n:")
    assert same == fingerprint("TypeError", "m", "    for bird in birds:")
    assert same.key != fingerprint("ValueError", "m", "for i in n:").key
    assert same.key != fingerprint("TypeError", "m", "x = n").key


def test_it_is_the_same_in_every_version() -> None:
    """Counts of years hang on it: whoever changes how it is made must migrate them."""
    found = fingerprint("NameError", "name 'x' is not defined", "print(x)")
    assert (found.message, found.construct) == ("name … is not defined", "print")
    assert found.key == "88a3e9c71cdf0f7b"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("for i in 5:", "for"),
        ("while True", "while"),
        ("elif x:", "condition"),
        ("def f(:", "definition"),
        ("x = y", "assignment"),
        ("x += 1", "change"),
        ("items[3] = 2", "item"),
        ("items[3]", "item"),
        ("print(x)", "print"),
        ("f(a=1)", "call"),
        ("return x", "return"),
        ("assert x == 3", "check"),
        ("x == 3", "other"),
        ("", "other"),
    ],
)
def test_constructs(line: str, kind: str) -> None:
    assert construct(line) == kind


@given(st.text(max_size=300), st.text(max_size=2_000), st.text(max_size=400))
def test_any_text_has_a_short_pattern(exception: str, message: str, line: str) -> None:
    found = fingerprint(exception, message, line)
    assert len(found.key) == 16
    assert len(found.message) <= 200
    assert normalised(message) == found.message


class TestAttempts:
    @pytest.mark.parametrize("same", ["x = 1\n\n", "x  =  1", "# hm\nx = 1", "x = 1  # hm", "\nx = 1   "])
    def test_layout_is_none(self, same: str) -> None:
        assert attempt_of(same) == attempt_of("x = 1")

    @pytest.mark.parametrize("other", ["x = 2", "y = 1", "x = 1\ny", "    x = 1", "x = '1'"])
    def test_every_other_change_is_one(self, other: str) -> None:
        assert attempt_of(other) != attempt_of("x = 1")

    @pytest.mark.parametrize("nothing", ["", "\n \n", "# only words"])
    def test_nothing_has_no_name(self, nothing: str) -> None:
        assert attempt_of(nothing) == ""
