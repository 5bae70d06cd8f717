"""What a piece of an expression stood for (`grid[0]`, `i + 1`, `self.items`), found without running any of
the student's code."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from itertools import islice

from learnflow_ext.diagnosis.values import Value, value_of

MAX_PIECE = 60
MAX_PIECES = 40
PIECES = (ast.Subscript, ast.Attribute, ast.BinOp, ast.Call, ast.UnaryOp)
_MAX_NUMBER = 10**9
_PLAIN = (int, float, bool, str)


class _UnknownError(Exception):
    """It cannot be found without running something that is not Python's own."""


def piece(node: ast.AST) -> str:
    """The node as code in a code span; empty when it is long."""
    try:
        text = ast.unparse(node)
    except (ValueError, RecursionError):
        return ""
    fine = len(text) <= MAX_PIECE and "`" not in text and "\n" not in text
    return f"`{text}`" if fine else ""


def values_of_pieces(parts: Iterable[ast.AST], objects: Mapping[str, object]) -> dict[str, Value]:
    """The values of the pieces in `parts` that can be found, by their `piece`. `objects` has the names'."""
    found: dict[str, Value] = {}
    nodes = (node for part in parts for node in ast.walk(part) if isinstance(node, PIECES))
    for node in islice(nodes, MAX_PIECES):
        name = piece(node)
        if name and name not in found:
            try:
                found[name] = value_of(_object(node, objects))
            except (_UnknownError, ArithmeticError, LookupError, TypeError, ValueError):
                continue
    return found


def _object(node: ast.AST, objects: Mapping[str, object]) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        if node.id not in objects:
            raise _UnknownError
        return objects[node.id]
    if isinstance(node, ast.Attribute):
        return _attribute(_object(node.value, objects), node.attr)
    if isinstance(node, ast.Subscript):
        return _item(_object(node.value, objects), _object(node.slice, objects))
    if isinstance(node, ast.BinOp):
        return _calculated(node.op, _object(node.left, objects), _object(node.right, objects))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _object(node.operand, objects)
        if type(value) is int or type(value) is float:
            return -value
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        thing = _object(node.args[0], objects)
        if isinstance(node.func, ast.Name) and node.func.id == "len" and "len" not in objects:
            if type(thing) in (list, tuple, dict, set, str, range):
                return len(thing)  # type: ignore[arg-type]
    raise _UnknownError


def _attribute(thing: object, name: str) -> object:
    """Out of an object's own dictionary: no property runs, and no `__getattr__`."""
    try:
        own = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        raise _UnknownError from None
    if type(own) is not dict or name not in own:
        raise _UnknownError
    return own[name]


def _item(holder: object, key: object) -> object:
    if type(holder) in (list, tuple, str, range) and type(key) is int:
        return holder[key]  # type: ignore[index]
    if type(holder) is dict and type(key) in _PLAIN:
        # Keys of a class of the student's could run their own comparison.
        if all(type(each) in _PLAIN for each in islice(holder, 1000)):
            return holder[key]
    raise _UnknownError


def _calculated(op: ast.operator, left: object, right: object) -> object:
    if type(left) not in (int, float) or type(right) not in (int, float):
        raise _UnknownError
    assert isinstance(left, (int, float)) and isinstance(right, (int, float))
    if abs(left) > _MAX_NUMBER or abs(right) > _MAX_NUMBER:
        raise _UnknownError
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case ast.FloorDiv():
            return left // right
        case ast.Mod():
            return left % right
    raise _UnknownError
