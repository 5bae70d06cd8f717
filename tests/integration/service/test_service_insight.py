"""The teacher's pages over a made-up class of 60: content, links, files, access, and what a browser shows."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import expect
from seeded import EVIL, MODULES, SOURCE, browsing, fill
from served import ASSIGNMENT, Client, problem
from sqlalchemy import update
from stub_hub import COURSE, PREFIX, Hub

from learnflow_ext.cli.made_class import exercises_in
from learnflow_ext.contracts.alerts import Alert, Finding
from learnflow_ext.contracts.runs import RunReport
from learnflow_ext.service import made_class, words
from learnflow_ext.service.handlers.board import PAGE
from learnflow_ext.service.running import RunningService
from learnflow_ext.service.views.alerts import trigger_name
from learnflow_ext.store import alerts, insight, people, runs, submissions
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import Submission

PAGES = (
    *("now", "now/worked?since=0&until=99999999999", "alerts", "alerts/raised?rule=same_error", "progress"),
    *("errors", "conversations", "grading", "grading/submissions?student=aisha", "mail", "students/aisha"),
)
EXERCISES = sum(len(info.exercises) for info in exercises_in(SOURCE))

TABLES = [
    ("", "scores", 2 + 3 * MODULES + EXERCISES),
    ("now", "now", 6),
    ("now", "activity", 4),
    ("now/worked?since=0&until=99999999999", "worked", 5),
    ("alerts", "alerts", 9),
    ("alerts/raised", "alerts", 9),
    ("alerts", "precision", 5),
    ("progress", "progress", 2 + MODULES),
    ("progress", "weeks", 4),
    ("progress", "estimates", 7),
    ("errors", "errors", 5),
    ("conversations", "conversations", 7),
    ("grading", "grading", 8),
    ("grading", "points", 2),
    ("grading/submissions?student=aisha", "submissions", 9),
    ("grading/points?assignment=01-first-steps&tenth=10", "points", 4),
    ("students/aisha", "timeline", 2),
    ("students/aisha", "topics", 7),
    ("students/aisha", "history", 1 + MODULES),
]
"""Page, table, number of columns."""


@pytest.fixture
async def full(service: RunningService) -> RunningService:
    await fill(service, 60)
    return service


class TestMadeClass:
    def test_is_the_same_each_time_and_everybody_is_different(self) -> None:
        assignments, moment = exercises_in(SOURCE), now()
        first, again = (made_class.students(60, assignments, moment) for _ in range(2))
        assert first == again
        assert len({one.name for one in first}) == 60
        assert made_class.students(3, assignments, moment) == first[:3]

    def test_is_lifelike(self) -> None:
        made = made_class.students(60, exercises_in(SOURCE), now())
        runs = [run for one in made for run in one.runs]
        assert 0.2 < sum(bool(run.error) for run in runs) / len(runs) < 0.7
        assert len({level for one in made for level in one.levels.values()}) >= 3
        assert {len(one.submissions) for one in made} > {2, 3}


class TestPages:
    async def test_a_teacher_reads_them_and_nobody_else(self, full: RunningService, ask: Client) -> None:
        for page in PAGES:
            answer = await ask(f"courses/{COURSE}/{page}", "teacher")
            assert answer.code == 200, page
            html = answer.body.decode()
            assert EVIL not in html, f"markup in a name is text, on {page} too"
            for stranger in ("ada", "eve"):
                refused = await ask(f"courses/{COURSE}/{page}", stranger)
                assert refused.code == 403, page
                assert "aisha" not in refused.body.decode(), page
            assert (await ask(f"courses/{COURSE}/{page}")).code == 302, page

    async def test_every_link_leads_somewhere(self, full: RunningService, ask: Client) -> None:
        followed: set[str] = set()
        for page in PAGES:
            html = (await ask(f"courses/{COURSE}/{page}", "teacher")).body.decode()
            links = {
                link.partition("#")[0].replace("&amp;", "&")
                for link in re.findall(r'href="([^"]+)"', html)
                if link.startswith(f"{PREFIX}courses/")
            }
            assert links, page
            for link in sorted(links - followed)[:40]:
                answer = await ask(link.removeprefix(PREFIX), "teacher")
                assert answer.code == 200, f"{link} on {page}"
            followed |= links

    async def test_every_table_is_a_file_too(self, full: RunningService, ask: Client) -> None:
        for page, table, columns in TABLES:
            await self.downloads(ask, page, table, columns)

    async def downloads(self, ask: Client, page: str, table: str, columns: int) -> None:
        joint = "&" if "?" in page else "?"
        address = f"courses/{COURSE}/{page}".rstrip("/")
        answer = await ask(f"{address}{joint}format=csv&table={table}", "teacher")
        assert answer.headers["Content-Type"].startswith("text/csv"), (page, table)
        rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
        assert {len(row) for row in rows} == {columns}, (page, table)
        assert len(rows) > 1, (page, table)
        if table == "progress":
            assert len([row for row in rows if row[1]]) > 50, "all of the class, not one page"

    async def test_the_newest_comes_first_whoever_it_is_of(self, full: RunningService, ask: Client) -> None:
        for page, column in (("conversations", "Asked"), ("grading", "Handed in"), ("alerts", "Raised")):
            file = (await ask(f"courses/{COURSE}/{page}?format=csv", "teacher")).body.decode("utf-8-sig")
            times = [row[column] for row in csv.DictReader(io.StringIO(file))]
            assert len(times) > 10
            assert times == sorted(times, reverse=True), page

    async def test_the_overview_goes_over_pages_and_finds_names(
        self, full: RunningService, ask: Client
    ) -> None:
        address = f"courses/{COURSE}"
        first = (await ask(address, "teacher")).body.decode()
        assert "Page 1 of 2" in first and 'rel="next"' in first
        assert first.count('<th scope="row"') == 50
        second = (await ask(f"{address}/scores?page=2", "teacher")).body.decode()
        assert "Page 2 of 2" in second and 'rel="prev"' in second
        assert 10 <= second.count('<th scope="row"') <= 15, "the rest, those on the roll among them"
        beyond = (await ask(f"{address}?page=99", "teacher")).body.decode()
        assert "no students on this page" in beyond
        found = (await ask(f"{address}?find=AISHA", "teacher")).body.decode()
        assert "Aisha" in found and "Page 1" not in found
        nobody = (await ask(f"{address}?find=%3Cimg%20src%3Dy%3E", "teacher")).body.decode()
        assert "Nobody is called" in nobody and "<img src=y>" not in nobody
        scores = json.loads((await ask(f"api/courses/{COURSE}/scores", "teacher")).body)
        assert len(scores["students"]) > 50, "a program gets all of them"

    async def test_an_error_is_opened_and_its_examples_name_nobody(
        self, full: RunningService, ask: Client
    ) -> None:
        async with full.parts.db.begin() as conn:
            told = RunReport(
                run_id="names-herself",
                notebook=f"{COURSE}/02-loops-and-lists/02-loops-and-lists.ipynb",
                course=COURSE,
                assignment="02-loops-and-lists",
                cell_id="test-ends",
                ok=False,
                exception="KeyError",
                message="'Aisha'",
                duration_ms=3,
                finished_at=0.0,
            )
            await runs.record_batch(conn, "aisha", [told])
        html = (await ask(f"courses/{COURSE}/errors", "teacher")).body.decode()
        assert "ends in Loops and lists" in html, "by exercise, not by notebook"
        links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', html)]
        opened = next(link for link in links if "errors/examples" in link and "KeyError" in link)
        examples = (await ask(opened.removeprefix(PREFIX), "teacher")).body.decode()
        assert "&#39;someone&#39;" in examples and "aisha" not in examples.lower()
        who = next(link for link in links if "errors/students" in link and "KeyError" in link)
        assert "aisha" in (await ask(who.removeprefix(PREFIX), "teacher")).body.decode()
        assert (await ask(opened.removeprefix(PREFIX), "ada")).code == 403

    async def test_the_grading_page_says_how_far_events_are_behind(
        self, service: RunningService, ask: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def behind(conn: object) -> insight.Lag:
            return insight.Lag(waiting=1234, oldest_s=75.4)

        monkeypatch.setattr(insight, "lag", behind)
        html = (await ask(f"courses/{COURSE}/grading", "teacher")).body.decode()
        assert "<dt>Events still on their way</dt><dd>1,234</dd>" in html
        assert "<dt>The oldest of them waits for</dt><dd>75 s</dd>" in html

    async def test_a_page_that_is_no_number_and_a_student_who_is_nobody(
        self, full: RunningService, ask: Client
    ) -> None:
        for page in ("0", "-1", "x", "9" * 30):
            assert (await ask(f"courses/{COURSE}/progress?page={page}", "teacher")).code in (200, 400)
        assert (await ask(f"courses/{COURSE}/students/nobody", "teacher")).code == 404
        assert (await ask(f"courses/{COURSE}/progress?format=csv&table=x", "teacher")).code == 404


class TestNumbers:
    """Each leads to what it is made of."""

    ALLOWED: tuple[str, ...] = (
        *("Hint, step", "Known before, %", "Learnt by an attempt, %", "Right without knowing, %"),
        "Wrong though known, %",
    )
    """No counts: a place on a ladder, and what was fitted to the answers."""

    async def test_none_is_without_a_link(self, full: RunningService, ask: Client) -> None:
        dead: list[str] = []
        for page in {"", *PAGES} - {"grading/submissions?student=aisha"}:
            html = (await ask(f"courses/{COURSE}/{page}".rstrip("/"), "teacher")).body.decode()
            for table in re.findall(r"<table.*?</table>", html, re.DOTALL):
                heads = re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", table)
                for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL):
                    for place, (kind, cell) in enumerate(
                        re.findall(r"<t[hd][^>]*class=\"kind-(\w+)\">(.*?)</t[hd]>", row, re.DOTALL)
                    ):
                        number = kind in ("number", "share") and re.search(r">?\s*\d", cell)
                        if number and "<a " not in cell and heads[place] not in self.ALLOWED:
                            dead.append(f"{heads[place]} on {page}: {cell}")
            dead += [
                f"{name} on {page}: {value}"
                for name, value in re.findall(r"<dt>(.*?)</dt><dd>(\d.*?)</dd>", html)
                if value != "0" and name not in ("Events still on their way", "From", "To")
            ]
        assert dead == []

    async def rows(self, ask: Client, link: str) -> list[dict[str, str]]:
        joint = "&" if "?" in link else "?"
        text = (await ask(f"{link.partition('#')[0]}{joint}format=csv", "teacher")).body.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    async def test_of_a_rule_leads_to_its_alerts(self, full: RunningService, ask: Client) -> None:
        async with full.parts.db.connect() as conn:
            figures = await alerts.precision(conn, COURSE)
        assert any(one.helpful and one.false for one in figures)
        for one in figures:
            link = f"courses/{COURSE}/alerts/raised?rule={one.trigger}"
            assert len(await self.rows(ask, link)) == one.raised
            for judged, count in (
                ("helpful", one.helpful),
                ("false", one.false),
                ("yes", one.helpful + one.false),
            ):
                assert len(await self.rows(ask, f"{link}&judged={judged}")) == count, (one, judged)
        for nonsense in ("rule=x", "judged=x", "rule=same_error&judged=%3Cb%3E"):
            assert (await ask(f"courses/{COURSE}/alerts/raised?{nonsense}", "teacher")).code == 400

    async def test_of_a_week_leads_to_who_worked_in_it(self, full: RunningService, ask: Client) -> None:
        html = (await ask(f"courses/{COURSE}/progress", "teacher")).body.decode()
        weeks = html[html.index('id="weeks"') :]
        found = re.findall(r'href="([^"]+now/worked[^"]+)">(\d+)</a>', weeks)
        assert len(found) >= 3 * 4, "four weeks, with students, runs and failed runs"
        for link, number in found[:3:3] + found[3:6:3]:
            rows = await self.rows(ask, link.removeprefix(PREFIX).replace("&amp;", "&"))
            assert len(rows) == int(number)
        for nonsense in ("", "since=1", "since=x&until=5", "since=-1&until=5", "since=1&until=" + "9" * 30):
            assert (await ask(f"courses/{COURSE}/now/worked?{nonsense}", "teacher")).code == 400

    async def test_of_points_leads_to_the_points_of_each_exercise(
        self, full: RunningService, ask: Client
    ) -> None:
        (one, *_) = await self.rows(ask, f"courses/{COURSE}/grading/submissions?student=aisha")
        parts = [part.rpartition(" ")[2].split("/") for part in one["Made of"].split(", ")]
        assert one["Points"].split("/") == [
            words.points(sum(float(part[place]) for part in parts)) for place in (0, 1)
        ]
        assert one["Assignment"] in {info.title for info in exercises_in(SOURCE)}, "as people call it"
        for state in ("waiting", "failed", "check"):
            await self.rows(ask, f"courses/{COURSE}/grading/submissions?state={state}")
        assert (await ask(f"courses/{COURSE}/grading/submissions?state=x", "teacher")).code == 400


class TestAlerts:
    async def test_how_often_a_rule_was_right_is_shown_to_admins_without_names(
        self, full: RunningService, ask: Client
    ) -> None:
        home = (await ask("", "root")).body.decode()
        assert "How often each rule about who is stuck was right" in home
        async with full.parts.db.connect() as conn:
            rules = [one.trigger for one in await alerts.precision(conn, COURSE)]
        assert rules and all(trigger_name(rule) in home for rule in rules)
        assert "aisha" not in home.lower()
        assert "How often each rule" not in (await ask("", "teacher")).body.decode()
        assert (await ask(f"courses/{COURSE}/alerts", "root")).code == 403

    async def test_are_marked_by_a_teacher_of_the_course_only(
        self, full: RunningService, ask: Client
    ) -> None:
        listed = await ask(f"api/alerts?course={COURSE}", "teacher")
        first = msgspec.json.decode(listed.body, type=list[Alert])[0]
        address = f"courses/{COURSE}/alerts/{first.alert_id}"
        for stranger in ("ada", "eve"):
            assert (await ask(f"{address}?as=false", stranger, raw=b"")).code == 403
            assert (await ask(f"api/alerts?course={COURSE}", stranger)).code == 403
        assert (await ask(f"{address}?as=guilty", "teacher", raw=b"")).code == 400
        assert (await ask(f"courses/{COURSE}/alerts/nothing?as=false", "teacher", raw=b"")).code == 404
        assert (await ask(f"{address}?as=helpful", "teacher", raw=b"")).code == 200
        left = msgspec.json.decode(
            (await ask(f"api/alerts?course={COURSE}", "teacher")).body, type=list[Alert]
        )
        assert first.alert_id not in [alert.alert_id for alert in left]


class TestNotes:
    async def test_a_note_is_kept_as_text(self, full: RunningService, ask: Client) -> None:
        posted = await ask(f"courses/{COURSE}/errors", "teacher", raw=b"text=Mind+the+%3Cb%3Ecolon%3C%2Fb%3E")
        assert "Mind the &lt;b&gt;colon" in posted.body.decode()
        assert (await ask(f"courses/{COURSE}/errors", "ada", raw=b"text=hello")).code == 403

    @pytest.mark.parametrize("body", [b"", b"text=", b"text=+++", b"text=" + b"x" * 1001, b"\xff\xfe"])
    async def test_an_empty_or_endless_one_is_refused(
        self, full: RunningService, ask: Client, body: bytes
    ) -> None:
        assert (await ask(f"courses/{COURSE}/errors", "teacher", raw=body)).code == 400


class TestKnowledge:
    async def test_p_known_is_fitted_to_a_large_class(self, full: RunningService, ask: Client) -> None:
        page = f"courses/{COURSE}/progress"
        fresh = (await ask(page, "teacher")).body.decode()
        assert "fitted to this class" not in fresh, "nobody was there at the start"
        assert "0 of" not in fresh, "which alone says nothing"
        student = f"api/progress/aisha?course={COURSE}"
        before = json.loads((await ask(student, "teacher")).body)["topics"]
        await full.parts.skills.refresh(full.parts.db, [COURSE])
        fitted = (await ask(page, "teacher")).body.decode()
        assert fitted.count("fitted to this class") == made_class.WEEKS
        after = json.loads((await ask(student, "teacher")).body)["topics"]
        assert [one["mastery"] for one in after] == [one["mastery"] for one in before]
        assert [one["known"] for one in after] != [one["known"] for one in before]


class TestAStudentsOwnPage:
    async def test_says_where_they_stand_and_what_the_teacher_sees(
        self, full: RunningService, ask: Client, hub: Hub
    ) -> None:
        async with full.parts.db.connect() as conn:
            stuck = (await alerts.of_course(conn, COURSE))[0].student
        hub.add(stuck, f"nbgrader-{COURSE}")
        await ask(f"courses/{COURSE}/errors", "teacher", raw=b"text=Mind+the+colon")
        page = (await ask(f"courses/{COURSE}/me", stuck)).body.decode()
        for said in (
            "Your teacher was told",
            "What your teacher can see",
            "Mind the colon",
            "Next step",
            "First steps",
        ):
            assert said in page
        assert "False alarm" not in page
        progress = json.loads((await ask(f"api/progress/{stuck}?course={COURSE}", stuck)).body)
        assert len(progress["topics"]) == MODULES
        assert progress["alerts"] and progress["notes"] == ["Mind the colon"]
        zoned = await ask(f"api/progress/{stuck}?course={COURSE}&time_zone=Mars%2FOlympus", stuck)
        assert zoned.code == 200

    async def test_a_holiday_in_the_courses_file_breaks_no_row_of_days(
        self, service: RunningService, ask: Client, tmp_path: Path
    ) -> None:
        """From `course.yaml` to the numbers that the page and the panel in JupyterLab show."""
        today = now()
        async with service.parts.db.begin() as conn:
            for days_ago in (4, 1):
                made = await submissions.create(
                    conn, course=COURSE, assignment=ASSIGNMENT, student="ada", files_path="/x", size=1
                )
                await conn.execute(
                    update(Submission)
                    .where(Submission.submission_id == made.submission_id)
                    .values(submitted_at=today - timedelta(days=days_ago))
                )

        async def rows() -> tuple[int, int]:
            page = (await ask(f"courses/{COURSE}/me", "ada")).body.decode()
            panel = json.loads((await ask(f"api/progress?course={COURSE}", "ada")).body)
            shown = re.findall(r"<dd>(\d+)</dd>", page)
            assert shown == [str(panel["streak_days"]), str(panel["longest_streak_days"])]
            return panel["streak_days"], panel["longest_streak_days"]

        assert await rows() == (1, 1)
        first, last = ((today - timedelta(days=days)).date() for days in (3, 2))
        file = tmp_path / "course" / "course.yaml"
        file.write_text(f"holidays:\n- {{first: {first}, last: {last}}}\n")
        assert await rows() == (2, 2)
        file.write_text(f"holidays:\n- {first}\n")
        assert await rows() == (1, 1)

    async def test_days_are_those_of_the_students_own_time_zone(
        self, service: RunningService, ask: Client
    ) -> None:
        """Two hours of one day in UTC, which the settings say, are an evening and an afternoon elsewhere."""
        yesterday = (now() - timedelta(days=1)).replace(minute=0)
        async with service.parts.db.begin() as conn:
            for hour in (1, 23):
                made = await submissions.create(
                    conn, course=COURSE, assignment=ASSIGNMENT, student="ada", files_path="/x", size=1
                )
                await conn.execute(
                    update(Submission)
                    .where(Submission.submission_id == made.submission_id)
                    .values(submitted_at=yesterday.replace(hour=hour))
                )

        async def seen() -> set[tuple[str, ...]]:
            """Days in a row: on the student's page, in JupyterLab's panel, and on the teacher's page."""
            pages = [
                (await ask(f"courses/{COURSE}/{page}", who)).body.decode()
                for page, who in (("me", "ada"), ("students/ada", "teacher"))
            ]
            panel = json.loads((await ask(f"api/progress?course={COURSE}", "ada")).body)
            kept = re.findall(r'data-zone="([^"]*)"', pages[0])
            return {
                (*kept, *re.findall(r"<dd>(\d+)</dd>", pages[0])),
                (*kept, str(panel["streak_days"]), str(panel["longest_streak_days"])),
                (*kept, *re.findall(r"[sS]treak, days</dt>\s*<dd[^>]*>(?:<a[^>]*>)?(\d+)<", pages[1])),
            }

        assert await seen() == {("UTC", "1", "1")}
        assert (await ask("api/time-zone", "ada", body={"time_zone": "America/Costa_Rica"})).code == 200
        assert await seen() == {("America/Costa_Rica", "2", "2")}
        for name in ("Mars/Olympus", "", "../../etc/passwd", "Europe", "x" * 300, "Europe/Berlin\0", "<b>"):
            refused = await ask("api/time-zone", "ada", body={"time_zone": name})
            assert (refused.code, problem(refused).message[:35]) == (
                400,
                "There is no time zone of that name.",
            )
        # That was the student's own; another one's is theirs.
        assert (await ask("api/time-zone", "teacher", body={"time_zone": "Asia/Tokyo"})).code == 200
        assert await seen() == {("America/Costa_Rica", "2", "2")}

    async def test_is_for_members_of_the_course(self, full: RunningService, ask: Client) -> None:
        assert (await ask(f"courses/{COURSE}/me", "eve")).code == 403
        assert (await ask(f"courses/{COURSE}/me", "ada")).code == 200


