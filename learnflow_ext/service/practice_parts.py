"""An exercise as texts that a teacher changes in a form, and back. Whether it is any good says the gate."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping
from dataclasses import replace

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.exercises.exercise import Example, Exercise
from learnflow_ext.exercises.prover import tests_in
from learnflow_ext.exercises.trees import parse
from learnflow_ext.store import texts

MOST_CHARS = 6_000
"""Of a statement."""
MOST_CODE = 24_000
"""Of each other part."""
GIVES = " gives "
PARTS = {
    "statement": "The statement",
    "examples": "The examples",
    "starter": "What the student starts from",
    "solution": "The solution",
    "visible": "The tests that the student sees",
    "hidden": "The hidden tests",
}
"""Names in the form, and how a sentence begins that is about one."""


def parts_of(exercise: Exercise) -> dict[str, str]:
    """The text of each of `PARTS`, as a form shows it; the solution is what follows on the start."""
    return {
        "statement": exercise.statement,
        "examples": "\n".join(f"{each.call}{GIVES}{each.result}" for each in exercise.examples),
        "starter": exercise.starter.rstrip(),
        "solution": textwrap.dedent(exercise.reference.removeprefix(exercise.starter)).strip("\n"),
        "visible": "\n".join(exercise.visible),
        "hidden": "\n".join(exercise.hidden),
    }


def with_parts(exercise: Exercise, said: Mapping[str, str]) -> Exercise:
    """`exercise` with the parts that `said` has otherwise; what is missing or as it was stays to the letter.

    BadRequest, a sentence, for a part that is too long or no Python.
    """
    before = parts_of(exercise)
    clean = {name: _clean(name, said[name]) for name in PARTS if name in said}
    new = {name: text for name, text in clean.items() if text != _clean(name, before[name])}
    if "statement" in new:
        exercise = replace(exercise, statement=new["statement"])
    if "examples" in new:
        lines = filter(None, map(str.strip, new["examples"].splitlines()))
        exercise = replace(exercise, examples=tuple(map(_example, lines)))
    if "starter" in new or "solution" in new:
        starter = new["starter"] + "\n" if "starter" in new else exercise.starter
        solution = new.get("solution", before["solution"])
        whole = starter + textwrap.indent(textwrap.dedent(solution).rstrip() + "\n", " " * 4)
        exercise = replace(exercise, starter=starter, reference=whole)
    if "visible" in new:
        exercise = replace(exercise, visible=_tests("visible", new["visible"]))
    if "hidden" in new:
        exercise = replace(exercise, hidden=_tests("hidden", new["hidden"]))
    part = exercise.within.rpartition(".")[2]
    if part and not re.search(rf"\b(?:def|class)\s+{re.escape(part)}\b", exercise.reference):
        raise BadRequest(f"The statement asks for a way of solving it in `{part}`, so keep that name.")
    return exercise


def _clean(name: str, text: str) -> str:
    """As a browser's form sends it, with the line ends that a notebook has, and without blanks around it."""
    most = MOST_CHARS if name == "statement" else MOST_CODE
    found = texts.clip(text, 2 * most).replace("\r\n", "\n").replace("\r", "\n")
    found = found.strip() if name == "statement" else found.strip("\n").rstrip()
    if len(found) > most:
        raise BadRequest(f"{PARTS[name]}: at most {most:,} characters.")
    return found


def _example(line: str) -> Example:
    call, gives, result = (each.strip() for each in line.partition(GIVES))
    if not gives or not all(parse(each) is not None for each in (call, result)):
        raise BadRequest(f"Write each example on a line of its own: a call,{GIVES}and what it gives.")
    return Example(call, result)


def _tests(name: str, text: str) -> tuple[str, ...]:
    """The tests in a text, each with what stands before it and gets it ready."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise BadRequest(f"{PARTS[name]} cannot be read as Python{line}.") from error
    # A line of Python's ends at no other sign, and may have several statements.
    lines, found, begun = text.split("\n"), [], 0
    ahead = [*(node.lineno for node in tree.body[1:]), len(lines) + 1][: len(tree.body)]
    for node, (kind, _), then in zip(tree.body, tests_in(text), ahead, strict=True):
        if kind == "test" and node.end_lineno is not None and node.end_lineno < then:
            found.append("\n".join(lines[begun : node.end_lineno]))
            begun = node.end_lineno
    rest = "\n".join(lines[begun:]).strip()
    return (*found, rest) if rest else tuple(found)
