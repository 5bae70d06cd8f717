"""Every page that the table of addresses has: in a browser, by keyboard, and its tables as files."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from seeded import EVIL, FORMULA, LOOKS, WCAG, browsing, fill, violations
from served import Client
from sqlalchemy import update
from stub_hub import COURSE, PREFIX, Hub
from traitlets.config import Config

from learnflow_ext.contracts.alerts import Finding
from learnflow_ext.contracts.events import ExerciseGenerated
from learnflow_ext.exercises.exercise import Example, Exercise
from learnflow_ext.service.handlers.table import TABLE
from learnflow_ext.service.practice_kept import kept
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import (
    alerts,
    insight,
    people,
    practices,
    regrade_requests,
    regradings,
    submissions,
)
from learnflow_ext.store.clock import now
from learnflow_ext.store.lti_given_up import GivenUp
from learnflow_ext.store.models import Grade

SHOTS = Path(os.environ.get("LEARNFLOW_SHOTS", "test-results/service"))
HERE = f"courses/{COURSE}"
PLACES: dict[str, tuple[str, ...]] = {
    "": ("",),
    "api/docs": ("api/docs",),
    "courses/{course}": (f"{HERE}?find=elif",),
    "courses/{course}/me": (f"{HERE}/me",),
    "courses/{course}/now": (f"{HERE}/now",),
    "courses/{course}/now/worked": (f"{HERE}/now/worked?since=0&until=99999999999",),
    "courses/{course}/progress": (f"{HERE}/progress",),
    "courses/{course}/alerts": (f"{HERE}/alerts",),
    "courses/{course}/alerts/raised": (f"{HERE}/alerts/raised?rule=same_error",),
    "courses/{course}/errors": (f"{HERE}/errors",),
    "courses/{course}/errors/students": (f"{HERE}/errors",),
    "courses/{course}/errors/examples": (f"{HERE}/errors",),
    "courses/{course}/students/{student}": (f"{HERE}/students/aisha", f"{HERE}/students/nobody"),
    "courses/{course}/students/{student}/time": (f"{HERE}/students/ada/time",),
    "courses/{course}/people": (f"{HERE}/people",),
    "courses/{course}/mail": (f"{HERE}/mail",),
    "courses/{course}/conversations": (f"{HERE}/conversations",),
    "courses/{course}/grading": (f"{HERE}/grading",),
    "courses/{course}/grading/submissions": (f"{HERE}/grading/submissions?student=aisha",),
    "courses/{course}/grading/points": (f"{HERE}/grading/points?assignment=01-first-steps&tenth=10",),
    "courses/{course}/practice": (f"{HERE}/practice",),
    "courses/{course}/regradings/{regrading}": (f"{HERE}/regradings/1",),
}
"""Each page's address, with something to be seen there; `students/nobody` is how nothing looks."""
LED_TO = {
    "courses/{course}/errors/students": "errors/students",
    "courses/{course}/errors/examples": "errors/examples",
}
"""Whose addresses hold what was found: the first link on the page above that leads there is followed."""
PARTS = {
    "courses/{course}/scores",
    "courses/{course}/feed",
    "courses/{course}/regradings/{regrading}/progress",
}
"""Pieces of a page, which are drawn in it."""
NO_PAGES = {"oauth_callback", "ws", "static/(.*)", "api/redoc"}
"""The last is ReDoc's; `api/docs` says the same, and is ours to keep."""
A_STUDENTS = ("", "courses/{course}/me")
"""What a student opens."""
WITH_CHART = ("/now", "/progress", "/errors", "/grading", "/students/aisha")
PHONE, SCREEN = {"width": 390, "height": 844}, {"width": 1366, "height": 860}
TAB = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
THERE = "America/Costa_Rica"
"""Where the browsers are."""


def pages() -> list[str]:
    """The paths of all routes that a person opens in a browser."""
    return [
        route.path
        for route in TABLE
        if "GET" in route.methods and not route.operations and route.path not in NO_PAGES
    ]


def test_none_is_forgotten() -> None:
    assert set(pages()) == {*PLACES, *PARTS}


@pytest.fixture
def config(config: Config, tmp_path: Path) -> Config:
    """With a deadline, an exam, results that are held back, and an assignment that is graded blind."""
    later = now() + timedelta(days=3)
    (tmp_path / "course" / "course.yaml").write_text(
        f"""\
practice: read first
exams:
- {{from: {later}, until: {later + timedelta(hours=1)}, assignments: [03-quiz-names-and-loops]}}
extra_time:
- {{student: aisha, percent: 25}}
assignments:
- {{name: 01-first-steps, due: {later}}}
- {{name: 02-loops-and-lists, feedback: by_hand}}
- {{name: 03-quiz-names-and-loops, blind: true}}
"""
    )
    return config


