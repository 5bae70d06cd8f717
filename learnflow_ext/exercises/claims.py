"""What an exercise's own text says of its calls, as tests that can be run."""

from __future__ import annotations

import ast
import builtins
import re
from doctest import DocTestParser

from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.trees import PARTS, PLAIN, parse, parts

_CLAIM = re.compile(
    r"`(\w+\([^`\n]*\))`,?\s*(?:is|gives(?: back)?|returns|yields|becomes|evaluates to|"
    r"equals|results in|should (?:be|give|return)|[=-]=?>|==?|→|⇒|[:|])\s*`([^`\n]+)`"
)
_FENCES = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)
_CLAIM_IN_ONE = re.compile(r"`(\w+\([^`\n]*\))\s*(?:[=-]=?>|==|→|⇒)\s*([^`\n]+)`")
_CLAIM_IN_CODE = re.compile(
    r"^[ \t]*(?:assert +(\w+\([^\n]*\)) *== *([^\n]+)|"
    r"(\w+\([^#\n]*\))[ \t]*#[ \t]*(?:[=-]=?>|==?|→|⇒)?([^\n]+))$",
    re.MULTILINE,
)
"""A line of a program that compares a call, or says behind it what it gives."""


def claims(exercise: Exercise) -> list[str]:
    """What the text itself says of calls, such as "`f(2)` is `4`" or a session with `>>>`, as tests."""
    found = _CLAIM.findall(exercise.statement)
    known = frozenset((*dir(builtins), *parts(ast.parse(exercise.reference))))
    # `f(a, b)` gives `a`, where it says that of any two, can be asked of none.
    said = [f"assert {call} == {result}" for call, result in found if _names_only(known, call, result)]
    for call, result in _CLAIM_IN_ONE.findall(exercise.statement):
        # `f(a, b) -> int` says what kinds of values there are, and nothing of a call.
        if all(map(_is_value, (*_arguments_of(call), result))):
            said.append(f"assert {call} == {result}")
    for asked, equal, call, behind in _CLAIM_IN_CODE.findall(exercise.statement):
        call, result = asked or call, (equal or behind).strip()
        if not call.startswith("print(") and all(map(_is_value, (*_arguments_of(call), result))):
            said.append(f"assert {call} == {result}")
    for text in (exercise.statement, *_docstrings(exercise.starter)):
        said += _session(text)
    return said


def _names_only(known: frozenset[str], *code: str) -> bool:
    """Whether all of `code` is Python, and names nothing but what is `known` or made in it."""
    trees = list(map(parse, code))
    nodes = [node for tree in trees if tree is not None for node in ast.walk(tree)]
    made = {node.arg for node in nodes if isinstance(node, ast.arg)}
    made |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return None not in trees and {node.id for node in nodes if isinstance(node, ast.Name)} <= known | made


def _docstrings(starter: str) -> list[str]:
    tree = parse(starter)
    return [
        text
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, (ast.Module, *PARTS)) and (text := ast.get_docstring(node))
    ]


def _session(text: str) -> list[str]:
    """The steps of a session with `>>>` that say what they give, with those before them."""
    try:
        # What a step gives goes on to the next empty line: the end of a block is one.
        steps = DocTestParser().get_examples(_FENCES.sub("", text))
    except ValueError:
        return []
    said: list[str] = []
    for step in steps:
        source, result = step.source.strip(), step.want.strip()
        if parse(source) is None or step.exc_msg is not None or source.startswith("print("):
            continue
        said.append(f"assert ({source}) == ({result})" if result else source)
    return said if parse("\n".join(said)) is not None else []


def _arguments_of(call: str) -> list[str]:
    tree = parse(call)
    if tree is None or not tree.body or not isinstance(tree.body[0], ast.Expr):
        return [call]
    found = tree.body[0].value
    if not isinstance(found, ast.Call):
        return [call]
    return [ast.unparse(each) for each in (*found.args, *(keyword.value for keyword in found.keywords))]


def _is_value(code: str) -> bool:
    tree = parse(code)
    return (
        tree is not None
        and len(tree.body) == 1
        and isinstance(tree.body[0], ast.Expr)
        and all(isinstance(each, PLAIN) for each in ast.walk(tree.body[0].value))
    )
