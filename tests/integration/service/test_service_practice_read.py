"""Exercises that a teacher reads before the student gets them: the queue, the decision, and what is told."""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from playwright.async_api import async_playwright, expect
from seeded import photographed
from served import Client, chunks, notebook, problem
from sqlalchemy.ext.asyncio import AsyncConnection
from stub_hub import COURSE, PREFIX, Hub
from tornado.httpclient import HTTPResponse
from traitlets.config import Config

from learnflow_ext.contracts.events import ExerciseDecided, ExerciseGenerated
from learnflow_ext.contracts.grades import CourseFile, FileSet
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk
from learnflow_ext.contracts.practice import PracticeStanding
from learnflow_ext.exercises.choosing import Choice
from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.service import practice_kept, practice_making
from learnflow_ext.service.practice import Practices
from learnflow_ext.service.practice_kept import exercise_of
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import eventlog, practice_reviews, practices
from learnflow_ext.store.practice_reviews import Reviewed

CHROMIUM = "/usr/bin/chromium"
SHOTS = Path(os.environ.get("LEARNFLOW_SHOTS", "test-results/service"))
QUEUE = f"courses/{COURSE}/practice"
WISH = "something on loops"


@pytest.fixture
def config(config: Config, tmp_path: Path) -> Config:
    (tmp_path / "course" / "course.yaml").write_text("practice: read first\n")
    return config


