"""Why a cell that had to be stopped was still running: what its loop waits for, read from the text alone."""

from __future__ import annotations

import ast
import builtins

from learnflow_ext.diagnosis.reading import tree_of, without_magics

MAX_CONDITION = 80
_GROWS = {ast.Add: 1, ast.Sub: -1}
_WAITS_FOR_MORE = (ast.Lt, ast.LtE)
_WAITS_FOR_LESS = (ast.Gt, ast.GtE)
_GENERAL = "You stopped this cell before it was done."


def cause(source: str, line: int | None) -> str:
    """Why the cell did not end by itself, in a beginner's words; `line` is where it was stopped, from 1.

    Says only what the text proves, so it may say little; never empty.
    """
    tree = tree_of(without_magics(source))
    if tree is None or line is None:
        return _GENERAL
    waiting = _waiting(tree, line)
    if waiting:
        return f"{_GENERAL} {waiting}"
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.While) and _holds(node, line)]
    if not loops:
        return f"{_GENERAL} Line {line} was running at that moment. It may only have needed longer."
    # An inner loop that ends is run again by an outer one that does not: the first that is proved counts.
    loops.sort(key=lambda loop: -loop.lineno)
    said = [_why(loop) for loop in loops]
    return f"{_GENERAL} {next((text for text, proved in said if proved), said[0][0])}"


def out_of_time(source: str) -> tuple[int | None, str]:
    """For a program that was stopped by the clock: the line to look at, from 1, and why it did not end.

    Only the text is known: the line is None and the reason empty, unless it is proved or there is one loop.
    """
    tree = tree_of(without_magics(source))
    if tree is None:
        return None, ""
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.While)]
    said = [(loop.lineno, *_why(loop)) for loop in sorted(loops, key=lambda loop: loop.lineno)]
    proved = [(line, text) for line, text, is_proved in said if is_proved]
    if proved:
        return proved[0]
    if len(said) == 1:
        return said[0][0], said[0][1].replace("and that was still so", "and that may never have changed")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (waiting := _waiting(tree, node.lineno)):
            return node.lineno, waiting
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and (grown := _grows_while_read(node)):
            return node.lineno, grown
    return None, ""


def _grows_while_read(node: ast.For) -> str:
    """`for x in items: items.append(x)` never ends."""
    if not isinstance(node.iter, ast.Name):
        return ""
    name = node.iter.id
    for each in (child for part in node.body for child in ast.walk(part)):
        if (
            isinstance(each, ast.Call)
            and isinstance(each.func, ast.Attribute)
            and each.func.attr in ("append", "extend", "insert")
            and _root(each.func) == name
        ):
            return (
                f"The `for` loop in line {node.lineno} goes through `{name}`, and line {each.lineno} adds"
                f" to `{name}` in"
                " each round, so there is always one more item to come."
            )
    return ""


def _holds(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _waiting(tree: ast.Module, line: int) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or node.lineno):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "input":
                return f"Line {line} was waiting for somebody to type something into its input field."
            if name == "sleep":
                return f"Line {line} was pausing on purpose: `sleep` waits as many seconds as it is told."
    return ""


def _why(loop: ast.While) -> tuple[str, bool]:
    """What to say of this loop, and whether it is proved that it cannot end."""
    where = f"The `while` loop in line {loop.lineno}"
    leaves = _leaves(loop)
    if isinstance(loop.test, ast.Constant) and loop.test.value:
        if leaves:
            return f"{where} ends only when it reaches its `{leaves}`, and that had not happened.", False
        return f"{where} never ends by itself: its condition is always true and it has no `break`.", True
    condition = ast.unparse(loop.test)
    if len(condition) > MAX_CONDITION:
        condition = condition[: MAX_CONDITION - 1] + "…"
    goes_on = f"{where} goes on as long as `{condition}` is true, and that was still so."
    names = _names(loop.test)
    if not names or any(isinstance(node, (ast.Call, ast.Attribute)) for node in ast.walk(loop.test)):
        return goes_on, False
    changed = [name for name in names if _may_change(loop, name)]
    listed = " or ".join(f"`{name}`" for name in names)
    if not changed:
        proved = not leaves and not _calls_own_code(loop)
        end = "so it stays that way." if proved else "inside it, that is."
        return f"{goes_on} No line of the loop changes {listed}, {end}", proved
    away = _moves_away(loop)
    if away:
        return f"{goes_on} {away}", not leaves
    return f"{goes_on} The loop does change `{changed[0]}`, but never reached the end.", False


