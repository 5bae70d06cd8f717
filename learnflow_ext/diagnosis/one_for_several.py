"""One value where Python needs several to go through, by the student's own names.

A rule takes the message and the scene, and gives the explanation; empty when it has nothing to say.
"""

from __future__ import annotations

import ast
import re

from learnflow_ext.diagnosis.pieces import piece
from learnflow_ext.diagnosis.scene import Scene, known_as, own_value
from learnflow_ext.diagnosis.values import kind

_WANT_SEVERAL = frozenset("sum list tuple set sorted max min any all zip enumerate map filter dict".split())


def not_iterable(message: str, scene: Scene) -> str:
    """One value where several are needed."""
    found = re.search(r"'(int|float|bool)' object is not iterable", message)
    node = gone_through(scene) if found else None
    if node is None or found is None or not (said := piece(node)):
        return ""
    value = scene.value(node)
    if value is None or value.type != found[1]:
        return ""
    shown = said if isinstance(node, ast.Constant) else f"{said} (which is `{value.text}`)"
    count = f" To count up to it, use `range({ast.unparse(node)})`." if found[1] == "int" else ""
    return (
        f"{shown} is one single number, and Python needs several values to go through, one after the other,"
        f" such as a list or a text.{count}"
    )


def not_several(message: str, scene: Scene) -> str:
    """`a, b = 5`, `for i in len(items)`."""
    lone = re.search(r"cannot unpack non-iterable (\w+) object", message)
    if lone:
        what = (
            "`None`, which means nothing" if lone[1] == "NoneType" else f"one single value, {kind(lone[1])}"
        )
        said = f"Several names stand before the `=` (or the `in`), and there is only {what}."
        assign = next((part for part in scene.statement if isinstance(part, ast.Assign)), None)
        source = piece(assign.value) if assign is not None else ""
        if source and isinstance(assign.value if assign else None, ast.Call) and lone[1] == "NoneType":
            said = f"{said} {source} gives nothing back: does its function have a `return`?"
        elif assign is None and scene.statement and lone[1] == "int":
            # The loop alone is known of the statement, or what it goes through.
            through = next(
                (part.iter for part in (scene.node, *scene.statement) if isinstance(part, ast.For)), None
            )
            held = scene.value(through or gone_through(scene))
            named = piece(through or gone_through(scene) or ast.Constant(0)).strip("`")
            if held is not None and held.type == "dict" and named:
                said = (
                    f"{said} A loop goes through the keys of a dictionary alone; `{named}.items()` gives each"
                    " key with its value."
                )
            else:
                said = f"{said} `enumerate(...)` would give a number along with each item."
        return (
            f"{said} Unpacking is a convenient way to assign a name, to each item of an iterable, such as"
            f" a list or a"
            " tuple."
        )
    found = re.search(
        r"'(int|float|bool|function|builtin_function_or_method|method|type)' object is not iterable", message
    )
    node = gone_through(scene) if found else None
    if found is None:
        return ""
    call = node if isinstance(node, ast.Call) else None
    for part in scene.statement:
        if call is None and isinstance(part, ast.Call):
            call = part
    is_len = call is not None and isinstance(call.func, ast.Name) and call.func.id == "len"
    if is_len and call is not None and found[1] == "int" and (said := piece(call)):
        return (
            f"{said} is one single number, and Python needs several values to go through. To count up to"
            f" it, use"
            f" `range({ast.unparse(call)})`."
        )
    if (
        found[1] in ("function", "builtin_function_or_method", "method")
        and node is not None
        and (said := piece(node))
    ):
        return (
            f"{said} is a function, and Python needs several values to go through. Did you forget to call"
            f" it? With round brackets, {said[:-1]}()`, it gives its result."
        )
    return ""


def function_wants_several(message: str, scene: Scene) -> str:
    """`sum(3, 4)`, `zip(names, 3)`, `for i, x in enumerate:`."""
    found = re.search(r"'(int|float|bool|NoneType|type)' object is not iterable", message)
    if found is None:
        return ""
    node = scene.node.iter if isinstance(scene.node, ast.For) else scene.node
    if found[1] == "type":
        name = node.id if isinstance(node, ast.Name) else ""
        return (
            f"`{name}` itself is not called here, so there is nothing to go through. Between round brackets"
            f" after it, as in `{name}(...)`, stands what it is to work with."
            if name in _WANT_SEVERAL or name == "range"
            else ""
        )
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return ""
    single = [each for each in node.args if (value := scene.value(each)) and value.type == found[1]]
    if node.func.id not in _WANT_SEVERAL or own_value(scene, node.func.id) or not single:
        return ""
    said = known_as(single[0], scene)
    if not said:
        return ""
    name = node.func.id
    more = " Put the values between square brackets, which makes one list of them." if len(single) > 1 else ""
    plus = " To add two numbers, `+` will do." if name == "sum" and len(single) > 1 else ""
    return (
        f"`{name}` goes through several values, one after the other, such as those of a list, but {said}, one"
        f" single value.{more}{plus}"
    )


def gone_through(scene: Scene) -> ast.AST | None:
    """What a loop goes through; None when that is not known."""
    if isinstance(scene.node, ast.For):
        return scene.node.iter
    if scene.node is not None and isinstance(scene.node, (ast.Name, ast.Constant, ast.Attribute)):
        return scene.node
    for part in scene.statement:
        if isinstance(part, (ast.Name, ast.Constant)) and isinstance(
            getattr(part, "ctx", ast.Load()), ast.Load
        ):
            return part
    return None
