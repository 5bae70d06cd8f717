"""Tools of Python used as they do not work, by the student's own names. Each rule is silent where not sure.

A rule takes the message and the scene, and gives the explanation; empty when it has nothing to say.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from learnflow_ext.diagnosis import code_facts
from learnflow_ext.diagnosis.pieces import piece
from learnflow_ext.diagnosis.scene import Scene
from learnflow_ext.diagnosis.values import Value

_CHANGERS = frozenset("append extend insert remove sort reverse clear update add".split())
_ONE_BY_ONE = frozenset(
    "dict_keys dict_values dict_items map filter zip enumerate range reversed generator".split()
)
_OF_PYTHON = frozenset("len int float sum max min sorted list set tuple round abs enumerate".split())
_OLD_NAMES = {
    "raw_input": "`input`, which always gives text",
    "unicode": "`str`: every text is Unicode",
    "basestring": "`str`",
    "unichr": "`chr`",
    "long": "`int`, however many digits a number has",
    "reduce": "`functools.reduce`, after `import functools`",
    "execfile": "`import`",
}


def missing_from_get(message: str, scene: Scene) -> str:
    """`stock.get("pear") + 2`, where the dictionary has no such key."""
    if "NoneType" not in message:
        return ""
    parts = (scene.node,) if scene.node is not None else scene.statement
    used = (each for part in parts for each in (part, *_used_in(part, deep=scene.node is None)))
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
    if held is None or held.type != "dict" or key is None or not key.text or key.text in held.items:
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


def _used_in(part: ast.AST, *, deep: bool) -> Iterator[ast.AST]:
    """What operators, dots, brackets and loops in `part` work with directly; of `part` alone unless"
    " `deep`."""
    for node in ast.walk(part) if deep else (part,):
        if isinstance(node, ast.BinOp):
            yield from (node.left, node.right)
        elif isinstance(node, ast.Compare):
            yield from (node.left, *node.comparators)
        elif isinstance(node, (ast.Attribute, ast.Subscript, ast.AugAssign)):
            yield node.value
        elif isinstance(node, ast.For):
            yield node.iter
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OF_PYTHON:
            yield from node.args


def result_of_print(message: str, scene: Scene) -> str:
    """`print("Total: ") + 5`."""
    if "NoneType" not in message:
        return ""
    node = scene.node
    if node is None and len(scene.statement) == 1 and isinstance(scene.statement[0], ast.Expr):
        node = scene.statement[0].value
    node = node.value if isinstance(node, ast.Expr) else node
    node = node.func if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else node
    inner = (
        node.left if isinstance(node, ast.BinOp) else node.value if isinstance(node, ast.Attribute) else None
    )
    if not (isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "print"):
        return ""
    what = f".{node.attr}(...)" if isinstance(node, ast.Attribute) else f"{_sign(node)} …"
    return (
        "The round bracket that ends `print` comes too early."
        f" {piece(inner) or '`print(...)`'} shows a text and gives back `None`, which means nothing, and"
        f" `{what}` then works with that `None`. It belongs to the text, so it must stand between the round"
        " brackets of `print`."
    )


def _sign(node: ast.AST | None) -> str:
    operator = node.op if isinstance(node, ast.BinOp) else None
    signs: dict[type[ast.operator], str] = {ast.Add: "+", ast.Mod: "%", ast.Mult: "*", ast.Sub: "-"}
    return signs.get(type(operator), "") if operator is not None else ""


def print_of_old(message: str, scene: Scene) -> str:
    """`print >> sys.stderr, "hello"`."""
    if "for >>: 'builtin_function_or_method'" not in message or "print(<message>" not in message:
        return ""
    return (
        "`print >> …` is how Python 2 chose where a text goes. In Python 3 `print` is a function,"
        " and that stands"
        " between its brackets: `print(…, file=sys.stderr)`."
    )


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
    ):
        return ""
    return (
        f"`{name}` is `None`, which means nothing, since this line ran the last time:"
        f" `{call.func.attr}` changes"
        f" what `{name}` holds, and gives back `None`, which `{name} =` then put in its place. Write the line"
        f" without `{name} =`."
    )


