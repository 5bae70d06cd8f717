"""A test is fixed and everybody graded again, through the running service and in a browser."""

from __future__ import annotations

import csv
import io
import os
import re
from pathlib import Path

import msgspec
from playwright.async_api import Page, async_playwright, expect
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, chunks, graded, problem, until
from stub_hub import COURSE, PREFIX, Hub

from learnflow_ext.contracts.grades import Regrading, SubmissionView
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.service.running import RunningService

CHROMIUM = "/usr/bin/chromium"
SHOTS = Path(os.environ.get("LEARNFLOW_SHOTS", "test-results/service"))
SUBMIT = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"
AGAIN = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/regradings"


async def hand_in(ask: Client, service: RunningService, who: str) -> str:
    made = msgspec.json.decode((await ask(SUBMIT, who, body=SOLVED)).body, type=SubmissionView)
    await graded(service, made.submission_id)
    return made.submission_id


async def shoot(page: Page, name: str) -> None:
    """To look at: light and dark."""
    for scheme in ("dark", "light"):
        await page.emulate_media(color_scheme=scheme)
        await page.screenshot(path=SHOTS / f"{name}-{scheme}.png", full_page=True)


async def finished(ask: Client, number: int) -> Regrading:
    address = f"api/courses/{COURSE}/regradings/{number}"
    found: list[Regrading] = []

    async def done() -> bool:
        found.append(msgspec.json.decode((await ask(address, "teacher")).body, type=Regrading))
        return not found[-1].waiting

    await until(done)
    return found[-1]


async def test_everybody_is_graded_again_and_the_teacher_sees_who_has_other_points(
    ask: Client, service: RunningService, worker: PaperWorker
) -> None:
    refused = await ask(AGAIN, "teacher", raw=b"")
    assert (refused.code, problem(refused).code) == (409, "conflict")
    submission = await hand_in(ask, service, "ada")
    worker.score = 9.0
    assert (await ask(AGAIN, "ada", raw=b"")).code == 403
    response = await ask(AGAIN, "teacher", raw=b"")
    assert response.code == 201
    begun = msgspec.json.decode(response.body, type=Regrading)
    found = await finished(ask, begun.regrading_id)
    (one,) = found.changes
    assert (found.total, one.student, one.before, one.after, one.state) == (1, "ada", 7.0, 9.0, "graded")
    mine = await ask(f"api/courses/{COURSE}/submissions/{submission}", "ada")
    assert msgspec.json.decode(mine.body, type=SubmissionView).score == 9.0
    page = f"courses/{COURSE}/regradings/{begun.regrading_id}"
    assert (await ask(page, "ada")).code == 403
    text = (await ask(f"{page}?format=csv", "teacher")).body.decode("utf-8-sig")
    ((who, _, before, after, difference, _),) = list(csv.reader(io.StringIO(text)))[1:]
    assert (who, before, after, difference) == ("ada", "7/10", "9/10", "2 more")


class TestTheQueue:
    async def test_a_teacher_takes_something_out_and_exports_the_rest(
        self, ask: Client, service: RunningService, worker: PaperWorker
    ) -> None:
        worker.gate.clear()
        worker.provisional = "The test looks into <b>__code__</b>."
        first, second = [
            msgspec.json.decode((await ask(SUBMIT, "ada", body=SOLVED)).body, type=SubmissionView)
            for _ in range(2)
        ]
        cancel = f"api/courses/{COURSE}/submissions/{second.submission_id}/cancel"
        assert (await ask(cancel, "ada", raw=b"")).code == 403
        page = (await ask(f"courses/{COURSE}/grading", "teacher")).body.decode()
        assert "Waiting to be graded" in page
        gone = msgspec.json.decode((await ask(cancel, "teacher", raw=b"")).body, type=SubmissionView)
        assert (gone.status, gone.position, "Your teacher took this out" in gone.message) == (
            "failed",
            None,
            True,
        )
        assert (await ask(cancel, "teacher", raw=b"")).code == 409
        worker.gate.set()
        await graded(service, first.submission_id)
        assert worker.graded == [first.submission_id]
        page = (await ask(f"courses/{COURSE}/grading", "teacher")).body.decode()
        assert "The test looks into &lt;b&gt;__code__&lt;/b&gt;." in page
        assert (await ask(f"api/courses/{COURSE}/grades.csv", "ada")).code == 403
        text = (await ask(f"api/courses/{COURSE}/grades.csv", "teacher")).body.decode()
        rows = {row["student_id"]: row for row in csv.DictReader(io.StringIO(text))}
        assert list(rows["ada"])[:3] == ["assignment", "duedate", "timestamp"]
        told = [(row["raw_score"], row["score"], row["max_score"]) for row in (rows["ada"], rows["ben"])]
        assert told == [("7.0", "7.0", "10.0"), ("0.0", "0.0", "10.0")]


