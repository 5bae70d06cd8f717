"""Extra time and a deadline of one's own, given by a teacher on the dashboard."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest
from playwright.async_api import async_playwright, expect
from seeded import photographed
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, chunks, graded, until
from stub_hub import COURSE, PREFIX, Hub
from tornado.httpclient import HTTPResponse

from learnflow_ext.contracts.grades import AssignmentView, SubmissionView
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.service.policies import Policies
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import eventlog, people

CHROMIUM = "/usr/bin/chromium"
SHOTS = Path(os.environ.get("LEARNFLOW_SHOTS", "test-results/service"))
HERE = f"api/courses/{COURSE}/assignments"
SUBMIT = f"{HERE}/{ASSIGNMENT}/submissions"
ADAS = f"courses/{COURSE}/students/ada/time"
EVIL = '"><img src=x onerror=alert(1)>'


@pytest.fixture
async def due(tmp_path: Path) -> datetime:
    """Half an hour ago the exam and its deadline ended, and nothing more is taken."""
    ends = (datetime.now(UTC) - timedelta(minutes=30)).replace(microsecond=0)
    text = (
        f"late: {{percent_a_day: 10, days: 0}}\nassignments:\n- {{name: {ASSIGNMENT}, due: {ends}}}\n"
        f"exams:\n- {{from: {ends - timedelta(minutes=60)}, until: {ends}, assignments: [{ASSIGNMENT}]}}\n"
        "extra_time:\n- {student: ben, percent: 5}\n"
    )
    await asyncio.to_thread((tmp_path / "course" / "course.yaml").write_text, text)
    return ends


async def sends(ask: Client, who: str = "teacher", path: str = ADAS, **form: str) -> HTTPResponse:
    return await ask(path, who, raw=urlencode(form).encode(), headers={"HX-Request": "true"})


def tomorrow(due: datetime) -> dict[str, str]:
    local = (due + timedelta(days=1)).replace(tzinfo=None).isoformat(timespec="minutes")
    return {"do": "extension", "assignment": ASSIGNMENT, "due": local, "time_zone": "UTC"}


async def recorded(service: RunningService) -> list[tuple[str, str, bool, str]]:
    async with service.parts.db.connect() as conn:
        return [
            (entry.student, str(entry.data["kind"]), bool(entry.data["given"]), str(entry.data["room"]))
            for entry in await eventlog.tail(conn, course=COURSE, limit=100)
            if entry.type == "org.learnflow.allowance.changed.v1"
        ]


async def knows_the_exam(policies: Policies, student: str) -> None:
    """Wait until the tutor is closed to `student`, as another replica would learn it."""

    async def closed() -> bool:
        await policies.refresh()
        return policies.closed(COURSE, ASSIGNMENT, student)

    await until(closed)


class TestExtraTime:
    async def test_counts_at_once_for_one_student_wherever_an_exam_does_until_taken_back(
        self, ask: Client, service: RunningService, worker: PaperWorker, due: datetime
    ) -> None:
        assert (await ask(SUBMIT, "ada", body=SOLVED)).code == 409
        answer = await sends(ask, do="extra_time", percent="100", minutes="", assignment="")
        assert (answer.code, answer.headers["HX-Redirect"].endswith("/students/ada/time?done=1")) == (
            204,
            True,
        )
        submitted = await ask(SUBMIT, "ada", body=SOLVED)
        await graded(service, msgspec.json.decode(submitted.body, type=SubmissionView).submission_id)
        assert worker.late == [(0.0, "")]
        assert (await ask(SUBMIT, "ben", body=SOLVED)).code == 409
        await knows_the_exam(service.parts.assistance._policies, "ada")
        question = HelpRequest(text="What is a list?", course=COURSE, assignment=ASSIGNMENT)
        for who, closed in (("ada", True), ("ben", False)):
            said = "".join(chunk.text for chunk in chunks(await ask("api/help", who, body=question)))
            assert ("switched off" in said) == closed, who
        for page in (f"courses/{COURSE}/people", ADAS, f"courses/{COURSE}/students/ada"):
            assert "100 % more in exams" in (await ask(page, "teacher")).body.decode(), page
        # The second takes the place of the first, and none of what the file says is touched.
        await sends(ask, do="extra_time", percent="12,5", minutes="10", assignment="")
        assert "10 minutes or 12.5 % more in exams" in (await ask(ADAS, "teacher")).body.decode()
        assert (await sends(ask, do="take_back", kind="extra_time", assignment="")).code == 204
        assert (await ask(SUBMIT, "ada", body=SOLVED)).code == 409
        assert "5 % more in exams" in (await ask(f"courses/{COURSE}/people", "teacher")).body.decode()
        assert sorted(await recorded(service)) == [
            ("ada", "extra_time", False, "10 minutes or 12.5 % more in exams"),
            ("ada", "extra_time", True, "10 minutes or 12.5 % more in exams"),
            ("ada", "extra_time", True, "100 % more in exams"),
        ]
        async with service.parts.db.begin() as conn:
            by = await people.pseudonym(conn, "teacher")
            assert {entry.data["by"] for entry in await eventlog.tail(conn, course=COURSE, limit=100)
                    if entry.type == "org.learnflow.allowance.changed.v1"} == {by}  # fmt: skip
        assert (
            "no longer has 10 minutes"
            in (await ask(f"courses/{COURSE}/students/ada", "teacher")).body.decode()
        )


class TestADeadlineOfTheirOwn:
    async def test_is_what_the_student_reads_and_what_counts(
        self, ask: Client, service: RunningService, worker: PaperWorker, due: datetime
    ) -> None:
        assert (await sends(ask, **tomorrow(due))).code == 204
        later = (due + timedelta(days=1)).replace(second=0)
        for who, until_ in (("ada", later), ("ben", due + timedelta(minutes=3))):
            (view,) = msgspec.json.decode((await ask(HERE, who)).body, type=list[AssignmentView])
            assert datetime.fromisoformat(view.due) == until_, who
        assert (
            f"{later.day} {later:%B %Y, %H:%M} UTC"
            in (await ask(f"courses/{COURSE}/me", "ada")).body.decode()
        )
        submitted = await ask(SUBMIT, "ada", body=SOLVED)
        await graded(service, msgspec.json.decode(submitted.body, type=SubmissionView).submission_id)
        assert worker.late == [(0.0, "")]
        # A time zone is where its clock says so: nine hours before it is as late in Tokyo.
        tokyo = (due + timedelta(days=2, hours=9)).replace(tzinfo=None).isoformat(timespec="minutes")
        assert (await sends(ask, **{**tomorrow(due), "due": tokyo, "time_zone": "Asia/Tokyo"})).code == 204
        (view,) = msgspec.json.decode((await ask(HERE, "ada")).body, type=list[AssignmentView])
        assert datetime.fromisoformat(view.due) == later + timedelta(days=1)

    async def test_bad_input_is_told_in_a_sentence_and_changes_nothing(
        self, ask: Client, service: RunningService, due: datetime
    ) -> None:
        extension, extra = tomorrow(due), {"do": "extra_time"}
        for form, words in (
            ({}, "Choose what to give"),
            (extra, "Say how much more time"),
            ({**extra, "percent": "a lot"}, "is a number from 0 to 400 %"),
            ({**extra, "percent": "nan"}, "is a number from 0 to 400 %"),
            ({**extra, "percent": "-5"}, "is a number from 0 to 400 %"),
            ({**extra, "minutes": "1e9"}, "is a number from 0 to 10,080"),
            ({**extra, "percent": "5", "assignment": EVIL}, "no exam of that assignment"),
            ({**extension, "assignment": EVIL}, "Choose an assignment that has a deadline"),
            ({**extension, "due": "soon"}, "Write the new deadline as a date with a time"),
            ({**extension, "due": "9999-12-31T23:59"}, "too far away"),
            ({**extension, "due": "2001-01-01T10:00"}, "Everybody may hand in"),
            ({**extension, "time_zone": "Mars/Base"}, "Choose a time zone of the list"),
            ({"do": "take_back", "kind": "extension", "assignment": ASSIGNMENT}, "taken back already"),
        ):
            answer = await sends(ask, **form)
            shown = answer.body.decode()
            assert (answer.code, words in shown, "<img" in shown) == (422, True, False), (form, shown)
        assert await recorded(service) == []

    async def test_only_a_teacher_of_the_course_gives_it_and_only_to_its_students(
        self, ask: Client, service: RunningService, hub: Hub, due: datetime
    ) -> None:
        hub.add("asa", f"assistant-{COURSE}")
        for who in ("ada", "asa", "eve", "root"):
            assert (await sends(ask, who, **tomorrow(due))).code == 403, who
            assert (await ask(ADAS, who)).code == 403, who
        for path in (f"courses/{COURSE}/students/eve/time", f"courses/{COURSE}/students/teacher/time"):
            assert (await sends(ask, path=path, **tomorrow(due))).code == 404
            assert (await ask(path, "teacher")).code == 404
        assert (await sends(ask, path="courses/other/students/eve/time", **tomorrow(due))).code == 404
        assert await recorded(service) == []

    async def test_how_much_it_is_stands_on_no_page_of_an_assistant(
        self, ask: Client, hub: Hub, due: datetime
    ) -> None:
        hub.add("asa", f"assistant-{COURSE}")
        await sends(ask, do="extra_time", percent="37", minutes="", assignment="")
        page = f"courses/{COURSE}/students/ada"
        for address in (page, f"{page}?format=csv&table=timeline"):
            assert "was given 37 % more in exams" in (await ask(address, "teacher")).body.decode(), address
            shown = (await ask(address, "asa")).body.decode()
            assert ("was given more time" in shown, "37 %" in shown) == (True, False), address


async def test_in_the_browser(service: RunningService, hub: Hub, due: datetime) -> None:
    hub.groups[f"nbgrader-{COURSE}"].add(EVIL)
    hub.service_url = f"http://127.0.0.1:{service.port}"
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1366, "height": 860})
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{hub.service_url}{PREFIX}courses/{COURSE}/people")
        await page.locator("#people tr", has_text="onerror").get_by_role("link", name="Give").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("More time for")
        await page.get_by_label("in percent").fill("a lot")
        await page.get_by_role("button", name="Give extra time").click()
        await expect(page.locator("#preview")).to_contain_text("is a number from 0 to 400 %")
        complaints.clear()  # the browser itself notes the 422
        await page.get_by_label("in percent").fill("25")
        await page.get_by_role("button", name="Give extra time").click()
        await expect(page.locator(".said")).to_have_text("Saved. It holds from now on.")
        local = (due + timedelta(days=1)).replace(tzinfo=None).isoformat(timespec="minutes")
        await page.get_by_role("textbox", name="Due for").fill(local)
        await page.get_by_role("button", name="Give this deadline").click()
        await expect(page.locator(".given")).to_contain_text(f"in {ASSIGNMENT}")
        assert await photographed(page, SHOTS / "more-time", "light", "dark-phone") == []
        await page.locator(".given li", has_text="25 %").get_by_role("button", name="Take back").click()
        await expect(page.locator(".given")).not_to_contain_text("25 %")
        assert await page.locator("main img").count() == 0
        assert complaints == []
        await browser.close()
