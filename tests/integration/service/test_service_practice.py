"""Exercises asked for in the chat: made, proved, fetched, checked, and never told the solution of."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from learnflow_grading.client import GradingWorker
from model_endpoint import model_endpoint
from served import ASSIGNMENT, Client, PaperWorker, chunks, notebook, problem
from stub_hub import COURSE, Hub
from tornado.httpclient import HTTPResponse
from traitlets.config import Config

from learnflow_ext.agents.proved import NOT_YET
from learnflow_ext.contracts.errors import Forbidden, Unavailable
from learnflow_ext.contracts.events import ExerciseGenerated, PracticeChecked
from learnflow_ext.contracts.grades import CourseFile, FileSet
from learnflow_ext.contracts.help import CellError, HelpRequest, ReplyChunk
from learnflow_ext.contracts.practice import PRACTICE_DIR, PracticeResult
from learnflow_ext.contracts.progress import StudentProgress
from learnflow_ext.contracts.runs import RunBatch, RunReport
from learnflow_ext.diagnosis.fingerprint import attempt_of
from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.gate import mutated
from learnflow_ext.exercises.generating import Made
from learnflow_ext.exercises.likeness import near_copy
from learnflow_ext.service import practice_making, practising
from learnflow_ext.service.auth import Person
from learnflow_ext.service.practice_kept import exercise_of
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import courses, eventlog, practices

WRONG = "    return None\n"
PATIENCE_SECONDS = 120.0


@pytest.fixture(autouse=True)
def same_exercises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever holds for one run of these tests holds for the next."""
    seeds = itertools.count(4_000, 1_000)
    monkeypatch.setattr(practice_making, "new_seed", lambda: next(seeds))


async def asked(ask: Client, text: str, who: str = "ada", **more: Any) -> list[ReplyChunk]:
    request = HelpRequest(text=text, agent="exercise", course=COURSE, **more)
    return chunks(await ask("api/help", who, body=request, request_timeout=PATIENCE_SECONDS))


def words(answer: Sequence[ReplyChunk]) -> str:
    return "".join(chunk.text for chunk in answer)


async def kept(service: RunningService, name: str, who: str = "ada") -> Exercise:
    """The whole exercise, as only the service has it."""
    async with service.parts.db.connect() as conn:
        return exercise_of((await practices.named(conn, who, name)).made_of)


async def fetched(ask: Client, name: str, who: str = "ada") -> dict[str, Any]:
    files = msgspec.json.decode((await ask(f"api/practice/{name}/files", who)).body, type=FileSet)
    assert [file.path for file in files.files] == [f"{name}.ipynb"]
    found: dict[str, Any] = json.loads(files.files[0].content)
    return found


def answered(book: dict[str, Any], code: str) -> bytes:
    """`book` with `code` in the cell for the answer."""
    cells = [
        cell | {"source": code} if cell["metadata"].get("nbgrader", {}).get("solution") else cell
        for cell in book["cells"]
    ]
    return json.dumps(book | {"cells": cells}).encode()


async def sent(ask: Client, name: str, content: bytes, who: str = "ada") -> HTTPResponse:
    files = FileSet(files=(CourseFile(path=f"{name}.ipynb", content=content),))
    return await ask(f"api/practice/{name}/checks", who, body=files, request_timeout=PATIENCE_SECONDS)


async def checked(ask: Client, name: str, content: bytes) -> PracticeResult:
    response = await sent(ask, name, content)
    assert response.code == 200, response.body
    return msgspec.json.decode(response.body, type=PracticeResult)


async def mastery(ask: Client, who: str = "ada") -> float | None:
    response = await ask(f"api/progress?course={COURSE}", who)
    (topic,) = msgspec.json.decode(response.body, type=StudentProgress).topics
    return topic.mastery


