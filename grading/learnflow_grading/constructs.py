"""Rules about how an exercise is solved ("with a loop", "without sum"), checked on the answer's text. Pure.

A teacher writes them into a test cell's metadata, under `learnflow`:
`{"must_use": ["loop"], "must_not_use": ["sum"], "in": "total"}`. `in` names the function they are about;
without it they are about the answer cells since the test before. What that code uses of the student's own
elsewhere, helpers and renamed functions, belongs to it. Code that can never run does not count as used.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from learnflow_ext.contracts.errors import Unprocessable

from .trusted import names

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_KINDS: dict[str, tuple[str, tuple[type[ast.AST], ...]]] = {
    "loop": ("a loop (for or while)", (ast.For, ast.While)),
    "for": ("a for loop", (ast.For,)),
    "while": ("a while loop", (ast.While,)),
    "comprehension": ("a comprehension", _COMPREHENSIONS),
    "if": ("an if", (ast.If, ast.IfExp)),
    "function": ("a function of your own (def)", (ast.FunctionDef,)),
    "class": ("a class", (ast.ClassDef,)),
    "lambda": ("a lambda", (ast.Lambda,)),
    "try": ("try and except", (ast.Try,)),
    "f-string": ("an f-string", (ast.JoinedStr,)),
    "slice": ("a slice such as text[1:3]", (ast.Slice,)),
    "import": ("an import", (ast.Import, ast.ImportFrom)),
}
RECURSION = "recursion"
_HIDERS = frozenset(
    "eval exec compile __import__ __builtins__ globals vars __dict__ run_cell_magic getattr()".split()
)
"""What can run a name without writing it."""
_HARMLESS_MAGICS = frozenset("matplotlib config load_ext precision pprint".split())


_MAX_TEXT = 300_000
_UNREADABLE = "Your code is too long or nested too deeply to see how it solves this. Write it shorter."


@dataclass(frozen=True)
class Constructs:
    """The rules of one test."""

    must_use: tuple[str, ...] = ()
    must_not_use: tuple[str, ...] = ()
    within: str = ""
    """The function they are about; empty for the answer cells."""


def parse(metadata: Mapping[str, Any], cell: str) -> Constructs | None:
    """The rules in a test cell's metadata; None when there are none.

    Unprocessable, with a sentence for the teacher that names the `cell`, when they cannot be understood.
    """
    found = metadata.get("learnflow")
    if not isinstance(found, Mapping) or not {"must_use", "must_not_use"} & set(found):
        return None
    within = found.get("in", "")
    if not isinstance(within, str) or (within and not within.isidentifier()):
        raise Unprocessable(f"The rules of {cell} say in which function: `in` is its name, not {within!r}.")
    return Constructs(
        _words(found.get("must_use", []), cell), _words(found.get("must_not_use", []), cell), within
    )


def _words(value: Any, cell: str) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, Sequence) or not all(isinstance(w, str) and _is_known(w) for w in words):
        raise Unprocessable(
            f"The rules of {cell} cannot be understood: {value!r}. They are names such as sum, or"
            f" {', '.join([*_KINDS, RECURSION])}."
        )
    return tuple(words)


def _is_known(word: str) -> bool:
    return word in _KINDS or word == RECURSION or word.isidentifier()


def broken(rules: Constructs, answers: Sequence[str], elsewhere: Sequence[str] = ()) -> str:
    """A sentence for the student about the first rule that is not kept; empty when all are.

    `answers` are the texts of the cells that the rules are about, `elsewhere` those of the student's others.
    Text that is not Python is left to the tests; text that may be and cannot be read breaks the rules.
    """
    try:
        return _broken(rules, answers, elsewhere)
    except (RecursionError, MemoryError):
        return _UNREADABLE


def _broken(rules: Constructs, answers: Sequence[str], elsewhere: Sequence[str]) -> str:
    if sum(map(len, (*answers, *elsewhere))) > _MAX_TEXT:
        return _UNREADABLE
    here = [tree for text in answers if (tree := _tree(text)) is not None]
    others = [tree for text in elsewhere if (tree := _tree(text)) is not None]
    every = [statement for tree in (*others, *here) for statement in tree.body]
    if rules.within:
        start = [statement for statement in every if rules.within in names.bound([statement])]
        where = f"Your {rules.within}"
    else:
        start = [statement for tree in here for statement in tree.body]
        where = "Your answer"
    if rules.within and not start:
        return f"Write {rules.within} with def in a cell of its own, without magics, so that it can be read."
    code = _with_helpers(start, every)
    for word in rules.must_use:
        if not any(True for _ in _found(word, code)):
            return f"{where} gives the right result, but this exercise asks you to use {_said(word)}."
    for word in rules.must_not_use:
        if any(True for _ in _found(word, code)):
            return f"{where} gives the right result, but this exercise asks for a way without {_said(word)}."
    if hidden := next(_hiders(every), ""):
        return f"Your notebook uses {hidden}, so nobody can see what it runs. Write it without."
    return ""


def _tree(text: str) -> ast.Module | None:
    """The cell's syntax tree; None when it is no Python. RecursionError, MemoryError when it is too deep."""
    try:
        return ast.parse(names.python(text))
    except (SyntaxError, ValueError):
        return None


