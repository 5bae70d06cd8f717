"""A plain nbgrader course: no `course.yaml`, nothing of ours in a notebook, released by whoever."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from served import ASSIGNMENT, SOLVED, Client, chunks, exercise, graded, until
from sqlalchemy import select
from stub_hub import COURSE

from learnflow_ext.contracts.grades import SubmissionView
from learnflow_ext.contracts.help import CellError, HelpRequest
from learnflow_ext.contracts.progress import StudentProgress
from learnflow_ext.service.running import RunningService
from learnflow_ext.store.models import Exercise, ExerciseTopic, Module, Topic

FAILED = CellError(exception="NameError", message="name 'totl' is not defined", code="total = 1\nprint(totl)")


async def progress(ask: Client) -> StudentProgress:
    return msgspec.json.decode((await ask(f"api/progress?course={COURSE}", "ada")).body, type=StudentProgress)


async def practised(service: RunningService) -> dict[str, tuple[str, str]]:
    """By exercise, name and title of the topic that it practises."""
    async with service.parts.db.connect() as conn:
        rows = await conn.execute(
            select(Exercise.name, Topic.name.label("topic"), Topic.title)
            .join(ExerciseTopic, ExerciseTopic.exercise_id == Exercise.id)
            .join(Topic, Topic.id == ExerciseTopic.topic_id)
        )
        return {row.name: (row.topic, row.title) for row in rows}


async def test_help_grades_and_progress_are_as_in_any_course(ask: Client, service: RunningService) -> None:
    asked = HelpRequest(course=COURSE, assignment=ASSIGNMENT, error=FAILED, code=FAILED.code)
    answer = chunks(await ask("api/help", "ada", body=asked))
    assert "totl" in "".join(chunk.text for chunk in answer)
    handed_in = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"
    sent = msgspec.json.decode((await ask(handed_in, "ada", body=SOLVED)).body, type=SubmissionView)
    await graded(service, sent.submission_id)

    async def counted() -> bool:
        return (await progress(ask)).topics[0].mastery is not None

    await until(counted)
    (topic,) = (await progress(ask)).topics
    assert (topic.topic, topic.title, topic.exercises) == (ASSIGNMENT, "First steps", 2)
    assert topic.mastery and topic.level and topic.known
    own = (ASSIGNMENT, "First steps")
    assert await practised(service) == {"test-greeting": own, "test-sum": own}


async def test_what_the_formgrader_releases_is_known_without_a_restart(
    ask: Client, service: RunningService, tmp_path: Path
) -> None:
    def release(**said: Any) -> None:
        folder = service.parts.settings.exchange_root / COURSE / "outbound" / "02-lists"
        folder.mkdir(exist_ok=True)
        book = json.loads(exercise("longest", "# All about lists", "longest = 3", "assert longest == 3"))
        book["metadata"] = {"learnflow": said} if said else {}
        (folder / "lists.ipynb").write_text(json.dumps(book))

    async def changed() -> object:
        async with service.parts.db.connect() as conn:
            return list(await conn.scalars(select(Module.updated_at).order_by(Module.assignment)))

    look = service.parts.release_rows.look
    release()
    await look()
    new = (await progress(ask)).topics[-1]
    assert (new.topic, new.title, new.exercises) == ("02-lists", "All about lists", 1)
    assert (await practised(service))["test-longest"] == ("02-lists", "All about lists")
    release(topic="data_structures")
    await look()
    assert (await practised(service))["test-longest"] == ("data_structures", "Data structures")
    before = await changed()
    await look()
    assert await changed() == before, "what had not changed was written again"
    (tmp_path / "course" / "course.yaml").write_text(
        "assignments: [{name: 02-lists, title: Lists, topic: basics}]"
    )
    await look()
    assert (await progress(ask)).topics[-1].title == "Lists"
    assert (await practised(service))["test-longest"] == ("basics", "Basics")


async def test_what_one_teacher_releases_wrongly_stops_nobody_else(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound = service.parts.settings.exchange_root / COURSE / "outbound"

    def release(name: str, points: float, wrong: str = "") -> None:
        (outbound / name).mkdir(exist_ok=True)
        book = json.loads(exercise(name, "# Lists", "longest = 3", "assert longest == 3"))
        book["cells"][-1]["metadata"]["nbgrader"]["points"] = points
        (outbound / name / "lists.ipynb").write_text(wrong or json.dumps(book))

    (outbound / "01-odd\nname").mkdir()
    for name, points in (("02-less", -1), ("03-much", 10**400), ("04-none", float("nan")), ("06-good", 2)):
        release(name, points)
    release("05-deep", 2, "[" * 200_000)
    release("x" * 200, 2)
    rows = service.parts.release_rows
    await rows.look()
    good = {f"test-{'x' * 200}", "test-06-good"}
    assert good <= set(await practised(service))
    assert not any(each in name for name in await practised(service) for each in ("02", "03", "04", "05"))
    release("02-less", 1)
    await rows.look()
    assert "test-02-less" in await practised(service)

    def gone(course: str) -> None:
        raise OSError("stale file handle")

    monkeypatch.setattr(rows, "_marks", gone)
    monkeypatch.setattr("learnflow_ext.service.release_rows.LOOK_S", 0.01)
    looks = asyncio.create_task(rows.run())
    await asyncio.sleep(0.1)
    assert not looks.done(), "the service ends with it"
    looks.cancel()