class RealWorker(PaperWorker):
    """The grading process itself, for practice; what the course releases stays on paper."""

    def __init__(self) -> None:
        super().__init__()
        self.process = GradingWorker()

    async def start(self) -> None:
        await self.process.start()

    async def stop(self) -> None:
        await self.process.stop()

    async def release(self, **options: Any) -> Any:
        if options["assignment"] == ASSIGNMENT:
            return await super().release(**options)
        return await self.process.release(**options)

    async def grade(self, **options: Any) -> Any:
        return await self.process.grade(**options)


class TestReal:
    """With real sandboxes and the real grading process."""

    @pytest.fixture
    def worker(self) -> PaperWorker:
        return RealWorker()

    @pytest.fixture(autouse=True)
    def patient(self, config: Config) -> None:
        """However busy this machine is."""
        config.LearnFlowPractice.seconds = PATIENCE_SECONDS

    @pytest.mark.timeout(600)
    async def test_from_the_wish_to_mastery(self, ask: Client, service: RunningService) -> None:
        answer = await asked(ask, "give me something on first steps")
        name = answer[-1].practice
        assert name
        assert answer[1].text.startswith("I am making you an exercise on **basics**, step 1 of 5")
        exercise = await kept(service, name)
        assert f"**{exercise.title}** is ready" in words(answer)
        assert "counts for *First steps*" in words(answer)

        book = await fetched(ask, name)
        secret = exercise.reference.removeprefix(exercise.starter).strip()
        assert exercise.statement in "".join(book["cells"][0]["source"])
        assert secret not in json.dumps(book)
        assert not any(test in json.dumps(book) for test in exercise.hidden)

        assert await mastery(ask) is None
        wrong = await checked(ask, name, answered(book, exercise.starter + WRONG))
        assert (wrong.score, wrong.solved, wrong.attempt) == (0, False, 1)
        assert wrong.message
        assert not any(test in wrong.message for test in exercise.hidden)
        assert await mastery(ask) is None

        right = await checked(ask, name, answered(book, exercise.reference))
        assert (right.score, right.max_score, right.solved, right.attempt) == (2, 2, True, 2)
        assert right.counts_for == "First steps"
        after = await mastery(ask)
        assert after is not None and 0 < after < 0.5

        # A later slip takes nothing away, and the tests in the notebook are the student's to change.
        forged = json.loads(answered(book, exercise.starter + WRONG))
        forged["cells"][2]["source"] = "pass"
        again = await checked(ask, name, json.dumps(forged).encode())
        assert (again.score, again.best) == (0, 2)
        assert await mastery(ask) == after

        async with service.parts.db.connect() as conn:
            (made,) = await eventlog.tail(conn, topic=ExerciseGenerated.TOPIC)
            graded = [
                entry
                for entry in await eventlog.tail(conn, topic=PracticeChecked.TOPIC)
                if entry.type == PracticeChecked.TYPE
            ]
        assert secret not in str(made)
        assert len(graded) == 3
        left = service.parts.settings.state_path / "practice"
        assert not list((left / "answers").iterdir())
        assert not list((left / "courses" / COURSE).glob("*/learner/*")), "nobody's answers are kept"


class TestChoosing:
    async def test_another_one_is_no_copy_and_harder_is_harder(
        self, ask: Client, service: RunningService
    ) -> None:
        names = [(await asked(ask, "something on loops"))[-1].practice]
        names += [(await asked(ask, text))[-1].practice for text in ("harder one please", "easier")]
        made = [await kept(service, name) for name in names]
        assert [each.topic for each in made] == ["control_flow"] * 3
        assert [each.difficulty for each in made] == [1, 2, 1]
        assert near_copy(made[2], made[:2]) is None
        # Somebody else's are nobody's to read, or to have checked; nor one's own after leaving the course.
        response = await ask(f"api/practice/{names[0]}/files", "ben")
        assert response.code == 404 and "made for you" in problem(response).message
        assert (await sent(ask, names[0], notebook("x"), "ben")).code == 404
        with pytest.raises(Forbidden):
            await service.parts.practices.files(Person(name="ada", groups=frozenset()), names[0])
        # What the course has next is still told.
        answer = await asked(ask, "what should I do next?")
        assert answer[-1].practice == ""
        assert "I am making" not in words(answer)


