"""Programs that Python cannot read, and what they were probably meant to be."""

from __future__ import annotations

import ast

import pytest

from learnflow_ext.exercises.recovery import readings


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("def f(x)\n    return x\n", 1),
        ("def f(x):\n    if x = 1:\n        return x\n", 2),
        ("def f(x):\n    print(x\n    return x\n", 2),
        ("def f(x):\nreturn x\n", 2),
        ("def f(x):\n    if x:\n        return 1\n    else if x > 2:\n        return 2\n", 4),
        ("def f(x):\n    return x)\n", 2),
        ("def f(x):\n    return 'a\n", 2),
        ("def f(x):\n    y = 1\n      return y\n", 3),
    ],
    ids=[
        "colon",
        "one equals sign",
        "bracket",
        "indent",
        "else if",
        "too many brackets",
        "quote",
        "too far in",
    ],
)
def test_one_change_makes_it_readable(source: str, line: int) -> None:
    found = readings(source)
    assert found and found[0][1] == line
    for text, _ in found:
        ast.parse(text)
        assert len(text.splitlines()) == len(source.splitlines()), "lines keep their numbers"


@pytest.mark.parametrize("source", ["x = 1\n", "", "\x00", "((((\n" * 40, "def f(:\n  ???\n ???\n"])
def test_what_is_fine_or_hopeless_gives_none(source: str) -> None:
    assert all(ast.parse(text) for text, _ in readings(source))
    if source in ("x = 1\n", ""):
        assert readings(source) == []
