"""Quiz questions through the running service: judged, recorded, counted, and refused in sentences."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from served import ASSIGNMENT, Client, problem, until
from stub_hub import COURSE, Hub
from traitlets.config import Config

from learnflow_ext.contracts.alerts import Alert
from learnflow_ext.contracts.events import QuizAnswered
from learnflow_ext.contracts.progress import StudentProgress, TopicProgress
from learnflow_ext.contracts.quizzes import QuizFeedback, QuizView
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import eventlog

HERE = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/quiz"


def question(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "question": "Which are even?",
        "choices": [
            {"text": "2", "right": True, "reason": "Half of two is one."},
            {"text": "3", "reason": "Half of three is no whole number."},
            {"text": "4", "right": True, "reason": "Half of four is two."},
        ],
    }


def write_key(folder: Path, *names: str) -> None:
    """The key where its teacher has it, new enough to be noticed."""
    file = folder / "course" / "quizzes" / f"{ASSIGNMENT}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(msgspec.yaml.encode([question(name) for name in names]))


@pytest.fixture
def config(config: Config, tmp_path: Path) -> Config:
    """As everywhere, with a quiz of four questions."""
    write_key(tmp_path, "one", "two", "three", "four")
    return config


async def answer(ask: Client, name: str, *choices: str, who: str = "ada") -> QuizFeedback:
    response = await ask(HERE, who, body={"question": name, "choices": choices})
    assert response.code == 200, response.body
    return msgspec.json.decode(response.body, type=QuizFeedback)


async def answers(ask: Client, who: str = "ada") -> dict[str, QuizFeedback]:
    view = msgspec.json.decode((await ask(HERE, who)).body, type=QuizView)
    return {one.question: one for one in view.answers}


async def topic(ask: Client, who: str = "ada") -> TopicProgress:
    response = await ask(f"api/progress?course={COURSE}", who)
    return msgspec.json.decode(response.body, type=StudentProgress).topics[0]


async def recorded(service: RunningService, who: str = "ada") -> list[QuizAnswered]:
    async with service.parts.db.connect() as conn:
        entries = await eventlog.tail(conn, student=who, course=COURSE, limit=50)
    found = [entry for entry in entries if entry.type == QuizAnswered.TYPE]
    return [
        msgspec.convert({**entry.data, "course": COURSE, "student": who}, QuizAnswered, strict=False)
        for entry in sorted(found, key=lambda entry: entry.sequence)
    ]


class TestAnswering:
    async def test_the_first_answer_counts_and_all_are_kept_and_told(
        self, ask: Client, service: RunningService
    ) -> None:
        assert (await topic(ask)).mastery is None
        wrong = await answer(ask, "one", "3", "2")
        assert not wrong.right
        assert [(one.choice, one.reason) for one in wrong.reasons] == [
            ("3", "Half of three is no whole number.")
        ]
        half = await answer(ask, "one", "4")
        assert (half.right, half.incomplete, half.reasons) == (False, True, ())
        right = await answer(ask, "one", "4", "2")
        assert (right.right, right.first_right, right.attempts) == (True, False, 3)
        assert len(right.reasons) == 2
        assert (await answer(ask, "two", "2", "4")).first_right
        assert (await answers(ask))["one"] == right
        assert await answers(ask, "ben") == {}

        found = await topic(ask)
        assert (found.quiz_right, found.quiz_answered) == (1, 2)
        assert found.parts["quizzes"] == 0.5
        assert found.mastery is not None
        assert (await topic(ask, "ben")).mastery is None
        assert [(e.question, e.attempt, e.right, e.choices) for e in await recorded(service)] == [
            ("one", 1, False, ("2", "3")),
            ("one", 2, False, ("4",)),
            ("one", 3, True, ("2", "4")),
            ("two", 1, True, ("2", "4")),
        ]

        # In words, to the teacher and to oneself.
        line = (await ask(f"courses/{COURSE}/students/ada", "teacher")).body.decode()
        assert "answered “one” of First steps with “2” and “3”: not right" in line
        assert "answered “one” of First steps again with “2” and “4”: right" in line
        assert "1 of 2" in line
        assert (
            "quiz: 1 of 2 right at the first go" in (await ask(f"courses/{COURSE}/me", "ada")).body.decode()
        )
        feed = (await ask(f"api/courses/{COURSE}/feed", "teacher")).body.decode()
        assert "with “2” and “3”: not right" in feed
        assert "again with" not in feed

    async def test_a_double_click_is_one_answer_and_a_teachers_is_none(
        self, ask: Client, service: RunningService
    ) -> None:
        body = {"question": "one", "choices": ["3"]}
        both = await asyncio.gather(*(ask(HERE, "ada", body=body) for _ in range(4)))
        assert {response.code for response in both} == {200}
        assert len(await recorded(service)) == 1
        assert (await answers(ask))["one"].attempts == 1
        assert (await answer(ask, "one", "2", "4", who="teacher")).right
        assert await recorded(service, "teacher") == []
        assert await answers(ask, "teacher") == {}

    async def test_first_answers_that_are_mostly_wrong_are_reported(
        self, ask: Client, service: RunningService
    ) -> None:
        async def alerts() -> list[Alert]:
            response = await ask(f"api/alerts?course={COURSE}", "teacher")
            return msgspec.json.decode(response.body, type=list[Alert])

        await answer(ask, "one", "3")
        await answer(ask, "two", "3")
        await answer(ask, "two", "2", "4")
        assert await alerts() == []  # two questions say too little
        await answer(ask, "three", "2", "4")

        async def reported() -> bool:
            return bool(await alerts())

        await until(reported)
        (alert,) = await alerts()
        assert (alert.student, alert.finding.trigger) == ("ada", "low_quiz")
        assert alert.finding.moments[0].answered == 3


class TestTheKeyChanges:
    async def test_its_teacher_corrects_it_while_the_class_works(
        self, ask: Client, service: RunningService, tmp_path: Path
    ) -> None:
        await answer(ask, "one", "2", "4")
        await answer(ask, "two", "2", "4")
        changed = question("one")
        changed["choices"][1] = {"text": "8", "right": True, "reason": "Half of eight is four."}
        changed["choices"][2] = {"text": "5", "reason": "Half of five is no whole number."}
        file = tmp_path / "course" / "quizzes" / f"{ASSIGNMENT}.yaml"
        await asyncio.to_thread(file.write_bytes, msgspec.yaml.encode([changed]))
        # The old notebook offers what is no choice any more.
        response = await ask(HERE, "ben", body={"question": "one", "choices": ["3"]})
        assert response.code == 422
        assert "Fetch the assignment again" in problem(response).message
        assert await answers(ask) == {}  # asked anew, and "two" is gone
        assert (await answer(ask, "one", "2", "8")).right
        copy = service.parts.settings.course_root(COURSE) / "quizzes" / file.name
        assert await asyncio.to_thread(copy.read_bytes) == await asyncio.to_thread(file.read_bytes)

        # One that cannot be read is not the student's fault.
        await asyncio.to_thread(file.write_text, "- id: [")
        response = await ask(HERE, "ada", body={"question": "one", "choices": ["2"]})
        assert response.code == 503
        assert "Your teacher has to look at it" in problem(response).message
        assert str(tmp_path) not in response.body.decode()


class TestRefused:
    async def test_what_is_no_answer(self, ask: Client, service: RunningService) -> None:
        wrong: list[tuple[object, int, str]] = [
            ({"question": "five", "choices": ["2"]}, 404, "not part of the assignment"),
            ({"question": "x" * 10_000, "choices": ["2"]}, 404, "not part of the assignment"),
            ({"question": "../one", "choices": ["2"]}, 404, "not part of the assignment"),
            ({"question": "one", "choices": ["7"]}, 422, "Fetch the assignment again"),
            ({"question": "one", "choices": []}, 400, "Choose an answer"),
            ({"question": "one", "choices": "2"}, 400, "does not fit"),
            ({"question": "one", "choices": [2]}, 400, "does not fit"),
            ({"choices": ["2"]}, 400, "does not fit"),
            ([], 400, "does not fit"),
            ({"question": "one", "choices": ["2" * 2**20]}, 413, "at most 32 KiB"),
        ]
        for body, code, said in wrong:
            response = await ask(HERE, "ada", body=body)
            assert response.code == code, body
            assert said in problem(response).message
        assert await recorded(service) == []

    async def test_others(self, ask: Client, hub: Hub) -> None:
        body = {"question": "one", "choices": ["2", "4"]}
        assert (await ask(HERE, "eve", body=body)).code == 403
        assert (await ask(HERE, "eve")).code == 403
        assert (await ask(HERE, body=body)).code in (401, 403)
        elsewhere = f"api/courses/{COURSE}/assignments/not-released/quiz"
        response = await ask(elsewhere, "ada", body=body)
        assert response.code == 404
        assert "not released yet" in problem(response).message
        assert (await ask(f"api/courses/other/assignments/{ASSIGNMENT}/quiz", "eve", body=body)).code == 404

    async def test_in_an_exam(self, ask: Client, service: RunningService, tmp_path: Path) -> None:
        now = datetime.now(UTC)
        text = f"exams:\n- from: {now - timedelta(hours=1)}\n  until: {now + timedelta(hours=1)}\n"
        file = tmp_path / "course" / "course.yaml"
        await asyncio.to_thread(file.write_text, text)

        async def closed() -> bool:
            return (await ask(HERE, "ada", body={"question": "one", "choices": ["2", "4"]})).code == 403

        await until(closed)
        response = await ask(HERE, "ada")
        assert "There is an exam now" in problem(response).message
        await asyncio.to_thread(os.unlink, file)

    async def test_a_students_server_cannot_claim_an_answer(
        self, ask: Client, service: RunningService
    ) -> None:
        """What it reports of runs is a claim; nothing but an answer that is judged here counts."""
        run = {
            "runId": "r1", "run_id": "r1", "course": COURSE, "assignment": ASSIGNMENT,
            "notebook": "n.ipynb", "ok": True, "durationMs": 1, "duration_ms": 1,
            "type": QuizAnswered.TYPE, "question": "one", "choices": ["2", "4"], "right": True, "attempt": 1,
        }  # fmt: skip
        await ask("api/runs", "ada", body={"runs": [run]})
        for path in (HERE + "/one", "api/events", "api/quiz"):
            assert (await ask(path, "ada", body=run)).code == 404
        forged = {"question": "one", "choices": ["3"], "right": True, "first_right": True, "attempts": 1}
        response = await ask(HERE, "ada", body=forged)
        assert not msgspec.json.decode(response.body, type=QuizFeedback).right
        found = await topic(ask)
        assert found.quiz_right == 0
        assert not found.mastery


async def test_no_student_reads_the_key(ask: Client, service: RunningService) -> None:
    """Everything that a student can ask for by its address."""
    secret = "Half of"
    await answer(ask, "one", "3")
    pages = [
        f"api/courses/{COURSE}/assignments",
        f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/files",
        f"api/progress?course={COURSE}",
        f"courses/{COURSE}/me",
        "api/openapi.json",
        f"api/courses/{COURSE}/quizzes/{ASSIGNMENT}.yaml",
        f"static/../../course/quizzes/{ASSIGNMENT}.yaml",
    ]
    for path in pages:
        assert secret not in (await ask(path, "ada")).body.decode(), path
    told = (await ask(HERE, "ada")).body.decode()
    assert told.count(secret) == 1  # the reason of what was chosen
    assert "two" not in told
    exchange = service.parts.settings.exchange_root

    def leaked() -> list[Path]:
        files = [path for path in exchange.rglob("*") if path.is_file()]
        assert files
        return [path for path in files if secret.encode() in path.read_bytes()]

    assert await asyncio.to_thread(leaked) == []
    root = service.parts.settings.course_root(COURSE)
    assert root.stat().st_mode & 0o077 == 0
