"""Names that mean nothing where they are used, by what the whole cell says about them."""

from __future__ import annotations

import ast
import re

from learnflow_ext.diagnosis import code_facts
from learnflow_ext.diagnosis.scene import Scene

_LOCAL = re.compile(
    r"(?:cannot access local variable|local variable) '(\w+)' (?:where it is not|referenced before)"
)
_TYPES = {
    "string": "str",
    "integer": "int",
    "boolean": "bool",
    "array": "list",
    "length": "len",
    "char": "str",
}


def called_by_another_name(message: str, scene: Scene) -> str:
    """`string(5)`: Python's word is another."""
    name = _unknown(message)
    if name not in _TYPES or scene.tree is None:
        return ""
    called = any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        for node in ast.walk(scene.tree)
    )
    if not called:
        return ""
    return (
        f"Did you mean `{_TYPES[name]}`? Python has no function called `{name}`; its own is"
        f" `{_TYPES[name]}(...)`."
    )


_HOMES = {
    "math": "sqrt pi sin cos tan floor ceil factorial radians degrees log10 gcd hypot isclose",
    "random": "randint choice shuffle randrange uniform sample",
    "time": "sleep perf_counter",
    "collections": "Counter deque defaultdict namedtuple OrderedDict",
    "datetime": "timedelta date",
    "itertools": "permutations combinations product",
    "functools": "reduce lru_cache cache",
    "statistics": "mean median stdev",
}


_MODULES = frozenset(
    ("math", "random", "time", "datetime", "statistics", "itertools", "json", "os", "sys", "re")
)


_SHORT_NAMES = {"plt": "matplotlib.pyplot", "np": "numpy", "pd": "pandas"}


def _before_a_dot(scene: Scene, name: str) -> bool:
    return any(
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
        for part in scene.statement
        for node in ast.walk(part)
    )


