"""Whoever asks too much is told when to come again, and nobody else notices."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from served import Client, problem
from stub_hub import COURSE, Hub
from traitlets.config import Config

from learnflow_ext.service.running import RunningService

ASSIGNMENTS = f"api/courses/{COURSE}/assignments"
SLOW = 0.001
"""Requests a minute: within a test nothing comes back."""


@pytest.fixture
async def ask(
    config: Config, start: Callable[[], Awaitable[RunningService]], hub: Hub
) -> AsyncIterator[Client]:
    config.LearnFlowApi.requests_per_minute = SLOW
    config.LearnFlowApi.requests_at_once = 3
    config.LearnFlowApi.course_requests_per_minute = SLOW
    config.LearnFlowApi.course_requests_at_once = 5
    client = Client(await start(), hub)
    yield client
    client.http.close()


async def test_one_student_is_told_to_wait_and_the_others_are_not(ask: Client) -> None:
    codes = [(await ask(ASSIGNMENTS, "ada")).code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    refused = await ask("api/courses", "ada")
    assert int(refused.headers["Retry-After"]) > 0
    found = problem(refused)
    assert found.code == "too_busy"
    assert f"Try again in {refused.headers['Retry-After']} s." in found.message
    assert (await ask(ASSIGNMENTS, "ben")).code == 200
    assert (await ask("courses/" + COURSE, "teacher")).code == 200


async def test_while_a_class_must_wait_its_teachers_dashboard_works(ask: Client) -> None:
    for student in ("ada", "ben"):
        for _ in range(3):
            last = await ask(ASSIGNMENTS, student)
    assert last.code == 429
    assert "course is busy" in problem(last).message
    for path in ("", "/scores", "/feed"):
        assert (await ask(f"courses/{COURSE}{path}", "teacher")).code == 200


async def test_health_metrics_and_static_files_are_not_counted(ask: Client) -> None:
    for path in ("health/live", "static/dashboard.js", "metrics"):
        assert {(await ask(path, "ada")).code for _ in range(6)} == {200}
    assert (await ask("api/courses", "ada")).code == 200


async def test_who_used_up_their_requests_still_hears_that_an_exam_is_on(ask: Client) -> None:
    assert (await ask("api/courses", "ada")).code == 200
    while (await ask("api/courses", "ada")).code != 429:
        pass
    # Else a script in the page would keep the news from the student's server.
    assert {(await ask("api/other-ai", "ada")).body for _ in range(6)} == {b'{"exam":false}'}
    assert (await ask("api/other-ai")).code == 401


async def test_who_is_not_let_in_takes_nothing_from_the_course(ask: Client) -> None:
    for _ in range(10):
        assert (await ask(ASSIGNMENTS)).code == 401
        assert (await ask(ASSIGNMENTS, "eve")).code == 403
    assert (await ask(ASSIGNMENTS, "ada")).code == 200
