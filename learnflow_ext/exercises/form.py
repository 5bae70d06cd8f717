"""What can be seen of an exercise without running it: whether it is whole, and fit for students. Pure.

Whoever wrote it, a model too: what a browser shows is text and code, and what runs is about the task.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from learnflow_ext.exercises.exercise import MAX_DIFFICULTY, MIN_DIFFICULTY, Exercise
from learnflow_ext.exercises.trees import parse, parts

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}")
_CODE = re.compile(r"^(```|~~~).*?^\1[ \t]*$|(`+)(?!`).*?(?<!`)\2(?!`)", re.DOTALL | re.MULTILINE)
_MARKUP = re.compile(r"<[A-Za-z/!?]|&(?:#\w+|\w+);")
_LINK = re.compile(
    r"\]\s*[(\[:]|\b(?:[a-z][a-z+.-]*://|www\.|mailto:|javascript:|data:(?=[\w,;]))", re.IGNORECASE
)
_NO_MODULES = frozenset(
    "os sys subprocess socket ctypes shutil importlib builtins inspect gc signal threading multiprocessing "
    "asyncio urllib http ssl pickle marshal code runpy atexit resource pty site".split()
)
_NO_NAMES = frozenset(
    "eval exec compile __import__ __builtins__ globals locals vars breakpoint input exit quit".split()
)
_INSIDES = frozenset(
    "__globals__ __code__ __subclasses__ __bases__ __mro__ __builtins__ __closure__ __getattribute__ "
    "__dict__ f_globals f_locals f_back tb_frame gi_frame".split()
)
_NO_NAMES_IN_TESTS = _NO_NAMES | {"print", "open", "display"}


def faults(exercise: Exercise) -> list[str]:
    """A sentence for each thing that speaks against it; empty for none."""
    reasons = []
    if not _NAME.fullmatch(exercise.name):
        reasons.append("Its name should have letters, digits and hyphens only, and at most 80 of them.")
    if not MIN_DIFFICULTY <= exercise.difficulty <= MAX_DIFFICULTY:
        reasons.append(f"Its difficulty should be {MIN_DIFFICULTY} to {MAX_DIFFICULTY}.")
    if not exercise.statement.strip():
        reasons.append("It has no statement.")
    tree = parse(exercise.reference)
    if tree is None:
        reasons.append("Python cannot read the solution.")
    elif not parts(tree):
        reasons.append("The solution defines no function or class.")
    if not exercise.starter.strip() or not exercise.reference.startswith(exercise.starter):
        reasons.append("The solution does not begin with what the student starts from.")
    if not exercise.examples:
        reasons.append("The statement shows no example.")
    if not exercise.visible or not exercise.hidden:
        reasons.append("It needs visible and hidden tests.")
    solution = exercise.reference.removeprefix(exercise.starter).strip()
    if solution and " ".join(solution.split()) in " ".join(exercise.statement.split()):
        reasons.append("The statement tells the solution.")
    reasons += _shown(exercise)
    if (bad := next(_unfit(tree, _NO_NAMES), "") if tree is not None else "") != "":
        reasons.append(f"The solution uses {bad}, which no exercise is about.")
    tests = parse(exercise.tests)
    if (bad := next(_unfit(tests, _NO_NAMES_IN_TESTS), "") if tests is not None else "") != "":
        reasons.append(f"A test uses {bad}: tests ask and compare, and do nothing else.")
    return reasons


def _shown(exercise: Exercise) -> Iterator[str]:
    """What is wrong with the text that a browser shows, apart from the code in it."""
    text = _CODE.sub(" ", f"{exercise.title}\n\n{exercise.statement}")
    if _MARKUP.search(text):
        yield "The statement has HTML in it. Write text, and put code between backticks."
    if _LINK.search(text):
        yield "The statement has a link or a picture in it. An exercise stands for itself: write it without."
    for example in exercise.examples:
        if "`" in example.call + example.result or "\n" in example.call + example.result:
            yield "An example has a backtick or a line break in it, so no line of code can show it."
            return


def _unfit(tree: ast.AST, names: frozenset[str]) -> Iterator[str]:
    """What in a program reaches beyond its task."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.split(".")[0] in _NO_MODULES)
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").split(".")[0] in _NO_MODULES or node.level:
                yield node.module or "."
        elif isinstance(node, ast.Name) and node.id in names:
            yield node.id
        elif isinstance(node, ast.Attribute) and node.attr in _INSIDES:
            yield node.attr
