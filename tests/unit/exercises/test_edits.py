"""Edits between programs: all of them lead from one to the other, none of them changes nothing, any may
be left.
"""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnflow_ext.exercises.edits import Difference, applied, total
from learnflow_ext.exercises.trees import key, size

PROGRAMS = [
    "def f(a):\n    return a + 1\n",
    "def f(a):\n    total = 0\n    for x in a:\n        total += x\n    return total\n",
    "def f(a):\n    total = 0\n    for x in a:\n        if x > 0:\n            total += x\n"
    "    return total\n",
    "def f(a):\n    total = 1\n    for x in a:\n        if x >= 0:\n            total += x\n"
    "        else:\n            pass\n",
    "def f(a):\n    while a:\n        a = a[1:]\n    try:\n        return a[0]\n"
    "    except IndexError:\n        return None\n",
    "def f(a, b=2, *c):\n    return [x * b for x in a if x < b and x]\n",
    "def f(a):\n    with open(a) as file:\n        return {k: v for k, v in file}\n",
    "def f(a):\n    match a:\n        case [x]:\n            return x\n        case _:\n"
    "            return 0\n",
]

programs = st.sampled_from(PROGRAMS)


@given(old=programs, new=programs)
@settings(deadline=None)
def test_all_edits_together_lead_to_the_other_program(old: str, new: str) -> None:
    before, after = ast.parse(old), ast.parse(new)
    found = Difference(before, after)
    made = applied(before, found.edits)
    assert ast.unparse(ast.fix_missing_locations(made)) == ast.unparse(after)
    assert key(before) == key(ast.parse(old)), "the tree itself stays as it was"


@given(old=programs, new=programs, data=st.data())
@settings(deadline=None)
def test_any_of_the_edits_may_be_left(old: str, new: str, data: st.DataObject) -> None:
    before = ast.parse(old)
    edits = Difference(before, ast.parse(new)).edits
    some = data.draw(st.lists(st.sampled_from(edits), unique_by=id) if edits else st.just([]))
    text = ast.unparse(ast.fix_missing_locations(applied(before, some)))
    if all(edit.field not in ("items", "patterns", "cases") for edit in some):
        ast.parse(text)


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_changes_between_the_same(program: str) -> None:
    assert Difference(ast.parse(program), ast.parse(program)).edits == []


def test_one_sign_is_one_small_edit_on_its_line() -> None:
    before = ast.parse(PROGRAMS[2])
    (edit,) = Difference(before, ast.parse(PROGRAMS[2].replace("x > 0", "x >= 0"))).edits
    assert (edit.kind, edit.line, edit.size) == ("replace", 4, 2)


def test_a_missing_line_is_an_insertion_after_the_line_before_it() -> None:
    before = ast.parse(PROGRAMS[1].replace("    return total\n", ""))
    (edit,) = Difference(before, ast.parse(PROGRAMS[1])).edits
    assert (edit.kind, edit.line, edit.size) == ("insert", 4, 2)


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("if a:\n    b()\n    c()\nd()\n", "if a:\n    b()\n    c()\nelse:\n    e()\nd()\n", 3),
        ("for x in a:\n    b()\nd()\n", "for x in a:\n    b()\nelse:\n    e()\nd()\n", 2),
        (
            "try:\n    a()\nexcept E:\n    b()\nd()\n",
            "try:\n    a()\nexcept E:\n    b()\nfinally:\n    e()\nd()\n",
            4,
        ),
    ],
)
def test_a_missing_branch_is_an_insertion_after_the_one_before_it(before: str, after: str, line: int) -> None:
    (edit,) = Difference(ast.parse(before), ast.parse(after)).edits
    assert (edit.kind, edit.line) == ("insert", line)


def test_an_emptied_body_is_still_a_program() -> None:
    before = ast.parse("def f():\n    print(1)\n")
    edits = Difference(before, ast.parse("def f():\n    pass\n")).edits
    deletions = [edit for edit in edits if edit.kind == "delete"] or edits
    ast.parse(ast.unparse(ast.fix_missing_locations(applied(before, deletions))))


def test_a_large_change_costs_no_more_than_both_programs() -> None:
    before, after = ast.parse(PROGRAMS[0]), ast.parse(PROGRAMS[7])
    assert 0 < total(Difference(before, after).edits) <= size(before) + size(after)