class TestARequest:
    async def test_of_a_student_is_answered_with_a_sentence(
        self, ask: Client, service: RunningService, worker: PaperWorker
    ) -> None:
        submission = await hand_in(ask, service, "ada")
        address = f"api/courses/{COURSE}/submissions/{submission}/regrade-request"
        assert (await ask(address, "ben", body={"reason": "mine"})).code == 404
        assert problem(await ask(address, "ada", body={"reason": "  "})).code == "bad_request"
        assert (await ask(address, "ada", body={"reason": "test-sum <b>is</b> wrong"})).code == 201
        page = (await ask(f"courses/{COURSE}/grading", "teacher")).body.decode()
        assert "test-sum &lt;b&gt;is&lt;/b&gt; wrong" in page
        worker.score = 9.0
        answer = f"courses/{COURSE}/regrade-requests/{submission}?as=regraded"
        assert (await ask(answer, "ada", raw=b"answer=ok")).code == 403
        assert (await ask(answer, "teacher", raw=b"answer=")).code == 400
        assert (await ask(answer, "teacher", raw=b"answer=You+are+right.")).code == 200
        assert (await ask(answer, "teacher", raw=b"answer=Again")).code == 409
        await graded(service, submission)
        mine = await ask(f"api/courses/{COURSE}/submissions/{submission}", "ada")
        assert msgspec.json.decode(mine.body, type=SubmissionView).score == 9.0
        assert "graded again: “You are right.”" in (await ask(f"courses/{COURSE}/me", "ada")).body.decode()
        assert (await ask(address, "ada", body={"reason": "and again"})).code == 409

    async def test_from_the_chat_is_declined(self, ask: Client, service: RunningService) -> None:
        def says(text: str) -> HelpRequest:
            return HelpRequest(text=text, course=COURSE, assignment=ASSIGNMENT)

        async def told(text: str) -> str:
            return "".join(chunk.text for chunk in chunks(await ask("api/help", "ada", body=says(text))))

        assert "Nothing of yours was graded" in await told("/regrade It is not fair")
        submission = await hand_in(ask, service, "ada")
        assert "Say in a sentence" in await told("/regrade")
        assert "Your teacher sees it" in await told("/regrade " + "It is not fair. " * 30)
        answer = f"courses/{COURSE}/regrade-requests/{submission}?as=declined"
        assert (await ask(answer, "teacher", raw=b"answer=It+is.")).code == 200
        assert "the grade stays: “It is.”" in (await ask(f"courses/{COURSE}/me", "ada")).body.decode()
        assert "answered this already" in await told("/regrade But why")


async def test_in_the_browser(ask: Client, service: RunningService, worker: PaperWorker, hub: Hub) -> None:
    submission = await hand_in(ask, service, "ada")
    worker.score = 4.0
    await ask(
        f"api/courses/{COURSE}/submissions/{submission}/regrade-request",
        "ada",
        body={"reason": "My sum is right."},
    )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(
            base_url=f"http://127.0.0.1:{service.port}",
            extra_http_headers={"Authorization": f"token {hub.token('teacher')}"},
        )
        page.on("dialog", lambda dialog: dialog.accept())
        await page.goto(f"{PREFIX}courses/{COURSE}/grading")
        await page.get_by_label("Your answer, which Ada reads").fill("I looked: it is not.")
        await shoot(page, "grading-request")
        await page.get_by_role("button", name="Decline").press("Enter")
        await expect(page.get_by_text("The grade stays.")).to_be_visible(timeout=60_000)
        button = page.get_by_role("button", name="Regrade all")
        worker.gate.clear()
        await button.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1, name="graded again")).to_be_visible(timeout=60_000)
        await expect(page.get_by_role("progressbar")).to_be_visible(timeout=60_000)
        await shoot(page, "regrading-bar")
        await ask(SUBMIT, "ben", body=SOLVED)
        queue = await browser.new_page(
            base_url=f"http://127.0.0.1:{service.port}",
            extra_http_headers={"Authorization": f"token {hub.token('teacher')}"},
        )
        await queue.goto(f"{PREFIX}courses/{COURSE}/grading")
        waiting = queue.get_by_role("heading", name=re.compile("1. Ben in First steps"))
        await expect(waiting).to_be_visible(timeout=60_000)
        await shoot(queue, "queue")
        worker.gate.set()
        row = page.get_by_role("row", name="Ada")
        await expect(row).to_contain_text("3 less", timeout=60_000)
        await shoot(page, "regrading")
        await browser.close()
