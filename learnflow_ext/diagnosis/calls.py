"""Functions and classes called with the wrong things, by the names that the code gives them."""

from __future__ import annotations

import ast
import difflib
import re

from learnflow_ext.diagnosis import code_facts
from learnflow_ext.diagnosis.pieces import piece
from learnflow_ext.diagnosis.scene import Scene

_KEYWORDS = {
    "print": ("sep", "end", "file", "flush"),
    "sort": ("key", "reverse"),
    "sorted": ("key", "reverse"),
    "max": ("key", "default"),
    "min": ("key", "default"),
    "open": ("mode", "encoding", "newline", "errors"),
    "int": ("base",),
    "sum": ("start",),
    "enumerate": ("start",),
    "split": ("sep", "maxsplit"),
    "round": ("ndigits",),
    "pop": (),
    "input": (),
    "len": (),
    "range": (),
}


_NO_OBJECTS = frozenset("int float complex bool str NoneType list tuple dict set range".split())


def missing_values(message: str, scene: Scene) -> str:
    """`greet()` where `greet(name)` is defined."""
    found = re.match(
        r"([\w.<>]+)\(\) missing (\d+) required (positional|keyword-only) arguments?: (.+)", message
    )
    if found is None:
        return ""
    full, _, _, wanted = found.groups()
    names = re.findall(r"'(\w+)'", wanted)
    if not names:
        return ""
    owner, _, short = full.replace(".<locals>", "").rpartition(".")
    owner = owner.rpartition(".")[2]
    listed = _listed(names)
    if names[0] == "self" and owner:
        return (
            f"`{short}` is a method of the objects of `{owner}`, and it was called on the class itself, so"
            f" there is no"
            f" object to be its `self`. Create an object first, with `{owner}(...)`, and call the method"
            f" on it."
        )
    if short in ("__init__", "__new__") and owner:
        return (
            f"To create a `{owner}`, values are needed in the round brackets after its name: {listed}"
            f" {_is(names)} missing."
        )
    function = code_facts.function_named(scene.tree, f"{owner}.{short}" if owner else short)
    on_class = scene.the(
        ast.Call,
        lambda each: (
            isinstance(each.func, ast.Attribute)
            and isinstance(each.func.value, ast.Name)
            and each.func.value.id == owner
        ),
    )
    if on_class is not None and function is not None and _lacks_object(on_class, function, scene):
        first = piece(on_class.args[0]) or "the first value"
        return (
            f"`{short}` is a method of the objects of `{owner}`, and it was called on the class itself, so"
            f" {first} was taken for its `self`, and {listed} {_is(names)} missing. Create an object first,"
            f" with `{owner}(...)`, and call the method on it."
        )
    params = code_facts.heading(function) if function else ""
    takes = f" It is defined as `{short}({params})`." if params and len(params) < 50 else ""
    return (
        f"The function `{short}()` was called with too few values: {len(names)} missing, for {listed}.{takes}"
        " Each of these parameters needs a value between the brackets."
    )


def _lacks_object(call: ast.Call, method: code_facts.Function, scene: Scene) -> bool:
    """Whether the first value of `Till.add(3)` is taken for the object of `Till`, and is none."""
    if not call.args or method.decorator_list or code_facts.parameters(method)[:1] != ["self"]:
        return False  # a method of the class itself
    value = scene.value(call.args[0])
    # `Animal.speak(self)` in a class below `Animal` has its object.
    return value is not None and value.type in _NO_OBJECTS


def too_many_values(message: str, scene: Scene) -> str:
    """`add(1, 2, 3)` where `add(a, b)` is defined."""
    found = re.match(
        r"([\w.<>]+)\(\) takes (?:from \d+ to )?(\d+) positional arguments? but (\d+) (?:was|were) given",
        message,
    )
    if found is None:
        return ""
    full, takes, given = found[1].replace(".<locals>", ""), int(found[2]), int(found[3])
    owner, _, short = full.rpartition(".")
    function = code_facts.function_named(
        scene.tree, f"{owner.rpartition('.')[2]}.{short}" if owner else short
    )
    said = (
        f"You apparently have called the function `{full}` with {given} positional argument(s) while it"
        f" requires"
        f" {takes} such positional argument(s)."
    )
    if owner and function is not None and "self" not in code_facts.parameters(function):
        return (
            f"{said} Perhaps you forgot `self` when defining `{full}`: a method's first parameter is the"
            f" object itself,"
            " and Python passes it along with every call."
        )
    if owner and short == "__init__" and takes >= 1:
        many = "no value" if takes == 1 else f"{takes - 1} value{'s' * (takes > 2)}"
        return (
            f"To create a `{owner.rpartition('.')[2]}`, its round brackets take {many}, and there are"
            f" {given - 1}. {said}"
        )
    params = code_facts.heading(function) if function else ""
    if function is not None and function.args.kwonlyargs and takes == 0:
        name = function.args.kwonlyargs[0].arg
        said = f"{said} After the `*` in its brackets each value is given by its name: `{name}=…`."
    if params and len(params) < 50:
        return f"{said} It is defined as `{short}({params})`."
    if function is not None and not params:
        return f"{said} It is defined as `{short}()`, with nothing between the brackets."
    return said


