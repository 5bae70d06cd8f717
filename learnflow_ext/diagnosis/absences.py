"""What is not there (a key, a position, a number in a text), by the student's own names.

A rule takes the message and the scene, and gives the explanation; empty when it has nothing to say.
"""

from __future__ import annotations

import ast
import difflib
import re
from typing import TypeGuard

from learnflow_ext.diagnosis import code_facts
from learnflow_ext.diagnosis.pieces import piece
from learnflow_ext.diagnosis.scene import Scene

_FORKS = (ast.If, ast.IfExp, ast.While, ast.For, ast.BoolOp, ast.Match, ast.comprehension)
_DIVISIONS = (ast.Div, ast.FloorDiv, ast.Mod)


def not_in_list(message: str, scene: Scene) -> str:
    """`remove` and `index` for what is not there."""
    if not re.search(r"x not in (list|deque|tuple)|is not in (list|tuple)|not in tuple", message):
        return ""
    call = scene.the(ast.Call, lambda each: isinstance(each.func, ast.Attribute))
    if call is None or not isinstance(call.func, ast.Attribute) or call.func.attr not in ("remove", "index"):
        return ""
    holder, argument = piece(call.func.value), call.args[0] if call.args else None
    wanted = piece(argument) if argument is not None else ""
    if not holder or not wanted:
        return ""
    value, held = scene.value(argument), scene.value(call.func.value)
    is_value = (
        f" (which is `{value.text}`)" if isinstance(argument, ast.Name) and value and value.text else ""
    )
    holds = (
        f": {holder} is `{held.text}`" if held and held.text and isinstance(call.func.value, ast.Name) else ""
    )
    return f"`{call.func.attr}` looks for {wanted}{is_value} in {holder}, and it is not there{holds}."


def not_in_text(message: str, scene: Scene) -> str:
    """`word.index("z")`."""
    call = scene.the(ast.Call, lambda each: isinstance(each.func, ast.Attribute))
    if message != "substring not found" or call is None or not call.args:
        return ""
    assert isinstance(call.func, ast.Attribute)
    holder, wanted, held = piece(call.func.value), piece(call.args[0]), scene.value(call.func.value)
    if not holder or not wanted:
        return ""
    shown = (
        f": {holder} is `{held.text}`" if held and held.text and isinstance(call.func.value, ast.Name) else ""
    )
    start = piece(call.args[1]) if len(call.args) > 1 else ""
    begin = f", from position {start} on" if start else ""
    return (
        f"`{call.func.attr}` looks for {wanted} in {holder}{begin}, and it is not there{shown}. `find`"
        " answers with -1 then, instead of an error."
    )


def no_root(message: str, scene: Scene) -> str:
    """`math.sqrt(-4)`, `math.log(0)`."""
    call = scene.the(ast.Call) if message == "math domain error" else None
    value = scene.value(call.args[0]) if call is not None and len(call.args) == 1 else None
    if call is None or value is None or not value.text or not (said := piece(call.func)):
        return ""
    given = piece(call.args[0])
    known = "" if isinstance(call.args[0], (ast.Constant, ast.UnaryOp)) else f": {given} is `{value.text}`"
    return f"{said[:-1]}()` has no result for {given}{known}, as with the square root of -1."


def missing_in_format(message: str, scene: Scene) -> str:
    """`"{name}".format(nam="Jo")`."""
    call = scene.the(
        ast.Call, lambda each: isinstance(each.func, ast.Attribute) and each.func.attr == "format"
    )
    name = message.strip("'")
    if call is None or not name.isidentifier():
        return ""
    assert isinstance(call.func, ast.Attribute)
    text = scene.value(call.func.value)
    if text is None or text.type != "str" or not re.search(rf"(?<!{{){{{name}[}}!:.[]", text.text):
        return ""  # a dictionary on the same line may be what has no such key
    given = [f"`{each.arg}`" for each in call.keywords if each.arg]
    has = f" It was given {' and '.join(given[:3])}." if given else ""
    return (
        f"The text before `.format` has a place called `{{{name}}}`, and between the brackets of `format`"
        f" there is no value of that name.{has}"
    )


