from __future__ import annotations

import math
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learnflow_kernels.variables import MAX_VALUE, MAX_VARIABLES, describe, names_in, short_value, type_name


class Hostile:
    """Every way of looking at it goes wrong."""

    def __repr__(self) -> str:
        raise SystemExit("looked at")

    __str__ = __repr__

    def __len__(self) -> int:
        raise SystemExit("counted")

    def __getattribute__(self, name: str) -> Any:
        raise SystemExit(name)


class Shouting(list[int]):
    """A list that is more than one."""

    def __repr__(self) -> str:
        raise SystemExit("looked at")


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    max_leaves=40,
)


@given(json_like)
def test_values_are_short_whatever_they_are(value: object) -> None:
    (found,) = describe("value", {"value": value})
    assert len(found.value) <= MAX_VALUE
    assert "\n" not in found.value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        (3, "3"),
        ("a'b", '"a\'b"'),
        ([1, "x"], "[1, 'x']"),
        ((1,), "(1,)"),
        ({1: [2]}, "{1: [2]}"),
        (set(), "set()"),
        (frozenset({1}), "frozenset({1})"),
        (list(range(20)), "[0, 1, 2, 3, 4, 5, 6, 7, …]"),
        ([[[[1]]]], "[[[…]]]"),
        (len, "the function len"),
        (dict, "the class dict"),
        (range(3), "range(0, 3)"),
    ],
)
def test_what_values_look_like(value: object, shown: str) -> None:
    assert short_value(value) == shown


def test_a_number_too_long_to_write_tells_its_digits() -> None:
    assert short_value(10**5000) == "a whole number of about 5001 digits"


def test_long_text_tells_its_length() -> None:
    assert "(100000 long)" in short_value("x" * 100_000)


def test_no_code_of_the_students_runs() -> None:
    assert short_value(Hostile()) == "a Hostile object"
    assert short_value(Shouting([1])) == "a Shouting object"
    assert short_value([Hostile()]) == "[a Hostile object]"
    assert type_name(Hostile()) == "Hostile"


def test_a_list_that_holds_itself() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert short_value(loop) == "[[[…]]]"


def test_arrays_show_their_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    class Array:
        shape = (2, 3)

    library = type(sys)("numpy")
    library.__dict__["ndarray"] = Array
    monkeypatch.setitem(sys.modules, "numpy", library)
    assert short_value(Array()) == "shape (2, 3)"


class TestNames:
    @pytest.mark.parametrize(
        ("line", "names"),
        [
            ("total = total + price[i]", ["total", "price", "i"]),
            ("while count < limit:", ["count", "limit"]),
            ("elif kind == 3:", ["kind"]),
            ("return x", ["x"]),
            ("print(", []),
            ("", []),
        ],
    )
    def test_names_of_a_line(self, line: str, names: list[str]) -> None:
        assert [name for name in names_in(line) if name != "print"] == names

    def test_modules_and_unknown_names_are_left_out(self) -> None:
        assert [item.name for item in describe("math.sqrt(x) + y", {"math": math, "x": 4})] == ["x"]

    def test_not_too_many(self) -> None:
        names = {f"v{number}": number for number in range(50)}
        assert len(describe(" + ".join(names), names)) == MAX_VARIABLES
