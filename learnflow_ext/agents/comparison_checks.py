"""Conditions that do not ask what they seem to ask, seen in a beginner's code without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from learnflow_ext.agents import markdown
from learnflow_ext.agents.remark import Remark
from learnflow_ext.agents.source import written

_MAX_SHOWN = 60
"""Characters of a piece of code in a remark."""


def _shown(node: ast.expr) -> str:
    return markdown.code(written(node)[:_MAX_SHOWN])


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                yield block


def _comparison_thrown_away(tree: ast.Module) -> Iterator[Remark]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.For, ast.While, ast.If, ast.FunctionDef, ast.AsyncFunctionDef)):
            for statement in node.body:
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Compare):
                    yield Remark(
                        kind="comparison-thrown-away",
                        line=statement.lineno,
                        why="this line compares two values, and then does nothing with the answer.",
                        question="Do you want to compare here, or to give a name a new value?",
                        slip=True,
                        weight=90,
                    )


def _compared_to_true(tree: ast.Module) -> Iterator[Remark]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(
            isinstance(each, ast.Constant) and isinstance(each.value, bool) for each in node.comparators
        ):
            yield Remark(
                kind="compared-to-true",
                line=node.lineno,
                why="what stands before the comparison is already true or false by itself.",
                question="What does the line mean if you read it aloud without the comparison?",
                slip=False,
                weight=40,
            )


def _compared_in_a_row(tree: ast.Module) -> Iterator[Remark]:
    """`if total > 10 == True`, which is no question about `total > 10`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare) or len(node.ops) < 2:
            continue
        sides = [node.left, *node.comparators]
        for before, operator, after in zip(sides, node.ops, node.comparators, strict=False):
            truth = isinstance(after, ast.Constant) and isinstance(after.value, bool)
            if truth and isinstance(operator, (ast.Eq, ast.Is, ast.NotEq, ast.IsNot)):
                asked = _shown(ast.Compare(before, [operator], [after]))
                yield Remark(
                    kind="compared-in-a-row",
                    line=node.lineno,
                    why=f"Python joins comparisons in a row by `and`. So it also asks {asked} here.",
                    question="What remains of the line when you only ask what you want to know?",
                    slip=True,
                    weight=88,
                )
                break


def _value_for_a_condition(tree: ast.Module) -> Iterator[Remark]:
    """`if x == 1 or 2`: the second half is no comparison."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.BoolOp):
            continue
        for before, after in pairwise(node.values):
            if not isinstance(after, ast.Constant) or isinstance(after.value, bool):
                continue
            if isinstance(before, ast.Compare) and len(before.ops) == 1:
                word = "or" if isinstance(node.op, ast.Or) else "and"
                yield Remark(
                    kind="value-for-a-condition",
                    line=node.lineno,
                    why=(
                        f"on each side of `{word}` Python expects a whole question. {_shown(before)} is one;"
                        f" {_shown(after)} alone is only a value, and counts as"
                        f" {'true' if after.value else 'false'} whatever happens."
                    ),
                    question="What should the second value be compared with?",
                    slip=True,
                    weight=96,
                )
                break


def _ifs_that_overlap(tree: ast.Module) -> Iterator[Remark]:
    """`if grade > 90: …`, `if grade > 80: …`: for 95 both are true, and both run."""
    for block in _blocks(tree):
        for first, second in pairwise(block):
            if not (isinstance(first, ast.If) and isinstance(second, ast.If)) or first.orelse:
                continue
            above, below = _bound(first.test), _bound(second.test)
            if above is None or below is None or above[:2] != below[:2] or _leaves_or_sets(first, above[0]):
                continue
            rising = above[1] in (">", ">=")
            if (above[2] > below[2]) if rising else (above[2] < below[2]):
                yield Remark(
                    kind="ifs-that-overlap",
                    line=second.lineno,
                    why=(
                        f"whenever {_shown(first.test)} is true, {_shown(second.test)} is true as well, so"
                        " both blocks run."
                    ),
                    question="Should only one of them run? Which word skips the rest once one fits?",
                    slip=True,
                    weight=84,
                )
                break


def _bound(test: ast.expr) -> tuple[str, str, float] | None:
    """`grade > 90` as name, operator and number; None for any other condition."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.left, ast.Name)):
        return None
    number = test.comparators[0]
    if not isinstance(number, ast.Constant) or type(number.value) not in (int, float):
        return None
    names = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<="}
    operator = names.get(type(test.ops[0]))
    assert isinstance(number.value, (int, float))
    return (test.left.id, operator, number.value) if operator else None


def _leaves_or_sets(block: ast.If, name: str) -> bool:
    """Whether the block never comes to the line below it, or gives the name another value first."""
    leaving = (ast.Return, ast.Raise, ast.Break, ast.Continue)
    last: Sequence[ast.stmt] = block.body[-1:]
    sets = any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
        for node in ast.walk(block)
    )
    return sets or any(isinstance(each, leaving) for each in last)


CHECKS = (
    _comparison_thrown_away,
    _compared_to_true,
    _compared_in_a_row,
    _value_for_a_condition,
    _ifs_that_overlap,
)