def missing_key(message: str, scene: Scene) -> str:
    """A key that a dictionary does not have."""
    taken = scene.the(ast.Subscript)
    if taken is None or not message or "`" in message:
        return ""
    holder, held = piece(taken.value), scene.value(taken.value)
    if not holder or held is None or held.type not in ("dict", "defaultdict", "Counter", "OrderedDict"):
        return ""
    if message in held.items:
        return ""
    key = f", and {piece(taken.slice)} is `{message}`" if isinstance(taken.slice, ast.Name) else ""
    said = f"The dictionary {holder} has no key `{message}`{key}."
    if held.length == 0:
        return f"{said} It is empty at this moment."
    if not held.items:
        return f"{said} Check its spelling, and that it was added before."
    if other := _of_another_kind(message, held.items):
        return f"{said} {other}"
    close = difflib.get_close_matches(message.lower(), [item.lower() for item in held.items], n=1, cutoff=0.7)
    meant = next((item for item in held.items if close and item.lower() == close[0]), "")
    if meant:
        return f"Did you mean `{meant}`? {said}"
    more = " and more" if held.length and held.length > len(held.items) else ""
    return f"{said} Its keys are {', '.join(f'`{item}`' for item in held.items)}{more}."


def _of_another_kind(wanted: str, keys: tuple[str, ...]) -> str:
    """That a number and its text are two keys; empty where the dictionary has neither."""
    bare = wanted[1:-1] if wanted[:1] in "'\"" else ""
    if bare in keys and re.fullmatch(r"-?\d+(\.\d+)?", bare):
        make = "float" if "." in bare else "int"
        return (
            f"It has the key `{bare}`, a number, and `{wanted}` is a text: these are two different keys."
            f" Text, as `input()` gives it, becomes a number with `{make}(...)`."
        )
    if f"'{wanted}'" in keys and re.fullmatch(r"-?\d+(\.\d+)?", wanted):
        return (
            f"It has the key `'{wanted}'`, a text, and `{wanted}` is a number: these are two different keys."
            " A number becomes a text with `str(...)`."
        )
    return ""


def not_in_set(message: str, scene: Scene) -> str:
    """`s.remove(3)`, `d.pop("b")`."""
    call = scene.the(ast.Call, lambda each: isinstance(each.func, ast.Attribute))
    if call is None or not isinstance(call.func, ast.Attribute) or "`" in message:
        return ""
    held, holder = scene.value(call.func.value), piece(call.func.value)
    if (
        held is None
        or not holder
        or held.type != "set"
        or call.func.attr != "remove"
        or message in held.items
    ):
        return ""
    return (
        f"`remove` takes an item out of the set {holder}, and `{message}` is not in it: {holder} is"
        f" `{held.text}`."
    )


def out_of_range(message: str, scene: Scene) -> str:
    """A position that a list does not have."""
    if "index out of range" not in message:
        return ""
    taken = scene.the(ast.Subscript)
    held = scene.value(taken.value) if taken else None
    if taken is None or not (holder := piece(taken.value)) or isinstance(taken.slice, ast.Slice):
        return ""
    asked = piece(taken.slice)
    if held is None or held.length is None:
        return (
            f"{holder} has no item at position {asked}. Positions are counted from 0, so the last one is one"
            " less than the length."
            if asked
            else ""
        )
    if isinstance(taken.ctx, ast.Store) and asked:
        holds = {0: "no item", 1: "one item"}.get(held.length, f"{held.length} items")
        return (
            f"You have tried to assign a value to index {asked} of {holder}, a `{held.type}` which contains"
            f" {holds}. Only a position that is there already can be given a new value; `append` adds an"
            " item."
        )
    if held.length == 0:
        return f"{holder} is empty, so it has no item at any position."
    things = ("character" if held.type == "str" else "item") + "s" * (held.length != 1)
    value = scene.value(taken.slice)
    shown = f" ({asked} is `{value.text}`)" if value and isinstance(taken.slice, ast.Name) else ""
    if not asked:
        return ""
    return (
        f"You asked {holder} for the item with index {asked}{shown}, and it has {held.length} {things}."
        " Positions are counted from 0, so the last one is"
        f" `{held.length - 1}`. The valid index values of {holder} go from `-{held.length}` to"
        f" `{held.length - 1}`."
    )


def divided_by_zero(message: str, scene: Scene) -> str:
    """The divisor, by name."""
    if "zero" not in message:
        return ""
    pair = scene.the(ast.BinOp, lambda each: isinstance(each.op, _DIVISIONS))
    added = scene.the(ast.AugAssign, lambda each: isinstance(each.op, _DIVISIONS)) if pair is None else None
    divisor = pair.right if pair else added.value if added else None
    said = piece(divisor) if divisor is not None else ""
    if not said:
        return ""
    value = scene.value(divisor)
    shown = (
        f" Here {said} is `{value.text}`." if value and value.text and isinstance(divisor, ast.Name) else ""
    )
    counted = divisor.args[0] if _counts(divisor) else None
    if counted is not None and (of := piece(counted)) and not isinstance(counted, ast.Constant):
        shown = f" {of} is empty here, so there is nothing to count: what shall the result be then?"
    return (
        "The code divides by zero, and that has no result. You are dividing by the following term, which is"
        f" equal to zero: {said}.{shown}"
    )