def takes_no_arguments(message: str, scene: Scene) -> str:
    """`Dog("Rex")` of a class without `__init__`."""
    found = re.match(r"(\w+)(?:\.__init__)?\(\) takes no arguments", message) or re.match(
        r"object\.__new__\(\) takes (?:exactly one argument|no parameters)|(\w+)\(\) takes no parameters",
        message,
    )
    name = found[1] if found else None
    if not name:
        return ""
    defined = code_facts.class_named(scene.tree, name)
    if defined is None:
        return f"`{name}()` takes nothing between its round brackets, and here it was given something."
    said = (
        f"`{name}` was given a value when it was created, but the class has no `__init__` method to take it."
    )
    methods = [each.name for each in defined.body if isinstance(each, ast.FunctionDef)]
    close = [
        name
        for name in methods
        if re.sub(r"\W|_", "", name).lower() in ("init", "int", "inti", "initt", "inint")
    ]
    if close:
        return (
            f"{said} Its method is called `{close[0]}`: the right name is `__init__`, with two underscores"
            " before it and two after it."
        )
    return f"{said} Values for new objects arrive in a method called `__init__`."


def init_returns(message: str, scene: Scene) -> str:
    """`return 3` in `__init__`."""
    found = re.match(r"__init__\(\) should return None, not '(\w+)'", message)
    if found is None:
        return ""
    return (
        f"`__init__` only sets up a new object, and must not give anything back, but here it returns a"
        f" value of type"
        f" `{found[1]}`. Leave out its `return`, or what follows it."
    )


def unknown_keyword(message: str, scene: Scene) -> str:
    """`print("a", seperator=",")`, `area(heigth=3)`."""
    found = re.match(r"([\w.]+)\(\) got an unexpected keyword argument '(\w+)'", message)
    if found:
        name, wrong = found[1], found[2]
    else:
        found = re.match(r"'(\w+)' is an invalid keyword argument for (\w+)(?:\(\))?", message)
        if found is None:
            return ""
        name, wrong = found[2], found[1]
    short = name.rpartition(".")[2]
    function = code_facts.function_named(scene.tree, name)
    known = [each for each in code_facts.parameters(function) if each != "self"] if function else None
    if known is None:
        known = list(_KEYWORDS.get(short, ())) if short in _KEYWORDS else None
    shown = name.removesuffix(".__init__") if short == "__init__" else short
    said = f"The function `{shown}()` has no parameter called `{wrong}`."
    if known is None:
        return f"{said} Check its spelling."
    close = difflib.get_close_matches(wrong, known, n=1, cutoff=0.6) or [
        each for each in known if len(each) > 2 and (each.startswith(wrong[:3]) or wrong.startswith(each))
    ]
    if close:
        return f"Did you mean `{close[0]}`? {said}"
    return f"{said} Those it has are {_listed(known)}." if known else f"{said} It takes no values by name."


def twice(message: str, scene: Scene) -> str:
    """`area(2, width=3)`."""
    found = re.match(r"([\w.]+)\(\) got multiple values for (?:keyword )?argument '(\w+)'", message)
    if found is None:
        return ""
    short = found[1].rpartition(".")[2]
    function = code_facts.function_named(scene.tree, found[1])
    params = [each for each in code_facts.parameters(function)] if function else []
    said = (
        f"You have specified the value of argument `{found[2]}` more than once when calling the function"
        f" named"
        f" `{short}`: once by its place in the brackets, and once by its name."
    )
    return f"{said} This function has the following arguments: `{', '.join(params)}`." if params else said


def gives_nothing_back(message: str, scene: Scene) -> str:
    """`double(3) + 1` where `double` has no `return`."""
    if "NoneType" not in message:
        return ""
    through = isinstance(scene.node, ast.Call) and "not iterable" in message
    for call in [scene.node] if through and isinstance(scene.node, ast.Call) else _calls(scene):
        if not isinstance(call.func, ast.Name):
            continue
        function = code_facts.function_named(scene.tree, call.func.id)
        said = piece(call)
        if function is None or not said:
            continue
        if not code_facts.returns_something(function):
            shows = any(
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
                for node in code_facts.own(function)
            )
            more = " Showing a result with `print` is not giving it back." if shows else ""
            return (
                f"{said} gives back `None`, which means nothing, because the function `{function.name}`"
                f" has no"
                f" `return` with a value.{more}"
            )
        alone = (
            scene.node is not None and len(_calls(scene)) == 1 and _only_constants_beside(scene.node, call)
        )
        if alone or call is _side_of_none(message, scene.node):
            return (
                f"{said} gives back `None` here, which means nothing: this call of `{function.name}` came"
                f" to no"
                " `return` with a value. Look for the way through the function on which it ends without one."
            )
    return ""


