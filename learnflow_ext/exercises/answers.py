"""What a language model answered, as an exercise: parsed strictly, within bounds, trusted in nothing. Pure.

Nothing of it is run here, and no sentence of it is followed: it is data, which the gate judges next.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
from typing import Annotated

import msgspec
from msgspec import Meta

from learnflow_ext.exercises.exercise import Example, Exercise
from learnflow_ext.exercises.families.making import OTHERS
from learnflow_ext.exercises.form import CODE, without_code
from learnflow_ext.exercises.trees import parse
from learnflow_ext.exercises.writers import Unfit, Wish

MOST_CHARS = 24_000
"""Of a whole answer."""
_OF_A_TEST = "A test uses {}: tests ask and compare, and do nothing else."
_LONGEST_VALUE = 300
_MOST_STATEMENTS = 12
_FENCED = re.compile(r"```(?:json)?[ \t]*\n(.*)\n```", re.DOTALL)
_MARKDOWN = re.compile(r"^[ \t]*#{1,6}[ \t]+", re.MULTILINE)
_BACKSLASHES = re.compile(r"\\+(?=[(\[\]){}$a-zA-Z])")
_MODULES = frozenset("math re json datetime collections itertools functools string".split())
"""As the instruction for writing has it."""
_REACHING = frozenset("getattr setattr delattr open sys os builtins bltns".split())
"""What leads elsewhere from these modules, and from anything else."""
_FORMULA = re.compile(r"(?<!\\)\$|\\[(\[a-zA-Z]")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

_Line = Annotated[str, Meta(min_length=1, max_length=200)]
_Program = Annotated[str, Meta(min_length=1, max_length=4_000)]
_Test = Annotated[str, Meta(min_length=1, max_length=800)]


class _Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    call: _Line
    result: _Line


class _Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Annotated[str, Meta(min_length=3, max_length=80)]
    statement: Annotated[str, Meta(min_length=30, max_length=3_000)]
    starter: Annotated[str, Meta(min_length=1, max_length=1_500)]
    reference: _Program
    examples: Annotated[list[_Shown], Meta(min_length=1, max_length=6)]
    hidden: Annotated[list[_Test], Meta(min_length=1, max_length=24)]
    slips: Annotated[list[_Program], Meta(min_length=1, max_length=6)]
    visible: Annotated[list[_Test], Meta(max_length=6)] = []


def exercise_in(answer: str, wish: Wish, *, name: str, model: str) -> Exercise:
    """The exercise that a model's `answer` is. Topic, difficulty and name are what we asked for.

    Unfit, with the reasons in sentences that a model may read, for anything else.
    """
    if len(answer) > MOST_CHARS:
        raise Unfit(f"The answer is longer than {MOST_CHARS} characters.")
    bare = answer.strip()
    fenced = _FENCED.fullmatch(bare)
    try:
        found = msgspec.json.decode((fenced.group(1) if fenced else bare).encode(), type=_Answer)
    except msgspec.ValidationError as error:
        raise Unfit(f"The JSON object is not the one asked for: {str(error)[:200]}.") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Unfit("The answer is not one JSON object, and nothing else.") from None
    for program in (found.starter, found.reference, *found.visible, *found.hidden, *found.slips):
        if _unseen(program):
            raise Unfit("A program has tabs or characters in it that nobody can see.")
    starter = found.starter.rstrip() + "\n"
    if _has_comments(starter):
        raise Unfit("The starter has a comment in it. What is to be done stands in the statement.")
    if _does_something(starter):
        raise Unfit("The starter is more than one function or class with a docstring in it.")
    title, statement = " ".join(cleaned(found.title).split()), cleaned(found.statement).strip()
    if not any(map(str.isalnum, title)):
        raise Unfit("There is nothing to read in the title.")
    if _FORMULA.search(without_code(f"{title}\n\n{statement}")[0]):
        # What looked like code, and is none where a browser shows it.
        raise Unfit("The statement has a formula in it. Write text, and put code between backticks.")
    examples = tuple(_example(each) for each in found.examples)
    shown = {each.test: f"{each.test}, {f'{each.call} should be {each.result}.'!r}" for each in examples}
    shown |= {bare: told for bare, told in map(_tested, found.visible) if bare not in shown}
    hidden = dict(_tested(each) for each in found.hidden)
    return Exercise(
        name=name,
        topic=wish.topic,
        difficulty=wish.difficulty,
        title=title,
        statement=statement,
        examples=examples,
        starter=starter,
        reference=found.reference.rstrip() + "\n",
        visible=tuple(shown.values()),
        hidden=tuple(hidden.values()),
        model=model,
        slips=tuple(each.rstrip() + "\n" for each in found.slips),
    )


def cleaned(text: str) -> str:
    """`text` without what nobody can see, and outside of code without headings and formulas.

    HTML, links and pictures stay, for the gate to refuse: what is left of them is not what was meant.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    text = "".join(each for each in text if each == "\n" or unicodedata.category(each) not in _UNSEEN)
    pieces, at = [], 0
    for code in CODE.finditer(text):
        pieces += [_plain(text[at : code.start()]), code.group()]
        at = code.end()
    return "".join([*pieces, _plain(text[at:])])


