"""Whether two exercises are nearly the same."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.trees import bare

LIKE = 0.9
"""From this share of equal words two statements are called copies."""


def near_copy(exercise: Exercise, given: Sequence[Exercise]) -> Exercise | None:
    """The first of `given` whose solution or statement is nearly that of `exercise`; None for none."""
    return next(
        (
            other
            for other in given
            if _same_program(exercise, other) or _alike(exercise.statement, other.statement) >= LIKE
        ),
        None,
    )


class _Nameless(ast.NodeTransformer):
    """Chosen names become numbers, in the order in which they appear."""

    def __init__(self, tree: ast.AST) -> None:
        chosen = [
            each
            for node in ast.walk(tree)
            for each in (getattr(node, "arg", None), _stored(node), getattr(node, "name", None))
            if isinstance(each, str)
        ]
        self._names = {name: f"n{number}" for number, name in enumerate(dict.fromkeys(chosen))}

    def generic_visit(self, node: ast.AST) -> Any:
        for field in ("id", "arg", "name", "attr"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                setattr(node, field, self._names.get(value, value))
        for field in ("annotation", "returns"):
            if isinstance(getattr(node, field, None), ast.expr) and not isinstance(node, ast.AnnAssign):
                setattr(node, field, None)
        return super().generic_visit(node)


def _stored(node: ast.AST) -> str | None:
    if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store):
        return node.id if isinstance(node, ast.Name) else node.attr
    return None


def _same_program(one: Exercise, other: Exercise) -> bool:
    """Whether the solutions differ in names only."""
    trees = [bare(each.reference) for each in (one, other)]
    first, second = (ast.dump(_Nameless(tree).visit(tree)) for tree in trees)
    return first == second


def _alike(one: str, other: str) -> float:
    """Share of words two texts have in common in the same order, 0 to 1."""
    return SequenceMatcher(None, one.lower().split(), other.lower().split(), autojunk=False).ratio()
