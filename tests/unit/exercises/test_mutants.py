"""Small changes of a program: each is a program, and each differs from it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

import pytest

from learnflow_ext.exercises import gate
from learnflow_ext.exercises.edits import Edit, applied
from learnflow_ext.exercises.mutants import mutants

PROGRAM = """
def position(x, seq):
    if seq == [] or not x:
        return 0
    best = 0
    for i in range(len(seq) - 1):
        if seq[i] < x <= seq[i + 1] and True:
            best += i
            print(best)
        else:
            return len(seq)
    best = best * 2
"""


def texts(program: str, *, wider: bool) -> list[str]:
    part = ast.parse(program).body[0]
    return [
        ast.unparse(ast.fix_missing_locations(applied(part, each))) for each in mutants(part, wider=wider)
    ]


@pytest.mark.parametrize("wider", [False, True])
def test_each_is_a_program_that_differs(wider: bool) -> None:
    own = ast.unparse(ast.parse(PROGRAM))
    found = texts(PROGRAM, wider=wider)
    assert len(found) > 40
    for text in found:
        compile(text, "<mutant>", "exec")
        assert text != own


@pytest.mark.parametrize(
    "change",
    [
        "range(len(seq) - 2)",
        "seq[i] <= x <= seq[i + 1]",
        "seq[i] < x < seq[i + 1]",
        "seq == [] and (not x)",
        "if not seq or not x:",
        "best -= i",
        "return best",
        "for i in range(len(seq) - 1 + 1):",
    ],
)
def test_slips_that_people_make_are_among_them(change: str) -> None:
    assert any(change in text for text in texts(PROGRAM, wider=True)), change


def test_wider_ones_move_a_return_out_of_its_loop() -> None:
    program = (
        "def f(a):\n    for x in a:\n        if x:\n            return True\n"
        "        else:\n            return False\n"
    )
    emptied = "\n        else:\n            pass"
    moved = "def f(a):\n    for x in a:\n        if x:\n            return True\n    return False"
    found = [text.replace(emptied, "") for text in texts(program, wider=True)]
    assert moved in found


def test_a_long_program_keeps_nobody_waiting_for_what_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the trees are made nothing stops their thread."""
    made = []

    def counted(tree: ast.AST, edits: Iterable[Edit]) -> ast.AST:
        made.append(edits)
        return applied(tree, edits)

    monkeypatch.setattr(gate, "applied", counted)
    long = "def f(a):\n" + "".join(f"    a = a + {number}\n" for number in range(300)) + "    return a\n"
    assert len(list(mutants(ast.parse(long)))) > 800
    assert len(gate.mutated(long)) == 400 and len(made) < 500
