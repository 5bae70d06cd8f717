"""Reading one line of Python aloud, in a beginner's words: what it does, with the student's own names in
it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, cast

from learnflow_ext.agents import markdown
from learnflow_ext.agents.source import parse, written
from learnflow_ext.diagnosis.reading import without_magics

_SIGNS: dict[type[ast.AST], str] = {
    ast.Eq: "is equal to",
    ast.NotEq: "is not equal to",
    ast.Lt: "is less than",
    ast.LtE: "is at most",
    ast.Gt: "is greater than",
    ast.GtE: "is at least",
    ast.In: "is in",
    ast.NotIn: "is not in",
    ast.Is: "is the very same thing as",
    ast.IsNot: "is not the same thing as",
}
_CALLS = {
    "print": "shows {} on the screen",
    "len": "counts how many items or characters {} has",
    "input": "asks the person at the keyboard for a text",
    "int": "turns {} into a whole number",
    "float": "turns {} into a number with a decimal point",
    "str": "turns {} into text",
    "type": "says what kind of value {} is",
    "sum": "adds up {}",
    "sorted": "makes a new, sorted list of {}",
}
_METHODS = {
    "append": "puts {} at the end of {}",
    "remove": "takes the first {} out of {}",
    "upper": "makes a copy of {1} in capital letters",
    "lower": "makes a copy of {1} in small letters",
    "split": "cuts {1} into a list of pieces",
    "strip": "makes a copy of {1} without blanks at its ends",
}


def statement_at(tree: ast.Module, line: int) -> ast.stmt | None:
    """The statement that begins on the line, else the innermost around it; None between statements."""
    found: ast.stmt | None = None
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            if found is None or node.lineno > found.lineno:
                found = node
    return found


def read_line(code: str, line: int) -> str | None:
    """What line `line` (from 1) of the cell does, as one Markdown sentence.

    None when there is no such line, or the cell cannot be read, or we have no words for it.
    """
    lines = without_magics(code).splitlines()
    if not 1 <= line <= len(lines):
        return None
    text = lines[line - 1].strip()
    if not text:
        return "It is an empty line: it does nothing, and is there for the reader."
    if text.startswith("#"):
        return "It is a comment: a note for people, which Python skips."
    if text in ("else:", "finally:"):
        return "Its indented lines run when the condition above it was not true." if text == "else:" else None
    tree = parse(code)
    statement = statement_at(tree, line) if tree is not None else None
    return describe(statement) if statement is not None else None


def describe(statement: ast.stmt) -> str | None:
    """One statement in words; None without words for its kind."""
    for kind, words in _DESCRIBERS:
        if isinstance(statement, kind):
            return words(statement)
    return None


def _span(node: ast.AST) -> str:
    return markdown.code(written(node), 50)


def _assign(node: ast.Assign) -> str:
    target = node.targets[0]
    if isinstance(target, ast.Subscript):
        return f"It puts {_value(node.value)} into {_span(target.value)}, at the place {_span(target.slice)}."
    if isinstance(node.value, ast.Constant) or (isinstance(node.value, ast.List) and not node.value.elts):
        return f"It gives the name {_span(target)} to {_value(node.value)}."
    return f"It works out {_value(node.value)}, and gives it the name {_span(target)}."


def _aug_assign(node: ast.AugAssign) -> str:
    new = f"the new value is worked out from the old one and {_value(node.value)}"
    return f"It changes {_span(node.target)}: {new}."


def _value(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return f"{_span(node)} (which {_call(node)})"
    if isinstance(node, ast.JoinedStr):
        return f"the text {_span(node)}, with the values of the names in curly brackets put in,"
    if isinstance(node, ast.List) and not node.elts:
        return "an empty list"
    return _span(node)


def _call(node: ast.Call) -> str:
    given = _given(node)
    if isinstance(node.func, ast.Name):
        known = _CALLS.get(node.func.id)
        return known.format(given) if known else f"uses the function {_span(node.func)} with {given}"
    if isinstance(node.func, ast.Attribute):
        known = _METHODS.get(node.func.attr)
        owner = _span(node.func.value)
        return (
            known.format(given, owner)
            if known
            else f"uses {markdown.code(node.func.attr)} of {owner} with {given}"
        )
    return f"uses {_span(node.func)} with {given}"


def _given(node: ast.Call) -> str:
    shown = [_span(argument) for argument in node.args[:3]]
    return " and ".join(shown) if shown else "nothing"


def _condition(node: ast.expr) -> str:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return f"{_span(node.left)} {_SIGNS[type(node.ops[0])]} {_span(node.comparators[0])}"
    return f"{_span(node)} is true"


def _for(node: ast.For) -> str:
    return (
        f"It begins a loop: it takes the items of {_span(node.iter)} one after another. Each time, "
        f"{_span(node.target)} gets the next one, and the indented lines below run."
    )


def _while(node: ast.While) -> str:
    return (
        f"It begins a loop: the indented lines below run again and again, as long as {_condition(node.test)}."
    )


def _if(node: ast.If) -> str:
    return f"It chooses: the indented lines below run only if {_condition(node.test)}."


def _def(node: ast.FunctionDef) -> str:
    takes = " and ".join(markdown.code(each.arg, 30) for each in node.args.args[:4])
    goes_in = f"what goes in is called {takes} inside of it" if takes else "nothing goes into it"
    built = f"It builds a function called {markdown.code(node.name, 40)}; {goes_in}."
    return f"{built} The indented lines run when it is used."


def _return(node: ast.Return) -> str:
    if node.value is None:
        return "It ends the function, which gives back `None`."
    return f"It ends the function, and gives back {_value(node.value)}."


def _expr(node: ast.Expr) -> str:
    if isinstance(node.value, ast.Call):
        return f"It {_call(node.value)}."
    if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return "It is a text that says what the function is for. Python does nothing with it."
    shown = "In the last line of a cell the result is shown, elsewhere it is dropped."
    return f"It works out {_span(node.value)}. {shown}"


def _import(node: ast.Import | ast.ImportFrom) -> str:
    return f"It fetches {_span(node)}, so that the lines below can use it."


def _assert(node: ast.Assert) -> str:
    otherwise = "nothing happens, and otherwise it stops with an `AssertionError`"
    return f"It is a check: if {_condition(node.test)}, {otherwise}."


_DESCRIBERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = cast(
    "tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...]",
    (
        (ast.Assign, _assign),
        (ast.AugAssign, _aug_assign),
        (ast.For, _for),
        (ast.While, _while),
        (ast.If, _if),
        (ast.FunctionDef, _def),
        (ast.Return, _return),
        (ast.Expr, _expr),
        ((ast.Import, ast.ImportFrom), _import),
        (ast.Assert, _assert),
        (ast.Pass, lambda _: "It does nothing; it only fills the place where a line has to be."),
        (ast.Break, lambda _: "It leaves the loop at once."),
        (ast.Continue, lambda _: "It skips the rest of this round and goes on with the loop's next one."),
        (
            ast.Raise,
            lambda node: (
                f"It stops with an error on purpose: {_span(node.exc)}."
                if node.exc
                else "It passes the error on."
            ),
        ),
    ),
)
