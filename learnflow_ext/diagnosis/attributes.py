"""AttributeErrors: what a value does not have, why the student may have thought so, and what it has."""

from __future__ import annotations

import ast
import difflib
import re
import sys

from learnflow_ext.diagnosis import code_facts
from learnflow_ext.diagnosis.pieces import piece
from learnflow_ext.diagnosis.scene import Scene, own_builtin
from learnflow_ext.diagnosis.values import kind

_HOMES = {
    "str": str,
    "list": list,
    "dict": dict,
    "set": set,
    "tuple": tuple,
    "int": int,
    "float": float,
    "bool": bool,
}
_INSTEAD = {
    ("str", "contains"): "Whether one text is in another is asked with `in`.",
    ("str", "includes"): "Whether one text is in another is asked with `in`.",
    ("list", "contains"): "Whether something is in a list is asked with `in`.",
    ("list", "includes"): "Whether something is in a list is asked with `in`.",
    ("dict", "has_key"): "Whether a dictionary has a key is asked with `in`.",
    ("dict", "contains"): "Whether a dictionary has a key is asked with `in`.",
    ("str", "reverse"): "A text is turned round with a slice that goes backwards: `[::-1]`.",
    ("str", "sort"): "`sorted(...)` gives the letters of a text in order, as a list.",
    ("tuple", "sort"): "`sorted(...)` gives its items in order, as a new list.",
    ("dict", "sort"): "`sorted(...)` gives its keys in order, as a list.",
    ("str", "isnumber"): "Whether a text consists of digits is asked with `isdigit`.",
    ("str", "isinteger"): "Whether a text consists of digits is asked with `isdigit`.",
    ("str", "substring"): "A part of a text is taken with a slice: `[start:stop]`.",
    ("str", "toUpperCase"): "Python's method is called `upper`.",
    ("str", "toLowerCase"): "Python's method is called `lower`.",
    ("str", "trim"): "Python's method is called `strip`.",
    ("str", "charAt"): "A letter of a text is taken with square brackets and its position.",
    ("str", "indexOf"): "Python's method is called `find`.",
    ("list", "indexOf"): "Python's method is called `index`.",
    ("list", "unshift"): "Python's method is called `insert`.",
    ("list", "delete"): "Python takes an item away with `remove` (by value) or `pop` (by position).",
    ("list", "map"): "A `for` loop, or a list comprehension, does something with each item.",
    ("str", "remove"): "`replace` gives a new text with something taken out.",
    ("str", "decode"): "A text is decoded already; only `bytes` are not.",
    ("dict", "remove"): "A key is taken away with `pop` or `del`.",
    ("dict", "append"): "A dictionary gets a new entry by giving a key a value: `{whose}[key] = value`.",
    ("dict", "add"): "A dictionary gets a new entry by giving a key a value: `{whose}[key] = value`.",
    ("dict", "iteritems"): "Python 3's method is called `items`.",
    ("set", "append"): "A set takes one more item with `add`.",
    ("range", "append"): "A `range` only counts; `list(range(...))` makes a list that can grow.",
    ("tuple", "append"): "A tuple can never change. A list can grow.",
    ("tuple", "remove"): "A tuple can never change. A list can.",
    ("tuple", "add"): "A tuple can never change. A list can grow.",
    ("numpy.ndarray", "append"): "An array keeps its length; `np.append(array, value)` makes a longer one.",
    ("numpy.ndarray", "index"): "Where a value stands in an array is found with `np.where(array == value)`.",
    (
        "numpy.ndarray",
        "length",
    ): "How many items an array has is `len(array)`; `array.shape` has all its sizes.",
    ("str", "append"): "A text cannot grow; `+` makes a new, longer text. Only lists have `append`.",
    ("str", "add"): "A text cannot grow; `+` makes a new, longer text.",
    ("str", "push"): "A text cannot grow; `+` makes a new, longer text.",
}