@pytest.fixture(autouse=True)
def same_exercises(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = itertools.count(4_000, 1_000)
    monkeypatch.setattr(practice_making, "new_seed", lambda: next(seeds))


async def asked(ask: Client, text: str = WISH, who: str = "ada") -> list[ReplyChunk]:
    return chunks(await ask("api/help", who, body=HelpRequest(text=text, agent="exercise", course=COURSE)))


def words(answer: list[ReplyChunk]) -> str:
    return "".join(chunk.text for chunk in answer)


async def waiting(service: RunningService) -> list[Reviewed]:
    async with service.parts.db.connect() as conn:
        return await practice_reviews.waiting(conn, COURSE, 10)


async def decides(
    ask: Client, number: int, do: str, who: str = "teacher", course: str = COURSE, **form: str
) -> HTTPResponse:
    path = f"courses/{course}/practice/{number}?do={do}"
    return await ask(path, who, raw=urlencode(form).encode(), headers={"HX-Request": "true"})


async def standing(ask: Client, name: str, who: str = "ada") -> PracticeStanding:
    return msgspec.json.decode((await ask(f"api/practice/{name}", who)).body, type=PracticeStanding)


async def recorded(service: RunningService) -> list[tuple[str, str, str]]:
    async with service.parts.db.connect() as conn:
        return [
            (entry.student, str(entry.data["outcome"]), str(entry.data["reason"]))
            for entry in await eventlog.tail(conn, topic=ExerciseDecided.TOPIC)
            if entry.type == ExerciseDecided.TYPE
        ]


async def kept(service: RunningService, name: str) -> Exercise:
    async with service.parts.db.connect() as conn:
        return exercise_of((await practices.named(conn, "ada", name)).made_of)


async def elsewhere(service: RunningService, one: Reviewed, before: Exercise, after: Exercise) -> None:
    """A colleague saves it at another replica."""
    await service.parts.db.retrying(
        lambda conn: practice_reviews.reword(
            conn,
            COURSE,
            one.number,
            before=practice_kept.kept(before),
            made_of=practice_kept.kept(after),
            mutants=one.mutants,
            killed=one.killed,
        )
    )


class TestLetThrough:
    async def test_nobody_has_it_before_and_the_student_is_told_when_it_is_there(
        self, ask: Client, service: RunningService
    ) -> None:
        answer = await asked(ask)
        name = answer[-1].awaited
        assert name and not answer[-1].practice
        assert "before you get it" in words(answer) and "You need not wait here" in words(answer)
        for response in (
            await ask(f"api/practice/{name}/files", "ada"),
            await ask(
                f"api/practice/{name}/checks",
                "ada",
                body=FileSet(files=(CourseFile(path=f"{name}.ipynb", content=notebook("x = 1")),)),
            ),
        ):
            assert response.code == 409 and "before you get it" in problem(response).message
        assert (await standing(ask, name)).state == "waiting"
        assert (await ask(f"api/practice/{name}", "ben")).code == 404, "it is hers alone"
        assert "looks at it before you get it" in (await ask(f"courses/{COURSE}/me", "ada")).body.decode()

        # All of it is there to be read, and what is changed passes the gate again.
        exercise = await kept(service, name)
        (one,) = await waiting(service)
        page = (await ask(QUEUE, "teacher")).body.decode()
        assert f"notice {one.killed} of {one.mutants} small mistakes" in page
        for part in (exercise.starter.splitlines()[0], exercise.title, "Asked for by"):
            assert part in page, part
        for statement, reason in (
            ("", "It has no statement"),
            (f"Write {exercise.reference.removeprefix(exercise.starter)}", "tells the solution"),
            (exercise.statement + f" So `{exercise.examples[0].call}` is `-12345`.", "not true"),
            (exercise.statement + " <img src=x onerror=alert(1)>", "HTML"),
            (exercise.statement + " See [this](https://elsewhere.example/).", "link"),
        ):
            refused = await decides(ask, one.number, "give", statement=statement)
            shown = refused.body.decode()
            assert (refused.code, reason in shown, "<img" in shown) == (422, True, False), shown
        for part, text, reason in (
            ("hidden", "assert callable(len)", "hidden tests ask nothing new"),
            ("solution", "return None", "solution fails a test"),
            ("visible", "assert (", "cannot be read as Python, line 1"),
        ):
            refused = await decides(ask, one.number, "reword", **{part: text})
            shown = refused.body.decode()
            assert (refused.code, reason in shown) == (422, True), shown
            assert text in unescape(shown), "what the teacher wrote is gone"
        assert await kept(service, name) == exercise
        assert (await standing(ask, name)).state == "waiting"
        better = exercise.statement + " Take your time."
        more = "\n".join((*exercise.hidden, "# Once more.", exercise.hidden[0]))
        saved = await decides(ask, one.number, "reword", statement=better, hidden=more)
        assert saved.code == 200 and "passed the gate" in saved.body.decode()
        changed = await kept(service, name)
        assert "\n".join(changed.hidden) == more and changed.reference == exercise.reference
        given = await decides(ask, one.number, "give", statement=better)
        assert given.code == 200 and "as a teacher worded it" in given.body.decode()
        assert await recorded(service) == [("ada", "given", "")]
        assert (await decides(ask, one.number, "refuse", reason="too late")).code == 409

        assert (await standing(ask, name)).state == "given"
        assert "your teacher has looked at it" in (await ask(f"courses/{COURSE}/me", "ada")).body.decode()
        # Who did not wait in the chat has it with the next wish, until it was fetched.
        there = await asked(ask)
        assert there[-1].practice == name and "your teacher has looked at it" in words(there)
        assert not (await standing(ask, name)).told
        files = msgspec.json.decode((await ask(f"api/practice/{name}/files", "ada")).body, type=FileSet)
        assert "Take your time." in files.files[0].content.decode()
        assert (await standing(ask, name)).told
        assert (await asked(ask))[-1].awaited not in ("", name)

    async def test_who_read_other_words_does_not_undo_them_unawares(
        self, ask: Client, service: RunningService
    ) -> None:
        name = (await asked(ask))[-1].awaited
        (one,) = await waiting(service)
        old = (await kept(service, name)).statement
        page = (await ask(QUEUE, "teacher")).body.decode()
        (read,) = re.findall(r'name="read" value="(\w+)"', page)
        better = old + " Take your time."
        assert (await decides(ask, one.number, "reword", statement=better, read=read)).code == 200
        assert "A teacher has changed this exercise already" in (await ask(QUEUE, "teacher")).body.decode()
        for do in ("give", "reword"):
            late = await decides(ask, one.number, do, statement=old, read=read)
            assert late.code == 422 and "changed this exercise meanwhile" in late.body.decode()
            assert (await kept(service, name)).statement == better
        (read,) = re.findall(r'name="read" value="(\w+)"', late.body.decode())
        assert (await decides(ask, one.number, "give", statement=old, read=read)).code == 200
        assert (await kept(service, name)).statement == old

    async def test_nor_does_who_mends_a_slip_of_their_own_first(
        self, ask: Client, service: RunningService
    ) -> None:
        name = (await asked(ask))[-1].awaited
        (one,) = await waiting(service)
        old = (await kept(service, name)).statement
        (read,) = re.findall(r'name="read" value="(\w+)"', (await ask(QUEUE, "teacher")).body.decode())
        better = old + " Take your time."
        assert (await decides(ask, one.number, "reword", statement=better, read=read)).code == 200
        late = await decides(ask, one.number, "reword", statement=old, hidden="assert (", read=read)
        assert late.code == 422 and "changed this exercise meanwhile" in late.body.decode()
        assert (await kept(service, name)).statement == better

    @pytest.mark.parametrize("passes", [True, False])
    async def test_nor_does_who_is_at_another_replica_while_the_gate_looks(
        self, ask: Client, service: RunningService, monkeypatch: pytest.MonkeyPatch, passes: bool
    ) -> None:
        name = (await asked(ask))[-1].awaited
        (one,) = await waiting(service)
        exercise = await kept(service, name)
        (read,) = re.findall(r'name="read" value="(\w+)"', (await ask(QUEUE, "teacher")).body.decode())
        theirs = replace(exercise, statement=exercise.statement + " Take your time.")
        checked = practice_making.Maker.checked

        async def meanwhile(self: practice_making.Maker, *args: Any) -> Any:
            found = await checked(self, *args)
            await elsewhere(service, one, exercise, theirs)
            return found

        monkeypatch.setattr(practice_making.Maker, "checked", meanwhile)
        mine = exercise.statement + (" Hurry." if passes else " <b>Hurry.</b>")
        first = await decides(ask, one.number, "give", statement=mine, read=read)
        monkeypatch.undo()
        if passes:
            assert first.code == 409 and "at the same moment" in first.body.decode()
        else:
            assert first.code == 422 and f'name="read" value="{read}"' in first.body.decode()
        late = await decides(ask, one.number, "give", statement=exercise.statement, read=read)
        assert late.code == 422 and "changed this exercise meanwhile" in late.body.decode()
        assert await kept(service, name) == theirs and (await standing(ask, name)).state == "waiting"

    async def test_what_is_given_is_what_was_released(
        self, ask: Client, service: RunningService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = (await asked(ask))[-1].awaited
        (one,) = await waiting(service)
        exercise = await kept(service, name)
        theirs = replace(exercise, statement=exercise.statement + " Take your time.")

        async def meanwhile(*_: Any) -> None:
            await elsewhere(service, one, exercise, theirs)

        monkeypatch.setattr(practice_making.Maker, "release", meanwhile)
        assert (await decides(ask, one.number, "give")).code == 409
        monkeypatch.undo()
        assert (await standing(ask, name)).state == "waiting" and await recorded(service) == []
        assert (await decides(ask, one.number, "give")).code == 200
        files = msgspec.json.decode((await ask(f"api/practice/{name}/files", "ada")).body, type=FileSet)
        assert "Take your time." in files.files[0].content.decode()

    async def test_nor_when_the_course_can_no_longer_say_so(
        self, ask: Client, service: RunningService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A teacher saves `course.yaml` with a mistake between the wish and the making."""
        file = Path(service.parts.settings.courses[COURSE]) / "course.yaml"
        choice = Practices.choice

        async def meanwhile(self: Practices, *args: Any) -> Choice:
            found = await choice(self, *args)
            file.write_text("practice: [")
            return found

        monkeypatch.setattr(Practices, "choice", meanwhile)
        assert (await asked(ask))[-1].awaited
        assert len(await waiting(service)) == 1


class TestRefused:
    async def test_the_student_reads_why_and_asks_again(self, ask: Client, service: RunningService) -> None:
        name = (await asked(ask))[-1].awaited
        (one,) = await waiting(service)
        for reason, sentence in (("  ", "Write in a sentence why"), ("x" * 1_001, "at most 1000")):
            answer = await decides(ask, one.number, "refuse", reason=reason)
            assert answer.code == 422 and sentence in answer.body.decode()
        reason = "We have not had *this* <b>yet</b>"
        assert (await decides(ask, one.number, "refuse", reason=reason)).code == 200
        assert await recorded(service) == [("ada", "refused", reason)]
        page = (await ask(f"courses/{COURSE}/me", "ada")).body.decode()
        assert "your teacher decided against it" in page and "<b>yet" not in page
        assert (await ask(f"api/practice/{name}/files", "ada")).code == 409
        again = await asked(ask)
        assert "We have not had" in words(again) and again[-1].awaited
        assert (await standing(ask, name)).told, "a look of the chat's says it no second time"
        assert "We have not had" not in words(await asked(ask, "harder, on loops")), "once is enough"
        # Two wait by now; a third may, and then it is time to see what becomes of them.
        assert (await asked(ask, "easier, on loops"))[-1].awaited
        full = await asked(ask)
        assert "3 exercises that you asked for wait" in words(full) and not full[-1].awaited
        # The course changes its mind: who asks now is not kept waiting.
        (Path(service.parts.settings.courses[COURSE]) / "course.yaml").write_text("practice: on\n")
        assert (await asked(ask, who="ben"))[-1].practice
        assert len(await waiting(service)) == 3

    async def test_what_nobody_reads_in_another_course_keeps_nobody_waiting(
        self, ask: Client, service: RunningService
    ) -> None:
        exercise = await kept(service, (await asked(ask))[-1].awaited)

        async def elsewhere(conn: AsyncConnection) -> None:
            for number in range(practice_making.MOST_UNREAD):
                event = ExerciseGenerated(
                    course="another",
                    student="ada",
                    name=f"{exercise.name}-{number}",
                    title=exercise.title,
                    topic=exercise.topic,
                    difficulty=exercise.difficulty,
                )
                await practices.given(
                    conn, event, assignment="", made_of=practice_kept.kept(exercise), waits=True
                )

        await service.parts.db.retrying(elsewhere)
        assert (await asked(ask, "harder, on loops"))[-1].awaited


async def test_all_that_wait_are_counted_and_the_oldest_shown(
    ask: Client, service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learnflow_ext.service.handlers.practice_reviews.SHOWN", 1)
    monkeypatch.setattr("learnflow_ext.service.handlers.course_page.PAGE", 1)
    for who in ("ada", "ben", "ada"):
        assert (await asked(ask, who=who))[-1].awaited
    first, second, _ = await waiting(service)
    page = (await ask(QUEUE, "teacher")).body.decode()
    assert "Waiting for you: 3 exercises" in page and "2 more exercises" in page
    assert f'id="exercise-{first.number}"' in page and page.count('class="alert exercise"') == 1
    for one in (first, second):
        assert (await decides(ask, one.number, "refuse", reason=f"Not number {one.number}.")).code == 200
    for number, one in enumerate((second, first), 1):
        page = (await ask(f"{QUEUE}?page={number}", "teacher")).body.decode()
        assert f"Not number {one.number}." in page, "the latest decision first"


class TestRights:
    async def test_only_teachers_of_the_course_read_and_decide(
        self, ask: Client, service: RunningService, hub: Hub
    ) -> None:
        hub.add("asa", f"assistant-{COURSE}")
        await asked(ask)
        (one,) = await waiting(service)
        for who in ("ada", "ben", "asa", "eve", "root"):
            assert (await ask(QUEUE, who)).code == 403, who
            for do in ("give", "reword", "refuse"):
                answer = await decides(ask, one.number, do, who, statement="x", reason="x")
                assert answer.code == 403, (who, do)
        assert (await decides(ask, one.number, "give", course="other", statement="x")).code == 404
        assert (await decides(ask, one.number + 1, "give", statement="x")).code == 404
        assert (await decides(ask, one.number, "sell", statement="x")).code == 422
        assert await recorded(service) == [] and len(await waiting(service)) == 1


async def test_in_the_browser(ask: Client, service: RunningService, hub: Hub) -> None:
    for wish in (WISH, "harder, on loops", "easier, on loops"):
        assert (await asked(ask, wish))[-1].awaited
    hub.service_url = f"http://127.0.0.1:{service.port}"
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1366, "height": 860})
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{hub.service_url}{PREFIX}courses/{COURSE}")
        await page.get_by_role("link", name="Exercises").click()
        cards = page.locator("li.exercise")
        await expect(cards).to_have_count(3)
        await cards.first.get_by_text("Solution", exact=True).click()
        words_ = cards.first.get_by_label("What the student reads")
        told = await words_.input_value()
        await words_.fill("")
        await cards.first.get_by_role("button", name="Give it").click()
        await expect(cards.first.get_by_role("alert")).to_have_text("It has no statement.")
        complaints.clear()  # the browser itself notes the 422
        await cards.first.get_by_text("Tests: what the student sees").click()
        await expect(cards.first.get_by_label("Hidden tests")).to_have_value(re.compile("assert"))
        assert await photographed(page, SHOTS / "practice", "light", "dark", "dark-phone") == []
        # What is still said of one is not said again after the decision about another.
        await cards.nth(2).get_by_label("If you refuse it").fill("Too easy by now.")
        await cards.nth(2).get_by_role("button", name="Refuse").click()
        await expect(page.locator("#announce")).to_have_text("Done. The next one follows.")
        await expect(cards.first.get_by_role("alert")).not_to_be_focused()
        await cards.first.get_by_label("What the student reads").fill(told + "\n\nTake your time.")
        await cards.first.get_by_role("button", name="Give it").click()
        await expect(page.locator("#alerts .done").first).to_contain_text("as a teacher worded it")
        await cards.first.get_by_label("If you refuse it").fill("Not yet: lists come next week.")
        await cards.first.get_by_role("button", name="Refuse").click()
        await expect(page.locator("#alerts .done").nth(1)).to_contain_text("lists come next week")
        await page.reload()
        await expect(page.locator("#decided tbody tr")).to_have_count(3)
        assert complaints == []
        await browser.close()
