"""A test is fixed and everybody graded again, through the running service and in a browser."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import msgspec
from playwright.async_api import async_playwright, expect
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, graded, problem, until
from stub_hub import COURSE, PREFIX, Hub

from learnflow_ext.contracts.grades import Regrading, SubmissionView
from learnflow_ext.service.running import RunningService

CHROMIUM = "/usr/bin/chromium"
SHOTS = Path(os.environ.get("LEARNFLOW_SHOTS", "test-results/service"))
SUBMIT = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"
AGAIN = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/regradings"


async def hand_in(ask: Client, service: RunningService, who: str) -> str:
    made = msgspec.json.decode((await ask(SUBMIT, who, body=SOLVED)).body, type=SubmissionView)
    await graded(service, made.submission_id)
    return made.submission_id


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


async def test_in_the_browser(ask: Client, service: RunningService, worker: PaperWorker, hub: Hub) -> None:
    await hand_in(ask, service, "ada")
    worker.score = 4.0
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(
            base_url=f"http://127.0.0.1:{service.port}",
            extra_http_headers={"Authorization": f"token {hub.token('teacher')}"},
        )
        page.on("dialog", lambda dialog: dialog.accept())
        await page.goto(f"{PREFIX}courses/{COURSE}/grading")
        button = page.get_by_role("button", name="Regrade all")
        await button.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="graded again")).to_be_visible(timeout=60_000)
        row = page.get_by_role("row", name="Ada")
        await expect(row).to_contain_text("3 less", timeout=60_000)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            await page.goto(page.url)
            await page.screenshot(path=SHOTS / f"regrading-{scheme}.png", full_page=True)
            await page.goto(f"{PREFIX}courses/{COURSE}/grading")
            await page.screenshot(path=SHOTS / f"grading-{scheme}.png", full_page=True)
            await page.go_back()
        await browser.close()
