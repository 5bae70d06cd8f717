"""Proves of a running loop that it never ends, so that nobody has to wait until its time is up.

Only what is certain counts: the loop's text and the values it has at this moment must leave no way out. A
loop that calls anything, reads anything but plain numbers, or can be left, is waited for as ever.
"""

from __future__ import annotations

import ast
import linecache
import sys
import threading
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

_LARGEST = 1e300
"""An int beyond it may not be added to a float."""
_NUMBERS = (int, float, bool)
_UP = (ast.Gt, ast.GtE)
_DOWN = (ast.Lt, ast.LtE)
_SAME = (*_UP, *_DOWN, ast.Eq, ast.NotEq)


def never_ends(frame: FrameType | None) -> bool:
    """Whether `frame`, which was interrupted just now, is in a `while` loop that cannot end."""
    # Threads of `_thread` are known to the interpreter alone.
    threads = max(threading.active_count(), len(sys._current_frames()))
    if frame is None or sys.gettrace() is not None or threads != 1:
        return False
    code = frame.f_code
    # A file may be another than when somebody last read it.
    linecache.checkcache(code.co_filename)
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    # IPython has a name of its own for what stands at the top of a cell.
    top = code.co_name == "<module>" or code.co_name.startswith("<cell line")
    inside = tree.body if top else _body_of(tree, code.co_name, code.co_firstlineno)
    if inside is None:
        return False
    own = frame.f_globals if top else frame.f_locals
    known = {name: value for name, value in {**frame.f_globals, **own}.items() if type(value) in _NUMBERS}
    if not top:
        # What another function can change, a cell of a closure, is not this loop's alone.
        shared = {*code.co_cellvars, *code.co_freevars}
        known = {name: value for name, value in known.items() if name not in shared}
    local = set(known) if top else set(code.co_varnames)
    return any(_proved(loop, known, local) for loop in _loops(inside, frame.f_lineno))


def _body_of(tree: ast.Module, name: str, first_line: int) -> list[ast.stmt] | None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            if min([node.lineno, *(each.lineno for each in node.decorator_list)]) == first_line:
                return node.body
    return None


def _loops(statements: list[ast.stmt], line: int) -> Iterator[ast.While]:
    """The `while` loops around `line`, the innermost first; not those of functions inside."""
    for each in statements:
        if not each.lineno <= line <= (each.end_lineno or each.lineno):
            continue
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for block in ("body", "orelse", "finalbody"):
            yield from _loops(getattr(each, block, []), line)
        for handler in getattr(each, "handlers", []):
            yield from _loops(handler.body, line)
        if isinstance(each, ast.While) and line <= (each.body[-1].end_lineno or each.lineno):
            yield each


def _proved(loop: ast.While, known: Mapping[str, Any], local: set[str]) -> bool:
    assigned = {
        node.id
        for part in loop.body
        for node in ast.walk(part)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    if not assigned <= local & set(known):
        return False
    fixed = {name: value for name, value in known.items() if name not in assigned}
    if not all(_harmless(each, known, fixed) for each in loop.body):
        return False
    if _kind(loop.test, known, fixed) is None or not _now(loop.test, known):
        return False
    both = isinstance(loop.test, ast.BoolOp) and isinstance(loop.test.op, ast.And)
    tests = loop.test.values if both and isinstance(loop.test, ast.BoolOp) else [loop.test]
    return all(_stays(loop, test, assigned, known, fixed) for test in tests)


def _stays(
    loop: ast.While, test: ast.expr, assigned: set[str], known: Mapping[str, Any], fixed: Mapping[str, Any]
) -> bool:
    """Whether `test`, which is true, is true for ever."""
    changing = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)} & assigned
    return not changing or (len(changing) == 1 and _moves_away(loop, test, changing.pop(), known, fixed))


def _harmless(node: ast.stmt, known: Mapping[str, Any], fixed: Mapping[str, Any]) -> bool:
    """A statement that raises nothing, leaves no loop, and keeps each number of its kind."""
    if isinstance(node, ast.Pass | ast.Continue):
        return True
    if isinstance(node, ast.If):
        return _kind(node.test, known, fixed) is not None and all(
            _harmless(each, known, fixed) for each in (*node.body, *node.orelse)
        )
    if isinstance(node, ast.Assign):
        kind = _kind(node.value, known, fixed)
        return kind is not None and all(_is_kind(target, kind, known) for target in node.targets)
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        whole = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
        kind = _kind(whole, known, fixed)
        return kind is not None and _is_kind(node.target, kind, known)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_kind(target: ast.expr, kind: type, known: Mapping[str, Any]) -> bool:
    return isinstance(target, ast.Name) and _plain(known.get(target.id)) is kind


