"""A correct program is put into the student's own words before the two are compared."""

from __future__ import annotations

import ast

from learnflow_ext.exercises.names import matched, renamed_tree, safe

OWN = "def count(items):\n    n = 0\n    for it in items:\n        if it:\n            n += 1\n    return n\n"
THEIRS = (
    "def count(things):\n    found = 0\n    for thing in things:\n        if thing:\n            found += 1\n"
    "    return found\n"
)


def function(source: str) -> ast.AST:
    return ast.parse(source).body[0]


def test_the_same_program_in_other_names_becomes_the_same_program() -> None:
    own, theirs = function(OWN), function(THEIRS)
    assert ast.unparse(renamed_tree(theirs, matched(theirs, own))) == ast.unparse(own)


def test_names_that_are_already_the_same_stay() -> None:
    own = function(OWN)
    assert all(old == new for old, new in matched(own, own).items())


def test_a_name_without_a_match_never_collides_with_a_students_name() -> None:
    own = function("def f(a):\n    total = a\n    return total\n")
    theirs = function("def f(total):\n    a = total\n    b = a\n    c = b\n    return c\n")
    names = safe(matched(theirs, own), theirs, own)
    assert len(set(names.values())) == len(names)


def test_pythons_own_names_are_no_variables() -> None:
    own, theirs = function("def f(a):\n    return len(a)\n"), function("def f(b):\n    return sum(b)\n")
    assert "sum" in ast.unparse(renamed_tree(theirs, matched(theirs, own)))
