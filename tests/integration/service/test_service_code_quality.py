"""How clearly code is written is part of a level: by what was handed in, and by nothing that is claimed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from served import ASSIGNMENT, Client, PaperWorker, chunks, exercise, graded, notebook, until
from stub_hub import COURSE

from learnflow_ext.cli.replay import Replayed, _replayed
from learnflow_ext.contracts.events import SubmissionGraded
from learnflow_ext.contracts.grades import CodeReview, CourseFile, FileSet, SubmissionView
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.contracts.progress import StudentProgress, TopicProgress
from learnflow_ext.contracts.runs import RunBatch, RunReport
from learnflow_ext.service.code_reviews import review_of
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import eventlog, outbox
from learnflow_ext.store.database import Database

ADDRESS = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}"
UNTIDY = """\
def total(prices):
    unused = 1
    for price in prices:
        double = price
        return double"""
TIDY = "def total(prices):\n    return sum(prices)"
MIXED_UP = CodeReview(lines=5, mistakes=("return-in-loop",), remarks=("unused-name",))
"""What a review sees in `UNTIDY`."""


@pytest.fixture
def worker() -> PaperWorker:
    worker = PaperWorker()
    worker.score = 10.0
    return worker


async def hand_in(ask: Client, service: RunningService, content: bytes) -> None:
    files = FileSet(files=(CourseFile(path=f"{ASSIGNMENT}.ipynb", content=content),))
    answer = await ask(f"{ADDRESS}/submissions", "ada", body=files)
    assert answer.code == 201, answer.body
    await graded(service, msgspec.json.decode(answer.body, type=SubmissionView).submission_id)

    async def told() -> bool:
        async with service.parts.db.connect() as conn:
            return await outbox.size(conn) == 0

    await until(told)


async def topic(ask: Client) -> TopicProgress:
    answer = await ask(f"api/progress?course={COURSE}", "ada")
    return msgspec.json.decode(answer.body, type=StudentProgress).topics[0]


async def replayed(service: RunningService) -> Replayed:
    return await _replayed(Database(str(service.parts.settings.resolved_database_url)), COURSE)


async def test_from_the_code_that_was_handed_in_to_the_level_and_the_pages(
    ask: Client, service: RunningService
) -> None:
    # The teacher's own cell is in it, unchanged.
    await hand_in(ask, service, notebook("total = 3", UNTIDY))
    found = await topic(ask)
    assert found.code == MIXED_UP
    assert found.parts["quality"] == pytest.approx(1 / (1 + 10 * 1.25 / 5))
    own = (await ask(f"courses/{COURSE}/me", "ada")).body.decode()
    assert "your code: in 5 lines, perhaps a mistake: return in loop; could be clearer: unused name" in own
    page = (await ask(f"courses/{COURSE}/students/ada", "teacher")).body.decode()
    assert "code quality 29 %" in page
    assert "in 5 lines, perhaps a mistake: return in loop" in page

    await hand_in(ask, service, notebook("total = 3", TIDY))
    better = await topic(ask)
    assert better.parts["quality"] == 1.0
    assert better.mastery is not None and found.mastery is not None and better.mastery > found.mastery
    assert "nothing to change in 2 lines" in (await ask(f"courses/{COURSE}/me", "ada")).body.decode()
    async with service.parts.db.connect() as conn:
        log = await eventlog.tail(conn, student="ada", types=(SubmissionGraded.TYPE,))
    assert [(entry.data["code_lines"], entry.data["code_mistakes"]) for entry in log] == [
        (5, ["return-in-loop"]),
        (2, []),
    ]
    assert (await replayed(service)).differences == []


async def test_tidy_code_that_does_not_work_is_no_quality(
    ask: Client, service: RunningService, worker: PaperWorker
) -> None:
    worker.score = 2.0
    await hand_in(ask, service, notebook(TIDY))
    found = await topic(ask)
    assert found.parts["quality"] == found.parts["exercises"] == pytest.approx(0.2)


class TestClaims:
    """What a student says of their code in any way but by handing it in."""

    async def test_change_nothing(self, ask: Client, service: RunningService) -> None:
        await hand_in(ask, service, notebook(UNTIDY))
        before = await topic(ask)
        fields: dict[str, Any] = {
            "code_lines": 900,
            "code_mistakes": [],
            "review": {"lines": 900},
            "parts": {"quality": 1.0},
        }
        run = RunReport(
            run_id="run-1",
            notebook=f"{COURSE}/{ASSIGNMENT}/{ASSIGNMENT}.ipynb",
            course=COURSE,
            assignment=ASSIGNMENT,
            ok=True,
            duration_ms=5,
            finished_at=0.0,
        )
        assert (await ask("api/runs", "ada", body=RunBatch(runs=(run,)))).code == 200
        forged = {**msgspec.to_builtins(run), "run_id": "run-2", **fields}
        await ask("api/runs", "ada", body={"runs": [forged], **fields})
        # Tidy code shown to the reviewer is a question, not evidence.
        asked = HelpRequest(text="Is my code good?", code=TIDY, course=COURSE, assignment=ASSIGNMENT)
        assert chunks(await ask("api/help", "ada", body=asked))[-1].kind == "end"
        assert await topic(ask) == before
        assert (await replayed(service)).differences == []

    async def test_in_the_notebooks_metadata_count_for_nothing(
        self, ask: Client, service: RunningService
    ) -> None:
        made = json.loads(notebook(UNTIDY))
        made["metadata"] = {"review": {"lines": 900}, "code_lines": 900}
        for cell in made["cells"]:
            # As the teacher's own cells are marked.
            cell["metadata"] = {"nbgrader": {"locked": True, "solution": False, "grade": True}}
        await hand_in(ask, service, json.dumps(made).encode())
        assert (await topic(ask)).code == MIXED_UP

    async def test_that_code_is_no_code_count_for_nothing(self, tmp_path: Path) -> None:
        """Grading makes code of the answer again, and so it is reviewed."""
        given_out = tmp_path / "exchange" / COURSE / "outbound" / ASSIGNMENT
        handed_in = tmp_path / "handed-in"
        stub = "def total(prices):\n    raise NotImplementedError()"
        for folder, answer, kind in ((given_out, stub, "code"), (handed_in, UNTIDY, "raw")):
            made = json.loads(exercise("total", "Add up.", answer, "assert total([1]) == 1"))
            for cell in made["cells"][1:]:
                cell["cell_type"] = kind
            folder.mkdir(parents=True)
            (folder / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(made))
        found = await review_of(handed_in, tmp_path / "exchange", COURSE, ASSIGNMENT)
        # Its first line is the teacher's.
        assert found == msgspec.structs.replace(MIXED_UP, lines=4)


async def test_a_release_that_is_gone_costs_nobody_a_grade(
    ask: Client, service: RunningService, tmp_path: Path, worker: PaperWorker
) -> None:
    """Without it nobody can tell whose lines are whose."""
    worker.gate.clear()
    files = FileSet(files=(CourseFile(path=f"{ASSIGNMENT}.ipynb", content=notebook(UNTIDY)),))
    made = msgspec.json.decode(
        (await ask(f"{ADDRESS}/submissions", "ada", body=files)).body, type=SubmissionView
    )
    (given_out,) = (tmp_path / "state" / "exchange" / COURSE / "outbound").iterdir()
    given_out.rename(tmp_path / "elsewhere")
    worker.gate.set()
    await graded(service, made.submission_id)

    async def counted() -> bool:
        return (await topic(ask)).mastery is not None

    await until(counted)
    found = await topic(ask)
    assert found.code is None and "quality" not in found.parts


async def test_a_replay_names_what_is_not_what_the_events_say(ask: Client, service: RunningService) -> None:
    await hand_in(ask, service, notebook(TIDY))
    async with service.parts.db.begin() as conn:
        await conn.exec_driver_sql("UPDATE progress SET best_score = 1, level = 'Beginner'")
    found = await replayed(service)
    assert {(one.student, one.what) for one in found.differences} >= {("ada", "mastery"), ("ada", "level")}
    assert (found.events, found.students) == (2, 1)