class TestRules:
    """What a deployment's settings and a course's file say; the file is read each time."""

    async def test_settings_limit_how_much(self, config: Config, start: Any, hub: Hub) -> None:
        config.LearnFlowPractice.per_day = 1
        config.LearnFlowPractice.checks_per_minute = 1
        client = Client(await start(), hub)
        name = (await asked(client, "something on loops"))[-1].practice
        second = await asked(client, "something on loops")
        assert (second[-1].kind, second[-1].practice) == ("end", "")
        assert "I made 1 exercise for you within a day, and that is as many as there are" in words(second)
        assert (await asked(client, "something on loops", "ben"))[-1].practice
        await checked(client, name, notebook("x = 1"))
        assert (await sent(client, name, notebook("x = 1"))).code == 429
        client.http.close()

    async def test_a_course_decides_for_itself(
        self, tmp_path: Path, service: RunningService, ask: Client
    ) -> None:
        about = tmp_path / "course" / "course.yaml"
        for line in ("practice: off", "practice: maybe"):
            about.write_text(line)
            answer = await asked(ask, "something on loops")
            assert (answer[-1].kind, answer[-1].practice) == ("end", "")
            assert "I am making" not in words(answer)
        async with service.parts.db.begin() as conn:
            await courses.sync_assignment(conn, COURSE, ASSIGNMENT, "Week 1", [])
        about.write_text(f"practice: on\nassignments:\n  - name: {ASSIGNMENT}\n    topic: functions\n")
        answer = await asked(ask, "give me an exercise", assignment=ASSIGNMENT)
        assert "**functions**, step 1 of 5, which is what *Week 1* is about" in words(answer)
        assert answer[-1].practice
        about.write_text("practice: on\n")
        settings = service.parts.settings
        for place, topic in (
            (settings.course_root(COURSE) / "release", "errors"),  # a draft
            (settings.exchange_root / COURSE / "outbound", "files"),
        ):
            (place / ASSIGNMENT).mkdir(parents=True, exist_ok=True)
            said = json.dumps({"cells": [], "metadata": {"learnflow": {"topic": topic}}})
            (place / ASSIGNMENT / "week.ipynb").write_text(said)
        answer = await asked(ask, "give me an exercise", "ben", assignment=ASSIGNMENT)
        assert "**files**, step 1 of 5, which is what *Week 1* is about" in words(answer)


