"""Values of the wrong kind, by the student's own names. Each rule is silent where it is not sure.

A rule takes the message and the scene, and gives the explanation; empty when it has nothing to say.
"""

from __future__ import annotations

import ast
import re

from learnflow_ext.diagnosis.scene import Scene, own_builtin, piece
from learnflow_ext.diagnosis.values import kind

_INPUT_IS_TEXT = (
    "Text that looks like a number, as `input()` gives it, must be turned into one first: `int(...)`."
)
_DOING = {
    "**": "exponentiate (raise to a power)",
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "divide",
    "%": "take the remainder of",
}


def not_callable(message: str, scene: Scene) -> str:
    """A value in front of round brackets."""
    found = re.search(r"'([\w.]+)' object is not callable", message)
    call = scene.the(ast.Call) if found else None
    if call is None or found is None:
        return ""
    func, what = call.func, kind(found[1])
    if isinstance(func, ast.Name):
        value = scene.value(func)
        shown = f", `{value.text}`" if value and value.text and "`" not in value.text else ""
        if value is not None and value.type != found[1]:
            return ""
        if own_builtin(func.id):
            return (
                f"`{func.id}` is the name of a function that comes with Python, but your code gave this"
                " name a"
                f" value of its own{shown}, and that cannot be called. Choose another name for your variable,"
                " and restart the kernel to get the function back."
            )
        return (
            f"The round brackets after `{func.id}` call a function, but `{func.id}` is {what}{shown}, which"
            " cannot be called. Perhaps a variable and a function have the same name, or an operator is"
            " missing"
            " before the bracket."
        )
    if isinstance(func, (ast.Constant, ast.BinOp, ast.List, ast.Tuple)) and (said := piece(func)):
        return (
            f"There is nothing between {said} and the round bracket after it, so Python tries to call {said}"
            " like a function, and it cannot be called. Perhaps an operator such as `*`, or a comma, is"
            " missing"
            " between them."
        )
    if isinstance(func, ast.Call) and (said := piece(func)):
        return (
            f"{said} already calls the function and gives back {what}. The second pair of round brackets"
            " tries"
            " to call that result, which cannot be called."
        )
    return ""


def nothing_there(message: str, scene: Scene) -> str:
    """`None` where a value is needed."""
    if "NoneType" not in message:
        return ""
    node: ast.AST | None = None
    if "has no attribute" in message:
        found = scene.the(ast.Attribute)
        node = found.value if found else None
    elif "not subscriptable" in message or "item assignment" in message:
        taken = scene.the(ast.Subscript)
        node = taken.value if taken else None
    elif "has no len()" in message:
        call = scene.the(ast.Call)
        node = call.args[0] if call and call.args else None
    elif "not iterable" in message:
        node = _gone_through(scene)
    elif "unsupported operand" in message or "can only concatenate" in message:
        node = next((each for each in _operands(scene) if _is_none(each, scene)), None)
    said = piece(node) if node is not None else ""
    if not said or node is None or (isinstance(node, ast.Name) and not _is_none(node, scene)):
        return ""
    end = "which means that there is nothing to work with"
    if isinstance(node, ast.Call):
        return (
            f"{said} gives back `None`, {end}. Some functions and methods only change something, as"
            " `sort` and `append` do, and a function without `return` gives back `None` too."
        )
    return (
        f"{said} is `None`, {end}. It may come from a function without `return`, or from a method that"
        f" only changes a list, as `sort` and `append` do. Look where {said} gets its value."
    )


def _operands(scene: Scene) -> tuple[ast.AST, ...]:
    pair = scene.the(ast.BinOp)
    if pair is not None:
        return (pair.left, pair.right)
    added = scene.the(ast.AugAssign)
    if added is not None:
        target = added.target
        left = ast.Name(target.id, ast.Load()) if isinstance(target, ast.Name) else target
        return (left, added.value)
    return ()


def _is_none(node: ast.AST, scene: Scene) -> bool:
    value = scene.value(node)
    return value is not None and value.type == "NoneType"


def _gone_through(scene: Scene) -> ast.AST | None:
    """What a loop goes through."""
    if scene.node is not None and isinstance(scene.node, (ast.Name, ast.Constant, ast.Attribute)):
        return scene.node
    for part in scene.statement:
        if isinstance(part, (ast.Name, ast.Constant)) and isinstance(
            getattr(part, "ctx", ast.Load()), ast.Load
        ):
            return part
    return None


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
        text for node in _operands(scene) if isinstance(node, ast.Name) and (text := _known_as(node, scene))
    ]
    values = f" {_start(' and '.join(shown))}." if shown else ""
    return f"{said}{values}{_towards(operator, left, right)}"


def _towards(operator: str, left: str, right: str) -> str:
    pair = {left, right}
    if operator == "+" and "str" in pair and pair & {"int", "float"}:
        return (
            " To join texts, turn the number into text with `str(...)`; to calculate, turn the text into"
            " a number with `int(...)` or `float(...)`."
        )
    if operator in "-/" and "str" in pair and pair & {"int", "float"}:
        return f" {_INPUT_IS_TEXT}"
    if operator == "+" and "list" in pair:
        return " `+` joins a list only to another list; `append` adds one item."
    return ""


def not_iterable(message: str, scene: Scene) -> str:
    """One value where several are needed."""
    found = re.search(r"'(int|float|bool)' object is not iterable", message)
    node = _gone_through(scene) if found else None
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


