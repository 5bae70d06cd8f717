"""Who is in a course, changed by its teacher: at the hub, on record, and in a browser."""

from __future__ import annotations

import csv
import io
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.async_api import async_playwright, expect
from seeded import photographed
from served import Client
from stub_hub import COURSE, PREFIX, Hub
from tornado.httpclient import HTTPResponse
from traitlets.config import Config

from learnflow_ext.service.running import RunningService
from learnflow_ext.store import eventlog, people

CHROMIUM = "/usr/bin/chromium"
SHOTS = Path(os.environ.get("LEARNFLOW_SHOTS", "test-results/service"))
PAGE = f"courses/{COURSE}/people"
EVIL = '"><img src=x onerror=alert(1)>'
STUDENTS, ASSISTANTS, TEACHERS = f"nbgrader-{COURSE}", f"assistant-{COURSE}", f"formgrade-{COURSE}"


@pytest.fixture
def school(hub: Hub) -> Hub:
    """The hub, with the course's three groups, and people who are in no course yet."""
    hub.groups.setdefault(ASSISTANTS, set())
    for name in ("zoe", "yan", "wim"):
        hub.add(name)
    return hub


async def wishes(
    ask: Client, who: str = "teacher", path: str = f"{PAGE}/preview", **form: str
) -> HTTPResponse:
    return await ask(path, who, raw=urlencode(form).encode(), headers={"HX-Request": "true"})


async def does(ask: Client, who: str = "teacher", **form: str) -> HTTPResponse:
    """Looks first, then presses the button."""
    shown = (await wishes(ask, who, **form)).body.decode()
    seen = re.search(r'name="seen" value="(\w+)"', shown)
    assert seen, shown
    return await wishes(ask, who, PAGE, **form, seen=seen.group(1))


async def recorded(service: RunningService) -> list[tuple[str, str, str]]:
    async with service.parts.db.connect() as conn:
        return [
            (entry.student, str(entry.data["role"]), str(entry.data["was"]))
            for entry in await eventlog.tail(conn, course=COURSE, limit=1000)
            if entry.type == "org.learnflow.membership.changed.v1"
        ]


class TestATeacher:
    async def test_sees_everybody_and_looks_before_anything_happens(self, ask: Client, school: Hub) -> None:
        page = (await ask(PAGE, "teacher")).body.decode()
        assert "Show what would change" in page
        text = (await ask(f"{PAGE}?format=csv", "teacher")).body.decode("utf-8-sig")
        rows = [(row["User"], row["Role"]) for row in csv.DictReader(io.StringIO(text))]
        assert rows == [("teacher", "teacher"), ("ada", "student"), ("ben", "student")]
        roster = "user,role\nzoe,\nben,assistant\nada,student\nnobody,\n"
        shown = (await wishes(ask, roster=roster)).body.decode()
        assert "zoe becomes a student." in shown
        assert "ben becomes an assistant, and was a student." in shown
        assert "1 is what they should be already." in shown
        assert "The hub does not know nobody," in shown
        assert school.groups == {
            **school.groups,
            STUDENTS: {"ada", "ben"},
            ASSISTANTS: set(),
            TEACHERS: {"teacher"},
        }

    async def test_adds_changes_and_removes_and_it_counts_at_once_and_is_on_record(
        self, ask: Client, service: RunningService, school: Hub
    ) -> None:
        scores = f"api/courses/{COURSE}/scores"
        assert (await ask(scores, "ben")).code == 403
        assert (await ask(f"api/courses/{COURSE}/assignments", "ada")).code == 200
        answer = await does(
            ask, roster="user,role\r\nzoe,\r\nben,assistant\r\nteacher,teacher\r\n", only="on"
        )
        assert (answer.code, answer.headers["HX-Redirect"].endswith("people?done=3")) == (204, True)
        assert (school.groups[STUDENTS], school.groups[ASSISTANTS]) == ({"zoe"}, {"ben"})
        assert (await ask(scores, "ben")).code == 200
        assert (await ask(f"api/courses/{COURSE}/assignments", "ada")).code == 403
        assert (await does(ask, user="zoe", role="")).code == 204
        assert school.groups[STUDENTS] == set()
        assert sorted((await recorded(service))[:3]) == [
            ("ada", "", "student"),
            ("ben", "assistant", "student"),
            ("zoe", "student", ""),
        ]
        assert (await recorded(service))[3:] == [("zoe", "", "student")]
        async with service.parts.db.begin() as conn:
            (entry, *_) = await eventlog.tail(conn, student="zoe", limit=5)
            assert entry.data["by"] == await people.pseudonym(conn, "teacher")
        again = (await wishes(ask, user="zoe", role="student")).body.decode()
        assert "zoe becomes a student." in again

    async def test_is_told_each_mistake_and_gets_only_what_was_shown(
        self, ask: Client, service: RunningService, school: Hub
    ) -> None:
        roster = f"user,role\nzoe,boss\nzoe,student\n{EVIL.replace(',', '')},student\n"
        for path in (PAGE, f"{PAGE}/preview"):
            answer = await wishes(ask, path=path, roster=roster)
            shown = answer.body.decode()
            assert answer.code == 422
            assert "2 lines have mistakes" in shown
            assert "Line 2: " in shown and "Line 4: " in shown and "<img" not in shown
        for form, words in (
            ({"user": "", "role": "student"}, "Write a name"),
            ({"user": "Zoe", "role": "student"}, "no user name"),
            ({"user": "zoe", "role": "admin"}, "no role"),
            ({"user": "zoe", "role": ""}, "not in this course"),
            ({"user": "teacher", "role": "student"}, "your own role"),
            ({"user": "teacher", "role": ""}, "your own role"),
            ({"roster": "user\nzoe", "only": "on"}, "your own role"),
        ):
            answer = await wishes(ask, **form)
            assert (answer.code, words in answer.body.decode()) == (422, True), form
        assert school.groups[STUDENTS] == {"ada", "ben"}
        assert await recorded(service) == []
        # Nor is anything done that was not shown.
        assert (await wishes(ask, path=PAGE, user="zoe", role="student", seen="made-up")).code == 200
        assert "zoe" not in school.groups[STUDENTS]
        shown = (await wishes(ask, roster="user\nteacher\nzoe".replace("teacher\n", "ada\n"))).body.decode()
        seen = re.search(r'name="seen" value="(\w+)"', shown)
        assert seen
        # A colleague was faster.
        school.groups[ASSISTANTS].add("zoe")
        answer = await wishes(ask, path=PAGE, roster="user\nada\nzoe", seen=seen.group(1))
        assert "The course has changed since you looked" in answer.body.decode()
        assert "zoe becomes a student, and was an assistant." in answer.body.decode()
        assert "zoe" not in school.groups[STUDENTS]

    async def test_reaches_no_other_course_and_no_hub_account_and_nobody_else_reaches_this_one(
        self, ask: Client, school: Hub
    ) -> None:
        school.add("asa", ASSISTANTS)
        for who in ("ada", "asa", "eve", "root"):
            for path in (PAGE, f"{PAGE}/preview"):
                assert (await wishes(ask, who, path, user=who, role="teacher")).code == 403
            assert (await ask(PAGE, who)).code == 403
            assert who not in school.groups[TEACHERS]
        before = {name: set(users) for name, users in school.groups.items() if not name.endswith(COURSE)}
        for course in ("other", "elsewhere", "python-basics%2F..%2Fother"):
            answer = await wishes(ask, path=f"courses/{course}/people", user="zoe", role="teacher")
            assert answer.code in (403, 404), course
        await does(ask, user="zoe", role="teacher")
        assert {n: u for n, u in school.groups.items() if not n.endswith(COURSE)} == before
        assert school.admins == {"root"}
        changed = {path for path in school.asked if path.endswith("/users")}
        assert changed == {f"/hub/api/groups/{TEACHERS}/users"}