async def _given_up(*_: object) -> Sequence[GivenUp]:
    names = (EVIL, "aisha", "ben", "bruno", "chen", "dina")
    return [GivenUp(assignment="01-first-steps", why=f"422: {EVIL}", students=names)]


async def _unsettled(*_: object) -> dict[str, int]:
    return {"01-first-steps": 2}


@pytest.fixture
async def everything(service: RunningService, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> RunningService:
    """A class of 60, and something for each part of each page to show."""
    # Its files are nowhere: what waits here goes on waiting.
    for task in service._tasks:
        if task.get_name() == "grading queue":
            task.cancel()
    hub.admins.add("teacher")
    hub.add("aisha", f"nbgrader-{COURSE}")
    # What a learning platform leaves to do.
    monkeypatch.setattr(service.parts.pass_back, "given_up", _given_up)
    monkeypatch.setattr(service.parts.pass_back, "unsettled", _unsettled)
    await fill(service, 60)
    exercise = Exercise(
        name="practice-loops-1",
        topic="loops",
        difficulty=2,
        title="Even numbers",
        statement="Write `evens(n)`, which gives the even numbers below `n`.",
        examples=(Example("evens(5)", "[0, 2, 4]"),),
        starter="def evens(n):\n",
        reference="def evens(n):\n    return list(range(0, n, 2))\n",
        visible=("assert evens(5) == [0, 2, 4]",),
        hidden=("assert evens(0) == []",),
    )
    async with service.parts.db.begin() as conn:
        mine = await submissions.of_student(conn, COURSE, "aisha")
        await regrade_requests.ask(conn, "aisha", mine[0].submission_id, "The last test is unfair, I think.")
        await conn.execute(update(Grade).where(Grade.id == 1).values(provisional="It looks into __code__."))
        assert await regradings.start(conn, COURSE, mine[-1].assignment, "teacher") == 1
        await submissions.create(
            conn, course=COURSE, assignment="01-first-steps", student="ben", files_path="/nowhere", size=1
        )
        await insight.post_note(conn, COURSE, "Mind the colon.", "teacher")
        asked = Finding(
            trigger="asked_teacher",
            at=now().timestamp(),
            assignment="01-first-steps",
            question="Why does it not stop?",
            code="while True:\n    " + "print('a line that is longer than any phone is wide') # " * 4,
        )
        await alerts.raise_alert(conn, await people.ensure(conn, "ada"), "ada", COURSE, asked, at=now())
        generated = ExerciseGenerated(
            course=COURSE,
            student="aisha",
            name=exercise.name,
            title=exercise.title,
            topic="loops",
            difficulty=2,
            family="evens",
            mutants=5,
            killed=5,
        )
        await practices.given(
            conn, generated, assignment="02-loops-and-lists", made_of=kept(exercise), waits=True
        )
    return service


CONTROLS = """
const KINDS = "a[href], button, input, select, textarea, summary, [tabindex]";
window.controls = () => [...document.querySelectorAll(KINDS)]
    .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({visibilityProperty: true}));
window.shows = (one) => {
    const style = getComputedStyle(one), box = one.getClientRects()[0];
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 && box.width * box.height > 4;
};
window.seen = new Map();
document.addEventListener("focusin", ({target}) => seen.set(target, shows(target)));
"""


async def out_of_reach(page: Page) -> list[str]:
    """Controls that the Tab key does not come to, in their order, and those that do not show that it did."""
    await page.evaluate(CONTROLS)
    count = await page.evaluate("controls().length")
    keyboard = await page.context.new_cdp_session(page)
    # Held down, which is quicker by far than a press for each. A field for a date takes several.
    await asyncio.gather(*(keyboard.send("Input.dispatchKeyEvent", TAB) for _ in range(count + 10)))
    await keyboard.detach()
    found: list[str] = await page.evaluate(
        """() => {
            const all = controls(), wrong = [];
            const say = (why, one) => wrong.push(`${why}: ${one.outerHTML.slice(0, 160)}`);
            for (const one of all) {
                if (!seen.has(one)) say("not reached", one);
                else if (!seen.get(one)) say("not shown", one);
            }
            const order = [...seen.keys()].filter((one) => all.includes(one));
            const astray = order.find((one, at) => one !== all[at]);
            if (astray) say("out of order", astray);
            // As it was, for who looks at it next.
            document.activeElement.blur();
            for (const one of document.querySelectorAll(".scroller")) one.scrollLeft = 0;
            scrollTo(0, 0);
            return wrong;
        }"""
    )
    return found


class TestInABrowser:
    # Two dozen pages on a busy machine.
    @pytest.mark.timeout(300)
    async def test_each_is_accessible_fits_a_phone_and_needs_no_mouse(
        self, everything: RunningService, hub: Hub
    ) -> None:
        wrong: dict[str, list[str]] = {}
        for who, mine in (("teacher", tuple(PLACES)), ("aisha", A_STUDENTS)):
            hub.signs_in = who
            async with browsing(everything, hub, viewport=PHONE, color_scheme="dark", timezone_id=THERE) as (
                page,
                complaints,
            ):
                for path in mine:
                    for place in PLACES[path]:
                        # What the last page says when it is left is not the next one's.
                        await page.goto("about:blank")
                        complaints.clear()
                        if found := await looked_at(page, hub, path, place, who):
                            wrong[f"{place} as {who}"] = found
                        # Of what is not there the browser itself says so.
                        if complaints and not place.endswith("nobody"):
                            wrong[f"{place} as {who}, said"] = list(complaints)
        assert wrong == {}


async def looked_at(page: Page, hub: Hub, path: str, place: str, who: str) -> list[str]:
    """What is wrong with one page for one person: by keyboard, on a phone in the dark, on a screen by day."""
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # width and height
    await page.goto(f"{hub.service_url}{PREFIX}{place}")
    if path in LED_TO:
        leads = page.locator(f'#main a[href*="{LED_TO[path]}"]').first
        await page.goto(str(await leads.evaluate("link => link.href")))
    await expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=30_000)
    if path.endswith("/me"):
        # The browser said where it is, and the page came once more.
        await expect(page.locator("#time-zone")).to_contain_text(THERE)
    charts = page.locator("figure.chart")
    assert await charts.count() == (path not in LED_TO and place.endswith(WITH_CHART)), place
    if await charts.count():
        await expect(charts.locator("svg")).to_be_visible(timeout=30_000)
    # Once more where something is wrong: a page that keeps up with the class may have drawn a part anew.
    found = await out_of_reach(page) and await out_of_reach(page)
    shot = (LED_TO.get(path) or place).partition("?")[0].replace("/", "-") or "home"
    shot += "" if who == "teacher" else f"-{who}"
    # What hangs on neither colours nor width is found once.
    for name, size, scheme, rules in (
        ("phone-dark", PHONE, "dark", WCAG),
        ("light", SCREEN, "light", LOOKS),
    ):
        await page.set_viewport_size(size)  # type: ignore[arg-type]  # width and height
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two
        await page.screenshot(path=SHOTS / f"page-{shot}-{name}.png")
        found += [f"{name}: {one}" for one in await violations(page, rules)]
        width = await page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            found.append(f"{name}: {width} wide")
    return found