def _in_a_loop(tree: ast.Module | None, line: ast.stmt) -> bool:
    return tree is not None and any(
        isinstance(node, (ast.For, ast.While)) and node.lineno < line.lineno <= (node.end_lineno or 0)
        for node in ast.walk(tree)
    )


def _is(value: Value | None, type_name: str) -> bool:
    return value is not None and value.type == type_name


def tuple_by_comma(message: str, scene: Scene) -> str:
    """`total = 0,` and then `total += 5`."""
    if "tuple" not in message or scene.tree is None:
        return ""
    parts = (scene.node,) if scene.node is not None else scene.statement
    for part in parts:
        for node in ast.walk(part):
            value = scene.values.get(node.id) if isinstance(node, ast.Name) else None
            if (
                isinstance(node, ast.Name)
                and value is not None
                and value.type == "tuple"
                and value.length == 1
            ):
                lines = _with_a_comma(scene.tree, node.id)
                if len(lines) == 1:
                    return (
                        f"Line {lines[0]} ends with a comma, and a comma makes a tuple of what stands"
                        " before it:"
                        f" `{node.id}` is `{value.text}`, a tuple with one item, and not the item"
                        " itself. Take"
                        " the comma away."
                    )
    return ""


def _with_a_comma(tree: ast.Module, name: str) -> list[int]:
    """The lines that give `name` a tuple of one item without brackets; empty when others give it a value."""
    given = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]
    by_comma = [
        node.lineno
        for node in given
        if isinstance(node.value, ast.Tuple)
        and len(node.value.elts) == 1
        and node.value.col_offset == node.value.elts[0].col_offset
    ]
    return by_comma if len(by_comma) == len(given) else []


def name_of_a_module(message: str, scene: Scene) -> str:
    """`random = random.randint(1, 6)`, and then `random.randint` once more."""
    taken = scene.the(ast.Attribute) if "has no attribute" in message else None
    if taken is None or not isinstance(taken.value, ast.Name) or scene.tree is None or scene.line is None:
        return ""
    name, held = taken.value.id, scene.value(taken.value)
    imported = any(
        isinstance(node, ast.Import) and any((each.asname or each.name) == name for each in node.names)
        for node in ast.walk(scene.tree)
    )
    if not imported or held is None or held.type == "module" or not held.text:
        return ""
    lines = [each for each in code_facts.assigned_lines(scene.tree, name) if each <= scene.line]
    if not lines:
        return ""
    return (
        f"`{name}` was the module that you imported, but line {lines[-1]} gave the name `{name}`"
        " another value,"
        f" `{held.text}`, and that has no `{taken.attr}`. Choose another name for the value."
    )


def one_after_the_other(message: str, scene: Scene) -> str:
    """`keys = d.keys()` and then `keys.sort()`."""
    found = re.match(r"'(\w+)' object has no attribute '(\w+)'", message)
    taken = scene.the(ast.Attribute) if found else None
    if found is None or taken is None or found[1] not in _ONE_BY_ONE or not hasattr(list, found[2]):
        return ""
    if not (said := piece(taken.value)):
        return ""
    other = (
        f"`sorted({said.strip('`')})` gives a sorted list of it."
        if found[2] == "sort"
        else f"`list({said.strip('`')})` makes a list of it."
    )
    return f"{said} is no list (its type is `{found[1]}`), and only lists have `{found[2]}`. {other}"