def missing_attribute(message: str, scene: Scene) -> str:
    """On the kinds of values that Python comes with."""
    found = re.match(r"'([\w.]+)' object has no attribute '(\w+)'", message)
    if found is None or found[1] == "NoneType":
        return ""
    sort, name = found.groups()
    taken = scene.the(ast.Attribute, lambda each: each.attr == name)
    said = _has_not(taken, name, sort, scene)
    if sort in ("function", "method", "builtin_function_or_method"):
        if taken is None or (isinstance(taken.value, ast.Name) and own_builtin(taken.value.id)):
            return ""
        base = taken.value.value if isinstance(taken.value, ast.Attribute) else None
        held = scene.value(base)
        if base is not None and held is not None and held.type == "module":
            module = sys.modules.get(ast.unparse(base))
            if module is not None and hasattr(module, name):
                return f"Did you mean `{ast.unparse(base)}.{name}`? {said}"
        call = f"{piece(taken.value).strip('`')}()" if taken and piece(taken.value) else "the function"
        return (
            f"{said} Did you forget to call `{call}`? Without round brackets it is the function itself,"
            " not its result."
        )
    if sort == "DataFrame":
        return (
            f"The table has neither a column nor a method named `{name}`, in this spelling: upper and lower"
            " case count. Its `.columns` shows the names of its columns."
        )
    if sort not in _HOMES and (sort, name) not in _INSTEAD:
        return ""
    if (sort, name) in _INSTEAD:
        whose = piece(taken.value).strip("`") if taken is not None else ""
        return f"{said} {_INSTEAD[sort, name].replace('{whose}', whose)}"
    if sort == "dict" and taken is not None:
        held = scene.value(taken.value)
        if held is not None and f"'{name}'" in held.items:
            whose = ast.unparse(taken.value)
            return (
                f"{said} `'{name}'` is one of its keys, and a key is asked for in square brackets:"
                f" `{whose}['{name}']`."
            )
    has = [home for home, kind_ in _HOMES.items() if home != sort and hasattr(kind_, name)]
    if sort in ("int", "float", "bool") and "str" in has and name != "count" and name != "index":
        return f"{said} Only texts have `{name}`; `str(...)` makes a text of a number."
    if sort in ("int", "float", "bool", "str") and has and has[0] == "list":
        return (
            f"{said} Only lists have `{name}`. Is {_whose(taken)} really what you think it is at this point?"
        )
    if (
        sort == "tuple"
        and (held := scene.value(taken.value if taken else None)) is not None
        and held.length == 1
    ):
        return ""
    if sort in ("list", "tuple", "set") and "str" in has and name not in ("count", "index"):
        if name == "join":
            return ""
        return (
            f"{said} Single texts have `{name}`. To use it on the texts inside, take them one at a time,"
            f" for instance"
            " with a `for` loop."
        )
    if difflib.get_close_matches(
        name, [each for each in dir(_HOMES[sort]) if each[0] != "_"], n=1, cutoff=0.7
    ):
        return ""
    if name in ("length", "len", "size", "count", "Length"):
        return ""
    if sort in ("int", "float", "bool"):
        return f"{said} Is {_whose(taken)} really what you think it is at this point?"
    return ""


