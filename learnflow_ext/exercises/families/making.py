"""How the families put an exercise together: from one function, a story, and inputs to try it with."""

from __future__ import annotations

import copy
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from learnflow_ext.exercises.exercise import Example, Exercise

Arguments = tuple[Any, ...]
Edge = tuple[Arguments, str]
"""Arguments of a hidden test, and what a student is told when it fails, without any value."""

OTHERS = "It should work with other values than those in the examples as well."


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a family says of one exercise."""

    title: str
    story: str
    """Markdown: what is asked for. The examples follow by themselves."""
    function: str
    parameters: str
    """As they stand after `def name(`."""
    doc: str
    body: str
    """Of the reference, not indented."""
    answer: Callable[..., Any]
    """The same in other words. Tests take what they expect from here, so that a slip in `body` is found."""
    shown: Sequence[Arguments]
    """Arguments of the examples."""
    edges: Sequence[Edge] = ()
    more: Sequence[Arguments] = ()
    """Further hidden tests."""
    before: str = ""
    """Given to the student in front of the function."""


@dataclass(frozen=True)
class Family:
    """Exercises that train one thing, different for every seed, in five steps of difficulty."""

    name: str
    topic: str
    make: Callable[[Random, int], Task]

    def exercise(self, difficulty: int, seed: int) -> Exercise:
        """The same exercise whenever it is asked for with the same numbers."""
        # Texts as seeds are hashed by their letters, the same in every process.
        random = Random(f"{self.name}/{difficulty}/{seed}")  # noqa: S311 - variety, not secrecy
        task = self.make(random, difficulty)
        examples = tuple(Example(_call(task, each), _result(task, each)) for each in task.shown)
        starter = f"def {task.function}({task.parameters}):\n" + textwrap.indent(
            f'"""{task.doc}"""\n', "    "
        )
        if task.before:
            starter = f"{task.before.strip()}\n\n\n{starter}"
        return Exercise(
            name=f"{self.name}-{difficulty}-{seed}",
            topic=self.topic,
            difficulty=difficulty,
            title=task.title,
            statement=_paragraphs(task.story),
            examples=examples,
            starter=starter,
            reference=starter + textwrap.indent(textwrap.dedent(task.body).strip() + "\n", "    "),
            visible=tuple(f"{each.test}, {f'{each.call} should be {each.result}.'!r}" for each in examples),
            hidden=tuple(_hidden(task)),
            family=self.name,
        )


def _hidden(task: Task) -> Iterable[str]:
    known = {_call(task, each) for each in task.shown}
    for arguments, message in [*task.edges, *((each, OTHERS) for each in task.more)]:
        call = _call(task, arguments)
        if call not in known:
            known.add(call)
            yield f"assert {call} == {_result(task, arguments)}, {message!r}"


def _call(task: Task, arguments: Arguments) -> str:
    return f"{task.function}({', '.join(map(repr, arguments))})"


def _result(task: Task, arguments: Arguments) -> str:
    return repr(task.answer(*copy.deepcopy(arguments)))


def _paragraphs(text: str) -> str:
    return textwrap.dedent(text).strip()
