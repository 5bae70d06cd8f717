"""`learnflow generate`: new exercises as nbgrader assignments, each proved by running it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import typer

from learnflow_ext.agents.llm.author import together
from learnflow_ext.agents.llm.model import Model
from learnflow_ext.agents.llm.voice import Call
from learnflow_ext.cli.where import (
    CannotRun,
    ConfigOption,
    StateOption,
    UrlOption,
    database,
    model_settings,
)
from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.generating import MAX_COUNT, Made, difficulty_for, event_of
from learnflow_ext.exercises.generating import generate as exercises
from learnflow_ext.exercises.notebook import notebook
from learnflow_ext.exercises.writers import Wish
from learnflow_ext.settings import LearnFlowModel, LearnFlowPractice
from learnflow_ext.store import outbox, people, practices, progress, tutoring
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
        help="For whom: without --difficulty it follows from the results in --course, none is nearly one "
        "that they had in the chat, and the events of the exercises name the student.",
    ),
    course: str = typer.Option("", metavar="NAME", help="The student's course in the classroom."),
    model: bool = typer.Option(
        False,
        "--model",
        help="The language model of the configuration writes first; what the gate refuses three times, or "
        "what does not come, is built in. Other words each time, whatever the seed.",
    ),
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
    chosen = model_settings(config) if model else None
    db = database(config, state, url) if student else None
    if model and db is not None:
        asyncio.run(_lets_a_model_write(db, student))
    given: list[Exercise] = []
    if db is not None:
        fitting, given = asyncio.run(_standing(db, student, course))
        difficulty = fitting if difficulty is None else difficulty
    assert difficulty is not None
    if chosen is not None:
        # Known beforehand: the model should not write for nothing.
        _none_there([out / name for name in _names(topic, difficulty, count, seed)])
    made, calls = asyncio.run(_made(topic, difficulty, count, seed, given, chosen))
    files = [out / each.name / f"{each.name}.ipynb" for each, _ in made.passed]
    _none_there([file.parent for file in files])
    try:
        for file, (exercise, _) in zip(files, made.passed, strict=True):
            file.parent.mkdir(parents=True)
            file.write_text(notebook(exercise), encoding="utf-8")
    except OSError as error:
        raise CannotRun(f"{out} cannot be written: {error.strerror}.") from error
    if db is not None:
        asyncio.run(_recorded(db, student, course, made))
    typer.echo(_json(made, files, calls) if as_json else _shown(made, files, calls))
    if len(files) < count:
        raise typer.Exit(FOUND_A_PROBLEM)


def _none_there(folders: list[Path]) -> None:
    there = [folder for folder in folders if folder.exists()]
    if there:
        raise CannotRun(f"{there[0]} is there already. Choose another --seed or --out; nothing was written.")


def _names(topic: str, difficulty: int, count: int, seed: int) -> list[str]:
    """Of what the model would write."""
    from learnflow_ext.service.practice_writing import named

    of = "_".join(topic.lower().replace("-", " ").split())
    wishes = [Wish(topic=of, difficulty=difficulty, seed=seed + at) for at in range(min(count, MAX_COUNT))]
    return [named(wish) for wish in wishes]


async def _standing(db: Database, student: str, course: str) -> tuple[int, list[Exercise]]:
    """How difficult an exercise may be for the student, and those that they have had in the chat. CannotRun
    for one the classroom does not know.
    """
    from learnflow_ext.service.practice_kept import exercise_of
    from learnflow_ext.service.practice_making import MOST_GIVEN

    await db.open()
    try:
        async with db.connect() as conn:
            if await people.find(conn, student) is None:
                raise CannotRun(f"The classroom does not know {student!r}. Nothing was made.")
            standing = await progress.of_student(conn, student, course)
            had = await practices.of_student(conn, student, limit=MOST_GIVEN)
    finally:
        await db.close()
    shares = [
        each.best_score / each.max_score
        for each in standing.assignments
        if each.best_score is not None and each.max_score
    ]
    fitting = difficulty_for(sum(shares) / len(shares) if shares else None)
    return fitting, [exercise_of(row.made_of) for row in had]


async def _recorded(db: Database, student: str, course: str, made: Made) -> None:
    await db.open()
    try:
        async with db.begin() as conn:
            if await people.find(conn, student) is None:
                raise CannotRun(f"The classroom does not know {student!r}, so no event was recorded.")
            for exercise, verdict in made.passed:
                await outbox.record(
                    conn,
                    event_of(exercise, verdict, student=student, course=course),
                )
    finally:
        await db.close()


async def _lets_a_model_write(db: Database, student: str) -> None:
    """CannotRun for a student who wants no language model."""
    await db.open()
    try:
        async with db.connect() as conn:
            on, _ = await tutoring.choice(conn, student)
    finally:
        await db.close()
    if not on:
        raise CannotRun(f"{student} has switched the language model off. Leave out --model.")


async def _made(
    topic: str,
    difficulty: int,
    count: int,
    seed: int,
    given: Sequence[Exercise],
    chosen: tuple[LearnFlowModel, LearnFlowPractice] | None,
) -> tuple[Made, list[Call]]:
    """What came of it, and the calls of the language model that were `chosen`."""
    # Loaded when it is needed: `--help` should not wait for it.
    from learnflow_kernels.choice import ChosenRunner

    from learnflow_ext.service.practice_writing import hand

    runner = ChosenRunner(parallel=1, ready=1, preload=())
    model = await asyncio.to_thread(_opened, chosen[0]) if chosen is not None else None
    try:
        if model is None or chosen is None:
            return await exercises(runner, topic, difficulty, count=count, seed=seed, given=given), []
        seconds = chosen[1].model_behind_seconds
        writer = hand(model, chosen[1], seconds)
        made = await exercises(
            runner,
            topic,
            difficulty,
            count=count,
            seed=seed,
            given=given,
            model=writer,
            model_seconds=seconds * count,
        )
        return made, writer.author.calls
    finally:
        await runner.close()
        if model is not None:
            await model.close()


def _opened(settings: LearnFlowModel) -> Model:
    """CannotRun where no model is set, or it cannot be."""
    from learnflow_ext.service.models import open_model

    try:
        model = open_model(settings)
    except (ValueError, OSError) as error:
        raise CannotRun(str(error)) from error
    if model is None:
        raise CannotRun(
            "The configuration names no language model: set c.LearnFlowModel.base_url and .model, or leave "
            "out --model."
        )
    return model


def _json(made: Made, files: list[Path], calls: list[Call]) -> str:
    said: dict[str, object] = {
        "made": [
            {
                "name": exercise.name,
                "title": exercise.title,
                "topic": exercise.topic,
                "difficulty": exercise.difficulty,
                "file": str(file),
                "mutants": verdict.mutants,
                "killed": verdict.killed,
                "model": exercise.model,
            }
            for file, (exercise, verdict) in zip(files, made.passed, strict=True)
        ],
        "refused": [{"name": name, "reasons": reasons} for name, reasons in made.refused],
    }
    if calls:
        whole = together(calls)
        said["model"] = {
            "calls": len(calls),
            "tokens_in": whole.tokens_in,
            "tokens_out": whole.tokens_out,
            "cost": whole.cost,
        }
    return msgspec.json.encode(said).decode()


def _shown(made: Made, files: list[Path], calls: list[Call]) -> str:
    lines = [
        f"{file}: {exercise.title}. The tests notice {verdict.killed} of {verdict.mutants} small mistakes."
        + (f" Written by {exercise.model}: read it before students do." if exercise.model else "")
        for file, (exercise, verdict) in zip(files, made.passed, strict=True)
    ]
    lines += [f"refused {name}: {' '.join(reasons)}" for name, reasons in made.refused]
    if calls:
        whole, times = together(calls), "once" if len(calls) == 1 else f"{len(calls)} times"
        lines.append(
            f"The model was asked {times}: {whole.tokens_in} tokens sent, {whole.tokens_out} received."
        )
    return "\n".join(lines)