async def test_a_hub_that_refuses_or_is_silent_is_told_in_a_sentence(
    ask: Client, service: RunningService, school: Hub
) -> None:
    school.fixed = True
    answer = await does(ask, user="zoe", role="student")
    assert answer.code == 409
    assert "start the hub again" in answer.body.decode()
    # What did not happen is taken back on the record.
    assert await recorded(service) == [("zoe", "student", ""), ("zoe", "", "student")]
    school.broken = True
    answer = await wishes(ask, user="zoe", role="student")
    assert (answer.code, "Traceback" in answer.body.decode()) == (503, False)


async def test_groups_that_are_managed_elsewhere_are_shown_and_left_alone(
    config: Config, start: Any, school: Hub
) -> None:
    config.GenericOAuthenticator.manage_groups = True
    client = Client(await start(), school)
    page = (await client(PAGE, "teacher")).body.decode()
    assert "managed by the login system" in page
    assert "ada" in page and "Show what would change" not in page
    assert (await wishes(client, user="zoe", role="student")).code == 403
    assert "zoe" not in school.groups[STUDENTS]
    client.http.close()


async def test_in_the_browser(service: RunningService, school: Hub) -> None:
    school.groups[STUDENTS].add(EVIL)
    school.service_url = f"http://127.0.0.1:{service.port}"
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1366, "height": 860})
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{school.service_url}{PREFIX}{PAGE}")
        await expect(page.locator("#people")).to_contain_text(EVIL)
        await page.get_by_label("A CSV file").set_input_files(
            {"name": "class.csv", "mimeType": "text/csv", "buffer": b"user,role\nzoe,\nyan,boss\n"}
        )
        text = page.locator("#roster-text")
        await expect(text).to_have_value("user,role\nzoe,\nyan,boss\n")
        look = page.get_by_role("button", name="Show what would change").last
        await look.click()
        await expect(page.locator("#preview")).to_contain_text("Line 3: 'boss' is no role")
        complaints.clear()  # the browser itself notes the 422
        await text.fill("user,role\nzoe,\nyan,assistant\nnobody,\n")
        await look.click()
        await expect(page.locator("#preview")).to_contain_text("yan becomes an assistant.")
        assert await photographed(page, SHOTS / "people", "light", "dark-phone") == []
        await page.get_by_role("button", name="Do it").click()
        await expect(page.locator(".said")).to_have_text("2 people were changed.")
        await page.locator("#people tr", has_text="yan").get_by_role("link", name="Change").click()
        await expect(page.get_by_label("User name, as they sign in with")).to_have_value("yan")
        await expect(page.get_by_label("Role in this course")).to_have_value("assistant")
        assert await page.locator("main img").count() == 0
        assert complaints == []
        await browser.close()
    assert (school.groups[STUDENTS], school.groups[ASSISTANTS]) == ({"ada", "ben", "zoe", EVIL}, {"yan"})
