"""Python programs as trees: reading, sizes, and the parts that are compared on their own."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterator

MAX_SOURCE = 40_000
"""Characters of a program that is looked at; nothing a beginner writes is longer."""
MODULE = ""
"""Name of the part that holds a program's statements outside of functions and classes."""

Part = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
PARTS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
PLAIN: tuple[type[ast.AST], ...] = (
    *(ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.expr_context),
)
"""What a plain value is written with."""


def parse(source: str) -> ast.Module | None:
    """The tree of `source`; None when Python cannot read it, or when it is far too long or too deep."""
    if len(source) > MAX_SOURCE:
        return None
    try:
        with warnings.catch_warnings():
            # A program that compares with `is 5` is read like any other.
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
            ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree


def size(node: ast.AST) -> int:
    """How many nodes `node` has, itself included; whether a name is read or written does not count."""
    return sum(not isinstance(each, ast.expr_context) for each in ast.walk(node))


def key(node: ast.AST) -> str:
    """The same text for trees that mean the same, wherever they stand."""
    return ast.dump(node)


def without_docstrings(tree: ast.Module) -> ast.Module:
    """`tree` itself without texts that stand alone, such as docstrings: they are never part of a mistake."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [each for each in body if not _is_text(each)]
            body[:] = kept or body[:1]
    return tree


def bare(source: str) -> ast.Module:
    """The tree of `source` without docstrings; empty where Python cannot read it."""
    tree = parse(source)
    return without_docstrings(tree) if tree is not None else ast.Module([], [])


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def parts(tree: ast.Module) -> dict[str, Part]:
    """The functions and classes of a program by name; of two with one name the later, as Python has it."""
    return {node.name: node for node in tree.body if isinstance(node, PARTS)}


def loose(tree: ast.Module) -> list[ast.stmt]:
    """What stands outside of functions and classes."""
    return [node for node in tree.body if not isinstance(node, PARTS)]


def shape(node: ast.AST) -> Counter[str]:
    """What kinds of nodes stand below what kinds: a rough likeness that ignores names and order."""
    found: Counter[str] = Counter()
    for parent in ast.walk(node):
        for child in ast.iter_child_nodes(parent):
            if not isinstance(child, ast.expr_context):
                found[f"{type(parent).__name__}>{type(child).__name__}"] += 1
    return found


def unlikeness(one: Counter[str], other: Counter[str]) -> int:
    """0 for the same shape; the number of pairs of nodes that only one of them has."""
    return sum(((one - other) + (other - one)).values())


def names_in(node: ast.AST) -> set[str]:
    """Every name that is chosen or used in `node`: variables, arguments, attributes, functions, imports."""
    found: set[str] = set()
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.keyword(arg=str(name)):
                found.add(name)
    return found


def literals_in(node: ast.AST) -> set[str]:
    """Numbers and texts in `node`, each as Python writes it."""
    return {
        repr(each.value)
        for each in ast.walk(node)
        if isinstance(each, ast.Constant)
        and isinstance(each.value, (int, float, complex, str, bytes))
        and not isinstance(each.value, bool)
    }


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of `body` and below, in the order in which they stand."""
    for statement in body:
        yield statement
        for field in ("body", "orelse", "finalbody"):
            yield from statements(getattr(statement, field, []))
        for handler in getattr(statement, "handlers", []):
            yield from statements(handler.body)
        for case in getattr(statement, "cases", []):
            yield from statements(case.body)
