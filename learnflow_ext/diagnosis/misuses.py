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

_ONE_BY_ONE = frozenset(
    "dict_keys dict_values dict_items map filter zip enumerate range reversed generator".split()
)
_OF_LISTS_ALONE = frozenset("append extend insert remove pop clear".split())
_OLD_NAMES = {
    "raw_input": "`input`, which always gives text",
    "unicode": "`str`: every text is Unicode",
    "basestring": "`str`",
    "unichr": "`chr`",
    "long": "`int`, however many digits a number has",
    "reduce": "`functools.reduce`, after `import functools`",
    "execfile": "`import`",
}


def print_of_old(message: str, scene: Scene) -> str:
    """`print >> sys.stderr, "hello"`."""
    if "for >>: 'builtin_function_or_method'" not in message or "print(<message>" not in message:
        return ""
    return (
        "`print >> …` is how Python 2 chose where a text goes. In Python 3 `print` is a function,"
        " and that stands"
        " between its brackets: `print(…, file=sys.stderr)`."
    )


def tuple_by_comma(message: str, scene: Scene) -> str:
    """`total = 0,` and then `total += 5`."""
    if "tuple" not in message or scene.tree is None:
        return ""
    here = code_facts.function_at(scene.tree, scene.line)
    handed = code_facts.parameters(here) if here is not None else []
    parts = (scene.node,) if scene.node is not None else scene.statement
    for part in parts:
        for node in _worked_with(part, deep=scene.node is None):
            value = scene.values.get(node.id) if isinstance(node, ast.Name) else None
            if (
                isinstance(node, ast.Name)
                and value is not None
                and value.type == "tuple"
                and value.length == 1
                and "`" not in value.text
                and node.id not in handed
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


def _worked_with(part: ast.AST, *, deep: bool) -> Iterator[ast.AST]:
    """What `part` counts, compares, calls or hands on, and takes as a position; of `part` alone unless"
    " `deep`."""
    for node in ast.walk(part) if deep else (part,):
        if isinstance(node, ast.BinOp):
            yield from (node.left, node.right)
        elif isinstance(node, ast.UnaryOp):
            yield node.operand
        elif isinstance(node, ast.Compare):
            yield from (node.left, *node.comparators)
        elif isinstance(node, ast.AugAssign):
            yield from (node.target, node.value)
        elif isinstance(node, ast.Subscript):
            yield node.slice
        elif isinstance(node, ast.Call):
            yield from (node.func, *node.args)


def _with_a_comma(tree: ast.Module, name: str) -> list[int]:
    """The lines that give `name` a tuple of one item without brackets; empty when others give it a value, or
    something takes it for the tuple that it is."""
    nodes = list(ast.walk(tree))
    given = [
        node
        for node in nodes
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]
    by_comma = [
        node.value.end_lineno or node.lineno
        for node in given
        if isinstance(node.value, ast.Tuple)
        and len(node.value.elts) == 1
        and node.value.col_offset == node.value.elts[0].col_offset
    ]
    meant = (
        node.value if isinstance(node, ast.Subscript) else node.iter
        for node in nodes
        if isinstance(node, (ast.Subscript, ast.For, ast.comprehension))
    )
    if any(isinstance(node, ast.Name) and node.id == name for node in meant):
        return []
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
    if not imported or held is None or held.type == "module" or not held.text or "`" in held.text:
        return ""
    said = f"and that has no `{taken.attr}`. Choose another name for the value."
    here = code_facts.function_at(scene.tree, scene.line)
    if here is not None and name in code_facts.parameters(here):
        return (
            f"`{name}` was the module that you imported, but inside the function `{here.name}` it is the"
            f" value between its brackets, `{held.text}`, {said}"
        )
    where: ast.AST = here if here is not None and _not_imported(here, name) else scene.tree
    lines = _not_imported(where, name)
    if len(lines) > 1:
        # A function may have run after the lines below it too.
        lines = [each for each in lines if each < scene.line] if where is (here or scene.tree) else []
    if not lines:
        return ""
    return (
        f"`{name}` was the module that you imported, but line {lines[-1]} gave the name `{name}`"
        f" another value, `{held.text}`, {said}"
    )


def _not_imported(where: ast.AST, name: str) -> list[int]:
    """The lines directly in a function or module that give `name` a value, but for imports; rising."""
    imports = {
        node.lineno
        for node in ast.walk(where)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        and any((each.asname or each.name) == name for each in node.names)
    }
    return [each for each in code_facts.assigned_lines(where, name) if each not in imports]


def one_after_the_other(message: str, scene: Scene) -> str:
    """`keys = d.keys()` and then `keys.sort()`."""
    found = re.match(r"'(\w+)' object has no attribute '(\w+)'", message)
    taken = scene.the(ast.Attribute) if found else None
    if found is None or taken is None or found[1] not in _ONE_BY_ONE or not hasattr(list, found[2]):
        return ""
    if not (said := piece(taken.value)):
        return ""
    what = f"{said} is no list (its type is `{found[1]}`), and has no `{found[2]}`."
    if found[2] == "sort":
        return f"{what} `sorted({said.strip('`')})` gives a sorted list of it."
    if found[1].startswith("dict_") and found[2] in _OF_LISTS_ALONE:
        return (
            f"{what} It shows what the dictionary has at this moment: to change that, change the dictionary"
            f" itself. `list({said.strip('`')})` makes a list that no longer belongs to it."
        )
    return f"{what} `list({said.strip('`')})` makes a list of it."


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
            whole = ast.unparse(ast.BinOp(bound.left, ast.FloorDiv(), bound.right))
            return (
                f"{said} is a number with a decimal point, because `/` always gives one, and a position must"
                f" be a whole number. `{whole}` divides to a whole number."
            )
        held = scene.value(bound)
        if (
            held is not None
            and held.type not in ("int", "bool", "NoneType")
            and held.text
            and "`" not in held.text
        ):
            if bound is not None and (said := piece(bound)):
                makes = held.type == "float" or (held.type == "str" and held.text.strip("'\"").isdecimal())
                how = " `int(...)` makes a whole number of it." if makes else ""
                return (
                    f"The positions before and after the colon must be whole numbers, and {said} is"
                    f" `{held.text}`.{how}"
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
    if not message.startswith(f"{name}()"):
        return ""
    if found[1] == "dict":
        return (
            f"`{name}()` turns a single text or number into a number, and {piece(given) or 'this'} is a whole"
            " dictionary. Which of its values is meant? Its key stands in square brackets behind the"
            " dictionary."
        )
    what = "`split` gives a list of texts" if _splits(given) else f"{piece(given) or 'this'} is a {found[1]}"
    return (
        f"`{name}()` turns a single text or number into a number, and {what}. Is one of them meant, or"
        f" all? For all, each needs `{name}()` of its own, in a loop or a comprehension."
    )


def _splits(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split"


def of_old_python(message: str, scene: Scene) -> str:
    """`raw_input("Name")`."""
    found = re.search(r"name '(\w+)' is not defined", message)
    if found is None or found[1] not in _OLD_NAMES or scene.tree is None:
        return ""
    if found[1] in _own_names(scene.tree) or not any(
        isinstance(node, ast.Call) and any(_named(each, found[1]) for each in (node.func, *_kinds_in(node)))
        for part in scene.statement
        for node in ast.walk(part)
    ):
        return ""
    return f"`{found[1]}` belonged to Python 2. In Python 3 it is {_OLD_NAMES[found[1]]}."


def _own_names(tree: ast.Module) -> set[str]:
    """All that the cell itself calls by a name, wherever."""
    nodes = list(ast.walk(tree))
    given = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    made = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    return given | made | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def _kinds_in(call: ast.Call) -> list[ast.expr]:
    """What stands for a function or class in `isinstance(n, long)` and `map(unicode, words)`."""
    if _named(call.func, "isinstance"):
        return call.args[1:]
    return call.args[:1] if _named(call.func, "map") else []


def _named(node: ast.AST, name: str) -> bool:
    """Whether it is the name, alone or among others in brackets."""
    alone = node.elts if isinstance(node, ast.Tuple) else [node]
    return any(isinstance(each, ast.Name) and each.id == name for each in alone)


def of_the_class(message: str, scene: Scene) -> str:
    """`score += 1` in a method, where the class has `score = 0`."""
    found = re.search(r"local variable '(\w+)'", message)
    here = code_facts.function_at(scene.tree, scene.line)
    if found is None or here is None or scene.tree is None or scene.line is None:
        return ""
    if any(each < scene.line for each in code_facts.assigned_lines(here, found[1])):
        return ""  # a name of the function's own, which this way through it did not reach
    if code_facts.assigned_lines(scene.tree, found[1]):
        return ""  # that one may be meant as well
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
        first = code_facts.parameters(here)[:1]
        if here in owner.body and given and first in (["self"], ["cls"]):
            return (
                f"Did you mean `{first[0]}.{found[1]}`? Line {given[0]} gives `{found[1]}` to the class"
                f" `{owner.name}`;"
                f" without `{first[0]}.` the name `{found[1]}` belongs to this one call of `{here.name}`,"
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
    if any(isinstance(node, ast.Call) and _named(node.func, found[1]) for node in ast.walk(call)):
        return ""  # an object that is made between the brackets
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
