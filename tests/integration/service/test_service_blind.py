"""An assignment that is graded blind, on the dashboard and in the API."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from learnflow_grading.blind import BlindCourse
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, graded, until
from stub_hub import COURSE, Hub
from tornado.httpclient import HTTPRequest
from tornado.httputil import HTTPHeaders
from tornado.websocket import websocket_connect

from learnflow_ext.contracts.grades import Regrading, SubmissionView
from learnflow_ext.contracts.progress import StudentProgress
from learnflow_ext.contracts.runs import RunReport
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import eventlog, runs

HERE = f"courses/{COURSE}"
STUDENTS = ("mirabelle", "zacharias")
"""No hexadecimal id can hold these."""
SUBMIT = f"api/{HERE}/assignments/{ASSIGNMENT}/submissions"


@pytest.fixture
async def submission(
    ask: Client, hub: Hub, service: RunningService, worker: PaperWorker, tmp_path: Path
) -> str:
    """Mirabelle's, of two that were handed in; with an assistant in the course, and provisional points."""
    hub.add("asa", f"assistant-{COURSE}")
    for who in STUDENTS:
        hub.add(who, f"nbgrader-{COURSE}")
    text = f"assignments:\n- {{name: {ASSIGNMENT}, blind: true}}\n"
    await asyncio.to_thread((tmp_path / "course" / "course.yaml").write_text, text)
    worker.provisional = "The test looks into it."
    worker.score = 6.25
    made = []
    for who in STUDENTS:
        response = await ask(SUBMIT, who, body=SOLVED)
        made.append(msgspec.json.decode(response.body, type=SubmissionView).submission_id)
        await graded(service, made[-1])
    return made[0]


def number_of(service: RunningService, student: str) -> str:
    course = BlindCourse(service.parts.settings.course_root(COURSE))
    return f"Submission #{course.number(ASSIGNMENT, student)}"


async def regraded(ask: Client) -> int:
    response = await ask(f"api/{HERE}/assignments/{ASSIGNMENT}/regradings", "teacher", raw=b"")
    assert response.code == 201
    assert b'"mirabelle"' not in response.body
    number = msgspec.json.decode(response.body, type=Regrading).regrading_id

    async def done() -> bool:
        found = await ask(f"api/{HERE}/regradings/{number}", "teacher")
        return not msgspec.json.decode(found.body, type=Regrading).waiting

    await until(done)
    return number


async def where_grades_are(ask: Client, who: str, submission: str, regrading: int) -> dict[str, str]:
    """What `who` reads at every address that is about graded work."""
    addresses = (
        f"{HERE}/grading",
        f"{HERE}/grading?format=csv",
        f"{HERE}/grading/points?assignment={ASSIGNMENT}&tenth=8",
        f"{HERE}/grading?format=csv&table=provisional",
        f"{HERE}/grading/submissions",
        f"{HERE}/grading/submissions?assignment={ASSIGNMENT}&format=csv",
        f"{HERE}/regradings/{regrading}",
        f"{HERE}/regradings/{regrading}?format=csv",
        f"api/{HERE}/regradings/{regrading}",
        f"api/{HERE}/submissions/{submission}",
        f"api/{HERE}/submissions/{submission}/feedback",
    )
    told = {}
    for address in addresses:
        answer = await ask(address, who)
        assert answer.code == 200, address
        told[address] = f"{answer.headers}{answer.body.decode()}"
    return told


async def beside_names(ask: Client, who: str) -> dict[str, str]:
    """What `who` reads at every address where names stand."""
    told = {}
    for address in (
        HERE,
        f"{HERE}/scores",
        f"{HERE}/feed",
        f"{HERE}/progress",
        f"{HERE}/alerts",
        f"{HERE}/now",
        f"{HERE}/students/mirabelle",
        f"{HERE}/students/mirabelle?format=csv&table=timeline",
        f"{HERE}/grading/submissions?student=mirabelle",
        f"{HERE}/grading/submissions?student=mirabelle&assignment={ASSIGNMENT}&format=csv",
        f"api/{HERE}/scores",
        f"api/{HERE}/feed",
        f"api/progress/mirabelle?course={COURSE}",
    ):
        answer = await ask(address, who)
        assert answer.code == 200, address
        told[address] = answer.body.decode()
    return told


