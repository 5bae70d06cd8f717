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
APART = "Two objects should not disturb each other."


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
    call: Callable[..., str] | None = None
    """How a test asks, from its arguments; None for an ordinary call of the function."""
    must_use: Sequence[str] = ()
    """What the story says the function has to be written with; see `Exercise.must_use`."""
    must_not_use: Sequence[str] = ()
    keeps: bool = False
    """Whether the story says that what the function gets stays as it is; a hidden test looks."""


@dataclass(frozen=True, kw_only=True)
class ClassTask:
    """What a family says of an exercise in which a class is written."""

    title: str
    story: str
    name: str
    """Of the class."""
    doc: str
    body: str
    """Of the reference's class, not indented."""
    twin: str
    """The same class in other words, as a whole program. Tests take what they expect from here."""
    shown: Sequence[str]
    """Expressions of the examples."""
    edges: Sequence[tuple[str, str]] = ()
    """Programs whose last line is an expression, each a hidden test, and what a student is told when it
    fails."""
    more: Sequence[str] = ()
    """Further such programs; the first of them is a visible test."""
    before: str = ""
    """Given to the student in front of the class, and to the twin."""
    after: str = ""
    """Of the class's first line, behind its name, such as `(Base)`."""


@dataclass(frozen=True)
class Family:
    """Exercises that train one thing, different for every seed, in five steps of difficulty."""

    name: str
    topic: str
    make: Callable[[Random, int], Task | ClassTask]

    def exercise(self, difficulty: int, seed: int) -> Exercise:
        """The same exercise whenever it is asked for with the same numbers."""
        # Texts as seeds are hashed by their letters, the same in every process.
        random = Random(f"{self.name}/{difficulty}/{seed}")  # noqa: S311 - variety, not secrecy
        task = self.make(random, difficulty)
        if isinstance(task, ClassTask):
            return self._of_class(task, difficulty, seed)
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
            hidden=(*_hidden(task), *([_unchanged(task)] if task.keeps else [])),
            family=self.name,
            must_use=tuple(task.must_use),
            must_not_use=tuple(task.must_not_use),
            within=task.function if task.must_use or task.must_not_use else "",
        )

    def _of_class(self, task: ClassTask, difficulty: int, seed: int) -> Exercise:
        starter = f"class {task.name}{task.after}:\n" + textwrap.indent(f'"""{task.doc}"""\n', "    ")
        if task.before:
            starter = f"{textwrap.dedent(task.before).strip()}\n\n\n{starter}"
        examples = tuple(Example(each, _asked(task, each)) for each in task.shown)
        first, *others = task.more
        return Exercise(
            name=f"{self.name}-{difficulty}-{seed}",
            topic=self.topic,
            difficulty=difficulty,
            title=task.title,
            statement=f"{_paragraphs(task.story)}\n\nThis is how it is used:\n\n{_shown(task, first)}",
            examples=examples,
            starter=starter,
            reference=f"{starter}\n{textwrap.indent(_paragraphs(task.body), '    ')}\n",
            visible=(
                *(f"{each.test}, {f'{each.call} should be {each.result}.'!r}" for each in examples),
                _scene(task, first, OTHERS),
            ),
            hidden=tuple(
                _scene(task, program, message)
                for program, message in [*task.edges, *((each, OTHERS) for each in others)]
            ),
            family=self.name,
        )


def by_level(
    *levels: Callable[[Random], Task | ClassTask],
) -> Callable[[Random, int], Task | ClassTask]:
    """A family's `make` out of five functions, one for each difficulty from 1 on."""
    return lambda random, difficulty: levels[difficulty - 1](random)


def _lines(program: str) -> tuple[str, str]:
    """(the lines before the last, the last)."""
    *before, last = _paragraphs(program).splitlines()
    return "\n".join(before), last


def _asked(task: ClassTask, program: str) -> str:
    """What the last line of `program` gives with the twin, as Python writes it."""
    before, last = _lines(program)
    namespace: dict[str, Any] = {}
    # The twin is part of this package, and nobody else's.
    exec(f"{textwrap.dedent(task.before)}\n{textwrap.dedent(task.twin)}\n{before}", namespace)  # noqa: S102
    return repr(eval(last, namespace))  # noqa: S307


def _scene(task: ClassTask, program: str, message: str) -> str:
    before, last = _lines(program)
    return f"{before}\nassert {last} == {_asked(task, program)}, {message!r}".strip()


def _shown(task: ClassTask, program: str) -> str:
    return f"```python\n{_paragraphs(program)}    # {_asked(task, program)}\n```"


def _hidden(task: Task) -> Iterable[str]:
    known = {_call(task, each) for each in task.shown}
    for arguments, message in [*task.edges, *((each, OTHERS) for each in task.more)]:
        call = _call(task, arguments)
        if call not in known:
            known.add(call)
            yield f"assert {call} == {_result(task, arguments)}, {message!r}"


def _unchanged(task: Task) -> str:
    """A test that what the function gets is afterwards what it was before."""
    arguments = task.shown[0]
    given = ", ".join(map(repr, arguments))
    return (
        f"values = [{given}]\n{task.function}(*values)\n"
        f"assert values == [{given}], 'What your function gets should stay as it is.'"
    )


def _call(task: Task, arguments: Arguments) -> str:
    if task.call is not None:
        return task.call(*arguments)
    return f"{task.function}({', '.join(map(repr, arguments))})"


def _result(task: Task, arguments: Arguments) -> str:
    return repr(task.answer(*copy.deepcopy(arguments)))


def _paragraphs(text: str) -> str:
    return textwrap.dedent(text).strip()
