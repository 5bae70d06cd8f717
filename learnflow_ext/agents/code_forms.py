"""Statements in a form that stays the same under new names, layout, comments and small rewordings.

Every name a person chose becomes `N`; Python's own names, attributes and values stay. `a += b` reads
as `a = a + b`, `b > a` as `a < b`, and both sides of `+` and `*` stand in one order.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

import msgspec

from learnflow_ext.agents.source import parse, written

_PYTHONS_OWN = frozenset(dir(builtins))
_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_TOKEN = re.compile(
    r"""(?<!\w)[rbuf]{0,2}(?:"[^"\n]*"|'[^'\n]*')|\w+|\*\*|//|<=|>=|==|!=|[+\-*/%]=|[^\w\s]""", re.IGNORECASE
)
_KEYWORDS = frozenset(
    """False None True and as assert async await break class continue def del elif else except finally
    for from
    global if import in is lambda nonlocal not or pass raise return try while with yield""".split()
)


class Form(msgspec.Struct, frozen=True):
    """One statement; of a compound one only its head."""

    text: str
    """With chosen names as `N`."""
    named: str
    """With the names as written."""
    weight: int
    """How much it says: nodes of its tree. 0 for what a starter already shows (`def`, docstrings, `pass`)."""
    core: str = ""
    """What a simple statement works out, with the names as written; empty when it is a bare name or value."""


class _Anonymous(ast.NodeTransformer):
    """Put in place of chosen names."""

    def __init__(self, *, keep_names: bool) -> None:
        self._keep = keep_names

    def _name(self, name: str) -> str:
        return name if self._keep or name in _PYTHONS_OWN else "N"

    def _visited(self, node: ast.AST) -> ast.AST:
        visited: ast.AST = self.visit(node)
        return visited

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.copy_location(ast.Name(self._name(node.id), node.ctx), node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._name(node.arg))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return ast.Pass()
        return self._visited(ast.Assign([node.target], node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        old = ast.parse(written(node.target), mode="eval").body
        return self._visited(ast.Assign([node.target], ast.BinOp(old, node.op, node.value)))

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) == 1 and (flipped := _FLIPPED.get(type(node.ops[0]))):
            return ast.Compare(node.comparators[0], [flipped()], [node.left])
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, (ast.Add, ast.Mult)):
            left, right = sorted((node.left, node.right), key=written)
            return ast.BinOp(left, node.op, right)
        return node


def forms(code: str) -> list[Form]:
    """The statements of a piece of code, in order; empty when it cannot be read."""
    tree = parse(code)
    if tree is None:
        return []
    return [_form(statement) for statement in _statements(tree.body)]


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        for field in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, field, []))
        for handler in getattr(statement, "handlers", []):
            yield from _statements(handler.body)


def _form(statement: ast.stmt) -> Form:
    head = _head(statement)
    if head is None:
        return Form("", "", 0)
    anonymous = _Anonymous(keep_names=False).visit(_again(head))
    named = _Anonymous(keep_names=True).visit(_again(head))
    weight = sum(not isinstance(node, (ast.expr_context, ast.Pass)) for node in ast.walk(anonymous))
    value = getattr(named, "value", None) if isinstance(named, (ast.Assign, ast.Return, ast.Expr)) else None
    core = "" if value is None or isinstance(value, (ast.Name, ast.Constant)) else written(value)
    return Form(written(anonymous), written(named), weight, core)


def _again(head: ast.stmt) -> ast.stmt:
    """A copy of its own: the transformer changes trees in place."""
    return ast.parse(written(head)).body[0]


def _head(statement: ast.stmt) -> ast.stmt | None:
    """The statement with an empty body; None for what tells nothing."""
    empty: list[ast.stmt] = [ast.Pass()]
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Pass() | ast.Try():
            return None
        case ast.Expr(value=ast.Constant() | ast.Name()):
            return None
        case ast.For(target=target, iter=items):
            return ast.For(target, items, empty, [])
        case ast.While(test=test):
            return ast.While(test, empty, [])
        case ast.If(test=test):
            return ast.If(test, empty, [])
        case ast.With(items=managers):
            return ast.With(managers, empty)
        case ast.Match(subject=subject):
            return ast.Expr(subject)
    return statement


def tokens(text: str, *, keep_names: bool) -> str:
    """Any text as a row of tokens with blanks between and around, prose and all; chosen names as `N`
    unless kept.

    A piece of code stands in a reply when its row stands in the reply's row, fenced or not.
    """
    row = []
    for found in _TOKEN.findall(text):
        word = found[0].isalpha() or found[0] == "_"
        if word and found[-1] in "\"'":
            prefix, body = found[: found.index(found[-1])].lower(), found[found.index(found[-1]) + 1 : -1]
            row.append(f"{prefix}'{body}'")
        elif found[0] in "\"'" and len(found) > 1:
            row.append(f"'{found[1:-1]}'")
        elif word and not keep_names and found not in _PYTHONS_OWN and found not in _KEYWORDS:
            row.append("N")
        elif found not in "`()":
            row.append(found)
    return f" {' '.join(row)} "
