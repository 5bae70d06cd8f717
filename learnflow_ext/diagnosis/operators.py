"""Operators between values that do not go together, by the student's own names.

A rule takes the message and the scene, and gives the explanation; empty when it has nothing to say.
"""

from __future__ import annotations

import ast
import re

from learnflow_ext.diagnosis.pieces import piece
from learnflow_ext.diagnosis.scene import Scene, here, known_as
from learnflow_ext.diagnosis.values import kind

INPUT_IS_TEXT = (
    "Text that looks like a number, as `input()` gives it, must be turned into one first: `int(...)`."
)
_FUNCTIONS = frozenset({"function", "builtin_function_or_method", "method", "type"})
_DOING = {
    "**": "exponentiate (raise to a power)",
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "divide",
    "%": "take the remainder of",
}


def operands_of(scene: Scene) -> tuple[ast.AST, ...]:
    """The two sides of the failing operator; empty when it is not known which one failed."""
    pair = scene.the(ast.BinOp)
    if pair is not None:
        return (pair.left, pair.right)
    compared = scene.the(ast.Compare, lambda each: len(each.ops) == 1)
    if compared is not None and _is_known(scene):
        return (compared.left, compared.comparators[0])
    added = scene.the(ast.AugAssign)
    if added is not None:
        target = added.target
        left = ast.Name(target.id, ast.Load()) if isinstance(target, ast.Name) else target
        return (left, added.value)
    return ()


def _is_known(scene: Scene) -> bool:
    """Whether it is sure which operator failed: by its place, or because there is no other."""
    operators = [
        node
        for part in scene.statement
        for node in ast.walk(part)
        if isinstance(node, (ast.BinOp, ast.Compare, ast.AugAssign))
    ]
    return scene.node is not None or len(operators) == 1


def remainder_of_text(message: str, scene: Scene) -> str:
    """`n % 2` where `n` is text."""
    pair = scene.the(ast.BinOp, lambda each: isinstance(each.op, ast.Mod))
    value = scene.value(pair.left) if pair else None
    if (
        pair is None
        or value is None
        or value.type != "str"
        or "%" in value.text
        or "formatting" not in message
    ):
        return ""
    known = known_as(pair.left, scene)
    return (
        f"{known}. Between texts `%` means something else than between numbers, so no remainder can be"
        f" taken. {INPUT_IS_TEXT}"
        if known
        else ""
    )


def function_itself(message: str, scene: Scene) -> str:
    """`age = input` above, and `age + 1` here: a function where its result was meant."""
    types = _kinds_of(message)
    if not any(each in _FUNCTIONS for each in types):
        return ""
    for node, type_ in zip(operands_of(scene), types, strict=False):
        value = scene.value(node)
        said = piece(node)
        # What a method belongs to is not looked into, but the message says on which side the function is.
        method = value is None and type_ in _FUNCTIONS and isinstance(node, ast.Attribute)
        method = method and _is_known(scene)
        if not (method or (value is not None and value.type in _FUNCTIONS)) or not said:
            continue
        source = _given_in(node, scene)
        if source is not None:
            return (
                f"In line {source.lineno} {said} got a function itself, not its result: the round brackets"
                f" that call it are missing. `{ast.unparse(source)}()` calls it."
            )
        return f"{said} is a function itself, not its result. Round brackets call it, as in `{said[1:-1]}()`."
    return ""


def _kinds_of(message: str) -> tuple[str, ...]:
    found = re.search(r"'([\w.]+)' and '([\w.]+)'$", message) or re.search(
        r"can only concatenate (\w+) \(not \"([\w.]+)\"\)", message
    )
    return found.groups() if found else ()


def _given_in(node: ast.AST, scene: Scene) -> ast.Name | ast.Attribute | None:
    """The bare name that the last line above gave to this one: `input` of `age = input`."""
    if not isinstance(node, ast.Name) or scene.tree is None or scene.line is None:
        return None
    found = [
        each.value
        for each in ast.walk(scene.tree)
        if isinstance(each, ast.Assign)
        and each.lineno < scene.line
        and any(isinstance(target, ast.Name) and target.id == node.id for target in each.targets)
    ]
    last = max(found, key=lambda each: each.lineno, default=None)
    return last if isinstance(last, (ast.Name, ast.Attribute)) else None


def repeated(message: str, scene: Scene) -> str:
    """`"3" * "4"`, `[0] * 2.5`: what cannot say how often."""
    found = re.search(r"can't multiply sequence by non-int of type '([\w.]+)'", message)
    if found is None or any(_number_in_quotes(node) for node in operands_of(scene)):
        return ""  # what to do about the quotes is said elsewhere
    shown = [
        text
        for node in operands_of(scene)
        if isinstance(node, (ast.Name, ast.Subscript, ast.Attribute, ast.Constant))
        and (text := known_as(node, scene))
    ]
    values = f" {here(' and '.join(dict.fromkeys(shown)))}." if shown else ""
    advice = {
        "float": " `int(...)` makes a whole number of it.",
        "str": " To calculate with numbers that are text, as `input()` gives them, turn both into numbers"
        " first: `int(...)` or `float(...)`.",
    }.get(found[1], "")
    return (
        "`*` after a text or a list repeats it, and how often must be a whole number. There stands"
        f" {kind(found[1])}.{values}{advice}"
    )