def not_a_container(message: str, scene: Scene) -> str:
    """`in` on a number."""
    found = re.search(r"argument of type '(int|float|bool|NoneType)' is not iterable", message)
    pair = scene.the(ast.Compare) if found else None
    if pair is None or found is None or not (said := _known_as(pair.comparators[-1], scene)):
        return ""
    return (
        f"`in` looks for something inside a list, a text or a dictionary, but {said}, and has nothing inside."
    )


def not_subscriptable(message: str, scene: Scene) -> str:
    """Square brackets after what has no items."""
    found = re.search(r"'(\w+)' object is not subscriptable", message)
    taken = scene.the(ast.Subscript) if found else None
    if taken is None or found is None or not (said := piece(taken.value)):
        return ""
    if found[1] in ("function", "builtin_function_or_method", "method"):
        return (
            f"{said} is a function, and a function is called with round brackets `()`. Square brackets"
            " `[]` take"
            " an item out of a list, a text or a dictionary."
        )
    known = _known_as(taken.value, scene)
    if not known or isinstance(taken.value, ast.Constant):
        return ""
    return (
        f"Square brackets `[]` take an item out of a list, a text or a dictionary. But {known}, so it has no"
        " items."
    )


def no_length(message: str, scene: Scene) -> str:
    """`len(5)`."""
    found = re.search(r"object of type '(int|float|bool)' has no len\(\)", message)
    call = scene.the(ast.Call, lambda each: isinstance(each.func, ast.Name) and each.func.id == "len")
    if found is None or call is None or not call.args or not (said := _known_as(call.args[0], scene)):
        return ""
    return (
        f"`len()` counts the items of something that holds several, such as a list or a text, but"
        f" {said}, which"
        " holds none. Turn a number into text with `str(...)` if you want to count its digits."
    )


def whole_number(message: str, scene: Scene) -> str:
    """`range(10 / 2)`."""
    if "'float' object cannot be interpreted as an integer" not in message:
        return ""
    call = scene.the(ast.Call)
    for argument in call.args if call else ():
        value = scene.value(argument)
        said = piece(argument)
        if said and isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Div):
            return (
                f"{said} is a number with a decimal point, because `/` always gives one, even where"
                " nothing is"
                " left over, and a whole number is needed here. `//` divides to a whole number."
            )
        if said and value is not None and value.type == "float":
            return (
                f"A whole number is needed here, but {said} is `{value.text}`, a number with a decimal point."
            )
    return ""


def unchangeable(message: str, scene: Scene) -> str:
    """`word[0] = "x"`."""
    found = re.search(
        r"'(str|tuple|int|float|range)' object does not support item (assignment|deletion)", message
    )
    taken = scene.the(ast.Subscript) if found else None
    if taken is None or found is None or not (said := piece(taken.value)):
        return ""
    value = scene.value(taken.value)
    shown = f" (`{value.text}`)" if value and value.text and isinstance(taken.value, ast.Name) else ""
    what = {"str": "a string (text)", "tuple": "a tuple", "range": "a range"}.get(found[1], kind(found[1]))
    return f"{said}{shown} is {what}, and its parts cannot be changed in place. Make a new one instead."


def wrong_index(message: str, scene: Scene) -> str:
    """`names["ada"]` where `names` is a list."""
    found = re.search(
        r"^(list|tuple|string) indices must be integers(?: or slices)?, not '?(str|float)'?", message
    )
    taken = scene.the(ast.Subscript) if found else None
    if found is None or taken is None or not isinstance(taken.value, (ast.Name, ast.Attribute)):
        return ""
    holder, asked, index = piece(taken.value), piece(taken.slice), scene.value(taken.slice)
    if not holder or not asked or index is None or index.type != found[2] or "`" in index.text:
        return ""
    shown = f" is `{index.text}`," if isinstance(taken.slice, ast.Name) else " is"
    said = (
        f"{holder} is a {found[1]}, and a position in it is a whole number, but {asked}{shown}"
        f" {kind(found[2])}."
    )
    if re.fullmatch(r"'\s*-?\d+\s*'|-?\d+\.0", index.text):
        return f"{said} Perhaps you forgot to convert {asked} into an integer, with `int(...)`."
    return f"{said} Only a dictionary is asked for its values by name." if found[2] == "str" else said


def ordered(message: str, scene: Scene) -> str:
    """`age > 18` where age is text."""
    found = re.search(r"'(<=?|>=?)' not supported between instances of '(\w+)' and '(\w+)'", message)
    if not found or not {found[2], found[3]} & {"str", "NoneType", "list"}:
        return ""
    pair = scene.the(ast.Compare)
    sides = (pair.left, *pair.comparators) if pair else ()
    shown = [text for node in sides if isinstance(node, ast.Name) and (text := _known_as(node, scene))]
    values = f" {_start(' and '.join(shown[:2]))}." if shown else ""
    advice = f" {_INPUT_IS_TEXT}" if {found[2], found[3]} in ({"str", "int"}, {"str", "float"}) else ""
    return f"`{found[1]}` cannot compare {kind(found[2])} with {kind(found[3])}.{values}{advice}"


def _known_as(node: ast.AST | None, scene: Scene) -> str:
    """The piece with its value: ``n` is `5`, an integer (`int`)`; empty when either is unknown."""
    value = scene.value(node)
    if node is None or value is None or not value.text or "`" in value.text or not (said := piece(node)):
        return ""
    if isinstance(node, ast.Constant):
        return f"{said} is {kind(value.type)}"
    return f"{said} is `{value.text}`, {kind(value.type)}" if value.text != "None" else f"{said} is `None`"


def _start(text: str) -> str:
    return f"Here {text}" if text else ""
