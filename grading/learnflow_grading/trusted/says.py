"""What a test says, with what of the set-up cells before it its names lead to."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from .names import bound, mutated, used

_ARRAYS = re.compile(r"\b(np|numpy|pd|pandas|allclose|isclose)\b")
_LOOPS = re.compile(r"\b(for|while|all|any|map|zip|filter)\b")
_NANS = re.compile(r"\b(nan|NaN|NaT|isnan|isna|isnull|isnat|notna|notnull|isfinite|isinf)\b")
_OTHERWISE = frozenset("max min sorted fmax fmin nanmax nanmin nanmean nansum ne lt le gt ge not_".split())
_BY_TEXT = frozenset({"globals", "locals", "vars", "eval", "exec"})
"""With these a test may use whatever there is."""


@dataclass(frozen=True)
class _Statement:
    text: str
    about: set[str]
    """Names that it binds, or whose values it changes; that it uses, where it does neither."""
    uses: set[str]


class Prepared:
    """The set-up cells so far."""

    def __init__(self) -> None:
        self._statements: list[_Statement] = []

    def learn(self, code: str) -> None:
        """One more of them. SyntaxError for what is no Python."""
        for statement in ast.parse(code).body:
            uses = used(statement)
            about = bound([statement]) | mutated(ast.Module([statement], []))
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                # Whatever it is that it binds.
                about |= {"*"}
            self._statements.append(_Statement(ast.unparse(statement), about or uses, uses))

    def behind(self, code: str) -> str:
        """`code`, and the statements that make what it uses. SyntaxError where `code` is no Python."""
        wanted = used(ast.parse(code)) | {"*"}
        left = self._statements
        if not wanted & _BY_TEXT:
            left = []
            todo = self._statements
            while todo:
                chosen = [each for each in todo if each.about & wanted]
                todo = [each for each in todo if not each.about & wanted] if chosen else []
                wanted = wanted.union(*(each.uses for each in chosen))
                left += chosen
        return "\n".join([*(each.text for each in left), code])


def of_arrays(text: str) -> bool:
    """Whether it has to do with arrays or tables: what is empty agrees with them, element by element."""
    return bool(_ARRAYS.search(text))


def of_loops(text: str) -> bool:
    """Whether it goes through something."""
    return bool(_LOOPS.search(text))


def of_nans(text: str) -> bool:
    """Whether its teacher has thought of numbers that are none."""
    return bool(_NANS.search(text))


def asks_for_equality_alone(text: str) -> bool:
    """Whether nan passes nothing in it: `nan == 9` is false, as are `nan > 9` and `abs(nan - 9) > 0.1`."""
    if of_arrays(text):
        return False
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare):
            if not all(isinstance(each, ast.Eq | ast.Is | ast.IsNot | ast.In) for each in node.ops):
                return False
        elif isinstance(node, ast.Not):
            return False
        elif isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in _OTHERWISE or "Not" in name:
                return False
    return True


def goes_through(text: str, theirs: frozenset[str]) -> bool:
    """Whether it goes through what `theirs`, names of a student's, give: `all(n > 0 for n in f(3))`, and not
    `all(f(n) == m for n, m in cases)`."""
    tree = ast.parse(text)
    names = set(theirs)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            # What it is called with may be theirs.
            names |= {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
        elif isinstance(node, ast.Assign) and _is_of(node.value, names):
            names |= bound([node])
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.comprehension) and _is_of(node.iter, names):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("all", "any"):
            if any(_is_of(each, names) for each in node.args):
                return True
    return False


def _is_of(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(
        node, ast.Compare | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ):
        return False
    return any(_is_of(each, names) for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr))
