"""A deadline, late work and the last attempt, through the running service."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, graded, problem
from stub_hub import COURSE

from learnflow_ext.contracts.grades import AssignmentView, SubmissionView
from learnflow_ext.service.running import RunningService

HERE = f"api/courses/{COURSE}/assignments"
SUBMIT = f"{HERE}/{ASSIGNMENT}/submissions"


async def write(tmp_path: Path, *, hours_ago: float, rest: str = "") -> None:
    due = datetime.now(UTC) - timedelta(hours=hours_ago)
    text = f"attempts: 2\nlate: {{percent_a_day: 10, days: 5}}\n{rest}"
    text += f"assignments:\n- name: {ASSIGNMENT}\n  due: {due}\n"
    await asyncio.to_thread((tmp_path / "course" / "course.yaml").write_text, text)


class TestLateWork:
    async def test_it_is_told_before_and_costs_what_was_said(
        self, ask: Client, service: RunningService, worker: PaperWorker, tmp_path: Path
    ) -> None:
        await write(tmp_path, hours_ago=30)
        (assignment,) = msgspec.json.decode((await ask(HERE, "ada")).body, type=list[AssignmentView])
        assert assignment.due
        assert "later costs 10 % of the points" in assignment.terms
        response = await ask(SUBMIT, "ada", body=SOLVED)
        await graded(service, msgspec.json.decode(response.body, type=SubmissionView).submission_id)
        page = (await ask(f"courses/{COURSE}/me", "ada")).body.decode()
        assert "handed in twice, and was once so far" in page
        assert worker.late == [(0.2, "Handed in on day 2 after the deadline, so 20 % of the points are off.")]

    async def test_an_extension_makes_it_in_time(
        self, ask: Client, service: RunningService, worker: PaperWorker, tmp_path: Path
    ) -> None:
        await write(tmp_path, hours_ago=30, rest="extensions:\n- {student: ada, days: 2}\n")
        response = await ask(SUBMIT, "ada", body=SOLVED)
        await graded(service, msgspec.json.decode(response.body, type=SubmissionView).submission_id)
        assert worker.late == [(0.0, "")]


class TestNoMoreIsTaken:
    async def test_after_the_last_day_and_nothing_is_left_behind(
        self, ask: Client, service: RunningService, tmp_path: Path
    ) -> None:
        await write(tmp_path, hours_ago=24 * 6)
        response = await ask(SUBMIT, "ada", body=SOLVED)
        assert response.code == 409
        assert "This assignment closed on" in problem(response).message
        assert os.listdir(service.parts.submissions_root) == []

    async def test_two_last_attempts_at_the_same_moment_are_one(
        self, ask: Client, service: RunningService, tmp_path: Path
    ) -> None:
        await write(tmp_path, hours_ago=-24)
        answers = await asyncio.gather(*(ask(SUBMIT, "ada", body=SOLVED) for _ in range(4)))
        assert sorted(answer.code for answer in answers) == [201, 201, 409, 409]
        refused = next(answer for answer in answers if answer.code == 409)
        assert "handed this in twice" in problem(refused).message
