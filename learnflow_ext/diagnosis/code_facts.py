"""Facts about a cell that its tree proves: who defines a function, where a name gets its value."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST | None) -> Iterator[Function]:
    """All functions and methods."""
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def function_named(tree: ast.AST | None, name: str) -> Function | None:
    """The only function of this name (`area`, or `Dog.bark`); None for none, or several."""
    owner, _, short = name.rpartition(".")
    where = class_named(tree, owner) if owner else tree
    found = [each for each in functions(where) if each.name == short]
    return found[0] if len(found) == 1 else None


def class_named(tree: ast.AST | None, name: str) -> ast.ClassDef | None:
    """The only class of this name; None for none, or several."""
    nodes = ast.walk(tree) if tree is not None else ()
    found = [node for node in nodes if isinstance(node, ast.ClassDef) and node.name == name]
    return found[0] if len(found) == 1 else None


def parameters(function: Function) -> list[str]:
    """Names, in order, with `self`."""
    found = function.args
    return [each.arg for each in (*found.posonlyargs, *found.args, *found.kwonlyargs)]


def heading(function: Function) -> str:
    """What stands between the brackets of its `def`, without `self`, as the student wrote it; empty where
    Python cannot write it again."""
    try:
        found = copy.deepcopy(function.args)
        first = found.posonlyargs or found.args
        if first and first[0].arg == "self":
            del first[0]
        return ast.unparse(found)
    except (ValueError, RecursionError):
        return ""


def own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function or module, without those of functions and classes inside it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)


def returns_something(function: Function) -> bool:
    """Whether any `return` or `yield` gives a value back."""
    for node in own(function):
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(node, ast.Return) and node.value is not None:
            none = isinstance(node.value, ast.Constant) and node.value.value is None
            if not none:
                return True
    return False


def assigned_lines(where: ast.AST, name: str) -> list[int]:
    """Lines on which `name` gets a value directly in a function or module, rising."""
    lines = []
    for node in own(where):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            lines.append(node.lineno)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            lines.append(node.lineno)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            lines += [node.lineno for each in node.names if (each.asname or each.name) == name]
    return sorted(set(lines))


def function_at(tree: ast.AST | None, line: int | None) -> Function | None:
    """The innermost function around a line; None outside of any."""
    found: Function | None = None
    for each in functions(tree):
        if line is not None and each.lineno < line <= (each.end_lineno or each.lineno):
            if found is None or each.lineno > found.lineno:
                found = each
    return found
