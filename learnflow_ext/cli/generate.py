"""`learnflow generate`: new exercises as nbgrader assignments, each proved by running it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import typer

from learnflow_ext.cli.where import CannotRun, ConfigOption, StateOption, UrlOption, database
from learnflow_ext.contracts.events import ExerciseGenerated
from learnflow_ext.exercises.generating import Made, difficulty_for
from learnflow_ext.exercises.generating import generate as exercises
from learnflow_ext.exercises.notebook import notebook
from learnflow_ext.store import outbox, people, progress
from learnflow_ext.store.database import Database

FOUND_A_PROBLEM = 1


def generate(
    topic: str = typer.Option(
        ...,
        metavar="TOPIC",
        help="basics, control_flow, data_structures, functions, objects, files, errors or libraries.",
    ),
    difficulty: int | None = typer.Option(
        None, metavar="1-5", help="1 is a line or two, 5 takes some thinking. May be left out with --student."
    ),
    count: int = typer.Option(1, metavar="N", help="How many exercises."),
    seed: int = typer.Option(0, metavar="S", help="The same number makes the same exercises; try others."),
    out: Path = typer.Option(
        ..., metavar="DIR", help="Where the assignments go, such as the source folder of a course."
    ),
    student: str = typer.Option(
        "",
        metavar="USER",
        help="For whom: without --difficulty it follows from the results in --course, and the events of the "
        "exercises name the student.",
    ),
    course: str = typer.Option("", metavar="NAME", help="The student's course in the classroom."),
    config: ConfigOption = None,
    state: StateOption = None,
    url: UrlOption = None,
    as_json: bool = typer.Option(False, "--json", help="As JSON: made and refused, each by name."),
) -> None:
    """Make new exercises and write those that were proved in a sandbox: the solution passes, the start
    does not, and the tests notice small mistakes.

    Exit code 1 when fewer could be made than were asked for. What is there already is not overwritten.
    """
    if out.exists() and not out.is_dir():
        raise CannotRun(f"{out} is not a folder.")
    if student and not course:
        raise CannotRun("Say which course the student is in: --course NAME.")
    if difficulty is None and not student:
        raise CannotRun("Say how difficult: --difficulty 1-5, or --student USER to go by what they can do.")
    db = database(config, state, url) if student else None
    if difficulty is None and db is not None:
        difficulty = asyncio.run(_fitting(db, student, course))
    assert difficulty is not None
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
    if db is not None:
        asyncio.run(_recorded(db, student, course, made))
    typer.echo(_json(made, files) if as_json else _shown(made, files))
    if len(files) < count:
        raise typer.Exit(FOUND_A_PROBLEM)


async def _fitting(db: Database, student: str, course: str) -> int:
    """How difficult an exercise may be for the student. CannotRun for one the classroom does not know."""
    await db.open()
    try:
        async with db.connect() as conn:
            if await people.find(conn, student) is None:
                raise CannotRun(f"The classroom does not know {student!r}. Nothing was made.")
            standing = await progress.of_student(conn, student, course)
    finally:
        await db.close()
    shares = [
        each.best_score / each.max_score
        for each in standing.assignments
        if each.best_score is not None and each.max_score
    ]
    return difficulty_for(sum(shares) / len(shares) if shares else None)


async def _recorded(db: Database, student: str, course: str, made: Made) -> None:
    await db.open()
    try:
        async with db.begin() as conn:
            if await people.find(conn, student) is None:
                raise CannotRun(f"The classroom does not know {student!r}, so no event was recorded.")
            for exercise, verdict in made.passed:
                await outbox.record(
                    conn,
                    ExerciseGenerated(
                        course=course,
                        student=student,
                        name=exercise.name,
                        title=exercise.title,
                        topic=exercise.topic,
                        difficulty=exercise.difficulty,
                        family=exercise.family,
                        mutants=verdict.mutants,
                        killed=verdict.killed,
                    ),
                )
    finally:
        await db.close()


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