def _plain(value: object) -> type | None:
    """int (of True and False too) or float; None for anything else."""
    kind = type(value)
    return int if kind is bool else kind if kind in (int, float) else None


def _kind(node: ast.expr, known: Mapping[str, Any], fixed: Mapping[str, Any]) -> type | None:
    """int or float for an expression that raises nothing; None for one of which that is not certain."""
    if isinstance(node, ast.Constant):
        return _plain(node.value)
    if isinstance(node, ast.Name):
        return _plain(known.get(node.id))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd | ast.Not):
        kind = _kind(node.operand, known, fixed)
        return int if kind and isinstance(node.op, ast.Not) else kind
    if isinstance(node, ast.BinOp):
        return _sum(node, known, fixed)
    if isinstance(node, ast.Compare):
        kinds = [_kind(each, known, fixed) for each in (node.left, *node.comparators)]
        return int if None not in kinds and all(isinstance(op, _SAME) for op in node.ops) else None
    if isinstance(node, ast.BoolOp):
        found = {_kind(each, known, fixed) for each in node.values}
        return found.pop() if len(found) == 1 else None
    return None


def _sum(node: ast.BinOp, known: Mapping[str, Any], fixed: Mapping[str, Any]) -> type | None:
    sides = node.left, node.right
    left, right = (_kind(side, known, fixed) for side in sides)
    if left is None or right is None or not isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
        return None
    if isinstance(node.op, ast.Mult) and not any(isinstance(side, ast.Constant) for side in sides):
        # Numbers that square themselves run out of memory before their time is up.
        return None
    if left is right:
        return left
    whole = sides[0] if left is int else sides[1]
    value = whole.value if isinstance(whole, ast.Constant) else fixed.get(getattr(whole, "id", ""))
    return float if _plain(value) is int and abs(value) < _LARGEST else None  # type: ignore[arg-type]


def _now(test: ast.expr, known: Mapping[str, Any]) -> bool:
    """What the condition is at this moment; it holds nothing but numbers and their comparisons."""
    program = compile(ast.fix_missing_locations(ast.Expression(test)), "<condition>", "eval")
    return bool(eval(program, {"__builtins__": {}}, dict(known)))  # noqa: S307


def _moves_away(
    loop: ast.While, test: ast.expr, name: str, known: Mapping[str, Any], fixed: Mapping[str, Any]
) -> bool:
    """`while n > 0: n = n + 1`: each change takes the number further from what would end the loop."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1):
        return False
    left, right, kind = test.left, test.comparators[0], type(test.ops[0])
    if isinstance(right, ast.Name) and right.id == name:
        left, right = right, left
        kind = {ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Lt: ast.Gt, ast.LtE: ast.GtE}.get(kind, kind)
    if not (isinstance(left, ast.Name) and left.id == name) or any(
        isinstance(node, ast.Name) and node.id == name for node in ast.walk(right)
    ):
        return False
    steps = {_step(node, name) for part in loop.body for node in ast.walk(part) if _sets(node, name)}
    if kind is ast.NotEq and _kind(right, fixed, fixed) is not None:
        program = compile(ast.fix_missing_locations(ast.Expression(right)), "<end>", "eval")
        end = eval(program, {"__builtins__": {}}, dict(fixed))  # noqa: S307
        kind = ast.Gt if known[name] > end else ast.Lt if known[name] < end else kind
    return (kind in _UP and steps == {1}) or (kind in _DOWN and steps == {-1})


def _sets(node: ast.AST, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _step(node: ast.AST, name: str) -> int:
    """1 for a statement that makes the number larger by a constant, -1 for smaller, 0 for any other."""
    if isinstance(node, ast.AugAssign):
        operation, amount = node.op, node.value
    elif (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.value, ast.BinOp)
        and isinstance(node.value.left, ast.Name)
        and node.value.left.id == name
    ):
        operation, amount = node.value.op, node.value.right
    else:
        return 0
    value = amount.value if isinstance(amount, ast.Constant) else None
    if not isinstance(value, int | float) or not value > 0:
        return 0
    return 1 if isinstance(operation, ast.Add) else -1 if isinstance(operation, ast.Sub) else 0