def of_own_objects(message: str, scene: Scene) -> str:
    """`dog.age` where no line gives it one."""
    found = re.match(r"'(\w+)' object has no attribute '(\w+)'", message)
    defined = code_facts.class_named(scene.tree, found[1]) if found else None
    if found is None or defined is None or scene.tree is None:
        return ""
    sort, name = found.groups()
    taken = scene.the(ast.Attribute, lambda each: each.attr == name)
    said = _has_not(taken, name, "", scene)
    if name.startswith("__") and not name.endswith("__") and name in _given(defined):
        return (
            f"{said} Its name begins with two underscores, so it is the class's own: only lines inside of"
            f" `{sort}` can read it. Give the class a method that returns it, or take the underscores away."
        )
    known = _given(defined)
    methods = [each.name for each in defined.body if isinstance(each, ast.FunctionDef)]
    close = difflib.get_close_matches(name, [*known, *methods], n=1, cutoff=0.7)
    if close and close[0] != name:
        whose = piece(taken.value).strip("`") if taken else ""
        meant = f"{whose}.{close[0]}" if whose else close[0]
        wrote = f"{whose}.{name}" if whose else name
        return f"Did you mean `{close[0]}`? {said} Perhaps you meant to write `{meant}` instead of `{wrote}`."
    for method in defined.body:
        if isinstance(method, ast.FunctionDef) and name in code_facts.parameters(method):
            plain = code_facts.assigned_lines(method, name)
            if method.name == "__init__" and name not in known:
                where = f", as line {plain[0]} shows" if plain else ""
                return (
                    f"{said} `__init__` has a parameter `{name}`, but does not keep it in the"
                    f" object{where}: that takes"
                    f" `self.{name} = …`."
                )
    for base in defined.bases:
        parent = code_facts.class_named(scene.tree, base.id) if isinstance(base, ast.Name) else None
        if parent is not None and name in _given(parent) and "__init__" in methods:
            calls_parent = any(
                isinstance(node, ast.Attribute) and node.attr == "__init__" for node in ast.walk(defined)
            )
            if not calls_parent:
                return (
                    f"{said} The class `{parent.name}` would give it one in its `__init__`, but `{sort}`"
                    f" has an"
                    " `__init__` of its own, which never calls `super().__init__(...)`."
                )
    if name in known:
        return f"{said} The line that would give it one, `self.{name} = …`, has not run for this object yet."
    others = (
        f" What it has: {', '.join(f'`{each}`' for each in [*known, *methods][:6])}."
        if known or methods
        else ""
    )
    return f"{said} No line of the class `{sort}` gives its objects one, with `self.{name} = …`.{others}"


def of_the_class(message: str, scene: Scene) -> str:
    """`Dog.name`."""
    found = re.match(r"type object '(\w+)' has no attribute '(\w+)'", message)
    defined = code_facts.class_named(scene.tree, found[1]) if found else None
    if found is None or defined is None:
        return ""
    said = f"The object `{found[1]}` has no attribute named `{found[2]}`."
    if found[2] in _given(defined):
        return (
            f"{said} `{found[1]}` is the class itself. Its objects have one: create an object with"
            f" `{found[1]}(...)`, and"
            " ask that."
        )
    return ""


def of_a_module(message: str, scene: Scene) -> str:
    """`datetime.now()`."""
    found = re.match(r"module '(\w+)' has no attribute '(\w+)'", message)
    if found is None:
        return ""
    inner = {"datetime": ("now", "today", "strptime", "strftime", "fromisoformat", "utcnow")}
    if found[2] in inner.get(found[1], ()):
        return (
            f"Did you mean `{found[1]}.{found[1]}.{found[2]}`? The module `{found[1]}` has a class of the"
            f" same name in it,"
            f" and that has `{found[2]}`."
        )
    return ""


def _has_not(taken: ast.Attribute | None, name: str, sort: str, scene: Scene) -> str:
    """The first sentence: who has no such attribute, and what it is."""
    whose = piece(taken.value) if taken is not None else ""
    subject = f"The object {whose}" if whose else "This object"
    if not sort:
        return f"{subject} has no attribute named `{name}`."
    value = (
        scene.value(taken.value) if taken is not None and not isinstance(taken.value, ast.Constant) else None
    )
    shown = f" (`{value.text}`)" if value and value.text and "`" not in value.text else ""
    return f"{subject} has no attribute named `{name}`: it is {kind(sort)}{shown}."


def _whose(taken: ast.Attribute | None) -> str:
    return (piece(taken.value) if taken is not None else "") or "it"


def _given(defined: ast.ClassDef) -> list[str]:
    """What the class gives its objects: `self.x = …`, and names in its body."""
    # `self.x += 1` wants one that is there already.
    changed = {id(node.target) for node in ast.walk(defined) if isinstance(node, ast.AugAssign)}
    found = [
        node.attr
        for node in ast.walk(defined)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and id(node) not in changed
    ]
    found += [
        target.id
        for part in defined.body
        if isinstance(part, (ast.Assign, ast.AnnAssign))
        for target in (part.targets if isinstance(part, ast.Assign) else [part.target])
        if isinstance(target, ast.Name)
    ]
    return list(dict.fromkeys(found))
