"""Exercises made for a student: how difficult, and what is recorded of them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from learnflow_ext.cli.generate import generate
from learnflow_ext.cli.where import CannotRun
from learnflow_ext.contracts.events import ExerciseGenerated
from learnflow_ext.exercises.families import FAMILIES
from learnflow_ext.exercises.generating import difficulty_for
from learnflow_ext.service.practice_kept import kept
from learnflow_ext.store import eventlog, people, practices
from learnflow_ext.store.database import Database


def make(out: Path, url: str, student: str = "ada", course: str = "python", level: int | None = None) -> None:
    generate(
        topic="basics",
        difficulty=level,
        count=1,
        seed=1,
        out=out,
        student=student,
        course=course,
        config=None,
        state=None,
        url=url,
        as_json=True,
        model=False,
    )


async def known(url: str, *names: str) -> list[eventlog.LogEntry]:
    """Make these people known; what is in the log by then."""
    db = Database(url)
    await db.open()
    try:
        async with db.begin() as conn:
            for name in names:
                await people.ensure(conn, name)
            return await eventlog.tail(conn, topic=ExerciseGenerated.TOPIC)
    finally:
        await db.close()


def test_an_exercise_for_a_student_is_an_event(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'db.sqlite'}"
    with pytest.raises(CannotRun, match="does not know 'ada'"):
        make(tmp_path / "nobody", url)
    assert not (tmp_path / "nobody").exists()
    asyncio.run(known(url, "ada"))
    make(tmp_path / "out", url)
    (said,) = json.loads(capsys.readouterr().out.splitlines()[-1])["made"]
    (entry,) = asyncio.run(known(url))
    assert (entry.type, entry.course) == (ExerciseGenerated.TYPE, "python")
    assert entry.data["name"] == said["name"] and entry.data["difficulty"] == 1
    assert entry.data["killed"] == said["killed"] > 0
    # Neither solution nor tests travel.
    assert "assert" not in json.dumps(entry.data) and "return" not in json.dumps(entry.data)


def test_none_is_what_the_student_has_had(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'db.sqlite'}"
    with pytest.raises(CannotRun, match="does not know 'ada'"):
        make(tmp_path / "nobody", url, level=1)
    assert not (tmp_path / "nobody").exists()
    asyncio.run(known(url, "ada"))

    def made(out: str) -> str:
        make(tmp_path / out, url)
        (said,) = json.loads(capsys.readouterr().out.splitlines()[-1])["made"]
        return str(said["name"])

    async def had(name: str) -> None:
        (exercise,) = [each for family in FAMILIES["basics"] if (each := family.exercise(1, 1)).name == name]
        event = ExerciseGenerated(
            course="python", student="ada", name=name, title=exercise.title, topic="basics", difficulty=1
        )
        db = Database(url)
        await db.open()
        async with db.begin() as conn:
            await practices.given(conn, event, assignment="", made_of=kept(exercise))
        await db.close()

    first = made("first")
    assert made("again") == first
    asyncio.run(had(first))
    assert made("other") != first


@pytest.mark.parametrize(
    ("student", "course", "level", "sentence"),
    [("ada", "", 1, "which course"), ("", "", None, "how difficult")],
)
def test_what_is_missing_is_said(
    tmp_path: Path, student: str, course: str, level: int | None, sentence: str
) -> None:
    with pytest.raises(CannotRun, match=sentence):
        make(tmp_path / "out", "sqlite+aiosqlite://", student, course, level)


def test_the_better_the_results_the_more_difficult() -> None:
    shares = [None, 0.0, 0.39, 0.4, 0.69, 0.7, 0.89, 0.9, 1.0]
    assert [difficulty_for(share) for share in shares] == [1, 2, 2, 3, 3, 4, 4, 5, 5]
