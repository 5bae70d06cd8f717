"""Where a `None` came from that a program works with, by the student's own names.

Each rule is silent where not sure.

A rule takes the message and the scene, and gives the explanation; empty when it has nothing to say.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from learnflow_ext.diagnosis.pieces import piece
from learnflow_ext.diagnosis.scene import Scene
from learnflow_ext.diagnosis.values import Value

_CHANGERS = frozenset("append extend insert remove sort reverse clear update add".split())
_OF_PYTHON = frozenset("len int float sum max min sorted list set tuple round abs enumerate".split())
_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}


def missing_from_get(message: str, scene: Scene) -> str:
    """`stock.get("pear") + 2`, where the dictionary has no such key."""
    if "NoneType" not in message:
        return ""
    exact = scene.node is not None and "cannot unpack" not in message
    parts = (scene.node,) if exact else scene.statement
    alone = exact or "not iterable" in message  # what a loop goes through is a part by itself
    used = (
        each
        for part in parts
        if part is not None
        for each in (*((part,) if alone else ()), *_used_in(part, message, deep=not exact))
    )
    calls = [
        node
        for node in used
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and len(node.args) == 1
        and not node.keywords
    ]
    if len(calls) != 1 or not isinstance(calls[0].func, ast.Attribute):
        return ""
    call, holder = calls[0], calls[0].func.value
    held, key = scene.value(holder), scene.value(call.args[0])
    if held is None or held.type != "dict" or key is None or not key.text or _has(held, key):
        return ""
    if held.length != len(held.items):
        return ""  # it has more keys than were looked at
    said, name, asked = piece(call), piece(holder), piece(call.args[0])
    if not said or not name or not asked:
        return ""
    shown = f", which is what {asked} is" if isinstance(call.args[0], ast.Name) else ""
    has = f"its keys are {', '.join(f'`{each}`' for each in held.items)}" if held.items else "it is empty"
    return (
        f"{said} gives back `None`, which means nothing, because the dictionary {name} has no"
        f" key `{key.text}`{shown}: {has}. A second value between the brackets of `get` is given back"
        " in its place,"
        f" as in `{said.strip('`')[:-1]}, …)`."
    )


def _has(held: Value, key: Value) -> bool:
    """Whether the key is among those shown. `1.0` and `True` are the key `1` too."""
    if key.text in held.items:
        return True
    if key.type not in ("int", "float", "bool"):
        return False
    numbers = (each for each in held.items if each in ("True", "False") or re.fullmatch(r"-?[\d.]+", each))
    return any(_number(each) == _number(key.text) for each in numbers)


def _number(text: str) -> float:
    return {"True": 1.0, "False": 0.0}[text] if text in ("True", "False") else float(text)


def _used_in(part: ast.AST, message: str, *, deep: bool) -> Iterator[ast.AST]:
    """What operators, dots, brackets and loops in `part` work with directly, as far as `message` can be about
    it; of `part` alone unless `deep`."""
    dot = re.search(r"has no attribute '(\w+)'", message)
    for node in ast.walk(part) if deep else (part,):
        if isinstance(node, ast.Attribute):
            if dot is not None and node.attr == dot[1]:
                yield node.value
        elif dot is not None:
            continue
        elif "cannot unpack" in message:
            if isinstance(node, ast.Assign):
                yield node.value
        elif isinstance(node, ast.BinOp):
            yield from (node.left, node.right)
        elif isinstance(node, ast.UnaryOp):
            yield node.operand
        elif isinstance(node, ast.Compare):
            # None can be asked whether it is equal to something.
            if not all(isinstance(op, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)) for op in node.ops):
                yield from (node.left, *node.comparators)
        elif isinstance(node, ast.Subscript):
            yield node.slice if "indices must be" in message else node.value
        elif isinstance(node, ast.AugAssign):
            yield node.value
        elif isinstance(node, ast.For):
            yield node.iter
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OF_PYTHON:
            yield from node.args


def result_of_print(message: str, scene: Scene) -> str:
    """`print("Total: ") + 5`."""
    if "NoneType" not in message:
        return ""
    line = scene.statement[0] if len(scene.statement) == 1 else None
    if not isinstance(line, ast.Expr):
        return ""  # what is kept or given back was not only to be shown
    node: ast.AST = line.value
    node = node.func if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else node
    if scene.node is not None and scene.node not in (node, line.value):
        return ""
    inner, what = _beside_print(node)
    if not _prints(inner) or not what:
        return ""
    return (
        "The round bracket that ends `print` comes too early."
        f" {piece(inner) or '`print(...)`'} shows something and gives back `None`, which means nothing, and"
        f" `{what}` then works with that `None`. It belongs to what is shown, so it must stand between the"
        " round brackets of `print`."
    )


def _beside_print(node: ast.AST) -> tuple[ast.AST, str]:
    """What an operator, a dot or a bracket works with, and that; no text where it is none of these."""
    if isinstance(node, ast.BinOp) and not _prints(node.right):
        sign = _SIGNS.get(type(node.op), "")
        return node.left, f"{sign} …" if sign else ""
    if isinstance(node, ast.Attribute):
        return node.value, f".{node.attr}(...)"
    return (node.value, "[…]") if isinstance(node, ast.Subscript) else (node, "")


def _prints(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"


def kept_nothing(message: str, scene: Scene) -> str:
    """`names = names.append(n)` in a loop, in its second round."""
    if "'NoneType' object has no attribute" not in message:
        return ""
    line = next((each for each in scene.statement if isinstance(each, ast.Assign)), None)
    if line is None and scene.tree is not None:
        line = next(
            (n for n in ast.walk(scene.tree) if isinstance(n, ast.Assign) and n.lineno == scene.line), None
        )
    if line is None or len(line.targets) != 1 or not isinstance(line.targets[0], ast.Name):
        return ""
    name, call = line.targets[0].id, line.value
    if not (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == name
        and call.func.attr in _CHANGERS
        and _is(scene.values.get(name), "NoneType")
        and _in_a_loop(scene.tree, line)
        and _else_several(scene.tree, name, line)
    ):
        return ""
    return (
        f"`{name}` is `None`, which means nothing, since this line ran the last time:"
        f" `{call.func.attr}` changes"
        f" what `{name}` holds, and gives back `None`, which `{name} =` then put in its place. Write the line"
        f" without `{name} =`."
    )


def _else_several(tree: ast.Module | None, name: str, line: ast.stmt) -> bool:
    """Whether the other lines that give `name` a value, one at least, surely give it a list or the like."""
    others = [
        node
        for node in ast.walk(tree or ast.Module([], []))
        if isinstance(node, ast.Assign)
        and node is not line
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]
    return bool(others) and all(
        isinstance(each.value, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp))
        or (
            isinstance(each.value, ast.Call)
            and isinstance(each.value.func, ast.Name)
            and each.value.func.id in ("list", "dict", "set", "sorted")
        )
        for each in others
    )


def _in_a_loop(tree: ast.Module | None, line: ast.stmt) -> bool:
    return tree is not None and any(
        isinstance(node, (ast.For, ast.While)) and node.lineno < line.lineno <= (node.end_lineno or 0)
        for node in ast.walk(tree)
    )


def _is(value: Value | None, type_name: str) -> bool:
    return value is not None and value.type == type_name
