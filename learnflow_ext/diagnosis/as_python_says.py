"""Where Python's own message says it well: that message, with whose value it was, and what to do instead.

A rule takes the message and the scene, and gives the explanation; empty when it has nothing to say.
"""

from __future__ import annotations

import ast
import re

from learnflow_ext.diagnosis.pieces import piece
from learnflow_ext.diagnosis.scene import Scene, own_builtin
from learnflow_ext.diagnosis.values import kind

_CHANGING = frozenset({"add", "clear", "discard", "pop", "popitem", "remove", "setdefault", "update"})
_VIEWS = frozenset({"items", "keys", "values"})
_BY_NAME = frozenset({"hasattr", "getattr", "setattr", "delattr"})
_BUILT_IN = {"str": str, "int": int, "float": float, "list": list, "dict": dict, "set": set}


def one_item_by_accident(message: str, scene: Scene) -> str:
    """`text = ("abc",)`, and then `text.upper()`."""
    found = re.match(r"'tuple' object has no attribute '(\w+)'", message)
    taken = scene.the(ast.Attribute, lambda each: found is not None and each.attr == found[1])
    held = scene.value(taken.value) if taken is not None else None
    if found is None or taken is None or not isinstance(taken.value, ast.Name) or held is None:
        return ""
    if held.length != 1 or not held.items or _gathers(scene.tree, taken.value.id):
        return ""
    try:
        item = type(ast.literal_eval(held.items[0])).__name__
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return ""
    if not hasattr(_BUILT_IN.get(item), found[1]):
        return ""
    name = taken.value.id
    return (
        f"Did you write a comma by mistake? `{name}` is `{held.text}`, a tuple with a single item, and a"
        f" 'tuple' object has no attribute '{found[1]}'. The item in it, `{held.items[0]}`, has one. A comma"
        f" at the end of a line makes a tuple of what stands before it: look where `{name}` got its value."
    )


def _gathers(tree: ast.Module | None, name: str) -> bool:
    """Whether it is a `*name` of a function, which is a tuple without any comma of the student's."""
    return tree is not None and any(
        isinstance(node, ast.arguments) and node.vararg is not None and node.vararg.arg == name
        for node in ast.walk(tree)
    )


def dot_in_place_of_brackets(message: str, scene: Scene) -> str:
    """`len.text` for `len(text)`."""
    found = re.match(r"'builtin_function_or_method' object has no attribute '(\w+)'", message)
    taken = scene.the(ast.Attribute, lambda each: found is not None and each.attr == found[1])
    if found is None or taken is None or not isinstance(taken.value, ast.Name):
        return ""
    name, wanted = taken.value.id, found[1]
    given = scene.values.get(name)
    if not own_builtin(name) or (given is not None and given.type != "builtin_function_or_method"):
        return ""
    if not _gives(scene.tree, wanted):
        return ""
    return (
        f"Did you mean `{name}({wanted})`? `{name}` is a function, in Python's words a"
        f" 'builtin_function_or_method', and after a dot Python looks for something called `{wanted}` inside"
        f" of it. There is none: what a function works on, here your `{wanted}`, stands between round"
        " brackets."
    )


def _gives(tree: ast.Module | None, name: str) -> bool:
    """Whether the student gives this name a value, or it is an argument."""
    return tree is not None and any(
        (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name)
        or (isinstance(node, ast.arg) and node.arg == name)
        for node in ast.walk(tree)
    )


def changed_in_its_loop(message: str, scene: Scene) -> str:
    """A dictionary or set that grows or shrinks while a loop goes through it."""
    if not re.search(r"changed size during iteration", message) or scene.tree is None:
        return ""
    loops = [
        node
        for node in ast.walk(scene.tree)
        if isinstance(node, ast.For) and node.lineno == scene.line and _gone_through(node.iter) is not None
    ]
    name = _gone_through(loops[0].iter) if len(loops) == 1 else None
    value = scene.values.get(name) if name else None
    if name is None or value is None or value.type not in ("dict", "set"):
        return ""
    changes = [node for part in loops[0].body for node in ast.walk(part) if _changes(node, name)]
    what = "a `set`" if value.type == "set" else kind(value.type)
    where = (
        f"line {getattr(changes[0], 'lineno', scene.line)} added or removed an item: {piece(changes[0])}"
        if len(changes) == 1 and piece(changes[0])
        else "something inside of the loop added or removed an item"
    )
    shown = f" By then `{name}` was `{value.text}`." if value.text and "`" not in value.text else ""
    return (
        f"While you were iterating over the items of `{name}` ({what}) in a `for` loop, {where}. With that"
        f" Python has lost its place in it, and stops with a `RuntimeError`.{shown} Let the loop go through a"
        f" copy, `list({ast.unparse(loops[0].iter)})`: then `{name}` itself may change."
    )


def _gone_through(items: ast.expr) -> str | None:
    """The name in `for x in NAME` or `for x in NAME.items()`."""
    if isinstance(items, ast.Call) and isinstance(items.func, ast.Attribute) and items.func.attr in _VIEWS:
        items = items.func.value
    return items.id if isinstance(items, ast.Name) else None


def _changes(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method)):
            return owner == name and method in _CHANGING
        case ast.Subscript(value=ast.Name(id=owner), ctx=ast.Store() | ast.Del()):
            return owner == name
    return False


def name_of_an_attribute(message: str, scene: Scene) -> str:
    """`hasattr(thing, 1)`."""
    if "attribute name must be string" not in message:
        return ""
    call = scene.the(ast.Call, lambda each: isinstance(each.func, ast.Name) and each.func.id in _BY_NAME)
    if call is None or not isinstance(call.func, ast.Name) or len(call.args) < 2:
        return ""
    given, value = call.args[1], scene.value(call.args[1])
    if value is None or not value.text or "`" in value.text:
        return ""
    shown = "it" if isinstance(given, ast.Constant) else piece(given)
    return (
        f"The second argument of the function `{call.func.id}()` must be a string. Here {shown} is"
        f" `{value.text}`, {kind(value.type)}. It stands for the name after a dot, and Python says that an"
        " attribute name must be string: put it between quotes."
    )