class TestInABrowser:
    async def test_class_now_and_open_alerts_follow_what_happens(
        self, full: RunningService, hub: Hub
    ) -> None:
        failed = [
            RunReport(
                run_id=f"zoe-{number}",
                notebook="a.ipynb",
                course=COURSE,
                assignment=ASSIGNMENT,
                cell_id="cell",
                ok=False,
                exception="RecursionError",
                duration_ms=1,
                finished_at=now().timestamp(),
            )
            for number in range(3)
        ]
        db = full.parts.db
        async with browsing(full, hub) as (page, complaints):
            await expect(page.locator("#now tbody tr").first).to_be_visible()
            await db.retrying(lambda conn: runs.record_batch(conn, "zoe", failed))
            await expect(page.locator("#now")).to_contain_text("RecursionError", timeout=30_000)
            await page.goto(f"{hub.service_url}{PREFIX}courses/{COURSE}/alerts")
            opened = page.locator("#open details").first
            await opened.locator("summary").click()
            async with db.begin() as conn:
                finding = Finding(trigger="said_stuck", at=now().timestamp(), assignment=ASSIGNMENT)
                who = await people.ensure(conn, "yara")
                await alerts.raise_alert(conn, who, "yara", COURSE, finding, at=now())
            # Who reads is not disturbed.
            await asyncio.sleep(1)
            await expect(opened).to_have_attribute("open", "")
            await opened.locator("summary").click()
            await page.get_by_role("heading", level=1).click()
            await db.retrying(lambda conn: runs.record_batch(conn, "zed", failed))
            await expect(page.locator("#open")).to_contain_text("Yara", timeout=30_000)
            await page.locator("#open li", has_text="Yara").get_by_role("button", name="Helpful").click()
            await expect(page.locator("#open .done")).to_contain_text("Marked as helpful")
            assert complaints == []

    async def test_a_bar_leads_to_the_students_behind_it(self, full: RunningService, hub: Hub) -> None:
        async with browsing(full, hub) as (page, complaints):
            await page.goto(f"{hub.service_url}{PREFIX}courses/{COURSE}/grading")
            await page.get_by_label("Assignment", exact=True).select_option("02-loops-and-lists")
            await page.get_by_role("button", name="Show").click()
            numbers = page.locator("#points .numbers")
            await expect(numbers).not_to_have_attribute("open", "")
            await numbers.locator("summary").click()
            best = numbers.locator("tbody tr").last
            await expect(best.get_by_role("rowheader")).to_have_text("100")
            count = int(await best.get_by_role("link").inner_text())
            await page.locator("#points svg .mark-rect path").last.click()
            await expect(page.get_by_role("heading", level=1)).to_have_text(
                "100 % of the points in Loops and lists"
            )
            await expect(page.locator("#points tbody tr")).to_have_count(min(count, PAGE))
            assert complaints == []

    async def test_without_scripts_a_chart_is_its_table(self, full: RunningService, hub: Hub) -> None:
        async with browsing(full, hub, java_script_enabled=False) as (page, _):
            await page.goto(f"{hub.service_url}{PREFIX}courses/{COURSE}/students/aisha")
            await expect(page.locator("#history figcaption")).to_contain_text("Mastery since")
            await expect(page.locator("#history .picture")).to_be_hidden()
            await expect(page.locator("#history tbody tr").first).to_be_visible()

    async def test_an_alert_is_marked_and_a_note_posted_with_the_keyboard_alone(
        self, full: RunningService, hub: Hub
    ) -> None:
        async with browsing(full, hub) as (page, complaints):
            await page.goto(f"{hub.service_url}{PREFIX}courses/{COURSE}/alerts")
            await page.locator("#alerts button", has_text="Helpful").first.focus()
            await page.keyboard.press("Enter")
            await expect(page.locator("#alerts .done")).to_contain_text("Marked as helpful")
            await page.goto(f"{hub.service_url}{PREFIX}courses/{COURSE}/errors")
            await page.get_by_label("What everybody should know").focus()
            await page.keyboard.type("Mind the colon.")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            await expect(page.locator("#notes li").first).to_contain_text("Mind the colon.")
            await expect(page.locator("#announce")).to_have_text("The note is posted.")
            await page.goto(f"{hub.service_url}{PREFIX}courses/{COURSE}/mail")
            await page.get_by_label("When a student of this course seems stuck").select_option("daily")
            await page.get_by_label("Your e-mail address").fill("nobody@school.example")
            await page.get_by_role("button", name="Save").press("Enter")
            await expect(page.get_by_text("Saved.")).to_be_visible()
            await expect(page.get_by_label("Your e-mail address")).to_have_value("nobody@school.example")
            assert complaints == []