class TestFaults:
    """While it is made, when none can be made, and when it cannot be checked."""

    async def test_making(
        self, ask: Client, service: RunningService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(practising, "SIGN_OF_LIFE_SECONDS", 0.01)
        answer = await asked(ask, "something on loops")
        assert [chunk.text for chunk in answer].count("") > 2, "start and end are not the only signs of life"
        assert answer[-1].practice

        async def none(*_: object, **__: object) -> Made:
            return Made((), (("counting-1-1", ("The tests are too easy.",)),))

        monkeypatch.setattr(practice_making, "generate", none)
        answer = await asked(ask, "something on loops", "ben")
        assert words(answer).endswith(practice_making.NONE_PASSED)
        assert (answer[-1].kind, answer[-1].practice) == ("end", "")
        async with service.parts.db.connect() as conn:
            assert await practices.of_student(conn, "ben", limit=9) == []

    async def test_checking(self, ask: Client, service: RunningService, worker: PaperWorker) -> None:
        name = (await asked(ask, "something on loops"))[-1].practice
        for path, content in (
            ("other.ipynb", notebook("x = 1")),
            (f"../{name}.ipynb", notebook("x = 1")),
            (f"{name}.ipynb", b"{}"),
        ):
            files = FileSet(files=(CourseFile(path=path, content=content),))
            assert (await ask(f"api/practice/{name}/checks", "ada", body=files)).code == 422
        worker.failures = [Unavailable("The grading process stopped unexpectedly; it is started again.")]
        assert (await sent(ask, name, notebook("x = 1"))).code == 503
        async with service.parts.db.connect() as conn:
            assert (await practices.named(conn, "ada", name)).attempts == 0
        # Points that rest on the word of the student's own code do not count.
        worker.score, worker.provisional = 10.0, "It replaces a function of yours."
        result = await checked(ask, name, notebook("x = 1"))
        assert (result.score, result.solved) == (2.0, False)
        assert "cannot be checked safely" in result.message


def at(name: str, exercise: Exercise, code: str) -> HelpRequest:
    """A question from the practice notebook, whose check has just failed on `code`."""
    failing = "assert " + exercise.examples[0].test.removeprefix("assert ")
    return HelpRequest(
        text="why is this wrong?",
        course=PRACTICE_DIR,
        assignment=name,
        notebook=f"{PRACTICE_DIR}/{name}/{name}.ipynb",
        cell_id="cell-2",
        code=failing,
        error=CellError(exception="AssertionError", message="", code=failing, line=1),
        nearby={"cell-1": code},
    )


class TestTutor:
    """Help with an exercise of one's own is as help with the course's."""

    async def test_hints_are_proved_and_climb_with_each_new_attempt(
        self, config: Config, start: Any, hub: Hub
    ) -> None:
        config.LearnFlowTutor.hint_seconds = 60.0
        client = Client(await start(), hub)
        name = (await asked(client, "harder, on loops"))[-1].practice
        exercise = await kept(client.service, name)
        slipped = mutated(exercise.reference, exercise.starter)[0]
        rungs = []
        for place in range(3):
            report = RunReport(
                run_id=f"run-{place}",
                notebook=f"{PRACTICE_DIR}/{name}/{name}.ipynb",
                course=PRACTICE_DIR,
                assignment=name,
                cell_id="cell-1",
                attempt=attempt_of(f"print({place})"),
                ok=True,
                duration_ms=1,
                finished_at=0.0,
            )
            assert (await client("api/runs", "ada", body=RunBatch(runs=(report,)))).code == 200
            question = msgspec.structs.replace(at(name, exercise, slipped), code="")
            answer = chunks(await client("api/help", "ada", body=question))
            rungs.append(answer[-1].rung)
            assert NOT_YET in words(answer)
            solution = exercise.reference.removeprefix(exercise.starter)
            assert solution.strip() not in words(answer)
        assert rungs == [1, 2, 3]
        client.http.close()

    async def test_no_model_tells_its_solution_wherever_it_is_asked(
        self, config: Config, start: Any, hub: Hub
    ) -> None:
        async with model_endpoint() as model:
            config.LearnFlowModel.base_url = model.url
            config.LearnFlowModel.model = "tells"
            config.LearnFlowPractice.model_writes = "off"
            client = Client(await start(), hub)
            name = (await asked(client, "something on loops"))[-1].practice
            exercise = await kept(client.service, name)
            model.says = (
                f"Of course. Write it like this:\n\n```python\n{exercise.reference}```\n\nThat is all."
            )
            telling = exercise.reference.removeprefix(exercise.starter).strip().splitlines()[-1]
            wrong = exercise.starter + WRONG
            elsewhere = HelpRequest(
                text="what is a loop? show me an example", agent="concepts", course=COURSE
            )
            outside = msgspec.structs.replace(elsewhere, course="")
            for question in (at(name, exercise, wrong), elsewhere, outside):
                answer = chunks(await client("api/help", "ada", body=question))
                assert answer[-1].withheld, words(answer)
                assert telling.strip() not in words(answer)
            assert len(model.asked) == 3
            # Whoever has no such exercise is told no secret by it.
            other = chunks(await client("api/help", "ben", body=elsewhere))
            assert telling.strip() in words(other)

            flat = HelpRequest(text="give me the solution", course=PRACTICE_DIR, assignment=name)
            refused = chunks(await client("api/help", "ada", body=flat))
            assert refused[0].intent == "solution_request" and telling.strip() not in words(refused)
            client.http.close()
