"""The dashboard in a browser: signed in through the hub, live, escaped, dark, and on a phone."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, async_playwright, expect
from served import ASSIGNMENT, until
from stub_hub import COURSE, PREFIX, Hub

from learnflow_ext.contracts.grades import CellScore, GradeRecord
from learnflow_ext.contracts.help import CellError, HelpRequest
from learnflow_ext.contracts.runs import RunReport
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import claims, courses, grades, help, runs, submissions

CHROMIUM = "/usr/bin/chromium"
SHOTS = Path(os.environ.get("LEARNFLOW_SHOTS", "test-results/service"))
EVIL = "<img src=x onerror=alert(1)>"
SECOND = "02-loops-and-lists"
EXERCISES = {
    ASSIGNMENT: ("First steps", ("school-day", "seconds", "sweets", "greeting", "ticket")),
    SECOND: ("Loops and lists", ("ends", "squares", "long-words", "saving")),
}


async def grade(
    service: RunningService, student: str, assignment: str, points: tuple[float, ...], **more: Any
) -> None:
    """`student` handed `assignment` in and got `points`, 2 for each exercise at most."""
    async with service.parts.db.begin() as conn:
        view = await submissions.create(
            conn, course=COURSE, assignment=assignment, student=student, files_path="/nowhere", size=1
        )
        names = EXERCISES[assignment][1]
        await grades.record_grade(
            conn,
            GradeRecord(
                submission_id=view.submission_id,
                course=COURSE,
                assignment=assignment,
                student=student,
                status="graded",
                score=sum(points),
                max_score=2.0 * len(names),
                cells=tuple(
                    CellScore(notebook=assignment, name=f"test-{name}", score=score, max_score=2.0)
                    for name, score in zip(names, points, strict=True)
                ),
                **more,
            ),
        )


async def asks(service: RunningService, student: str, text: str, number: int, **more: Any) -> None:
    async with service.parts.db.begin() as conn:
        request = HelpRequest(text=text, course=COURSE, assignment=ASSIGNMENT, **more)
        await help.asked(conn, student, request, request_id=f"seeded-{number}")


async def fails(service: RunningService, student: str, exception: str, number: int) -> None:
    async with service.parts.db.begin() as conn:
        report = RunReport(
            run_id=f"run-{number}",
            notebook=f"{COURSE}/{ASSIGNMENT}/{ASSIGNMENT}.ipynb",
            course=COURSE,
            assignment=ASSIGNMENT,
            ok=not exception,
            exception=exception,
            duration_ms=3,
            finished_at=0.0,
        )
        await runs.record_batch(conn, student, [report])


async def seed(service: RunningService, hub: Hub) -> None:
    """A lesson that is under way."""
    for name in (
        "chen",
        "dana",
        "emil",
        "farah",
        "goran",
        "hana",
        EVIL,
        "a-rather-long-name-from-the-directory",
    ):
        hub.groups[f"nbgrader-{COURSE}"].add(name)
    async with service.parts.db.begin() as conn:
        for assignment, (title, names) in EXERCISES.items():
            await courses.sync_assignment(
                conn, COURSE, assignment, title, [(assignment, f"test-{name}", 2.0) for name in names]
            )
    await grade(service, "ada", ASSIGNMENT, (2, 2, 2, 0, 1))
    await grade(service, "ben", ASSIGNMENT, (2, 2, 2, 2, 2))
    await grade(service, "ben", SECOND, (2, 0, 0, 1))
    await grade(service, "chen", ASSIGNMENT, (0, 2, 0, 0, 0.5), needs_review=True)
    await grade(service, "dana", ASSIGNMENT, (2, 2, 2, 1, 2))
    await fails(service, "emil", "NameError", 1)
    await fails(service, "emil", "", 2)
    await asks(
        service, "emil", "", 1, error=CellError(exception="NameError", message="name 'totl' is not defined")
    )
    await asks(service, "farah", "Why do I need quotation marks around a word but not around a number?", 2)
    await asks(service, EVIL, f"What does {EVIL} do?", 3)
    await grade(service, "farah", ASSIGNMENT, (2, 2, 0, 0, 0))
    async with service.parts.db.begin() as conn:
        await submissions.create(
            conn, course=COURSE, assignment=SECOND, student="goran", files_path="/nowhere", size=1
        )
        # Nobody grades it in this test: it shows as being graded.
        await claims.claim_next(conn, "a grader")


@asynccontextmanager
async def dashboard(
    service: RunningService, hub: Hub, **options: Any
) -> AsyncIterator[tuple[Page, list[str]]]:
    """The teacher's browser on the dashboard, and what it complained about."""
    hub.service_url = f"http://127.0.0.1:{service.port}"
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(**options)
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{hub.service_url}{PREFIX}courses/{COURSE}")
        await expect(page.locator("#live")).to_have_text("Live")
        yield page, complaints
        await browser.close()


