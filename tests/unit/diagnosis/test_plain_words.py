"""What the library says, in words that a beginner knows."""

from __future__ import annotations

import pytest

from learnflow_ext.diagnosis import diagnose


def cause_of(code: str) -> str:
    namespace: dict[str, object] = {}
    with pytest.raises((NameError, SyntaxError)) as caught:
        exec(compile(code, "<cell>", "exec"), namespace)
    return diagnose(caught.value, code, namespace=namespace, filename="<cell>").cause


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("apples = 3\nprint(aples)", ("`aples`", "`apples`")),
        ("marks = [1]\nfor mark in marks:\n    pass\nprint(mraks)", ("`mraks`", "`marks`")),
        ("def f():\n    apples = 3\n    return aples\nf()", ("`aples`", "`apples`")),
    ],
)
def test_a_similar_name_without_talk_of_scopes(code: str, names: tuple[str, ...]) -> None:
    cause = cause_of(code)
    assert "scope" not in cause
    assert all(name in cause for name in names)


def test_an_open_bracket_is_told_once() -> None:
    cause = cause_of("x = [1, 2\ny = 3")
    assert "opening square bracket `[` on line 1" in cause
    assert cause.count("never closed") == 1
