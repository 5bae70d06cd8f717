"""Values of the wrong kind, by the student's own names. Each rule is silent where it is not sure.

A rule takes the message and the scene, and gives the explanation; empty when it has nothing to say.
"""

from __future__ import annotations

import ast
import re

from learnflow_ext.diagnosis import code_facts
from learnflow_ext.diagnosis.one_for_several import gone_through
from learnflow_ext.diagnosis.operators import INPUT_IS_TEXT, operands_of
from learnflow_ext.diagnosis.pieces import piece
from learnflow_ext.diagnosis.scene import Scene, here, known_as, own_builtin
from learnflow_ext.diagnosis.values import kind


def not_callable(message: str, scene: Scene) -> str:
    """A value in front of round brackets."""
    found = re.search(r"'([\w.]+)' object is not callable", message)
    call = scene.the(ast.Call) if found else None
    if call is None or found is None:
        return ""
    func, what = call.func, kind(found[1])
    if found[1] == "module" and (name := piece(func)):
        bare = name.strip("`")
        same = (
            f" Perhaps you meant `{bare}.{bare}(...)`."
            if bare in ("datetime", "time", "random", "copy", "glob")
            else ""
        )
        return (
            f"{name} is a module (an object of type `module`), and a module cannot be called like a"
            f" function. What you"
            f" want of it stands behind a dot, as in `{bare}.name(...)`.{same}"
        )
    if isinstance(func, ast.Name):
        value = scene.value(func)
        shown = f", `{value.text}`" if value and value.text and "`" not in value.text else ""
        if value is not None and value.type != found[1]:
            return ""
        if found[1] == "NoneType":
            return (
                f"The round brackets after `{func.id}` call a function, but `{func.id}` is `None`, which"
                f" means"
                " nothing at all, and cannot be called."
            )
        if own_builtin(func.id):
            return (
                f"`{func.id}` is the name of a function that comes with Python, but your code gave this"
                " name a"
                f" value of its own{shown}, and that cannot be called. Choose another name for your variable,"
                " and restart the kernel to get the function back."
            )
        said = (
            f"The round brackets after `{func.id}` call a function, but `{func.id}` is {what}{shown}, which"
            " cannot be called."
        )
        if code_facts.function_named(scene.tree, func.id) is not None:
            return (
                f"{said} Your function `{func.id}` was lost when a line gave the same name another value:"
                " choose another name for the value."
            )
        if found[1] in ("list", "tuple", "dict", "str") and len(call.args) == 1 and piece(call.args[0]):
            taken = f"{func.id}[{ast.unparse(call.args[0])}]"
            return (
                f"{said} Perhaps you meant to use `[]` instead of `()` and write `{taken}`: square"
                f" brackets take"
                " an item out."
            )
        return (
            f"{said} Perhaps a variable and a function have the same name, or an operator is missing"
            f" before the"
            " bracket."
        )
    if isinstance(func, (ast.Constant, ast.BinOp, ast.List, ast.Tuple)) and (said := piece(func)):
        return (
            f"There is nothing between {said} and the round bracket after it, so Python tries to call {said}"
            " like a function, and it cannot be called. Perhaps an operator such as `*`, or a comma, is"
            " missing"
            " between them."
        )
    if isinstance(func, ast.Attribute) and (said := piece(func)):
        held = scene.value(func)
        shown = f", `{held.text}`" if held and held.text and "`" not in held.text else ""
        return (
            f"The round brackets after {said} call a function, but {said} is {what}{shown}, which cannot"
            f" be called."
            " Without the brackets it gives its value."
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
        node = gone_through(scene)
    elif "unsupported operand" in message or "can only concatenate" in message:
        node = next((each for each in operands_of(scene) if _is_none(each, scene)), None)
    said = piece(node) if node is not None else ""
    if not said or node is None or (isinstance(node, ast.Name) and not _is_none(node, scene)):
        return ""
    end = "which means that there is nothing to work with"
    if isinstance(node, ast.Constant):
        return f"{said} means that there is nothing, so there is nothing to work with here."
    if isinstance(node, ast.Call):
        return (
            f"{said} gives back `None`, {end}. Some functions and methods only change something, as"
            " `sort` and `append` do, and a function without `return` gives back `None` too."
        )
    return (
        f"{said} is `None`, {end}. It may come from a function without `return`, or from a method that"
        f" only changes a list, as `sort` and `append` do. Look where {said} gets its value."
    )


def _is_none(node: ast.AST, scene: Scene) -> bool:
    value = scene.value(node)
    return value is not None and value.type == "NoneType"


def items_of_several_kinds(message: str, scene: Scene) -> str:
    """`sorted([3, "a"])`, `max(3, "a")`."""
    found = re.search(r"'(<|>)' not supported between instances of '(\w+)' and '(\w+)'", message)
    call = scene.the(ast.Call) if found else None
    if found is None or call is None:
        return ""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in ("sorted", "sort", "max", "min"):
        return ""
    if found[2] == found[3]:
        return (
            f"`{name}` must know which of two items is smaller, and Python cannot tell that of two values"
            f" of type"
            f" `{found[2]}`. `key=...` says by what to compare them."
        )
    return (
        f"`{name}` compares the items with each other, and `{found[1]}` cannot compare {kind(found[2])} with"
        f" {kind(found[3])}. All the items must be of one kind."
    )


def not_a_container(message: str, scene: Scene) -> str:
    """`in` on a number."""
    found = re.search(
        r"argument of type '(int|float|bool|NoneType)' is not (?:iterable|a container or iterable)", message
    )
    pair = scene.the(ast.Compare) if found else None
    if pair is None or found is None or not (said := known_as(pair.comparators[-1], scene)):
        return ""
    return (
        f"`in` looks for something inside a list, a text or a dictionary, but {said}, and has nothing inside."
    )


def not_subscriptable(message: str, scene: Scene) -> str:
    """Square brackets after what has no items."""
    found = re.search(r"(?:'(\w+)' object|type '\w+') is not subscriptable", message)
    taken = scene.the(ast.Subscript) if found else None
    if taken is None or found is None or not (said := piece(taken.value)):
        return ""
    if found[1] is None and not (isinstance(taken.value, ast.Name) and own_builtin(taken.value.id)):
        return ""
    if found[1] in (None, "function", "builtin_function_or_method", "method"):
        return (
            f"{said} is a function, and a function is called with round brackets `()`. Square brackets"
            " `[]` take"
            " an item out of a list, a text or a dictionary."
        )
    if found[1] in (
        "generator",
        "map",
        "filter",
        "zip",
        "dict_keys",
        "dict_values",
        "dict_items",
        "enumerate",
        "reversed",
        "list_reverseiterator",
    ):
        what = found[1].replace("_", " ").replace("list reverseiterator", "list read backwards")
        return (
            f"{said} (a {what}) hands its items out one after the other, and has no positions. `list(...)`"
            f" makes a"
            " list of it, and that can be asked with `[]`."
        )
    if found[1] == "set":
        return (
            f"{said} is a set (`set`), and a set has no order, so no item at a position. `list(...)`"
            " makes a list."
        )
    known = known_as(taken.value, scene)
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
    if found is None or call is None or not call.args or not (said := known_as(call.args[0], scene)):
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
    if found[1] in ("int", "float"):
        return (
            f"{said}{shown} is {kind(found[1])}, one single number: it has no items, so none can"
            " be changed with `[]`."
        )
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
    shown = [text for node in sides if isinstance(node, ast.Name) and (text := known_as(node, scene))]
    values = f" {here(' and '.join(shown[:2]))}." if shown else ""
    advice = f" {INPUT_IS_TEXT}" if {found[2], found[3]} in ({"str", "int"}, {"str", "float"}) else ""
    return f"`{found[1]}` cannot compare {kind(found[2])} with {kind(found[3])}.{values}{advice}"


def two_positions(message: str, scene: Scene) -> str:
    """`grid[0, 1]` of a list of lists."""
    taken = scene.the(ast.Subscript) if message.endswith("slices, not tuple") else None
    if taken is None or not isinstance(taken.slice, ast.Tuple) or len(taken.slice.elts) != 2:
        return ""
    first, second = (ast.unparse(each) for each in taken.slice.elts)
    said, held = piece(taken.value), scene.value(taken.value)
    if held is None or not held.items or not held.items[0].startswith("["):
        return ""
    if not said or len(first) + len(second) > 30:
        return ""
    return (
        f"Square brackets after a list take one position, and here are two, with a comma between them. In a"
        f" list of lists each has brackets of its own: `{said[1:-1]}[{first}][{second}]`."
    )


def text_of_an_object(message: str, scene: Scene) -> str:
    """A `__str__` that gives back no text."""
    found = re.search(r"__(str|repr)__ returned non-string \(type (\w+)\)", message)
    if found is None:
        return ""
    advice = (
        "Does it have a `return`? `print` shows a text, and gives none back."
        if found[2] == "NoneType"
        else "`str(...)` turns a value into text."
    )
    return (
        f"The method `__{found[1]}__` of the object's class says how it is shown, so it must give back a"
        f" text, and it gave back {kind(found[2])}. {advice}"
    )


def raised_no_exception(message: str, scene: Scene) -> str:
    """`raise "wrong input"`."""
    if "exceptions must derive from BaseException" not in message:
        return ""
    part = next((each for each in scene.statement if isinstance(each, ast.Raise)), None)
    value = scene.value(part.exc) if part is not None else None
    if part is None or part.exc is None or value is None or not (said := piece(part.exc)):
        return ""
    shown = f"ValueError({said[1:-1]})" if value.type == "str" else "ValueError(...)"
    return (
        f"After `raise` an exception must stand, and {said} is {kind(value.type)}. Exceptions must be derived"
        f" from `BaseException`. `ValueError` is one of them: `raise {shown}`."
    )