def _is_given(tree: ast.Module, name: str) -> bool:
    """Whether anything in the cell gets this name, wherever."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            return True
        if isinstance(node, ast.arg) and node.arg == name:
            return True
        if isinstance(node, ast.alias) and (node.asname or node.name.partition(".")[0]) == name:
            return True
    return False


def _is_decorator(tree: ast.Module, name: str) -> bool:
    return any(
        isinstance(each, ast.Name) and each.id == name
        for function in code_facts.functions(tree)
        for each in function.decorator_list
    )


def to_import(message: str, scene: Scene) -> str:
    """`sqrt(16)` without an import."""
    name = _unknown(message)
    # A name that the cell gives to something is that, and no module that was forgotten.
    module = scene.tree is not None and _before_a_dot(scene, name) and not _is_given(scene.tree, name)
    if name in _SHORT_NAMES and module:
        return (
            f"The name `{name}` is not defined in your program. By custom it stands for a module: perhaps you"
            f" forgot to import it, with `import {_SHORT_NAMES[name]} as {name}`."
        )
    if name == "self" and scene.tree is not None:
        return (
            "`self` has no meaning of its own: it is the first parameter of a method, and known inside that"
            " method only. Is this line in a method, and does `self` stand between its brackets?"
        )
    if name in _MODULES and module:
        return (
            f"The name `{name}` is not defined in your program. Perhaps you forgot to import `{name}` which"
            f" is found in Python's standard library: write `import {name}` above."
        )
    home = next((module for module, found in _HOMES.items() if name in found.split()), "")
    if not home or scene.tree is None or code_facts.assigned_lines(scene.tree, name):
        return ""
    if name == "cache" and not _is_decorator(scene.tree, name):
        return ""  # a dictionary's name as well
    imported = any(
        isinstance(node, ast.Import) and any(each.name == home for each in node.names)
        for node in ast.walk(scene.tree)
    )
    said = f"In your program, no object with the name `{name}` exists."
    if imported:
        return (
            f"Did you mean `{home}.{name}`? {said} It belongs to the module `{home}`, whose name must"
            f" stand before it."
        )
    return f"{said} If you mean the one of the module `{home}`, it must be imported first."


def compared_not_given(message: str, scene: Scene) -> str:
    """`x == 5` as a line of its own, where `x = 5` was meant."""
    name = _unknown(message)
    for part in scene.statement:
        value = part.value if isinstance(part, ast.Expr) else None
        if (
            isinstance(value, ast.Compare)
            and isinstance(value.ops[0], ast.Eq)
            and isinstance(value.left, ast.Name)
        ):
            if value.left.id == name:
                return (
                    f"Did you mean `{name} = …`? This line asks with `==` whether two values are equal,"
                    f" and `{name}` has"
                    " no value yet. One `=` gives it one."
                )
    return ""


def on_the_object(message: str, scene: Scene) -> str:
    """`color` in a method where `self.color` is meant."""
    name, here = _unknown(message), code_facts.function_at(scene.tree, scene.line)
    if not name or here is None or scene.tree is None or code_facts.parameters(here)[:1] != ["self"]:
        return ""
    for node in ast.walk(scene.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr == name:
            if isinstance(node.value, ast.Name) and node.value.id == "self":
                return (
                    f"Did you forget to add `self.`? In your program, no object with the name `{name}`"
                    f" exists, but the"
                    f" object has an attribute named `{name}`. Perhaps you should have written"
                    f" `self.{name}` instead of"
                    f" `{name}`."
                )
    return ""


def key_without_quotes(message: str, scene: Scene) -> str:
    """`ages[ada]` where `'ada'` is a key."""
    name = _unknown(message)
    for part in scene.statement:
        for node in ast.walk(part):
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name) and node.slice.id == name:
                held = scene.value(node.value)
                if held is not None and held.type == "dict" and f"'{name}'" in held.items:
                    return (
                        f"Did you forget quotes? Without them `{name}` is the name of a variable, and"
                        f" there is none"
                        f" of that name. The dictionary `{ast.unparse(node.value)}` has the key"
                        f" `'{name}'`, which"
                        " is text."
                    )
    return ""


def known_elsewhere(message: str, scene: Scene) -> str:
    """It gets its value further down, inside a function, or in an `except` that is over."""
    name, tree, line = _unknown(message), scene.tree, scene.line
    if not name or tree is None or line is None:
        return ""
    said = f"In your program, no object with the name `{name}` exists at this moment."
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name == name and (node.end_lineno or 0) < line:
            return (
                f"`{name}` is known only inside the `except` block in line {node.lineno}: Python removes"
                f" it at the"
                f" block's end. {said}"
            )
        if isinstance(node, ast.Delete) and node.lineno < line:
            if any(isinstance(each, ast.Name) and each.id == name for each in node.targets):
                return f"`{name}` was removed in line {node.lineno}, with `del`. {said}"
    here = code_facts.function_at(tree, line)
    top = code_facts.assigned_lines(tree, name)
    if here is None and top and min(top) > line:
        what = "is defined" if code_facts.function_named(tree, name) else "gets its value"
        return f"`{name}` {what} only in line {min(top)}, and Python reads from top to bottom. {said}"
    # What a line only called may not know a name that this cell has: of that the cell says nothing.
    if scene.raised_here:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not top and code_facts.assigned_lines(node, name):
                return _of_a_class(name, node, here, line, said)
        top = [line if each in _statement_lines(tree, line) else each for each in top]
        if here is None and top and min(top) == line:
            return (
                f"Line {line} needs the value that `{name}` had before, and it never had one: give `{name}` a"
                f" first value above. {said}"
            )
        if here is None and top and max(top) < line:
            return _passed_by(name, tree, top, line, said)
    for function in code_facts.functions(tree):
        inside = code_facts.assigned_lines(function, name)
        if (inside or name in code_facts.parameters(function)) and function is not here:
            if top:
                return ""
            place = f"in line {inside[0]}" if inside else "as a parameter"
            return (
                f"`{name}` gets its value inside the function `{function.name}` ({place}), and is known"
                f" only there."
                f" {said} What a function finds out reaches the rest of the program with `return`."
            )
    return ""


def _of_a_class(
    name: str, owner: ast.ClassDef, here: code_facts.Function | None, line: int, said: str
) -> str:
    """A name that a class gives, where it is not known without the class or the object."""
    belongs = f"`{name}` belongs to the class `{owner.name}`"
    if here is not None and owner.lineno < line <= (owner.end_lineno or owner.lineno):
        first = code_facts.parameters(here)[:1]
        how = f"`self.{name}`" if first == ["self"] else f"`{owner.name}.{name}`"
        return f"{belongs}, and its name alone is not known inside a method either. {said} Here it is {how}."
    if owner.lineno <= line <= (owner.end_lineno or owner.lineno):
        return ""
    return (
        f"`{name}` gets its value inside the class `{owner.name}`, and is known there only. {said}"
        f" From outside it is `{owner.name}.{name}`."
    )


def _statement_lines(tree: ast.Module, line: int) -> range:
    """All lines of the statement around a line, where it has no block; else that line alone."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)):
            if node.lineno <= line <= (node.end_lineno or node.lineno):
                return range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return range(line, line + 1)


