"""Text that a line hands to Python to be read as code, with `eval` or `exec`, or a file that it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

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
    file: str = ""
    """The name of the file that cannot be read then, which may be another that the module imports."""


def handed_over(error: SyntaxError, source: str, line: int) -> HandedOver:
    """What line `line` (from 1) of the cell `source` gave to Python when `error` came of it."""
    tree = tree_of(without_magics(source))
    statement = _statement(tree, line) if tree is not None else None
    if tree is None or statement is None or not isinstance(error.lineno, int):
        return HandedOver()  # without a line it is an error that somebody's code raises
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        name = getattr(statement, "module", None) or statement.names[0].name
        file = error.filename if isinstance(error.filename, str) else ""
        if not file.endswith(".py"):
            return HandedOver()
        return HandedOver(module=name.partition(".")[0], file=PurePath(file).name)
    bad = max(error.lineno, 1)
    bad_text = error.text.strip() if isinstance(error.text, str) else None
    for constant, text in _texts(tree, statement, line):
        lines = text.splitlines()
        if bad <= len(lines) and bad_text in (None, lines[bad - 1].strip()):
            return HandedOver(text, _written(constant, lines[bad - 1].strip(), bad, source.splitlines()))
    return HandedOver()


def _written(constant: ast.Constant, text: str, bad: int, cell: list[str]) -> int:
    """The line of the cell that has line `bad` of a text; a backslash may join some of them."""
    places = range(constant.lineno, min(constant.end_lineno or constant.lineno, len(cell)) + 1)
    wanted = constant.lineno + bad - 1
    fitting = [place for place in places if text and text in cell[place - 1]]
    if wanted in fitting or not fitting:
        return wanted if wanted in places else constant.lineno
    return min(fitting, key=lambda place: abs(place - wanted))


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