def half_as_a_position(message: str, scene: Scene) -> str:
    """`word[0:len(word) / 2]`."""
    if "slice indices must be integers" not in message:
        return ""
    taken = scene.the(ast.Subscript)
    where = taken.slice if taken is not None else None
    if not isinstance(where, ast.Slice):
        return ""
    for bound in (where.lower, where.upper, where.step):
        if isinstance(bound, ast.BinOp) and isinstance(bound.op, ast.Div) and (said := piece(bound)):
            whole = f"{ast.unparse(bound.left)} // {ast.unparse(bound.right)}"
            return (
                f"{said} is a number with a decimal point, because `/` always gives one, and a position must"
                f" be a whole number. `{whole}` divides to a whole number."
            )
        held = scene.value(bound)
        if held is not None and held.type not in ("int", "bool", "NoneType") and held.text:
            if bound is not None and (said := piece(bound)):
                return (
                    f"The positions before and after the colon must be whole numbers, and {said} is"
                    f" `{held.text}`. `int(...)` makes a whole number of it."
                )
    return ""


def several_as_a_number(message: str, scene: Scene) -> str:
    """`int(input().split())`."""
    found = re.search(r"must be a string.* not '(list|tuple|dict|set)'", message)
    call = scene.the(
        ast.Call, lambda each: isinstance(each.func, ast.Name) and each.func.id in ("int", "float")
    )
    if found is None or call is None or not isinstance(call.func, ast.Name) or len(call.args) != 1:
        return ""
    given, name = call.args[0], call.func.id
    what = "`split` gives a list of texts" if _splits(given) else f"{piece(given) or 'this'} is a {found[1]}"
    return (
        f"`{name}()` turns a single text or number into a number, and {what}. Each of them needs `{name}()`"
        " of its own, in a loop or a comprehension."
    )


def _splits(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split"


def of_old_python(message: str, scene: Scene) -> str:
    """`raw_input("Name")`."""
    found = re.search(r"name '(\w+)' is not defined", message)
    if found is None or found[1] not in _OLD_NAMES or scene.tree is None:
        return ""
    if code_facts.assigned_lines(scene.tree, found[1]):
        return ""
    return f"`{found[1]}` belonged to Python 2. In Python 3 it is {_OLD_NAMES[found[1]]}."


def of_the_class(message: str, scene: Scene) -> str:
    """`score += 1` in a method, where the class has `score = 0`."""
    found = re.search(r"local variable '(\w+)'", message)
    here = code_facts.function_at(scene.tree, scene.line)
    if found is None or here is None or scene.tree is None:
        return ""
    for owner in (node for node in ast.walk(scene.tree) if isinstance(node, ast.ClassDef)):
        given = [
            node.lineno
            for node in owner.body
            if isinstance(node, (ast.Assign, ast.AnnAssign))
            and any(
                isinstance(target, ast.Name) and target.id == found[1]
                for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            )
        ]
        if here in owner.body and given and code_facts.parameters(here)[:1] == ["self"]:
            return (
                f"Did you mean `self.{found[1]}`? Line {given[0]} gives `{found[1]}` to the class"
                f" `{owner.name}`;"
                f" without `self.` the name `{found[1]}` belongs to this one call of `{here.name}`,"
                " and has no"
                " value yet."
            )
    return ""


def super_without_values(message: str, scene: Scene) -> str:
    """`super().__init__()` where the class above wants values."""
    found = re.match(r"(\w+)\.__init__\(\) missing \d+ required positional arguments?: (.+)", message)
    call = scene.the(ast.Call, _is_super)
    if found is None or call is None:
        return ""
    names = re.findall(r"'(\w+)'", found[2])
    listed = (
        " and ".join(f"`{name}`" for name in names[-2:])
        if len(names) < 3
        else ", ".join(f"`{n}`" for n in names)
    )
    return (
        f"`super().__init__(...)` calls the `__init__` of `{found[1]}`, and that needs a value for {listed}."
        " Hand it on between these brackets."
    )


def _is_super(node: ast.Call) -> bool:
    return (
        isinstance(node.func, ast.Attribute)
        and node.func.attr == "__init__"
        and isinstance(node.func.value, ast.Call)
        and isinstance(node.func.value.func, ast.Name)
        and node.func.value.func.id == "super"
    )