@pytest.fixture
async def lesson(service: RunningService, hub: Hub) -> RunningService:
    # The queue would fail what was seeded: its files are nowhere.
    for task in service._tasks:
        if task.get_name() == "grading queue":
            task.cancel()
    await seed(service, hub)
    return service


async def shoot(page: Page, name: str) -> None:
    await page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


class TestDashboard:
    async def test_shows_what_happens_without_a_reload(self, lesson: RunningService, hub: Hub) -> None:
        async with dashboard(lesson, hub, viewport={"width": 1366, "height": 860}) as (page, complaints):
            await page.evaluate("window.notReloaded = true")
            await shoot(page, "light")
            await asks(lesson, "hana", "What is a variable?", 9)
            await expect(page.locator("#feed li").first).to_contain_text(
                "Hana asked the tutor: “What is a variable?”"
            )
            await expect(page.locator("#announce")).to_contain_text("Hana asked")
            await grade(lesson, "hana", ASSIGNMENT, (2, 2, 2, 2, 1))
            row = page.locator("#scores tr", has_text="Hana")
            await expect(row).to_contain_text("9/10", timeout=20_000)
            await expect(row).to_contain_text("just now")
            # Who moves in the table with the keyboard stays where they are while others' points come in.
            await page.get_by_role("link", name="Ben").focus()
            await grade(lesson, "hana", SECOND, (2, 2, 2, 2))
            await expect(row).to_contain_text("8/8", timeout=20_000)
            await expect(page.get_by_role("link", name="Ben")).to_be_focused()
            # So do they while their own row is drawn anew, or the numbers above.
            await grade(lesson, "ben", SECOND, (2, 2, 0, 1))
            await expect(page.locator("#scores tr", has_text="Ben")).to_contain_text("5/8", timeout=20_000)
            await expect(page.get_by_role("link", name="Ben")).to_be_focused()
            given = page.locator(".summary dd a").nth(2)
            await given.focus()
            before = await given.inner_text()
            await grade(lesson, "emil", ASSIGNMENT, (2, 0, 0, 0, 0))
            await expect(given).not_to_have_text(before, timeout=20_000)
            await expect(given).to_be_focused()
            assert await page.evaluate("window.notReloaded") is True
            assert complaints == []

    async def test_a_server_that_closes_at_once_is_asked_less_and_less_often(
        self, lesson: RunningService, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It takes the connection before it says that it has no room, so that it opens each time."""
        async with dashboard(lesson, hub) as (page, complaints):
            monkeypatch.setattr("learnflow_ext.service.live.MAX_PER_PERSON", 0)
            tries: list[float] = []
            enough = asyncio.Event()

            def tried(_: object) -> None:
                tries.append(time.monotonic())
                if len(tries) == 4:
                    enough.set()

            page.on("websocket", tried)
            lesson.parts.traffic.send_sockets_away()
            async with asyncio.timeout(30):
                await enough.wait()
            first, _, third = (later - before for before, later in pairwise(tries))
            assert third > 2 * first
            await expect(page.locator("#live")).to_have_text("Reconnecting…")
            monkeypatch.undo()
            await expect(page.locator("#live")).to_have_text("Live", timeout=20_000)
            assert complaints == []

    async def test_what_happened_while_nobody_listened_is_there_as_soon_as_somebody_does(
        self, lesson: RunningService, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with dashboard(lesson, hub) as (page, complaints):
            # The feed is to be fetched anew, in a while: this line came by itself.
            await asks(lesson, "hana", "What is a variable?", 9)
            await expect(page.locator("#feed")).to_contain_text("What is a variable?")
            monkeypatch.setattr("learnflow_ext.service.live.MAX_PER_PERSON", 0)
            lesson.parts.traffic.send_sockets_away()
            await expect(page.locator("#live")).to_have_text("Reconnecting…")
            await asks(lesson, "farah", "What is a loop?", 10)
            monkeypatch.undo()
            await expect(page.locator("#live")).to_have_text("Live", timeout=20_000)
            await expect(page.locator("#feed")).to_contain_text("What is a loop?", timeout=5_000)
            assert complaints == []

    async def test_a_table_that_comes_slowly_comes_while_much_happens(
        self, lesson: RunningService, hub: Hub
    ) -> None:
        """What changes while it is fetched makes nobody begin again, and again."""
        async with dashboard(lesson, hub) as (page, complaints):

            async def slow(route: Route) -> None:
                await asyncio.sleep(1.5)
                await route.continue_()

            async def busy() -> None:
                for number in count(100):
                    await fails(lesson, "emil", "NameError", number)
                    await asyncio.sleep(0.2)

            await page.route(re.compile(r"/scores\?"), slow)
            await grade(lesson, "hana", ASSIGNMENT, (2, 2, 2, 2, 1))
            lively = asyncio.create_task(busy())
            try:
                row = page.locator("#scores tr", has_text="Hana")
                await expect(row).to_contain_text("9/10", timeout=10_000)
            finally:
                lively.cancel()
            await page.unroute_all(behavior="wait")
            assert complaints == []

    async def test_names_and_questions_with_markup_are_text(self, lesson: RunningService, hub: Hub) -> None:
        async with dashboard(lesson, hub) as (page, complaints):
            await expect(page.get_by_role("rowheader", name=EVIL)).to_be_visible()
            await expect(page.locator("#feed")).to_contain_text(f"What does {EVIL} do?")
            # Lines also come by the socket, and nothing else brings them from here on.
            await page.route("**/feed", lambda route: None)
            await asks(lesson, EVIL, f"Why not {EVIL}?", 10)
            line = page.locator("#feed li").first
            await expect(line).to_contain_text(f"{EVIL} asked the tutor: “Why not {EVIL}?”")
            await expect(line.locator("time")).to_have_text("just now")
            await expect(page.locator("#announce")).to_contain_text("Why not")
            assert await page.locator("#main img").count() == 0
            assert complaints == []

    async def test_names_that_turn_the_direction_turn_only_themselves(
        self, lesson: RunningService, hub: Hub
    ) -> None:
        name = "\u202e\u05d0da"
        hub.groups[f"nbgrader-{COURSE}"].add(name)
        async with dashboard(lesson, hub, viewport={"width": 1366, "height": 860}) as (page, complaints):
            await asks(lesson, name, f"\u202e{'w' * 300}", 11)
            line = page.locator("#feed li", has_text="wwww").locator("p")
            await expect(line).to_contain_text("asked the tutor")
            assert await line.evaluate(
                """said => {
                    const behind = said.querySelector("strong").nextSibling;
                    const left = (at) => {
                        const one = document.createRange();
                        one.setStart(behind, at);
                        one.setEnd(behind, at + 1);
                        return one.getBoundingClientRect().left;
                    };
                    return left(1) < left(3);
                }"""
            ), "from left to right, as English is"
            for width in (1366, 390):
                await page.set_viewport_size({"width": width, "height": 860})
                assert await page.evaluate("document.documentElement.scrollWidth") <= width
                assert await line.evaluate("said => said.scrollWidth <= said.clientWidth")
            assert complaints == []

    async def test_the_grading_page_keeps_up_with_the_queue(self, lesson: RunningService, hub: Hub) -> None:
        async with dashboard(lesson, hub) as (page, complaints):
            boxes = lesson.parts.live._boards[COURSE].boxes
            before = set(boxes)

            async def listens() -> bool:
                return bool(boxes - before)

            await page.goto(f"{hub.service_url}{PREFIX}courses/{COURSE}/grading")
            await page.evaluate("window.notReloaded = true")
            waiting = page.locator("#waiting")
            await expect(waiting).to_be_hidden()
            await until(listens)
            async with lesson.parts.db.begin() as conn:
                await submissions.create(
                    conn, course=COURSE, assignment=SECOND, student="hana", files_path="/nowhere", size=1
                )
            await expect(waiting).to_contain_text("1. Hana", timeout=10_000)
            await expect(page.locator("#grading")).to_contain_text("Hana")
            assert await page.evaluate("window.notReloaded") is True
            assert complaints == []

    async def test_dark(self, lesson: RunningService, hub: Hub) -> None:
        async with dashboard(lesson, hub, color_scheme="dark", viewport={"width": 1366, "height": 860}) as (
            page,
            complaints,
        ):
            await shoot(page, "dark")
            background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (
                sum(int(part) for part in background.removeprefix("rgb(").removesuffix(")").split(",")) < 200
            )
            # The API in ReDoc, with everything from here, and nothing that its policy refuses.
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            await page.goto(f"{hub.service_url}{PREFIX}api/redoc")
            await expect(
                page.get_by_role("heading", name="Say whether one's own answer helped")
            ).to_be_visible()
            await expect(page.get_by_role("heading", name="Hand in an assignment")).to_be_visible()
            await page.screenshot(path=SHOTS / "redoc.png")
            assert [url for url in asked if not url.startswith((hub.service_url, "data:"))] == []
            assert complaints == []

    async def test_fits_a_phone(self, lesson: RunningService, hub: Hub) -> None:
        async with dashboard(lesson, hub, viewport={"width": 390, "height": 844}, device_scale_factor=2) as (
            page,
            complaints,
        ):
            await shoot(page, "phone")
            assert await page.evaluate("document.documentElement.scrollWidth") <= 390
            assert complaints == []