def _names(test: ast.expr) -> list[str]:
    found = (node.id for node in ast.walk(test) if isinstance(node, ast.Name))
    return list(dict.fromkeys(name for name in found if not hasattr(builtins, name)))


def _leaves(loop: ast.While) -> str:
    """`break`, `return` or `raise` by which the loop itself can be left; empty for none."""
    waiting: list[tuple[ast.AST, bool]] = [(node, True) for node in loop.body]
    while waiting:
        node, own = waiting.pop()
        if isinstance(node, ast.Return):
            return "return"
        if isinstance(node, ast.Raise):
            return "raise"
        if isinstance(node, ast.Break) and own:
            return "break"
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        inner = own and not isinstance(node, (ast.While, ast.For, ast.AsyncFor))
        waiting += [(child, inner) for child in ast.iter_child_nodes(node)]
    return ""


def _may_change(loop: ast.While, name: str) -> bool:
    """Whether some line of the loop gives `name` a value, or could change the object it stands for."""
    for node in (child for part in (*loop.body, loop.test) for child in ast.walk(part)):
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            return True
        if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
            if _root(node) == name:
                return True
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and _root(node.func) == name:
                return True
            own = not (isinstance(node.func, ast.Name) and hasattr(builtins, node.func.id))
            handed = (*node.args, *(keyword.value for keyword in node.keywords))
            if own and any(isinstance(given, ast.Name) and given.id == name for given in handed):
                return True
    return False


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _calls_own_code(loop: ast.While) -> bool:
    """Whether the loop runs code that is not in sight and might change a name through `global`."""
    return any(
        isinstance(node, ast.Call)
        and not (isinstance(node.func, ast.Name) and hasattr(builtins, node.func.id))
        for part in loop.body
        for node in ast.walk(part)
    )


def _moves_away(loop: ast.While) -> str:
    """For `while name < number` whose only change to the name takes it further away; else empty."""
    test = loop.test
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.left, ast.Name)):
        return ""
    if not isinstance(test.comparators[0], ast.Constant):
        return ""
    name = test.left.id
    wanted = 1 if isinstance(test.ops[0], _WAITS_FOR_MORE) else 0
    wanted = -1 if isinstance(test.ops[0], _WAITS_FOR_LESS) else wanted
    changes = [
        node
        for part in loop.body
        for node in ast.walk(part)
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
    ]
    steps = [step for part in loop.body for node in ast.walk(part) if (step := _step(node, name))]
    if not wanted or len(steps) != 1 or len(changes) != 1 or steps[0] == wanted:
        return ""
    goes = "smaller" if steps[0] < 0 else "larger"
    return f"Each round makes `{name}` {goes}, which takes it further from the end."


def _step(node: ast.AST, name: str) -> int:
    """1 where `node` makes `name` larger by a number, -1 smaller, 0 where it is neither or unknown."""
    if isinstance(node, ast.AugAssign) and getattr(node.target, "id", "") == name:
        operation, amount = node.op, node.value
    elif (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and getattr(node.targets[0], "id", "") == name
        and isinstance(node.value, ast.BinOp)
        and getattr(node.value.left, "id", "") == name
    ):
        operation, amount = node.value.op, node.value.right
    else:
        return 0
    positive = (
        isinstance(amount, ast.Constant)
        and isinstance(amount.value, (int, float))
        and not isinstance(amount.value, bool)
        and amount.value > 0
    )
    return _GROWS.get(type(operation), 0) if positive else 0