def _hiders(code: Sequence[ast.stmt]) -> Iterator[str]:
    """What runs something that is not written there."""
    yield from _mentions(code, _HIDERS.__contains__)
    for node in _reachable(code):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "run_line_magic":
            first = node.args[0] if node.args else None
            if not isinstance(first, ast.Constant) or first.value not in _HARMLESS_MAGICS:
                yield "a magic"


def _said(word: str) -> str:
    return _KINDS[word][0] if word in _KINDS else "recursion" if word == RECURSION else f"`{word}`"


def _with_helpers(start: Sequence[ast.stmt], every: Sequence[ast.stmt]) -> list[ast.stmt]:
    """`start`, and of `every` statement those that bind what it uses, and what these use."""
    binding: dict[str, list[ast.stmt]] = {}
    for statement in every:
        for name in names.bound([statement]):
            binding.setdefault(name, []).append(statement)
    code, todo = {id(statement): statement for statement in start}, list(start)
    while todo:
        for name in names.used(todo.pop()):
            for statement in binding.pop(name, []):
                if id(statement) not in code:
                    code[id(statement)] = statement
                    todo.append(statement)
    return list(code.values())


def _found(word: str, code: Sequence[ast.stmt]) -> Iterator[Any]:
    if word == RECURSION:
        yield from _recursive(code)
    elif word in _KINDS:
        yield from (node for node in _reachable(code) if isinstance(node, _KINDS[word][1]))
    else:
        yield from _mentions(code, word.__eq__)


def _mentions(code: Sequence[ast.stmt], wanted: Callable[[str], Any]) -> Iterator[str]:
    """Names among the code's own, its attributes, imports and `getattr` texts for which `wanted` is true."""
    for node in _reachable(code):
        said: list[str] = []
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            said = [node.id]
        elif isinstance(node, ast.Attribute):
            said = [node.attr]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            said = [part for alias in node.names for part in alias.name.split(".")]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            said = [
                str(arg.value) if isinstance(arg, ast.Constant) else "getattr()" for arg in node.args[1:2]
            ]
        yield from (name for name in said if wanted(name) is True)


def _recursive(code: Sequence[ast.stmt]) -> Iterator[str]:
    """Functions that come back to themselves, by one another too."""
    calls: dict[str, set[str]] = {}
    for node in _reachable(code):
        if isinstance(node, ast.FunctionDef):
            inside = [n for n in _reachable(node.body) if isinstance(n, ast.Call)]
            called = {n.func.id for n in inside if isinstance(n.func, ast.Name)}
            called |= {n.func.attr for n in inside if isinstance(n.func, ast.Attribute)}
            calls[node.name] = calls.get(node.name, set()) | called
    for name in calls:
        seen: set[str] = set()
        todo = [name]
        while todo:
            for each in calls.get(todo.pop(), set()) - seen:
                seen.add(each)
                todo.append(each)
        if name in seen:
            yield name


def _reachable(statements: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes, without what stands behind a `return` and the like, or below an `if False`."""
    for statement in statements:
        yield from _inside(statement)
        if isinstance(statement, ast.Return | ast.Raise | ast.Break | ast.Continue):
            return


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.If | ast.While) and isinstance(node.test, ast.Constant) and not node.test.value:
        yield from _reachable(node.orelse)
        return
    yield node
    for _, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield from _reachable(value)
        else:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _inside(child)
