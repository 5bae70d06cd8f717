"""What an exercise's own text says of its calls, as tests that can be run."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping
from doctest import DocTestParser

from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.form import without_code
from learnflow_ext.exercises.trees import PARTS, PLAIN, Part, parse, parts

_WORDS = r"is|gives(?: back)?|returns|yields|becomes|evaluates to|equals|results in|should (?:be|give|return)"
_CLAIM = re.compile(rf"`(\w+\([^`\n]*\))`,?\s*({_WORDS}|[=-]=?>|==?|→|⇒|[:|])\s*`([^`\n]+)`")
_FENCES = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)
_CLAIM_IN_ONE = re.compile(r"`(\w+\([^`\n]*\))\s*(?:[=-]=?>|==|→|⇒)\s*([^`\n]+)`")
_CLAIM_IN_CODE = re.compile(
    r"^[ \t]*(?:assert +(\w+\([^\n]*\)) *== *([^\n]+)|"
    r"(\w+\([^#\n]*\))[ \t]*#[ \t]*(?:[=-]=?>|==?|→|⇒)?([^\n]+))$",
    re.MULTILINE,
)
"""A line of a program that compares a call, or says behind it what it gives."""
_VALUE = r"(-?\d[\d_]*(?:\.\d+)?|'[^'\n]*'|\"[^\"\n]*\"|True|False|None|\[.*?\]|\(.*?\)|\{.*?\})"
_GIVES = re.compile(
    rf"\s+(?:{_WORDS})\s+{_VALUE}(?=[.;,)](?:\s|$)|\s*\Z)|"
    rf"[ \t]*(?:[=-]=?>|==?|→|⇒)[ \t]*{_VALUE}(?=[.;,)]?[ \t]*$|[.;,)]\s)",
    re.MULTILINE,
)
"""Behind a call in a sentence: a value, and nothing that makes another of it, as in "is 2 more than"."""
_BEGINS = r"(?<![\w.`+*/%-])(?<![\w)\]] [+*/%-] )(?:{})\("
"""A call that is no part of a sum."""
_STEPS = re.compile(r"^[ \t]*(?:>>>|\.\.\.).*$", re.MULTILINE)
_MOST_OF_A_CALL = 200


def claims(exercise: Exercise) -> list[str]:
    """What the text itself says of calls, such as "`f(2)` is `4`" or a session with `>>>`, as tests."""
    own = parts(tree := ast.parse(exercise.reference))
    texts = (exercise.statement, *_docstrings(exercise.starter))
    # `f(a, b)` gives `a`, where it says that of any two, can be asked of none.
    of_any = {each.arg for each in ast.walk(tree) if isinstance(each, ast.arg)}
    known = frozenset((*dir(builtins), *own)) - of_any
    said: list[str] = []
    for call, sign, result in _found(_CLAIM, texts):
        # Two calls beside each other in a table are its head.
        beside = sign == "|" and any(re.search(rf"\b{name}\(", result) for name in own)
        if _names_only(known, call, result) and not beside and not _is_kind(result, own):
            said.append(f"assert {call} == ({result})")
    for call, result in _found(_CLAIM_IN_ONE, texts):
        # `f(a, b) -> int` says what kinds of values there are, and nothing of a call.
        if all(map(_is_value, (*_arguments_of(call), result))):
            said.append(f"assert {call} == ({result})")
    for asked, equal, call, behind in _found(_CLAIM_IN_CODE, texts):
        shown, result = _printed(call), (equal or behind).strip()
        if call.startswith("print(") and not shown:
            continue
        if all(map(_is_value, (*_arguments_of(asked or shown or call), result))):
            said.append(f"assert {asked} == {result}" if asked else _shows(shown, call, result))
    for text in (without_code(exercise.statement)[0], *texts[1:]):
        said += [f"assert {call} == {result}" for call, result in _in_sentences(text, own)]
    for text in texts:
        said += _session(text)
    return said


def _found(pattern: re.Pattern[str], texts: Iterable[str]) -> list[tuple[str, ...]]:
    return [found for text in texts for found in pattern.findall(text)]


def _in_sentences(text: str, own: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(call, value) of what a text says of the functions `own` without backticks."""
    text = _STEPS.sub("", text)
    for begun in re.finditer(_BEGINS.format("|".join(own)), text):
        for end in re.finditer(r"\)", text[: begun.end() + _MOST_OF_A_CALL][begun.end() :]):
            call = text[begun.start() : begun.end() + end.end()]
            arguments = _arguments_of(call)
            if arguments == [call]:
                continue
            given = _GIVES.match(text, begun.end() + end.end())
            if given and all(map(_is_value, (*arguments, given[1] or given[2]))):
                yield " ".join(call.split()), given[1] or given[2]
            break


def _is_kind(result: str, own: Mapping[str, Part]) -> bool:
    """Whether it names a kind of values or an error, which no call gives: `int`, `ValueError("too long")`."""
    tree = parse(result)
    first = tree.body[0] if tree is not None and tree.body else None
    node = first.value if isinstance(first, ast.Expr) else None
    raised = isinstance(node, ast.Call)
    node = node.func if isinstance(node, ast.Call) else node
    if not isinstance(node, ast.Name):
        return False
    if isinstance(mine := own.get(node.id), ast.ClassDef):
        others = {name: each for name, each in own.items() if name != node.id}
        return not raised or any(_is_kind(f"{ast.unparse(base)}()", others) for base in mine.bases)
    kind = getattr(builtins, node.id, None)
    return isinstance(kind, type) and (not raised or issubclass(kind, BaseException))


def _printed(call: str) -> str:
    """The one call whose value this one prints; empty where it does anything else."""
    tree = parse(call)
    match tree.body if tree is not None else []:
        case [ast.Expr(ast.Call(func=ast.Name("print"), args=[ast.Call() as shown], keywords=[]))]:
            return ast.unparse(shown)
    return ""


def _shows(shown: str, call: str, result: str) -> str:
    """That a call gives this, or, where its value is printed, looks like it."""
    if shown and isinstance(ast.parse(result, mode="eval").body, ast.Constant):
        return f"assert str({shown}) == str({result})"
    return f"assert {shown or call} == ({result})"


def _names_only(known: frozenset[str], *code: str) -> bool:
    """Whether all of `code` is a value, and names nothing but what is `known` or made in it."""
    trees = list(map(parse, code))
    if not all(tree is not None and [*map(type, tree.body)] == [ast.Expr] for tree in trees):
        return False
    nodes = [node for tree in trees if tree is not None for node in ast.walk(tree)]
    made = {node.arg for node in nodes if isinstance(node, ast.arg)}
    made |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return {node.id for node in nodes if isinstance(node, ast.Name)} <= known | made


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
        if parse(source) is None or step.exc_msg is not None:
            continue
        if source.startswith("print("):
            said += [f"assert str({shown}) == {result!r}" for shown in [_printed(source)] if shown and result]
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
