"""`learnflow ask`: one question through the whole help flow, without a server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast, get_args

import msgspec
import typer

from learnflow_ext.agents.context import HelpContext, Policy, ProvedHint
from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.agents.guard import Guard
from learnflow_ext.agents.references import Reference, references
from learnflow_ext.agents.tutor import Tutor
from learnflow_ext.cli.course import CourseOption, course_dir, printable, text_of
from learnflow_ext.cli.where import CannotRun
from learnflow_ext.contracts.help import CellError, HelpRequest
from learnflow_ext.contracts.runner import Runner

FEW_RUNS = 4
"""The student's code, its tests, and what the leak gate tries: about so many runs to a question."""
HINT_SECONDS = 8.0
"""For a hint, the start of a sandbox included: nobody waits in a chat here."""
POLICIES: tuple[str, ...] = get_args(Policy)


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, and how it came to be."""

    intent: str
    agent: str
    rung: int
    """Step on the hint ladder, 1 to 4; 0 where the answer is no hint."""
    text: str
    """Markdown."""
    withheld: bool
    """Whether the leak gate replaced what would have been said."""


class Exercise(msgspec.Struct, frozen=True, kw_only=True):
    """What a question is about, beside the course."""

    assignment: str = ""
    title: str = ""
    """The statement's first line; empty for an exercise of the course."""
    tests: str = ""
    """Python: one `assert` a line. Never shown."""
    reference: Reference | None = None

    @property
    def name(self) -> str:
        """As the leak gate calls it; empty without a solution."""
        return self.reference.name if self.reference is not None else ""


def ask(
    text: str = typer.Argument(metavar="TEXT", help="The question, as a student would write it."),
    code: Path | None = typer.Option(None, metavar="FILE", help="The student's code, run in a sandbox."),
    exercise: str | None = typer.Option(
        None, metavar="ID", help="An exercise of the course: the name of its answer cell, or assignment/name."
    ),
    statement: Path | None = typer.Option(None, metavar="FILE", help="An exercise of your own: its text."),
    tests: Path | None = typer.Option(None, metavar="FILE", help="Its tests, one `assert` a line."),
    reference: Path | None = typer.Option(None, metavar="FILE", help="Its solution, which is never shown."),
    course: CourseOption = None,
    rung: int = typer.Option(0, min=0, max=4, help="Step on the hint ladder; 0 for a question without one."),
    policy: str = typer.Option("hints", help=f"What the tutor may do: {', '.join(POLICIES)}."),
    as_json: bool = typer.Option(False, "--json", help="As JSON: intent, agent, rung, text, withheld."),
) -> None:
    """Ask the tutor, as in the chat: triage, the agent's analysis, and its words behind the leak gate."""
    if policy not in POLICIES:
        raise CannotRun(f"There is no policy {policy!r}. They are: {', '.join(POLICIES)}.")
    if exercise is not None and (statement or tests or reference):
        raise CannotRun("Name an exercise of the course, or give one of your own, but not both.")
    if (statement is None) != (tests is None) or (reference is not None and statement is None):
        raise CannotRun("An exercise of your own needs --statement FILE and --tests FILE.")
    folder = course_dir(course)
    known = tuple(references(folder))
    about = _named(exercise, known) if exercise is not None else _given(statement, tests, reference)
    own = text_of(code) if code is not None else ""
    context = HelpContext(policy=cast("Policy", policy), rung=rung, assignment_title=about.title)
    answered = asyncio.run(_answer(text, own, about, known, CourseIndex.from_source(folder), context))
    typer.echo(msgspec.json.encode(answered).decode() if as_json else printable(answered.text))


def _named(exercise: str, known: tuple[Reference, ...]) -> Exercise:
    for each in known:
        assignment, _, name = each.name.partition("/")
        if exercise in (each.name, name):
            return Exercise(assignment=assignment, reference=each)
    names = ", ".join(each.name for each in known[:40])
    raise CannotRun(f"There is no exercise {exercise!r} in this course. It has: {names or 'none'}.")


def _given(statement: Path | None, tests: Path | None, reference: Path | None) -> Exercise:
    about, checks = (text_of(file) if file is not None else "" for file in (statement, tests))
    solution = (
        Reference(name="the exercise", code=text_of(reference), tests=checks, hidden=checks, shown=about)
        if reference is not None
        else None
    )
    return Exercise(title=_first_line(about), tests=checks, reference=solution)


def _first_line(text: str) -> str:
    lines = (line.strip("#* ").strip() for line in text.splitlines())
    return next((line for line in lines if line), "")[:200]


async def _answer(
    text: str,
    code: str,
    about: Exercise,
    known: tuple[Reference, ...],
    index: CourseIndex,
    context: HelpContext,
) -> Answered:
    # Loaded when it is needed: `--help` should not wait for it.
    from learnflow_kernels.choice import runner_for

    solutions = [*known, *([about.reference] if about.reference is not None else [])]
    error: CellError | None = None
    async with runner_for(FEW_RUNS) as runner:
        if code.strip():
            error, passes = await _tried(code, about.tests, runner)
            if passes and about.reference is not None:
                # Who has solved it may hear about it.
                solutions = [each for each in solutions if each is not about.reference]
        request = HelpRequest(text=text, assignment=about.assignment, code=code, error=error)
        context = msgspec.structs.replace(context, exercise=about.name)
        tutor = Tutor(index, Guard(solutions), runner)
        plan = tutor.plan(request, context)
        if plan.may_be_hinted and context.policy in ("hints", "open"):
            hint = await _hint(about, code)
            context = msgspec.structs.replace(context, answer=code, hint=hint)
        chunks = [chunk async for chunk in tutor.answer(request, context, plan=plan)]
    last = chunks[-1]
    return Answered(
        intent=str(last.intent or ""),
        agent=last.agent,
        rung=last.rung,
        text="".join(chunk.text for chunk in chunks),
        withheld=any(chunk.withheld for chunk in chunks),
    )


async def _hint(about: Exercise, code: str) -> ProvedHint | None:
    """What was proved about the code as an answer; None without an exercise that has tests."""
    # Loaded when it is needed, as below.
    from learnflow_kernels.choice import ChosenRunner

    from learnflow_ext.service.hinting import Hints
    from learnflow_ext.service.metrics import Metrics

    reference = about.reference or Reference(name="the exercise", code="", tests=about.tests)
    if not reference.tests.strip() or not code.strip():
        return None
    runner = ChosenRunner(parallel=1, ready=1, preload=())
    hints = Hints(runner, Metrics(), HINT_SECONDS)
    try:
        return await hints.hint(reference, code)
    finally:
        hints.close()
        await runner.close()


async def _tried(code: str, tests: str, runner: Runner) -> tuple[CellError | None, bool]:
    """Run the code: its error, None for none; and whether there are tests and it passes them.

    What the tests say stays untold: they may be hidden ones.
    """
    result = await runner.run([code])
    if result.error is not None:
        return msgspec.structs.replace(result.error, code=code), False
    if result.limit is not None or not tests.strip():
        return None, False
    tested = await runner.run([code, tests])
    return None, tested.error is None and tested.limit is None
