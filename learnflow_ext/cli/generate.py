"""`learnflow generate`: new exercises as nbgrader assignments, each proved by running it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import typer

from learnflow_ext.cli.where import CannotRun
from learnflow_ext.exercises.generating import Made
from learnflow_ext.exercises.generating import generate as exercises
from learnflow_ext.exercises.notebook import notebook

FOUND_A_PROBLEM = 1


def generate(
    topic: str = typer.Option(
        ...,
        metavar="TOPIC",
        help="basics, control_flow, data_structures, functions, objects, files, errors or libraries.",
    ),
    difficulty: int = typer.Option(..., metavar="1-5", help="1 is a line or two, 5 takes some thinking."),
    count: int = typer.Option(1, metavar="N", help="How many exercises."),
    seed: int = typer.Option(0, metavar="S", help="The same number makes the same exercises; try others."),
    out: Path = typer.Option(
        ..., metavar="DIR", help="Where the assignments go, such as the source folder of a course."
    ),
    as_json: bool = typer.Option(False, "--json", help="As JSON: made and refused, each by name."),
) -> None:
    """Make new exercises and write those that were proved in a sandbox: the solution passes, the start
    does not, and the tests notice small mistakes.

    Exit code 1 when fewer could be made than were asked for. What is there already is not overwritten.
    """
    if out.exists() and not out.is_dir():
        raise CannotRun(f"{out} is not a folder.")
    made = asyncio.run(_made(topic, difficulty, count, seed))
    files = [out / each.name / f"{each.name}.ipynb" for each, _ in made.passed]
    there = [file for file in files if file.parent.exists()]
    if there:
        raise CannotRun(
            f"{there[0].parent} is there already. Choose another --seed or --out; nothing was written."
        )
    try:
        for file, (exercise, _) in zip(files, made.passed, strict=True):
            file.parent.mkdir(parents=True)
            file.write_text(notebook(exercise), encoding="utf-8")
    except OSError as error:
        raise CannotRun(f"{out} cannot be written: {error.strerror}.") from error
    typer.echo(_json(made, files) if as_json else _shown(made, files))
    if len(files) < count:
        raise typer.Exit(FOUND_A_PROBLEM)


async def _made(topic: str, difficulty: int, count: int, seed: int) -> Made:
    # Loaded when it is needed: `--help` should not wait for it.
    from learnflow_kernels.choice import ChosenRunner

    runner = ChosenRunner(parallel=1, ready=1, preload=())
    try:
        return await exercises(runner, topic, difficulty, count=count, seed=seed)
    finally:
        await runner.close()


def _json(made: Made, files: list[Path]) -> str:
    said = {
        "made": [
            {
                "name": exercise.name,
                "title": exercise.title,
                "topic": exercise.topic,
                "difficulty": exercise.difficulty,
                "file": str(file),
                "mutants": verdict.mutants,
                "killed": verdict.killed,
            }
            for file, (exercise, verdict) in zip(files, made.passed, strict=True)
        ],
        "refused": [{"name": name, "reasons": reasons} for name, reasons in made.refused],
    }
    return msgspec.json.encode(said).decode()


def _shown(made: Made, files: list[Path]) -> str:
    lines = [
        f"{file}: {exercise.title}. The tests notice {verdict.killed} of {verdict.mutants} small mistakes."
        for file, (exercise, verdict) in zip(files, made.passed, strict=True)
    ]
    lines += [f"refused {name}: {' '.join(reasons)}" for name, reasons in made.refused]
    return "\n".join(lines)