class TestTables:
    async def test_each_is_a_file_that_no_spreadsheet_takes_for_formulas(
        self, everything: RunningService, ask: Client
    ) -> None:
        cells: set[str] = set()
        tables = 0
        for path, places in PLACES.items():
            for place in places:
                html = (await ask(place, "teacher")).body.decode()
                if path in LED_TO:
                    links = re.findall(rf'href="{PREFIX}([^"]+{LED_TO[path]}[^"]+)"', html)
                    place = links[0].replace("&amp;", "&")
                    html = (await ask(place, "teacher")).body.decode()
                for section in re.split(r"<section", html):
                    if "<table" not in section:
                        continue
                    tables += 1
                    found = re.search(r'class="csv" href="([^"]+)" download', section)
                    assert found, f"{place}: {section[:200]}"
                    link = found.group(1).replace("&amp;", "&")
                    answer = await ask(
                        link.removeprefix(PREFIX) if link[0] == "/" else place + link, "teacher"
                    )
                    assert answer.code == 200, (place, link)
                    assert answer.headers["Content-Type"].startswith("text/csv"), (place, link)
                    rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
                    shown = section.partition("<tbody>")[2].count("<tr>")
                    assert len(rows) > shown >= 1, (place, link)
                    assert len({len(row) for row in rows}) == 1, (place, link)
                    cells |= {cell for row in rows for cell in row}
        assert tables > 20
        assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")] == []
        assert f"'{FORMULA}" in cells