def _passed_by(name: str, tree: ast.Module, top: list[int], line: int, said: str) -> str:
    """It has its value from a line above on which Python did not come past, or in a comprehension alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.comprehension) and _gives(node.target, name):
            if top == [node.target.lineno]:
                return (
                    f"`{name}` is known only inside the brackets in line {node.target.lineno}, where the"
                    f" `for` stands. {said}"
                )
            return ""
    return f"`{name}` gets its value only {_where(top)}, and {_why_not(tree, top)}. {said}"


def _where(lines: list[int]) -> str:
    return f"in line {lines[0]}" if len(lines) == 1 else f"in lines {' and '.join(map(str, lines[:3]))}"


def _why_not(tree: ast.AST, lines: list[int]) -> str:
    """Why lines that Python has passed gave no value."""
    why = "the condition was not met, or a loop had nothing to do"
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and node.body:
            if any(_covers(each, lines) and not hasattr(each, "body") for each in node.body):
                return "inside the `try` there something went wrong before it had one"
            if any(_covers(each, lines) for each in node.body):
                why = f"{why}, or something went wrong in the `try` before"
            elif any(_covers(each, lines) for each in node.handlers):
                why = "no error led into the `except` there"
    return f"Python did not come past there: {why}"


def _covers(node: ast.stmt | ast.ExceptHandler, lines: list[int]) -> bool:
    return any(node.lineno <= line <= (node.end_lineno or node.lineno) for line in lines)


def _gives(target: ast.AST, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(target))


def of_the_object(message: str, scene: Scene) -> str:
    """`count += 1` in a method that means `self.count`."""
    found = _LOCAL.search(message)
    here = code_facts.function_at(scene.tree, scene.line)
    if found is None or here is None or code_facts.parameters(here)[:1] != ["self"] or scene.tree is None:
        return ""
    meant = any(
        isinstance(node, ast.Attribute)
        and node.attr == found[1]
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        for node in ast.walk(scene.tree)
    )
    if not meant or code_facts.assigned_lines(scene.tree, found[1]):
        return ""
    if any(each < (scene.line or 0) for each in code_facts.assigned_lines(here, found[1])):
        return ""  # a name of the method's own, which this way through it did not reach
    return (
        f"Did you mean `self.{found[1]}`? Without `self.` the name `{found[1]}` belongs to this one call of"
        f" `{here.name}`, and has no value yet."
    )


def not_on_this_way(message: str, scene: Scene) -> str:
    """A local name whose only assignments were passed by."""
    found = _LOCAL.search(message)
    here = code_facts.function_at(scene.tree, scene.line)
    if found is None or here is None or scene.line is None or scene.tree is None:
        return ""
    lines = code_facts.assigned_lines(here, found[1])
    around = [
        each for each in code_facts.functions(scene.tree) if each is not here and _holds(each, scene.line)
    ]
    if lines and not around and code_facts.assigned_lines(scene.tree, found[1]):
        return _two_of_one_name(found[1], here.name, lines[0])
    if not lines or any(code_facts.assigned_lines(each, found[1]) for each in around):
        return ""  # `nonlocal` may be what is missing
    if max(lines) < scene.line:
        return (
            f"`{found[1]}` gets its value only {_where(lines)}, and {_why_not(here, lines)}. So `{found[1]}`"
            f" has no value in line {scene.line}."
        )
    if min(lines) > scene.line:
        return (
            f"`{found[1]}` belongs to the function `{here.name}`, because line {lines[0]} gives it a"
            f" value, but it is"
            f" used before that, in line {scene.line}."
        )
    if lines == [scene.line]:
        return (
            f"Line {scene.line} needs the value that `{found[1]}` had before, and inside the function"
            f" `{here.name}` it"
            f" never had one. Give `{found[1]}` a first value above."
        )
    return ""


def _two_of_one_name(name: str, function: str, line: int) -> str:
    """A name outside, and one of the function's own that has no value yet."""
    return (
        f"There are two names `{name}` here. Line {line} gives `{name}` a value inside the function"
        f" `{function}`, so in there it is a name of its own, which has no value yet; the `{name}` outside is"
        f" another. Best hand its value over between the brackets of `{function}(...)` and give the new one"
        f" back with `return`. Only with `global {name}` as its first line does the function change the one"
        " outside."
    )


def _unknown(message: str) -> str:
    found = re.match(r"name '(\w+)' is not defined", message)
    return found[1] if found else ""


def _holds(function: code_facts.Function, line: int) -> bool:
    return function.lineno < line <= (function.end_lineno or function.lineno)