def _side_of_none(message: str, node: ast.AST | None) -> ast.AST | None:
    """The one side of an operator that was `None`; None where it was neither, both, or is not known."""
    found = re.search(r"'(\w+)' and '(\w+)'$", message)
    kinds = found.groups() if found else ("", "NoneType") if '(not "NoneType")' in message else ("", "")
    sides: tuple[ast.AST, ...] = ()
    if isinstance(node, ast.BinOp):
        sides = (node.left, node.right)
    elif isinstance(node, ast.Compare) and len(node.comparators) == 1:
        sides = (node.left, node.comparators[0])
    none = [side for side, kind_ in zip(sides, kinds, strict=False) if kind_ == "NoneType"]
    return none[0] if len(none) == 1 else None


def _only_constants_beside(node: ast.AST, call: ast.Call) -> bool:
    sides: list[ast.AST] = []
    if isinstance(node, ast.BinOp):
        sides = [node.left, node.right]
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
    return bool(sides) and all(side is call or isinstance(side, ast.Constant) for side in sides)


def gave_nothing(message: str, scene: Scene) -> str:
    """`y = double(3)` above, and now `y + 1`."""
    if "NoneType" not in message or scene.tree is None or scene.line is None:
        return ""
    for name, value in scene.values.items():
        if value.type != "NoneType" or not name.isidentifier():
            continue
        call = _last_value(scene.tree, name, scene.line)
        if not isinstance(call, ast.Call):
            continue
        where = f"`{name}` is `None`, which means nothing: it got its value in line {call.lineno} from"
        if isinstance(call.func, ast.Name):
            function = code_facts.function_named(scene.tree, call.func.id)
            if function is not None and not code_facts.returns_something(function):
                return f"{where} `{function.name}(...)`, and that function has no `return` with a value."
            if call.func.id == "print":
                return f"{where} `print(...)`, which shows something and gives nothing back."
            if function is not None:
                return (
                    f"{where} `{function.name}(...)`, and that call came to no `return` with a value."
                    " Look for the way through the function on which it ends without one."
                )
        if isinstance(call.func, ast.Attribute):
            method = call.func.attr
            own = [each for each in code_facts.functions(scene.tree) if each.name == method]
            if any(map(code_facts.returns_something, own)):
                continue
            if own:
                return f"{where} `{method}(...)`, which gives nothing back."
            if method in (
                "sort",
                "reverse",
                "append",
                "extend",
                "insert",
                "remove",
                "clear",
                "update",
                "add",
                "shuffle",
            ):
                return (
                    f"{where} `{method}`, which changes the list (or dictionary) itself and gives"
                    f" nothing back."
                    f" So `{name}` has no list."
                )
            if method in ("match", "search", "fullmatch"):
                return (
                    f"{where} `.{method}(...)`, which gives back `None` when the text does not fit the"
                    f" pattern. Check"
                    " that before you use the result."
                )
            if method == "get":
                return (
                    f"{where} `.get(...)`, which gives back `None` when the dictionary does not have the key."
                )
    return ""


def _last_value(tree: ast.Module, name: str, line: int) -> ast.expr | None:
    """What `name` was last given above `line` in the same function, or the cell; None where several ways"
    " lead on."""
    where: ast.AST = code_facts.function_at(tree, line) or tree
    body: list[ast.stmt] = getattr(where, "body", [])
    found = [
        node
        for node in code_facts.own(where)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]
    if len(found) > 1 and all(each in body for each in found):
        # One after the other, so the last one above counts.
        found = [each for each in found if each.lineno < line][-1:]
    return found[0].value if len(found) == 1 and found[0].lineno < line else None


def _calls(scene: Scene) -> list[ast.Call]:
    parts = (scene.node,) if scene.node is not None else scene.statement
    direct: list[ast.AST] = []
    for part in parts:
        match part:
            case ast.BinOp():
                direct += [part.left, part.right]
            case ast.Compare():
                direct += [part.left, *part.comparators]
            case ast.Subscript() | ast.Attribute():
                direct.append(part.value)
            case ast.Call():
                direct += part.args
            case ast.AugAssign() | ast.Assign():
                direct.append(part.value)
            case ast.For():
                direct.append(part.iter)
            case _:
                direct.append(part)
    return [each for each in direct if isinstance(each, ast.Call)]


def _listed(names: list[str]) -> str:
    shown = [f"`{name}`" for name in names[:5]]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
