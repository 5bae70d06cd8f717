"""`learnflow hint`: a hint for a wrong attempt, made from a repair that was proved by running it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import typer

from learnflow_ext.agents.references import Reference, references
from learnflow_ext.cli.course import CourseOption, course_dir, printable, text_of
from learnflow_ext.cli.where import CannotRun
from learnflow_ext.exercises.hinting import Hinter
from learnflow_ext.exercises.hints import Hint
from learnflow_ext.exercises.trees import parse

FOUND_A_PROBLEM = 1
MAX_PEERS = 400


def hint(
    submission: Path = typer.Option(..., metavar="FILE", help="The student's attempt."),
    exercise: str | None = typer.Option(
        None, metavar="ID", help="An exercise of the course: the name of its answer cell, or assignment/name."
    ),
    statement: Path | None = typer.Option(None, metavar="FILE", help="An exercise of your own: its text."),
    tests: Path | None = typer.Option(None, metavar="FILE", help="Its tests, one `assert` a line."),
    reference: Path | None = typer.Option(None, metavar="FILE", help="Its solution, which is never shown."),
    peers: Path | None = typer.Option(
        None,
        metavar="DIR",
        help="Attempts of classmates, one .py file each. Those that pass help to find repairs.",
    ),
    course: CourseOption = None,
    as_json: bool = typer.Option(
        False, "--json", help="As JSON: proved, edit_size, line, concept, rungs (four texts)."
    ),
) -> None:
    """Find the smallest change that makes an attempt pass, prove it in a sandbox, and hint at it without
    telling it.

    Exit code 1 when the attempt does not pass its tests.
    """
    about = _exercise(exercise, statement, tests, reference, course)
    source = text_of(submission)
    found = asyncio.run(_hint(source, about, tuple(_peers(peers))))
    typer.echo(msgspec.json.encode(found).decode() if as_json else _shown(found))
    if found.edit_size or not found.proved:
        raise typer.Exit(FOUND_A_PROBLEM)


def _exercise(
    exercise: str | None,
    statement: Path | None,
    tests: Path | None,
    reference: Path | None,
    course: Path | None,
) -> Reference:
    """What is attempted.

    Its code is empty where there is no solution. CannotRun (a sentence) without tests.
    """
    if exercise is None:
        if statement is None or tests is None:
            raise CannotRun("Name an exercise of the course, or give --statement FILE and --tests FILE.")
        return Reference(
            name="the exercise",
            code=text_of(reference) if reference is not None else "",
            tests=text_of(tests),
            shown=text_of(statement),
        )
    if statement or tests or reference:
        raise CannotRun("Name an exercise of the course, or give one of your own, but not both.")
    known = tuple(references(course_dir(course)))
    for each in known:
        if exercise in (each.name, each.name.partition("/")[2]):
            if not each.tests.strip():
                raise CannotRun(f"The exercise {exercise!r} has no tests of its own.")
            return each
    names = ", ".join(each.name for each in known[:40])
    raise CannotRun(f"There is no exercise {exercise!r} in this course. It has: {names or 'none'}.")


def _peers(folder: Path | None) -> list[str]:
    if folder is None:
        return []
    if not folder.is_dir():
        raise CannotRun(f"There is no folder {folder}.")
    return [text_of(file) for file in sorted(folder.glob("*.py"))[:MAX_PEERS] if file.is_file()]


async def _hint(source: str, about: Reference, peers: tuple[str, ...]) -> Hint:
    # Loaded when they are needed: `--help` should not wait for them.
    from learnflow_kernels.choice import ChosenRunner

    runner = ChosenRunner(parallel=1, ready=1, preload=())
    try:
        hinter = Hinter(
            runner,
            f"{about.before}\n{about.tests}",
            statement=about.shown,
            reference=about.whole if about.whole.strip() else None,
            peers=peers,
        )
        line, cause = None, ""
        if parse(source) is None:
            result = await runner.run([source])
            if result.error is not None and result.error.diagnosis is not None:
                line, cause = result.error.diagnosis.line, result.error.diagnosis.cause
        return await hinter.hint(source, line=line, cause=cause)
    finally:
        await runner.close()


def _shown(found: Hint) -> str:
    head = ": ".join(filter(None, (f"line {found.line}" if found.line is not None else "", found.concept)))
    if not found.proved:
        head = f"No change was proved. Look first at {head}." if head else ""
    steps = "\n".join(f"\n{number}. {text}" for number, text in enumerate(found.rungs, 1))
    if found.proved and not found.edit_size:
        return found.rungs[0]
    return printable(f"{head or 'No change was proved.'}\n{steps}\n")