def _plain(text: str) -> str:
    return _BACKSLASHES.sub("", _MARKDOWN.sub("", text)).replace("$", r"\$")


def _unseen(program: str) -> bool:
    return any(each != "\n" and unicodedata.category(each) in _UNSEEN for each in program)


def _has_comments(program: str) -> bool:
    try:
        kinds = [each.type for each in tokenize.generate_tokens(io.StringIO(program).readline)]
    except (tokenize.TokenError, SyntaxError):
        # Python cannot read it; the gate says so.
        return False
    return tokenize.COMMENT in kinds


def _does_something(starter: str) -> bool:
    """Whether it is more than a place to go on: students run it in their notebook, beside their files."""
    tree = parse(starter)
    if tree is None:
        # The gate says so.
        return False
    part = tree.body[0] if len(tree.body) == 1 else None
    return (
        not isinstance(part, ast.FunctionDef | ast.ClassDef)
        or len(part.body) != 1
        or ast.get_docstring(part) is None
        or bool(part.decorator_list)
        or any(isinstance(each, ast.Call | ast.keyword) for each in ast.walk(part))
    )


def _reaches(test: ast.AST) -> str:
    """What in a test leads beyond the task; empty for nothing. Students run tests too, beside their files."""
    for node in ast.walk(test):
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names if each.name not in _MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module not in _MODULES or node.level):
            names = [node.module or "."]
        elif isinstance(node, ast.ImportFrom):
            names = [each.name for each in node.names if _far(each.name)]
        elif isinstance(node, ast.Attribute):
            names = [node.attr] if _far(node.attr) else []
        else:
            names = [node.id] if isinstance(node, ast.Name) and _far(node.id) else []
        if names:
            return names[0]
    return ""


def _far(name: str) -> bool:
    return name in _REACHING or (name.startswith("_") and name not in ("_", "__name__", "__class__"))


def _example(shown: _Shown) -> Example:
    """With call and result as Python writes them, so that nothing else stands beside them."""
    try:
        asked = ast.parse(shown.call.strip(), mode="eval")
        call = ast.unparse(asked)
        result = repr(ast.literal_eval(shown.result.strip()))
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        raise Unfit(
            "An example has a call that is no expression, or a result that is no plain value of Python's."
        ) from None
    if bad := _reaches(asked):
        raise Unfit(_OF_A_TEST.format(bad))
    if max(len(call), len(result)) > _LONGEST_VALUE:
        raise Unfit("An example is too long for a line.")
    return Example(call, result)


def _tested(source: str) -> tuple[str, str]:
    """A test without its message, and with ours: the student reads it, and a value in it would be told."""
    tree = parse(source)
    if tree is None or not tree.body or not isinstance(tree.body[-1], ast.Assert):
        raise Unfit("A test is no Python, or does not end with an assert statement.")
    if len(tree.body) > _MOST_STATEMENTS:
        raise Unfit(f"A test has more than {_MOST_STATEMENTS} statements.")
    if bad := _reaches(tree):
        raise Unfit(_OF_A_TEST.format(bad))
    asserts = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    for each in asserts:
        each.msg = None
    bare = ast.unparse(tree)
    for each in asserts:
        each.msg = ast.Constant(OTHERS)
    return bare, ast.unparse(ast.fix_missing_locations(tree))