class TestGraders:
    @pytest.mark.parametrize("who", ["teacher", "asa"])
    async def test_read_numbers_where_work_is_graded(
        self, ask: Client, service: RunningService, worker: PaperWorker, submission: str, who: str
    ) -> None:
        worker.score = 8.75
        told = await where_grades_are(ask, who, submission, await regraded(ask))
        for address, text in told.items():
            for name in STUDENTS:
                assert name not in text.casefold(), (address, name)
        assert number_of(service, "mirabelle") in told[f"{HERE}/grading"]
        assert "8.75/10" in told[f"{HERE}/grading"]
        assert "8.75/10" in told[f"{HERE}/grading/submissions"]
        assert "Graded blind" in told[f"{HERE}/grading"]
        assert f'datetime="{datetime.now(UTC):%Y-%m-%d}"' in told[f"{HERE}/grading"], "a day, no time"

    @pytest.mark.parametrize("who", ["teacher", "asa"])
    async def test_read_no_points_where_names_stand(self, ask: Client, submission: str, who: str) -> None:
        async def counted() -> bool:
            return "graded blind" in (await ask(f"{HERE}/scores", who)).body.decode()

        await until(counted)
        for address, text in (await beside_names(ask, who)).items():
            assert "6.25" not in text, address
        board = json.loads((await ask(f"api/{HERE}/scores", who)).body)
        cells = {one["name"]: one["cells"][0]["state"] for one in board["students"]}
        assert cells["mirabelle"] == "blind"

    @pytest.mark.parametrize("who", ["teacher", "asa"])
    async def test_read_beside_no_name_how_often_it_was_handed_in(
        self, ask: Client, service: RunningService, submission: str, who: str
    ) -> None:
        again = await ask(SUBMIT, "mirabelle", body=SOLVED)
        await graded(service, msgspec.json.decode(again.body, type=SubmissionView).submission_id)
        for reader, often in ((who, 1), ("mirabelle", 2)):
            answer = await ask(f"api/progress/mirabelle?course={COURSE}", reader)
            found = msgspec.json.decode(answer.body, type=StudentProgress).assignments
            assert {one.assignment: one.submissions for one in found}[ASSIGNMENT] == often

    async def test_read_pages_of_numbers_and_not_of_the_latest(
        self,
        ask: Client,
        hub: Hub,
        service: RunningService,
        submission: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Who handed in just now must not be the one whose number is on the first page."""
        for who in ("nora", "oskar", "petra"):
            hub.add(who, f"nbgrader-{COURSE}")
            made = await ask(SUBMIT, who, body=SOLVED)
            await graded(service, msgspec.json.decode(made.body, type=SubmissionView).submission_id)
        monkeypatch.setattr("learnflow_ext.service.handlers.course_page.PAGE", 1)
        shown = []
        for page in range(1, 6):
            text = (await ask(f"{HERE}/grading/submissions?page={page}", "teacher")).body.decode()
            shown += sorted(set(re.findall(r"Submission #(\d+)", text)))
            assert (f"page={page + 1}" in text) == (page < 5)
        names = (*STUDENTS, "nora", "oskar", "petra")
        assert shown == sorted((number_of(service, name).partition("#")[2] for name in names), key=int)

    async def test_export_grades_by_number(
        self, ask: Client, service: RunningService, submission: str
    ) -> None:
        text = (await ask(f"api/{HERE}/grades.csv", "teacher")).body.decode()
        rows = {row["student_id"]: row for row in csv.DictReader(io.StringIO(text))}
        assert "mirabelle" not in rows
        assert rows[number_of(service, "mirabelle")]["score"] == "6.25"
        assert list(rows) == sorted(rows), "by number"


async def ran(service: RunningService, run: str) -> None:
    """Something that is told whatever is blind."""
    report = RunReport(
        run_id=run,
        notebook="a.ipynb",
        course=COURSE,
        ok=False,
        exception=f"Error{run}",
        duration_ms=1,
        finished_at=time.time(),
    )
    async with service.parts.db.begin() as conn:
        await runs.record_batch(conn, "mirabelle", [report])


class TestSocket:
    async def test_tells_no_points_neither_from_the_log_nor_as_they_come(
        self, ask: Client, hub: Hub, service: RunningService, submission: str
    ) -> None:
        headers = HTTPHeaders({"Authorization": f"token {hub.token('asa')}"})
        url = f"{ask.base.replace('http', 'ws', 1)}ws?course={COURSE}&after=0"
        socket = await websocket_connect(HTTPRequest(url, headers=headers))
        told = ""
        for run in ("first", "second"):
            await ran(service, run)
            while f"Error{run}" not in told:
                message = await asyncio.wait_for(socket.read_message(), 20)
                assert message is not None
                told += str(message)
            response = await ask(SUBMIT, "mirabelle", body=SOLVED)
            await graded(service, msgspec.json.decode(response.body, type=SubmissionView).submission_id)
        socket.close()
        while await asyncio.wait_for(socket.read_message(), 20) is not None:
            pass
        assert "scored" not in told
        assert "submitted" not in told
        assert "6.25" not in told


class TestItEnds:
    async def test_for_teachers_alone_when_one_of_them_says_so(
        self, ask: Client, service: RunningService, submission: str
    ) -> None:
        names = f"{HERE}/grading/names?assignment={ASSIGNMENT}"
        assert (await ask(names, "asa", raw=b"")).code == 403
        hidden = BlindCourse(service.parts.settings.course_root(COURSE))

        async def told() -> bool:
            return hidden.hidden().covers(ASSIGNMENT)

        await until(told)
        assert (await ask(names, "teacher", raw=b"")).code == 204
        assert not hidden.hidden().covers(ASSIGNMENT), "the formgrader knows at once"
        assert "students/mirabelle" in (await ask(f"{HERE}/grading", "teacher")).body.decode()
        assert "students/mirabelle" not in (await ask(f"{HERE}/grading", "asa")).body.decode()
        async with service.parts.db.connect() as conn:
            log = await eventlog.tail(conn, student="teacher", course=COURSE)
        assert "org.learnflow.names.shown.v1" in {entry.type for entry in log}

    async def test_for_all_when_the_results_are_given_out(
        self, ask: Client, service: RunningService, submission: str
    ) -> None:
        mine = await ask(f"api/{HERE}/submissions/{submission}", "mirabelle")
        assert msgspec.json.decode(mine.body, type=SubmissionView).score is None, "held back till then"
        given = await ask(f"{HERE}/grading/give-out?assignment={ASSIGNMENT}", "teacher", raw=b"")
        assert given.code == 200
        for who in ("teacher", "asa"):
            page = (await ask(f"{HERE}/grading", who)).body.decode()
            assert "students/mirabelle" in page
            assert "Graded blind" not in page
        mine = await ask(f"api/{HERE}/submissions/{submission}", "mirabelle")
        assert msgspec.json.decode(mine.body, type=SubmissionView).score == 6.25


class TestFileThatCannotBeRead:
    async def test_hides_all_names(
        self, ask: Client, service: RunningService, submission: str, tmp_path: Path
    ) -> None:
        await asyncio.to_thread((tmp_path / "course" / "course.yaml").write_text, "attempts: [")
        page = (await ask(f"{HERE}/grading", "teacher")).body.decode()
        assert "students/mirabelle" not in page
        assert number_of(service, "mirabelle") in page
