"""nbgrader's exchange classes over the service, as on a student's own machine with a token of theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError, ExchangeFactory
from served import ASSIGNMENT, Client, PaperWorker, graded
from stub_hub import COURSE, Hub
from traitlets.config import Config

from learnflow_ext.contracts.grades import AssignmentView
from learnflow_ext.server.exchange import use_service
from learnflow_ext.service.running import RunningService

Do = Callable[..., Any]


@pytest.fixture
def nbgrader(ask: Client, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Do:
    """`nbgrader <what>` of a student, in `tmp_path / "home"`."""
    monkeypatch.setenv("LEARNFLOW_URL", ask.base)
    (tmp_path / "home").mkdir()

    async def do(
        what: str, who: str = "ada", course: str = COURSE, name: str = ASSIGNMENT, **more: Any
    ) -> Any:
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", hub.token(who) if who else "")
        config = Config()
        use_service(config)
        config.Exchange.assignment_dir = str(tmp_path / "home")
        directory = CourseDirectory(config=config)
        directory.course_id, directory.assignment_id = course, name
        step = getattr(ExchangeFactory(config=config), what)(coursedir=directory, config=config, **more)
        return await asyncio.to_thread(step.start)

    return do


async def test_list_fetch_submit_and_feedback(
    nbgrader: Do, ask: Client, service: RunningService, worker: PaperWorker, tmp_path: Path
) -> None:
    assert await nbgrader("List", name="another") == []
    (row,) = await nbgrader("List", name="")
    assert (row["assignment_id"], row["notebooks"]) == (ASSIGNMENT, [ASSIGNMENT])
    await nbgrader("FetchAssignment")
    mine = tmp_path / "home" / COURSE / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    nb = nbformat.read(mine, as_version=4)
    nb.cells[0].source = "total = 4"
    nbformat.write(nb, mine)
    await nbgrader("FetchAssignment")
    assert "total = 4" in mine.read_text(), "what a student wrote stays"
    await nbgrader("Submit")
    (view,) = msgspec.json.decode(
        (await ask(f"api/courses/{COURSE}/assignments", "ada")).body, type=list[AssignmentView]
    )
    (made,) = view.submissions
    await graded(service, made.submission_id)
    (row,) = await nbgrader("List", inbound=True)
    assert (row["status"], row["score"]) == ("graded", worker.score)
    await nbgrader("FetchFeedback")
    (page,) = mine.parent.glob("feedback/*/*.html")
    assert "Well done" in page.read_text()


@pytest.mark.parametrize(
    ("who", "course", "said"),
    [("", COURSE, "JUPYTERHUB_API_TOKEN"), ("eve", COURSE, "course"), ("ada", "../x", "name of a course")],
)
async def test_who_may_not_is_told_in_a_sentence(nbgrader: Do, who: str, course: str, said: str) -> None:
    for what in ("FetchAssignment", "Submit"):
        with pytest.raises(ExchangeError, match=said):
            await nbgrader(what, who, course)


async def test_a_folder_that_is_not_there_is_named(nbgrader: Do, tmp_path: Path) -> None:
    (tmp_path / "home").rmdir()
    with pytest.raises(ExchangeError, match=r"home cannot be used: No such file or directory"):
        await nbgrader("Submit")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("ReleaseAssignment", "Press Generate and Release in the course's formgrader"),
        ("Collect", "nothing needs to be: the service has what is handed in"),
        ("ReleaseFeedback", "press Release Feedback in the formgrader"),
    ],
)
async def test_a_teachers_commands_say_where_it_is_done_and_touch_nothing(
    nbgrader: Do, what: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ExchangeError, match=said):
        await nbgrader(what, "teacher")
    assert list((tmp_path / "home").iterdir()) == []