def _counts(node: ast.AST | None) -> TypeGuard[ast.Call]:
    """Whether it is `len(...)`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "len"
        and len(node.args) == 1
    )


def failed_check(message: str, scene: Scene) -> str:
    """`assert total == 5`."""
    test = next((part.test for part in scene.statement if isinstance(part, ast.Assert)), None)
    if isinstance(scene.node, ast.Assert):
        test = scene.node.test
    said = piece(test) if test is not None else ""
    if not said:
        return ""
    says = f" It says: {message}" if message else ""
    return f"This line checks whether {said} is true, and here it was not.{says}"


def endless_calls(message: str, scene: Scene) -> str:
    """A function that calls itself without end."""
    if not scene.function:
        return ""
    again = _same_again(scene)
    if again is not None:
        return (
            f"The function `{scene.function}` kept calling itself and never stopped: in line {again.lineno}"
            f" {piece(again)} hands on the very same value that it was called with, so it never comes closer"
            " to the end. What must change from one call to the next?"
        )
    if said := _missed(scene):
        return f"The function `{scene.function}` kept calling itself and never stopped{said}"
    return (
        f"The function `{scene.function}` kept calling itself and never stopped. Check that it has a"
        " case that"
        " returns without calling itself, and that each call comes closer to that case."
    )


def _missed(scene: Scene) -> str:
    """The condition that was passed over, or that there is none; empty where neither is sure."""
    function = code_facts.function_named(scene.tree, scene.function)
    if function is None:
        return ""
    inside = list(code_facts.own(function))
    if not any(_calls_itself(node, function.name) for node in inside):
        return ""  # it comes back by way of others
    if not any(isinstance(node, (*_FORKS, ast.Try)) for node in inside):
        return (
            ": it has no `if` at which it would end without calling itself once more. When shall it be over?"
        )
    forks = [node for node in inside if isinstance(node, (*_FORKS, ast.Try))]
    calls = [
        node
        for node in inside
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function.name
    ]
    fork = forks[0] if len(forks) == 1 else None
    if not isinstance(fork, ast.If) or len(calls) != 1 or calls[0].keywords:
        return ""
    if scene.node is None or calls[0].lineno < fork.lineno:
        return ""  # its first value is not known, or the condition is never come to
    if not isinstance(fork.body[-1], ast.Return) or calls[0] in list(ast.walk(fork.body[-1])):
        return ""
    test, names = fork.test, code_facts.parameters(function)
    if not (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and len(test.ops) == 1
        and isinstance(test.ops[0], ast.Eq)
        and type(end := getattr(test.comparators[0], "value", None)) is int
        and test.left.id in names
        and not code_facts.assigned_lines(function, test.left.id)
    ):
        return ""
    name, held = test.left.id, scene.value(test.left)
    step = _step(dict(zip(names, calls[0].args, strict=False)).get(name), name)
    if held is None or not re.fullmatch(r"-?\d{1,9}", held.text) or not step:
        return ""
    begin = int(held.text)
    if (end - begin) * step < 0:
        how = f"was `{begin}` at first, and each call takes it further away from `{end}`"
    elif (end - begin) % step:
        how = f"was `{begin}` at first, and jumps over `{end}`, because each call changes it by {abs(step)}"
    else:
        return ""
    return f": it ends only where `{name} == {end}` is true. But `{name}` {how}."


def _calls_itself(node: ast.AST, name: str) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return (isinstance(called, ast.Name) and called.id == name) or (
        isinstance(called, ast.Attribute)
        and called.attr == name
        and isinstance(called.value, ast.Name)
        and called.value.id in ("self", "cls")
    )


def _step(node: ast.AST | None, name: str) -> int:
    """By how much `n - 2` changes `n`; 0 for all else."""
    if (
        isinstance(node, ast.BinOp)
        and isinstance(node.left, ast.Name)
        and node.left.id == name
        and isinstance(node.op, (ast.Add, ast.Sub))
        and type(by := getattr(node.right, "value", None)) is int
    ):
        return by if isinstance(node.op, ast.Add) else -by
    return 0


def _same_again(scene: Scene) -> ast.Call | None:
    """A call of the function by itself with its own, unchanged parameters; None without one."""
    function = code_facts.function_named(scene.tree, scene.function)
    if function is None or not (own := code_facts.parameters(function)):
        return None
    if any(code_facts.assigned_lines(function, name) for name in own):
        return None
    for node in code_facts.own(function):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == function.name
            and not node.keywords
            and [each.id if isinstance(each, ast.Name) else "" for each in node.args] == own
            and piece(node)
        ):
            return node
    return None


def not_a_number(message: str, scene: Scene) -> str:
    """`int("3.5")`."""
    found = re.search(
        r"(?:invalid literal for int\(\) with base 10|could not convert string to float): (.+)", message
    )
    if not found:
        return ""
    wanted = "int" if "int()" in message else "float"
    text = found[1].strip("'\"")
    call = scene.the(ast.Call, lambda each: isinstance(each.func, ast.Name) and each.func.id == wanted)
    argument = call.args[0] if call and call.args else None
    value = scene.value(argument)
    name = piece(argument) if isinstance(argument, ast.Name) and value else ""
    subject = f"{name} is the text `{found[1]}`" if name else f"The text is `{found[1]}`"
    if "`" in found[1]:
        return ""
    whole = f"`{wanted}()` turns text into a {'whole ' if wanted == 'int' else ''}number."
    if not text.strip():
        return f"{whole} {subject}: it is empty, so there is no number in it."
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        thousand = wanted == "int" and re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", text)
        point = "" if thousand else ": in Python the decimal point is a dot"
        return f"{whole} {subject}, with a comma{point or ', which a number in Python never has'}."
    if wanted == "int" and re.fullmatch(r"[+-]?\d*\.\d*", text):
        return f"{whole} {subject}, which has a decimal point. `float(...)` can read that."
    if re.fullmatch(r"\s*[€$£¥]?\s*\d[\d.,]*\s*[€$£¥%]?\s*", text):
        return f"{whole} {subject}, with a sign besides the digits, so it is not a number."
    if re.fullmatch(r"\s*\d+(\s+\d+)+\s*", text):
        return (
            f"{whole} {subject}, with several numbers in it. `split()` takes them apart, and then each can be"
            " turned into a number."
        )
    if re.search(r"\d", text) and re.search(r"[^\W\d_]", text):
        return f"{whole} {subject}, with letters besides the digits, so it is not a number."
    return f"{whole} {subject}, and that is not a number."


def too_few_values(message: str, scene: Scene) -> str:
    """Unpacking."""
    few = re.search(r"not enough values to unpack \(expected (?:at least )?(\d+), got (\d+)\)", message)
    many = re.search(r"too many values to unpack \(expected (\d+)\)", message)
    loop = [part for part in scene.statement if isinstance(part, ast.expr)]
    if (few or many) and len(loop) == 2 and isinstance(loop[0], ast.Tuple):
        held, said = scene.value(loop[1]), piece(loop[1])
        names = f"there are {len(loop[0].elts)} names before the `in`"
        if held is not None and held.type == "dict" and said:
            return (
                f"Going through the dictionary {said} gives its keys only, one at a time, and {names}."
                f" `{said.strip('`')}.items()` gives keys and values."
            )
        if held is not None and held.type == "str" and said:
            return (
                f"Going through the text {said} gives its letters, one at a time, and {names}."
                f" `enumerate(...)` gives"
                " each letter with its number."
            )
    if not (few or many):
        return ""
    want = many[1] if many else few[1] if few else ""
    less = "fewer" if many else "more"
    stmt = next((part for part in scene.statement if isinstance(part, ast.Assign)), None)
    if stmt is None:
        if len(loop) < 2 or not isinstance(loop[0], ast.Tuple):
            return ""
        number = "" if many else f" ({few[2]})" if few else ""
        return (
            f"There are {less} names ({want}) before the `in` than values{number} in the item whose turn"
            f" it is. Each"
            " item must have exactly as many."
        )
    value, said = scene.value(stmt.value), piece(stmt.value)
    if value is None or value.length is None or not said:
        got = f", {few[2]} of them" if few else ""
        source = f" {said} gives" if said else " on the right there are"
        return (
            f"There are {less} names ({want}) on the left of the `=` than the length of what stands on its"
            f" right:"
            f"{source} {'more' if many else 'fewer'} values{got}."
        )
    there = f"{said} is `{value.text}`, a `{value.type}` of length {value.length}"
    if isinstance(stmt.value, (ast.List, ast.Tuple, ast.Constant)):
        there = f"there stands a `{value.type}` of length {value.length}"
    return f"There are {less} names ({want}) on the left of the `=` than values on its right: {there}."