def _number_in_quotes(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"\s*-?\d+(\.\d*)?\s*", node.value) is not None
    )


def within_a_call(message: str, scene: Scene) -> str:
    """`random.randint(1, "6")`: an operator in somebody else's code, which was given the wrong value."""
    if scene.raised_here or not (kinds := _kinds_of(message)):
        return ""
    call = scene.called or _only_call(scene)
    if call is None or not call.args or not piece(call.func):
        return ""
    wrong = [
        text
        for node in call.args
        if isinstance(node, ast.Constant)
        and type(node.value).__name__ in kinds
        and type(node.value) is str
        and (text := piece(node))
    ]
    of = f" {wrong[0]} is a string (`str`)." if len(wrong) == 1 and set(kinds) == {"str", "int"} else ""
    met = " and ".join(kind(each) for each in sorted(set(kinds)))
    return (
        f"It went wrong inside {piece(call.func)[:-1]}()`, which this line calls: an operator there was given"
        f" {met}. So look at the values between the brackets: is each of the kind that"
        f" {piece(call.func)} works with?{of}"
    )


def _only_call(scene: Scene) -> ast.Call | None:
    """The call on the line that failed; None for none, and for several."""
    found = [
        node
        for node in (ast.walk(scene.tree) if scene.tree is not None else ())
        if isinstance(node, ast.Call)
        and scene.line is not None
        and node.lineno <= scene.line <= (node.end_lineno or node.lineno)
    ]
    return found[0] if len(found) == 1 else None


def operands(message: str, scene: Scene) -> str:
    """Two kinds of values that an operator does not join."""
    found = re.search(
        r"unsupported operand type\(s\) for (\S+?)=?(?: or pow\(\))?: '([\w.]+)' and '([\w.]+)'", message
    )
    joined = re.search(r"can only concatenate (\w+) \(not \"([\w.]+)\"\) to \w+", message)
    if found:
        operator, left, right = found.groups()
    elif joined:
        operator, left, right = "+", joined[1], joined[2]
    else:
        return ""
    doing = _DOING.get(operator)
    if doing is None:
        return ""
    said = (
        f"You tried to {doing} two incompatible types of objects: {kind(left)} and {kind(right)}."
        if operator != "%" and left != right
        else f"`{operator}` does not work between {kind(left)} and {kind(right)}."
    )
    shown = [
        text
        for node in operands_of(scene)
        if isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)) and (text := known_as(node, scene))
    ]
    values = f" {here(' and '.join(dict.fromkeys(shown)))}." if shown else ""
    return f"{said}{values}{_summed(scene)}{_decimal_comma(scene)}{_towards(operator, left, right)}"


def _decimal_comma(scene: Scene) -> str:
    """For `price = 3,50` above."""
    for node in operands_of(scene):
        if isinstance(node, ast.Name) and scene.tree is not None:
            for each in ast.walk(scene.tree):
                if (
                    isinstance(each, ast.Assign)
                    and isinstance(each.value, ast.Tuple)
                    and len(each.value.elts) == 2
                    and all(
                        isinstance(part, ast.Constant) and type(part.value) is int for part in each.value.elts
                    )
                    and any(isinstance(target, ast.Name) and target.id == node.id for target in each.targets)
                ):
                    return (
                        f" `{node.id}` became a tuple of two numbers in line {each.lineno}: if that was to"
                        f" be one number,"
                        " Python's decimal point is a dot."
                    )
    return ""


def _summed(scene: Scene) -> str:
    """For `sum(texts)`: where the numbers come from that nobody wrote."""
    call = scene.the(ast.Call, lambda each: isinstance(each.func, ast.Name) and each.func.id == "sum")
    said = piece(call.args[0]) if call is not None and call.args else ""
    return (
        f" `sum` begins with 0 and adds the items of {said} to it, so they must be numbers." if said else ""
    )


def _towards(operator: str, left: str, right: str) -> str:
    pair = {left, right}
    if operator == "+" and "str" in pair and pair & {"int", "float"}:
        return (
            " To join texts, turn the number into text with `str(...)`; to calculate, turn the text into"
            " a number with `int(...)` or `float(...)`."
        )
    if operator in ("-", "/", "//", "**", "*") and "str" in pair and pair <= {"int", "float", "str"}:
        return f" {INPUT_IS_TEXT}"
    if operator == "+" and pair == {"dict"}:
        return " Two dictionaries are joined with `|`, or with the method `update`."
    if operator == "+" and pair == {"set"}:
        return " Two sets are joined with `|`."
    if operator == "+" and left == "str":
        return " Only text can be joined to text: `str(...)` turns a value into text."
    if operator == "+" and "list" in pair and "range" not in pair:
        return " `+` joins a list only to another list; `append` adds one item."
    return ""
