"""What can be seen in a beginner's code without running it: probable slips, and things to make clearer."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from itertools import pairwise

from learnflow_ext.agents import comparison_checks, markdown
from learnflow_ext.agents.remark import Remark
from learnflow_ext.agents.source import parse

MAX_FUNCTION_LINES = 25
_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_MUTATORS = frozenset({"append", "extend", "insert", "remove", "sort", "reverse", "clear", "add", "update"})
_SHORT_NAMES_FINE = frozenset("ijknxyz_")
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def remarks(code: str) -> list[Remark]:
    """All observations, the weightiest first; empty for code that cannot be read, or that is fine."""
    tree = parse(code)
    if tree is None:
        return []
    found = [remark for check in (*_CHECKS, *comparison_checks.CHECKS) for remark in check(tree)]
    return sorted(found, key=lambda remark: (-remark.weight, remark.line, remark.kind))


def likeliest_slip(code: str) -> Remark | None:
    """The weightiest probable mistake; None when nothing stands out."""
    return next((remark for remark in remarks(code) if remark.slip), None)


def _names(node: ast.AST, kind: type[ast.expr_context]) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, kind)}


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, _Function):
            yield node


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without those of functions inside it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*_Function, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))


def _lost_list(tree: ast.Module) -> Iterator[Remark]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Attribute)
            and node.value.func.attr in _MUTATORS
            and isinstance(node.value.func.value, ast.Name)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == node.value.func.value.id
        ):
            method, name = markdown.code(node.value.func.attr), markdown.code(node.targets[0].id)
            yield Remark(
                kind="lost-list",
                line=node.lineno,
                why=(
                    f"{method} changes the value itself and gives back `None`, and {name} gets what is "
                    "given back."
                ),
                question=f"What is {name} after this line? Print it.",
                slip=True,
                weight=95,
            )


def _endless_while(tree: ast.Module) -> Iterator[Remark]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.While):
            continue
        leaves = any(isinstance(each, (ast.Break, ast.Return, ast.Raise)) for each in ast.walk(node))
        watched = _names(node.test, ast.Load)
        called = any(
            isinstance(each, (ast.Call, ast.Attribute, ast.Subscript)) for each in ast.walk(node.test)
        )
        changed = set().union(*(_names(each, ast.Store) for each in node.body))
        used_methods = any(
            isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) for each in ast.walk(node)
        )
        if leaves or called or watched & changed or (used_methods and watched):
            continue
        what = " and ".join(markdown.code(name) for name in sorted(watched)[:2]) or "nothing that can change"
        yield Remark(
            kind="endless-while",
            line=node.lineno,
            why=f"this comparison looks at {what}, and no line inside the loop changes that.",
            question="After one round of the loop, what is different for the comparison?",
            slip=True,
            weight=100,
        )


def _return_in_loop(tree: ast.Module) -> Iterator[Remark]:
    for function in _functions(tree):
        for node in _own(function):
            if isinstance(node, (ast.For, ast.While)) and node.body and isinstance(node.body[-1], ast.Return):
                yield Remark(
                    kind="return-in-loop",
                    line=node.body[-1].lineno,
                    why="this `return` stands inside the loop, so the function ends in the very first round.",
                    question="How many rounds should the loop make before the function is done?",
                    slip=True,
                    weight=92,
                )


def _prints_instead_of_return(tree: ast.Module) -> Iterator[Remark]:
    for function in _functions(tree):
        nodes = list(_own(function))
        returns = any(isinstance(node, (ast.Return, ast.Yield, ast.Raise)) for node in nodes)
        prints = [
            node
            for node in nodes
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        ]
        if prints and not returns and function.args.args:
            yield Remark(
                kind="prints-instead-of-return",
                line=min(node.lineno for node in prints),
                why=(
                    f"{markdown.code(function.name)} shows its result, but gives nothing back to the program."
                ),
                question="Should others be able to go on working with the result?",
                slip=True,
                weight=60,
            )


def _start_value_in_loop(tree: ast.Module) -> Iterator[Remark]:
    for node in ast.walk(tree):
        if not isinstance(node, (ast.For, ast.While)) or len(node.body) < 2:
            continue
        first = node.body[0]
        if not (isinstance(first, ast.Assign) and isinstance(first.targets[0], ast.Name)):
            continue
        empty = (isinstance(first.value, ast.Constant) and first.value.value in (0, "")) or (
            isinstance(first.value, ast.List) and not first.value.elts
        )
        name = first.targets[0].id
        grows = any(
            name in _names(each, ast.Store)
            and (isinstance(each, ast.AugAssign) or name in _names(each, ast.Load))
            for each in node.body[1:]
        )
        nested = any(isinstance(each, (ast.For, ast.While)) for each in node.body)
        if empty and grows and not nested:
            yield Remark(
                kind="start-value-in-loop",
                line=first.lineno,
                why=(
                    f"{markdown.code(name)} gets its start value inside the loop, so it begins again in "
                    "each round."
                ),
                question="How often should this line run: in each round, or once?",
                slip=True,
                weight=91,
            )


def _bare_except(tree: ast.Module) -> Iterator[Remark]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield Remark(
                kind="bare-except",
                line=node.lineno,
                why="`except:` without a kind hides every error, misspelt names as well.",
                question="Which error do you expect here?",
                slip=False,
                weight=80,
            )


def _shadowed_builtin(tree: ast.Module) -> Iterator[Remark]:
    seen: set[str] = set()
    for node in ast.walk(tree):
        named: list[tuple[str, int]] = []
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            named = [(node.id, node.lineno)]
        elif isinstance(node, (*_Function, ast.ClassDef)):
            named = [(node.name, node.lineno)]
        elif isinstance(node, ast.arg):
            named = [(node.arg, node.lineno)]
        for name, line in named:
            if name in _BUILTINS and name not in seen:
                seen.add(name)
                yield Remark(
                    kind="shadowed-builtin",
                    line=line,
                    why=(
                        f"{markdown.code(name)} is already a name of Python's own. From this line on it "
                        "means yours, and Python's is out of reach."
                    ),
                    question="Which name would say what this value stands for?",
                    slip=False,
                    weight=75,
                )


def _unused_name(tree: ast.Module) -> Iterator[Remark]:
    """Only inside functions: at the top of a notebook cell a name may be for the next cell."""
    for function in _functions(tree):
        nodes = list(ast.walk(function))
        read = {
            node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)
        }
        shared = {
            name for node in nodes if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names
        }
        loops = {
            name
            for node in nodes
            if isinstance(node, (ast.For, ast.comprehension))
            for name in _names(node.target, ast.Store)
        }
        places: dict[str, int] = {}
        for node in _own(function):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                places[node.id] = min(node.lineno, places.get(node.id, node.lineno))
        for name, line in places.items():
            if name not in read | shared | loops and not name.startswith("_"):
                yield Remark(
                    kind="unused-name",
                    line=line,
                    why=f"{markdown.code(name)} gets a value here that nothing ever uses.",
                    question="Did you mean to use it further down, or can the line go?",
                    slip=False,
                    weight=70,
                )


def _unclear_name(tree: ast.Module) -> Iterator[Remark]:
    seen: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if (
                    isinstance(target, ast.Name)
                    and len(target.id) == 1
                    and target.id not in _SHORT_NAMES_FINE | seen
                ):
                    seen.add(target.id)
                    yield Remark(
                        kind="unclear-name",
                        line=node.lineno,
                        why=f"{markdown.code(target.id)} does not say what it stands for.",
                        question="What would you call it when you explain the code to a friend?",
                        slip=False,
                        weight=50,
                    )
        elif isinstance(node, _Function) and node.name != node.name.lower():
            yield Remark(
                kind="capital-letters",
                line=node.lineno,
                why=(
                    "people write functions in small letters with `_` between words, and "
                    f"{markdown.code(node.name)} is not."
                ),
                question="How would it look in that style?",
                slip=False,
                weight=30,
            )


def _long_function(tree: ast.Module) -> Iterator[Remark]:
    for function in _functions(tree):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > MAX_FUNCTION_LINES:
            yield Remark(
                kind="long-function",
                line=function.lineno,
                why=(
                    f"{markdown.code(function.name)} has {length} lines. That is a lot to keep in mind at "
                    "once."
                ),
                question="Which part of it has a job of its own that you could give a name?",
                slip=False,
                weight=55,
            )


def _index_loop(tree: ast.Module) -> Iterator[Remark]:
    for node in ast.walk(tree):
        if not (
            isinstance(node, ast.For)
            and isinstance(node.target, ast.Name)
            and isinstance(node.iter, ast.Call)
        ):
            continue
        call = node.iter
        if not (isinstance(call.func, ast.Name) and call.func.id == "range" and len(call.args) == 1):
            continue
        counted = call.args[0]
        if not (
            isinstance(counted, ast.Call) and isinstance(counted.func, ast.Name) and counted.func.id == "len"
        ):
            continue
        uses = [
            each
            for part in node.body
            for each in ast.walk(part)
            if isinstance(each, ast.Name) and each.id == node.target.id
        ]
        as_index = [
            each
            for part in node.body
            for each in ast.walk(part)
            if isinstance(each, ast.Subscript)
            and isinstance(each.slice, ast.Name)
            and each.slice.id == node.target.id
        ]
        if uses and len(uses) == len(as_index):
            yield Remark(
                kind="index-loop",
                line=node.lineno,
                why=(
                    f"{markdown.code(node.target.id)} is only used to fetch the items. A `for` loop can "
                    "hand you the items."
                ),
                question="Do you need the number of the place, or only what lies there?",
                slip=False,
                weight=45,
            )


def _never_reached(tree: ast.Module) -> Iterator[Remark]:
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            for before, after in pairwise(block if isinstance(block, list) else ()):
                if isinstance(before, (ast.Return, ast.Break, ast.Continue, ast.Raise)):
                    yield Remark(
                        kind="never-reached",
                        line=after.lineno,
                        why="no way leads to this line: the one above it has left before.",
                        question="When should it run?",
                        slip=True,
                        weight=87,
                    )


_CHECKS = (
    _lost_list,
    _endless_while,
    _return_in_loop,
    _never_reached,
    _start_value_in_loop,
    _prints_instead_of_return,
    _bare_except,
    _shadowed_builtin,
    _unused_name,
    _unclear_name,
    _long_function,
    _index_loop,
)
