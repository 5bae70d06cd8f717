"""The course of nbgrader's own documentation, through the service, from the release to the feedback."""

from __future__ import annotations

from pathlib import Path

import documented
import msgspec
import pytest
from learnflow_grading.client import GradingWorker
from served import Client, graded, until
from stub_hub import COURSE, Hub, environment
from traitlets.config import Config

from learnflow_ext.contracts.grades import AssignmentView, CourseFile, FileSet, SubmissionView
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import courses

PLACE = f"api/courses/{COURSE}/assignments"


@pytest.mark.timeout(180)
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
async def test_from_the_release_to_the_documented_scores_and_their_feedback(hub: Hub, tmp_path: Path) -> None:
    documented.copy_source(tmp_path / "course")
    for student in documented.SCORES:
        hub.add(student, f"nbgrader-{COURSE}")
    config = Config()
    config.LearnFlow.state_dir = str(tmp_path / "state")
    config.LearnFlow.courses = {COURSE: str(tmp_path / "course")}
    service = await RunningService.start(config, environment(hub), make_worker=GradingWorker)
    try:
        ask = Client(service, hub)

        async def released() -> bool:
            async with service.parts.db.connect() as conn:
                return bool(await courses.assignments(conn, COURSE))

        await until(released)
        given = {}
        for student in documented.SCORES:
            (listed,) = msgspec.json.decode((await ask(PLACE, student)).body, type=list[AssignmentView])
            assert (listed.assignment, listed.notebooks) == ("ps1", ("problem1", "problem2"))
            fetched = msgspec.json.decode((await ask(f"{PLACE}/ps1/files", student)).body, type=FileSet)
            assert [file.path for file in fetched.files] == [
                "jupyter.png",
                "problem1.ipynb",
                "problem2.ipynb",
            ]
            assert not [file for file in fetched.files if b"SOLUTION" in file.content]
            theirs = documented.guide() / "submitted" / student / "ps1"
            files = [CourseFile(path=path.name, content=path.read_bytes()) for path in theirs.glob("*.ipynb")]
            sent = await ask(f"{PLACE}/ps1/submissions", student, body=FileSet(files=tuple(files)))
            assert sent.code == 201, sent.body
            given[student] = msgspec.json.decode(sent.body, type=SubmissionView).submission_id
        for student, submission in given.items():
            await graded(service, submission)
            path = f"api/courses/{COURSE}/submissions/{submission}"
            view = msgspec.json.decode((await ask(path, student)).body, type=SubmissionView)
            assert (view.status, view.score, view.max_score) == ("graded", documented.SCORES[student], 13.0)
            pages = msgspec.json.decode((await ask(f"{path}/feedback", student)).body, type=FileSet).files
            assert [page.path for page in pages] == ["problem1.html", "problem2.html"]
            other = next(name for name in given if name != student)
            assert (await ask(f"{path}/feedback", other)).code in (403, 404)
    finally:
        await service.stop()
