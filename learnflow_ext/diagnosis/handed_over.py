"""Text that a line hands to Python to be read as code, with `eval` or `exec`, or a file that it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from learnflow_ext.diagnosis.reading import tree_of, without_magics

MAX_TEXT = 4_000


@dataclass(frozen=True)
class HandedOver:
    """Code that Python could not read, and that is not the cell itself."""

    text: str = ""
    """All of it; empty where it stands in no text of the cell."""
    line: int | None = None
    """Line of the cell (from 1) on which the bad line of it is written; None where it is not."""
    module: str = ""
    """The module's name, where the line imports a file; empty for a text."""


def handed_over(error: SyntaxError, source: str, line: int) -> HandedOver:
    """What line `line` (from 1) of the cell `source` gave to Python when `error` came of it."""
    tree = tree_of(without_magics(source))
    statement = _statement(tree, line) if tree is not None else None
    if tree is None or statement is None:
        return HandedOver()
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        name = getattr(statement, "module", None) or statement.names[0].name
        return HandedOver(module=name.partition(".")[0])
    bad = max(error.lineno or 1, 1)
    for constant, text in _texts(tree, statement, line):
        lines = text.splitlines()
        if bad <= len(lines) and (error.text is None or lines[bad - 1].strip() == error.text.strip()):
            over_lines = (constant.end_lineno or constant.lineno) > constant.lineno
            return HandedOver(text, constant.lineno + (bad - 1 if over_lines else 0))
    return HandedOver()


def _statement(tree: ast.Module, line: int) -> ast.stmt | None:
    """The innermost statement on a line."""
    around = [
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.stmt) and each.lineno <= line <= (each.end_lineno or each.lineno)
    ]
    return max(around, key=lambda each: each.lineno, default=None)


def _texts(tree: ast.Module, statement: ast.stmt, line: int) -> Iterator[tuple[ast.Constant, str]]:
    """Texts in the first value of its calls, then those that names in it have, the latest first."""
    first = [node.args[0] for node in ast.walk(statement) if isinstance(node, ast.Call) and node.args]
    for each in first:
        yield from _constants(each)
    names = {node.id for each in first for node in ast.walk(each) if isinstance(node, ast.Name)}
    given = [
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.Assign)
        and each.lineno < line
        and any(isinstance(target, ast.Name) and target.id in names for target in each.targets)
    ]
    for assignment in sorted(given, key=lambda each: -each.lineno):
        yield from _constants(assignment.value)


def _constants(node: ast.AST) -> Iterator[tuple[ast.Constant, str]]:
    for each in ast.walk(node):
        value = each.value if isinstance(each, ast.Constant) else None
        if isinstance(each, ast.Constant) and isinstance(value, (str, bytes)) and len(value) <= MAX_TEXT:
            yield each, value if isinstance(value, str) else value.decode("utf-8", "replace")
