"""Who gave which points: put on record once, shown to teachers alone, and taken home as a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec
from learnflow_grading.marks import Mark, Marks, attempt_of
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, graded, until
from stub_hub import COURSE, Hub

from learnflow_ext.cli import points as command
from learnflow_ext.contracts.grades import Regrading, SubmissionView
from learnflow_ext.service.running import RunningService
from learnflow_ext.service.words import parse_time
from learnflow_ext.store import points

SUBMIT = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"
AGAIN = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/regradings"
PAGE = f"courses/{COURSE}/students/ada"


def given(root: Path, made: SubmissionView, *, after: float | None, before: float | None = None) -> None:
    """As the formgrader writes it."""
    with Marks(root).giving() as marks:
        marks.append(
            Mark("turing", ASSIGNMENT, "ada", attempt_of(parse_time(made.submitted_at)), "n", "<b>why</b>", 4,
                 before, after)
        )  # fmt: skip


async def rows(ask: Client, page: str, who: str = "teacher") -> list[dict[str, str]]:
    answer = await ask(f"{page}?format=csv&table=points-given", who)
    assert answer.code == 200, answer.body
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))


async def test_tests_a_regrade_and_a_teachers_hand_stand_in_order_with_who_it_was(
    ask: Client, service: RunningService, worker: PaperWorker, hub: Hub
) -> None:
    made = []
    for _ in range(2):
        made.append(msgspec.json.decode((await ask(SUBMIT, "ada", body=SOLVED)).body, type=SubmissionView))
        await graded(service, made[-1].submission_id)
    root = service.parts.settings.course_root(COURSE)
    given(root, made[0], after=3)
    given(root, made[0], before=3, after=None)
    keeper = service.parts.marks
    await keeper.collect(COURSE)
    assert Marks(root).untold() == []
    worker.score = 9.0
    begun = msgspec.json.decode((await ask(AGAIN, "teacher", raw=b"")).body, type=Regrading)

    async def done() -> bool:
        found = await ask(f"api/courses/{COURSE}/regradings/{begun.regrading_id}", "teacher")
        return not msgspec.json.decode(found.body, type=Regrading).waiting

    await until(done)
    shown = [
        (r["Attempt"], r["Part"], r["Before"], r["After"], r["How"], r["By"], "teacher" in r["Remark"])
        for r in await rows(ask, PAGE)
    ]
    machine = "autograder"
    assert shown[::-1] == [
        ("1", "all", "none", "7/10", "tests", machine, False),
        ("2", "all", "none", "7/10", "tests", machine, False),
        ("1", "n/<b>why</b>", "none", "3/4", "by hand", "turing", False),
        ("1", "n/<b>why</b>", "3/4", "none", "by hand", "turing", False),
        ("1", "all", "7/10", "9/10", "graded again", machine, True),
        ("2", "all", "7/10", "9/10", "graded again", machine, True),
    ]
    assert [row["Student"] for row in await rows(ask, f"courses/{COURSE}/grading")] == ["ada"] * 6
    page = (await ask(PAGE, "teacher")).body.decode()
    assert "Who gave which points" in page and "n/&lt;b&gt;why&lt;/b&gt;" in page
    assert (await ask(PAGE, "ada")).code == 403
    hub.add("grace", f"assistant-{COURSE}")
    assert "Who gave which points" not in (await ask(PAGE, "grace")).body.decode()
    async with service.parts.db.connect() as conn:
        changes = await points.changes(conn, COURSE, assignment=ASSIGNMENT)
    lines = [command._line(one) for one in changes]
    assert "attempt 1, n/<b>why</b>: none -> 3 of 4, by hand by turing" in lines[3]


async def test_the_same_mark_is_recorded_once_whoever_finds_it(ask: Client, service: RunningService) -> None:
    made = msgspec.json.decode((await ask(SUBMIT, "ada", body=SOLVED)).body, type=SubmissionView)
    await graded(service, made.submission_id)
    root = service.parts.settings.course_root(COURSE)
    given(root, made, after=2)
    # As several replicas do at the same moment, and one that died before it could say so.
    for mark in Marks(root).untold():
        await service.parts.marks._record(COURSE, mark)
    await service.parts.marks.collect(COURSE)
    await service.parts.marks.collect(COURSE)
    async with service.parts.db.connect() as conn:
        found = await points.changes(conn, COURSE, student="ada")
    assert [one.how for one in found].count("hand") == 1
