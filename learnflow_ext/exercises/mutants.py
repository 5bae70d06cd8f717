"""Small changes of a program, one at a time: the slips that people make, and their corrections.

They serve twice. Made to a correct program they must be noticed by good tests (the mutation score of
DeMillo, Lipton
and Sayward, 1978). Made to a wrong one, some may mend it without any model solution.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from learnflow_ext.exercises.edits import Edit, Kind
from learnflow_ext.exercises.names import arguments, local_names
from learnflow_ext.exercises.trees import size

Mutant = tuple[Edit, ...]
"""Edits that are made together; most often one."""

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt, ast.GtE),
    ast.LtE: (ast.Lt, ast.GtE, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt, ast.LtE),
    ast.GtE: (ast.Gt, ast.LtE, ast.Lt),
    ast.Eq: (ast.NotEq, ast.LtE, ast.GtE),
    ast.NotEq: (ast.Eq, ast.Lt, ast.Gt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot, ast.Eq),
    ast.IsNot: (ast.Is, ast.NotEq),
}
_ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.Pow),
    ast.Div: (ast.FloorDiv, ast.Mult),
    ast.FloorDiv: (ast.Div, ast.Mod),
    ast.Mod: (ast.FloorDiv, ast.Mult),
    ast.Pow: (ast.Mult,),
}
_LOOPS = (ast.For, ast.While)
_MAX_NAMES = 6


@dataclass(frozen=True)
class _Place:
    owner: ast.AST
    field: str
    index: int
    node: ast.AST
    line: int
    bound: bool
    """Whether it is a place or a limit: an index, a slice, an argument of `range`."""

    def instead(self, new: ast.AST, changed: int) -> Mutant:
        return (Edit("replace", self.owner, self.field, self.index, self.node, new, changed, self.line),)


def mutants(part: ast.AST, *, wider: bool = False) -> list[Mutant]:
    """Every change of `part`, each small.

    `wider` ones also exchange names, add returns, and guard arguments.
    """
    found: list[Mutant] = []
    names = [name for name in local_names(part) if len(name) < 40]
    for place in _places(part, 1, False):
        found += _of_expression(place)
        if wider:
            found += _other_names(place, names)
    found += _of_statements(part)
    if wider:
        found += _moved_returns(part)
        found += _added_returns(part)
        found += _guards(part)
        found += _steps(part)
    return found


def _places(owner: ast.AST, line: int, bound: bool) -> Iterator[_Place]:
    for field, value in ast.iter_fields(owner):
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST) or field in ("annotation", "returns", "decorator_list"):
                continue
            here = getattr(child, "lineno", line)
            limit = bound if isinstance(owner, (ast.BinOp, ast.UnaryOp, ast.Tuple)) else False
            limit = limit or (isinstance(owner, ast.Subscript) and field == "slice")
            limit = limit or (isinstance(owner, ast.Slice) and field in ("lower", "upper"))
            limit = limit or (_is_range(owner) and field == "args")
            yield _Place(owner, field, index, child, here, limit)
            yield from _places(child, here, limit)


def _is_range(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"


def _of_expression(place: _Place) -> Iterator[Mutant]:
    match place.node:
        case ast.Compare() as node:
            for index, op in enumerate(node.ops):
                for other in _COMPARISONS.get(type(op), ()):
                    yield (Edit("replace", node, "ops", index, op, other(), 2, place.line),)
            if len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq) and _is_empty(node.comparators[0]):
                yield place.instead(ast.UnaryOp(ast.Not(), node.left), size(node.comparators[0]) + 2)
        case ast.BinOp() | ast.AugAssign() as node:
            for kind in _ARITHMETIC.get(type(node.op), ()):
                yield (Edit("replace", node, "op", 0, node.op, kind(), 2, place.line),)
        case ast.BoolOp() as node:
            flipped = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield (Edit("replace", node, "op", 0, node.op, flipped, 2, place.line),)
            for index, value in enumerate(node.values):
                left = [each for at, each in enumerate(node.values) if at != index]
                kept = left[0] if len(left) == 1 else ast.BoolOp(node.op, left)
                yield place.instead(kept, size(value) + 1)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield place.instead(operand, 2)
        case ast.Constant(value=bool(value)):
            yield place.instead(ast.Constant(not value), 2)
        case ast.Constant(value=int(value)) if abs(value) < 10**6:
            for number in sorted({value + 1, value - 1, 0 if abs(value) > 1 else value + 1}):
                yield place.instead(_number(number), 2)
    if isinstance(place.owner, (ast.If, ast.While, ast.IfExp)) and place.field == "test":
        if not isinstance(place.node, (ast.Constant, ast.UnaryOp)):
            assert isinstance(place.node, ast.expr)
            yield place.instead(ast.UnaryOp(ast.Not(), place.node), 2)
    if place.bound and isinstance(place.node, (ast.Name, ast.Call, ast.BinOp, ast.Attribute)):
        for sign in (ast.Add(), ast.Sub()):
            yield place.instead(ast.BinOp(place.node, sign, ast.Constant(1)), 3)


def _is_empty(node: ast.expr) -> bool:
    """Whether it is an empty list, tuple or text."""
    return (isinstance(node, (ast.List, ast.Tuple)) and not node.elts) or (
        isinstance(node, ast.Constant) and node.value == ""
    )


def _number(value: int) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def _other_names(place: _Place, names: list[str]) -> Iterator[Mutant]:
    if isinstance(place.node, ast.Name) and isinstance(place.node.ctx, ast.Load) and place.node.id in names:
        for name in [each for each in names if each != place.node.id][:_MAX_NAMES]:
            yield place.instead(ast.Name(name, ast.Load()), 2)


def _bodies(node: ast.AST) -> Iterator[tuple[ast.AST, str, list[ast.stmt]]]:
    """Every list of statements at and below `node`, with its owner and field."""
    for each in ast.walk(node):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(each, field, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                yield each, field, body


def _edit(kind: Kind, owner: ast.AST, field: str, index: int, old: Any, new: Any, line: int) -> Edit:
    changed = sum(size(each) for each in (old, new) if isinstance(each, ast.AST))
    return Edit(kind, owner, field, index, old, new, changed, line)


def _of_statements(part: ast.AST) -> Iterator[Mutant]:
    for owner, field, body in _bodies(part):
        for index, node in enumerate(body):
            line = node.lineno
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Pass, ast.Import, ast.ImportFrom)):
                continue
            yield (_edit("delete", owner, field, index, node, None, line),)
            match node:
                case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=[value])):
                    returned = ast.Return(value)
                    yield (Edit("replace", owner, field, index, node, returned, 3, line),)
                case ast.AugAssign(target=target, value=value):
                    plain = ast.Assign([target], value)
                    yield (Edit("replace", owner, field, index, node, plain, 2, line),)
                case ast.Assign(targets=[ast.Name() as target], value=value):
                    added = ast.AugAssign(target, ast.Add(), value)
                    yield (Edit("replace", owner, field, index, node, added, 2, line),)


def _moved_returns(part: ast.AST) -> Iterator[Mutant]:
    """Statements at the end of a loop's or a condition's body, one level further out."""
    for owner, field, body in _bodies(part):
        for index, node in enumerate(body):
            inner = getattr(node, "body", None)
            if not isinstance(node, (*_LOOPS, ast.If)) or not inner:
                continue
            last = inner[-1]
            if isinstance(last, ast.If) and isinstance(node, _LOOPS) and last.orelse:
                final = last.orelse[-1]
                if isinstance(final, ast.Return):
                    place = len(last.orelse) - 1
                    yield (
                        Edit("delete", last, "orelse", place, final, None, size(final), final.lineno),
                        Edit("insert", owner, field, index + 1, None, copy.deepcopy(final), 0, final.lineno),
                    )
            if isinstance(last, (ast.Return, ast.Expr, ast.Assign, ast.AugAssign)):
                yield (
                    Edit("delete", node, "body", len(inner) - 1, last, None, size(last), last.lineno),
                    Edit("insert", owner, field, index + 1, None, copy.deepcopy(last), 0, last.lineno),
                )
            after = body[index + 1] if index + 1 < len(body) else None
            if isinstance(after, (ast.Expr, ast.Assign, ast.AugAssign)):
                yield (
                    Edit("delete", owner, field, index + 1, after, None, size(after), after.lineno),
                    Edit("insert", node, "body", len(inner), None, copy.deepcopy(after), 0, after.lineno),
                )


def _given_back(part: ast.FunctionDef) -> list[ast.expr]:
    """What a function may have to give back: what it gives back elsewhere, its variables, plain values."""
    own = arguments(part)
    values = [n.value for n in ast.walk(part) if isinstance(n, ast.Return) and n.value is not None]
    values = [value for value in values if size(value) <= 4][:4]
    values += [
        ast.Name(name, ast.Load()) for name in [n for n in local_names(part) if n not in own][-_MAX_NAMES:]
    ]
    values += [ast.Constant(value) for value in (True, False, 0, "")]
    values += [ast.List([], ast.Load())]
    values += [ast.Call(ast.Name("len", ast.Load()), [ast.Name(name, ast.Load())], []) for name in own[:3]]
    return list({ast.dump(value): value for value in values}.values())


def _added_returns(part: ast.AST) -> Iterator[Mutant]:
    """A `return` at the end."""
    if not isinstance(part, ast.FunctionDef) or isinstance(part.body[-1], ast.Return):
        return
    line = part.body[-1].end_lineno or part.body[-1].lineno
    for value in _given_back(part):
        yield (_edit("insert", part, "body", len(part.body), None, ast.Return(value), line),)


def _steps(part: ast.AST) -> Iterator[Mutant]:
    """A counter that moves on, at the end of a `while` that asks for it."""
    for loop in ast.walk(part):
        if isinstance(loop, ast.While):
            line = loop.body[-1].end_lineno or loop.body[-1].lineno
            asked = {node.id for node in ast.walk(loop.test) if isinstance(node, ast.Name)}
            for name in sorted(asked & set(local_names(part)))[:_MAX_NAMES]:
                for sign in (ast.Add(), ast.Sub()):
                    step = ast.AugAssign(ast.Name(name, ast.Store()), sign, ast.Constant(1))
                    yield (_edit("insert", loop, "body", len(loop.body), None, step, line),)


def _guards(part: ast.AST) -> Iterator[Mutant]:
    """A first line for an argument that is empty or zero."""
    if not isinstance(part, ast.FunctionDef):
        return
    for name in arguments(part)[:3]:
        for value in _given_back(part):
            if isinstance(value, ast.Name) and value.id not in arguments(part):
                continue  # not there yet
            guard = ast.If(ast.UnaryOp(ast.Not(), ast.Name(name, ast.Load())), [ast.Return(value)], [])
            yield (_edit("insert", part, "body", 0, None, guard, part.lineno),)
