"""A made-up class in a running service, and a teacher's browser in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import axe_playwright_python
import msgspec
from playwright.async_api import Page, async_playwright
from stub_hub import COURSE, PREFIX, Hub

from learnflow_ext.cli.made_class import exercises_in
from learnflow_ext.service import made_class
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import alerts, courses, seed
from learnflow_ext.store.clock import now

CHROMIUM = "/usr/bin/chromium"
SOURCE = Path(__file__).parents[2] / "notebooks" / COURSE
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
EVIL = "<img src=x onerror=alert(1)>"
FORMULA = "=cmd|'calc'!A1"
MODULES = len(exercises_in(SOURCE))


async def fill(service: RunningService, count: int) -> None:
    """Write a made-up class, with somebody in it whose name is markup, and another whose is a formula."""
    assignments = exercises_in(SOURCE)
    made = made_class.students(count, assignments, now())
    for place, name in ((1, EVIL), (2, FORMULA)):
        made[place] = msgspec.structs.replace(
            made[place],
            name=name,
            events=tuple((at, msgspec.structs.replace(e, student=name)) for at, e in made[place].events),
        )
    async with service.parts.db.begin() as conn:
        for info in assignments:
            await courses.sync_assignment(
                conn,
                COURSE,
                info.assignment,
                info.title,
                [(one.notebook, one.name, one.max_score) for one in info.exercises],
            )
        await seed.write(conn, COURSE, made)
        if not await alerts.of_course(conn, COURSE):
            raise AssertionError("the made-up class has no open alert")


@asynccontextmanager
async def browsing(
    service: RunningService, hub: Hub, **options: Any
) -> AsyncIterator[tuple[Page, list[str]]]:
    """The browser of who `hub.signs_in`, the teacher, and what it complained about."""
    hub.service_url = f"http://127.0.0.1:{service.port}"
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        context = await browser.new_context(bypass_csp=False, **options)
        page = await context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{hub.service_url}{PREFIX}courses/{COURSE}/now")
        yield page, complaints
        await browser.close()


WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
LOOKS = ("color-contrast", "target-size", "link-in-text-block", "scrollable-region-focusable")
"""What hangs on colours and on how wide the window is."""


SIZES = {"light": (1366, 860), "dark": (1366, 860), "dark-phone": (390, 844)}


async def photographed(page: Page, place: Path, *looks: str) -> list[str]:
    """Pictures `place`-look.png in these looks of `SIZES`; what axe finds there, and what is too wide."""
    found = []
    for look in looks:
        width, height = SIZES[look]
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme="dark" if "dark" in look else "light")
        await page.screenshot(path=place.with_name(f"{place.name}-{look}.png"), full_page=True)
        found += [f"{look}: {each}" for each in await violations(page)]
        if await page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{look}: wider than {width} px")
    return found


async def violations(page: Page, rules: tuple[str, ...] = WCAG) -> list[str]:
    """What axe finds against WCAG 2.2 AA, or against some of its rules, a line each."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(
        """async (runOnly) => {
            const {violations} = await axe.run(document, {runOnly, resultTypes: ["violations"]});
            return violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 200)}`));
        }""",
        list(rules),
    )
    return found
