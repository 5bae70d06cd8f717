"""Help, runs, submissions and grading through the running service, with good and with bad input."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from learnflow_grading.client import GradingWorker
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, chunks, graded, notebook, problem, until
from stub_hub import COURSE, Hub, environment
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from traitlets.config import Config

from learnflow_ext.contracts.errors import LearnFlowError, Unavailable, Unprocessable
from learnflow_ext.contracts.grades import AssignmentView, CourseFile, FileSet, SubmissionView
from learnflow_ext.contracts.help import CellError, HelpRequest, ReplyChunk
from learnflow_ext.contracts.runs import RunBatch, RunReport
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import claims, eventlog, submissions
from learnflow_ext.store.database import Database

SUBMIT = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"
FAILED = CellError(exception="NameError", message="name 'totl' is not defined", code="total = 1\nprint(totl)")


async def events(service: RunningService) -> list[eventlog.LogEntry]:
    async with service.parts.db.connect() as conn:
        return await eventlog.tail(conn)


def view_of(body: bytes) -> SubmissionView:
    return msgspec.json.decode(body, type=SubmissionView)


class TestHelp:
    async def test_an_answer_in_order(self, ask: Client, service: RunningService) -> None:
        request = HelpRequest(course=COURSE, assignment=ASSIGNMENT, error=FAILED, code=FAILED.code)
        response = await ask("api/help", "ada", body=request, headers={"X-Request-Id": "asked-by-the-server"})
        answer = chunks(response)
        assert (answer[0].kind, answer[-1].kind) == ("start", "end")
        assert {chunk.kind for chunk in answer[1:-1]} == {"text"}
        assert {chunk.request_id for chunk in answer} == {response.headers["X-Request-Id"]}
        text = "".join(chunk.text for chunk in answer)
        assert "totl" in text
        log = await events(service)
        assert [entry.type.split(".")[2:4] for entry in log] == [
            ["help", "asked"],
            ["debug", "requested"],
            ["help", "answered"],
        ]
        assert log[-1].data["text"] == text
        assert log[-1].data["request_id"] == response.headers["X-Request-Id"]
        assert 0 <= log[-1].data["first_words_ms"] <= log[-1].data["last_word_ms"] < 5_000
        assert {entry.course for entry in log} == {COURSE}

    async def test_the_same_request_id_twice(self, ask: Client) -> None:
        for _ in range(2):
            response = await ask(
                "api/help", "ada", body=HelpRequest(text="why?"), headers={"X-Request-Id": "a" * 32}
            )
            assert response.code == 200
            assert chunks(response)[-1].kind == "end"

    async def test_a_question_outside_a_course_counts_for_the_only_one(
        self, ask: Client, service: RunningService
    ) -> None:
        await ask(
            "api/help", "ada", body=HelpRequest(text="what is a loop?", course="my-folder", assignment="x")
        )
        assert (await events(service))[0].course == COURSE
        assert (await events(service))[0].data["assignment"] == ""
        await ask("api/help", "eve", body=HelpRequest(text="what is a loop?"))
        assert (await events(service))[-1].course == ""

    async def test_in_a_course_of_others(self, ask: Client, service: RunningService) -> None:
        response = await ask("api/help", "eve", body=HelpRequest(text="why?", course=COURSE))
        assert response.code == 403
        assert await events(service) == []

    async def test_a_message_of_a_megabyte(self, ask: Client) -> None:
        response = await ask("api/help", "ada", body=HelpRequest(text="a" * 2**20))
        assert response.code == 413
        assert "at most 256 KiB" in problem(response).message

    async def test_a_message_of_eight_megabytes(self, ask: Client) -> None:
        response = await ask("api/help", "ada", raw=b'{"text": "' + b"a" * 8 * 2**20 + b'"}')
        assert response.code == 413
        assert problem(response).code == "too_large"

    async def test_a_long_question(self, ask: Client, service: RunningService) -> None:
        response = await ask("api/help", "ada", body=HelpRequest(text="a" * 8_001))
        assert response.code == 413
        assert "8,001 characters" in problem(response).message
        assert await events(service) == []
        assert b'learnflow_questions_refused_total{reason="too_large"} 1.0' in (await ask("metrics")).body

    async def test_long_code_is_cut_and_answered(self, ask: Client) -> None:
        error = msgspec.structs.replace(FAILED, code="x = 1\n" * 5_000, traceback="t" * 50_000)
        response = await ask("api/help", "ada", body=HelpRequest(text="why?", error=error))
        assert chunks(response)[-1].kind == "end"

    @pytest.mark.parametrize(
        "body",
        [b"", b"no json", b"[]", b'{"text": 1}', b'{"agent": "oracle"}', b"\xff", b"[" * 100_000, b"{}"],
    )
    async def test_nonsense(self, ask: Client, body: bytes) -> None:
        response = await ask("api/help", "ada", raw=body)
        assert response.code == 400
        assert problem(response).message

    async def test_too_many_questions(self, config: Config, start: Any, hub: Hub) -> None:
        config.LearnFlowTutor.questions_per_minute = 2
        ask = Client(await start(), hub)
        for _ in range(2):
            assert (await ask("api/help", "ada", body=HelpRequest(text="why?"))).code == 200
        response = await ask("api/help", "ada", body=HelpRequest(text="why?"))
        assert response.code == 429
        assert 1 <= int(response.headers["Retry-After"]) <= 60
        assert "Please wait" in problem(response).message
        assert (await ask("api/help", "ben", body=HelpRequest(text="why?"))).code == 200

    async def test_switched_off(self, config: Config, start: Any, hub: Hub) -> None:
        config.LearnFlowTutor.policy = "off"
        ask = Client(await start(), hub)
        answer = chunks(await ask("api/help", "ada", body=HelpRequest(text="why?", error=FAILED)))
        assert answer[-1].kind == "end"
        assert "totl" not in "".join(chunk.text for chunk in answer)

    async def test_the_database_is_gone(self, ask: Client, service: RunningService) -> None:
        await service.parts.db.close()
        response = await ask("api/help", "ada", body=HelpRequest(text="why?"))
        assert response.code == 503
        assert problem(response).message
        health = await ask("health")
        assert health.code == 503
        assert msgspec.json.decode(health.body)["database"] == "unavailable"
        await service.parts.db.open()


class TutorThatStumbles:
    """Says two words and dies."""

    def __init__(self, tutor: Any, error: Exception) -> None:
        self.plan = tutor.plan
        self.error = error

    async def answer(self, request: HelpRequest, context: Any, **_: Any) -> AsyncIterator[ReplyChunk]:
        yield ReplyChunk(kind="start")
        yield ReplyChunk(kind="text", text="Look at ")
        raise self.error


class TutorThatTakesLong:
    """Says a word, and would say another in a minute."""

    def __init__(self, tutor: Any) -> None:
        self.plan = tutor.plan

    async def answer(self, request: HelpRequest, context: Any, **_: Any) -> AsyncIterator[ReplyChunk]:
        yield ReplyChunk(kind="start")
        for _moment in range(600):
            yield ReplyChunk(kind="text", text="hm ")
            await asyncio.sleep(0.05)


def replace_tutor(service: RunningService, tutor: Any) -> None:
    courses: Any = service.parts.assistance._tutored
    courses[COURSE] = msgspec.structs.replace(courses[COURSE], tutor=tutor)


class TestTutorFails:
    async def test_half_way(
        self, ask: Client, service: RunningService, capfd: pytest.CaptureFixture[str]
    ) -> None:
        tutor = service.parts.courses[COURSE].tutor
        replace_tutor(service, TutorThatStumbles(tutor, RuntimeError("secret detail")))
        response = await ask("api/help", "ada", body=HelpRequest(text="why?", course=COURSE))
        answer = chunks(response)
        assert [chunk.kind for chunk in answer] == ["start", "text", "error"]
        assert "Traceback" not in response.body.decode()
        assert "secret detail" not in response.body.decode()
        assert response.headers["X-Request-Id"] in answer[-1].text
        last = (await events(service))[-1]
        assert last.type == "org.learnflow.help.answered.v1"
        assert last.data["text"].startswith("Look at ")
        logged = capfd.readouterr()
        assert "secret detail" in logged.out + logged.err

    async def test_with_a_sentence(self, ask: Client, service: RunningService) -> None:
        tutor = service.parts.courses[COURSE].tutor
        replace_tutor(service, TutorThatStumbles(tutor, Unavailable("The model sleeps.")))
        answer = chunks(await ask("api/help", "ada", body=HelpRequest(text="why?", course=COURSE)))
        assert answer[-1].kind == "error"
        assert answer[-1].text == "The model sleeps."

    async def test_the_asker_leaves(self, ask: Client, service: RunningService) -> None:
        replace_tutor(service, TutorThatTakesLong(service.parts.courses[COURSE].tutor))
        body = msgspec.json.encode(HelpRequest(text="why?", course=COURSE))
        head = (
            f"POST /services/learnflow/api/help HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
            f"Authorization: token {ask.hub.token('ada')}\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(head.encode() + body)
        await reader.readuntil(b"hm ")
        writer.transport.abort()

        async def kept() -> bool:
            return (await events(service))[-1].type == "org.learnflow.help.answered.v1"

        await until(kept)
        assert (await ask("health")).code == 200


def run(number: int, **changes: Any) -> RunReport:
    return msgspec.structs.replace(
        RunReport(
            run_id=f"run-{number}",
            notebook=f"{COURSE}/{ASSIGNMENT}/{ASSIGNMENT}.ipynb",
            course=COURSE,
            assignment=ASSIGNMENT,
            ok=True,
            duration_ms=5,
            finished_at=0.0,
        ),
        **changes,
    )


class TestRuns:
    async def test_each_counts_once(self, ask: Client, service: RunningService) -> None:
        batch = RunBatch(runs=(run(1), run(2, ok=False, exception="NameError")))
        assert msgspec.json.decode((await ask("api/runs", "ada", body=batch)).body) == {"accepted": 2}
        assert msgspec.json.decode((await ask("api/runs", "ada", body=batch)).body) == {"accepted": 0}
        assert {entry.student for entry in await events(service)} == {"ada"}

    async def test_in_a_course_of_others(self, ask: Client, service: RunningService) -> None:
        """Nobody writes into the feed of a course they are not in; the run itself is not lost."""
        await ask("api/runs", "eve", body=RunBatch(runs=(run(1), run(2, course="made-up"))))
        assert {(entry.course, entry.data["assignment"]) for entry in await events(service)} == {("", "")}

    async def test_forged_ones_raise_no_mastery_and_speak_for_nobody_else(
        self, ask: Client, service: RunningService
    ) -> None:
        """A student's server says what it likes, with the student's own token."""
        claims = [
            {**msgspec.to_builtins(run(number)), "student": "ben", "user": "ben", "score": 10, "mastery": 1.0}
            for number in range(30)
        ]
        claims += [
            {**claims[0], "run_id": f"failed-{number}", "ok": False, "exception": "NameError"}
            for number in range(9)
        ]
        for place, claim in enumerate(claims):
            claim["finished_at"] = time.time() - 60 + place
        assert (await ask("api/runs", "ada", body={"runs": claims})).code == 200
        assert {entry.student for entry in await events(service)} == {"ada"}

        async def told() -> bool:
            found = await ask(f"api/alerts?course={COURSE}", "teacher")
            return found.code == 200 and bool(json.loads(found.body))

        await until(told)
        open_alerts = json.loads((await ask(f"api/alerts?course={COURSE}", "teacher")).body)
        assert {alert["student"] for alert in open_alerts} == {"ada"}
        for who in ("ada", "ben"):
            found = json.loads((await ask(f"api/progress/{who}?course={COURSE}", "teacher")).body)
            assert [one["mastery"] for one in found["topics"] if one["mastery"] is not None] == []
            assert found["streak_days"] == 0
            assert bool(found["alerts"]) == (who == "ada")

    async def test_too_many(self, ask: Client) -> None:
        batch = RunBatch(runs=tuple(run(number, notebook="n") for number in range(201)))
        assert (await ask("api/runs", "ada", body=batch)).code == 413


class TestAssignments:
    async def test_what_is_released(self, ask: Client) -> None:
        response = await ask(f"api/courses/{COURSE}/assignments", "ada")
        views = msgspec.json.decode(response.body, type=list[AssignmentView])
        assert [(view.assignment, view.notebooks) for view in views] == [(ASSIGNMENT, (ASSIGNMENT,))]

    async def test_its_files(self, ask: Client) -> None:
        response = await ask(f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/files", "ada")
        files = msgspec.json.decode(response.body, type=FileSet).files
        assert [file.path for file in files] == [f"{ASSIGNMENT}.ipynb"]

    async def test_none_of_that_name(self, ask: Client) -> None:
        for name in ("99-none", "..", "%2e%2e", "..%2f..%2fsource", "."):
            assert (await ask(f"api/courses/{COURSE}/assignments/{name}/files", "ada")).code in (400, 404), (
                name
            )


class TestSubmit:
    async def test_a_grade_comes_back(
        self, ask: Client, service: RunningService, worker: PaperWorker
    ) -> None:
        sent = await ask(SUBMIT, "ada", body=SOLVED)
        assert sent.code == 201
        view = view_of(sent.body)
        assert (view.student, view.status) == ("ada", "queued")
        await graded(service, view.submission_id)
        path = f"api/courses/{COURSE}/submissions/{view.submission_id}"
        done = view_of((await ask(path, "ada")).body)
        assert (done.status, done.score, done.max_score) == ("graded", 7.0, 10.0)
        feedback = msgspec.json.decode((await ask(f"{path}/feedback", "ada")).body, type=FileSet)
        assert feedback.files[0].content == b"<p>Well done</p>"
        assert worker.graded == [view.submission_id]
        mine = msgspec.json.decode(
            (await ask(f"api/courses/{COURSE}/assignments", "ada")).body, type=list[AssignmentView]
        )
        assert [one.submission_id for one in mine[0].submissions] == [view.submission_id]

        async def shown() -> bool:
            page = (await ask(f"courses/{COURSE}", "teacher")).body.decode()
            return "7<span" in page and "scored 7/10 in First steps" in page

        await until(shown)
        types = [entry.type.split(".")[2:4] for entry in await events(service)]
        assert types == [["assignment", "submitted"], ["submission", "graded"], ["progress", "changed"]]

    async def test_no_feedback_yet(self, ask: Client, worker: PaperWorker) -> None:
        worker.failures = [Unavailable("not now")] * 2
        view = view_of((await ask(SUBMIT, "ada", body=SOLVED)).body)
        response = await ask(f"api/courses/{COURSE}/submissions/{view.submission_id}/feedback", "ada")
        assert response.code == 404
        assert "no feedback" in problem(response).message

    async def test_broken_notebook(self, ask: Client, service: RunningService) -> None:
        broken = FileSet(files=(CourseFile(path=f"{ASSIGNMENT}.ipynb", content=b'{"cells": ['),))
        response = await ask(SUBMIT, "ada", body=broken)
        assert response.code == 422
        assert f"{ASSIGNMENT}.ipynb" in problem(response).message
        assert await events(service) == []
        assert not (await asyncio.to_thread(service.parts.submissions_root.exists))

    async def test_paths_out_of_the_folder(self, ask: Client, tmp_path: Path) -> None:
        for path in ("../../../evil", "/tmp/evil", "a/../../evil"):
            files = (*SOLVED.files, CourseFile(path=path, content=b"x"))
            assert (await ask(SUBMIT, "ada", body=FileSet(files=files))).code == 422

    async def test_too_large(self, config: Config, start: Any, hub: Hub) -> None:
        config.LearnFlowGrading.max_submission_mb = 1
        service = await start()
        ask = Client(service, hub)

        async def released() -> bool:
            return bool(service.parts.releases.state == "done")

        await until(released)
        for size, said in ((2**20, "MiB are taken"), (3 * 2**20, "KiB are taken")):
            files = (*SOLVED.files, CourseFile(path="big.bin", content=b"0" * size))
            response = await ask(SUBMIT, "ada", body=FileSet(files=files))
            assert response.code == 413
            assert said in problem(response).message

    async def test_absurdly_large(self, ask: Client, service: RunningService) -> None:
        """The answer comes before the body, which never does."""
        head = (
            f"POST /services/learnflow/{SUBMIT} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n"
            f"Authorization: token {ask.hub.token('ada')}\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(head.encode())
        assert b" 413 " in await reader.readline()
        writer.close()
        await writer.wait_closed()

    async def test_something_not_released(self, ask: Client) -> None:
        response = await ask(f"api/courses/{COURSE}/assignments/99-none/submissions", "ada", body=SOLVED)
        assert response.code == 404

    async def test_again_and_again_while_nothing_is_graded(self, ask: Client, worker: PaperWorker) -> None:
        worker.gate.clear()
        for _ in range(5):
            assert (await ask(SUBMIT, "ada", body=SOLVED)).code == 201
        response = await ask(SUBMIT, "ada", body=SOLVED)
        assert response.code == 429
        assert "wait to be graded" in problem(response).message

    async def test_the_database_is_locked(
        self, ask: Client, service: RunningService, monkeypatch: Any
    ) -> None:
        async def fail(*_: object, **__: object) -> None:
            raise Unavailable("The database is busy.")

        monkeypatch.setattr(submissions, "create", fail)
        response = await ask(SUBMIT, "ada", body=SOLVED)
        assert response.code == 503
        assert os.listdir(service.parts.submissions_root) == []

    async def test_a_fault_of_ours(
        self, ask: Client, service: RunningService, monkeypatch: Any, capfd: pytest.CaptureFixture[str]
    ) -> None:
        async def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError("secret detail")

        monkeypatch.setattr(submissions, "create", fail)
        response = await ask(SUBMIT, "ada", body=SOLVED)
        assert response.code == 500
        found = problem(response)
        assert found.code == "internal"
        assert "secret" not in response.body.decode()
        assert os.listdir(service.parts.submissions_root) == []
        logged = capfd.readouterr()
        assert "secret detail" in logged.out + logged.err
        assert found.request_id in logged.out + logged.err
        assert b"learnflow_unexpected_errors_total 1.0" in (await ask("metrics")).body


class TestGradingFails:
    async def submitted(self, ask: Client, service: RunningService) -> SubmissionView:
        view = view_of((await ask(SUBMIT, "ada", body=SOLVED)).body)
        await graded(service, view.submission_id)
        async with service.parts.db.connect() as conn:
            return await submissions.view(conn, view.submission_id)

    async def test_twice_and_then_works(
        self, ask: Client, service: RunningService, worker: PaperWorker
    ) -> None:
        worker.failures = [Unavailable("The grading process stopped unexpectedly."), OSError("pipe")]
        view = await self.submitted(ask, service)
        assert (view.status, view.score, view.needs_review) == ("graded", 7.0, False)
        assert b"learnflow_grading_retries_total 2.0" in (await ask("metrics")).body

    async def test_always(self, ask: Client, service: RunningService, worker: PaperWorker) -> None:
        worker.failures = [RuntimeError("secret detail")] * 3
        view = await self.submitted(ask, service)
        assert (view.status, view.needs_review) == ("failed", True)
        assert "tried 3 times" in view.message
        assert "secret" not in view.message
        after = await self.submitted(ask, service)
        assert after.status == "graded"
        assert b'learnflow_gradings_total{status="failed"} 1.0' in (await ask("metrics")).body

    async def test_for_a_reason_that_stays(
        self, ask: Client, service: RunningService, worker: PaperWorker
    ) -> None:
        worker.failures = [Unprocessable("The notebook has no graded cells left.")]
        view = await self.submitted(ask, service)
        assert (view.status, view.message) == ("failed", "The notebook has no graded cells left.")

    async def test_the_service_stops_meanwhile(
        self, ask: Client, service: RunningService, start: Any, hub: Hub
    ) -> None:
        # Else the queue, which also looks by itself now and then, may be faster than this test.
        next(task for task in service._tasks if task.get_name() == "grading queue").cancel()
        view = view_of((await ask(SUBMIT, "ada", body=SOLVED)).body)
        async with service.parts.db.begin() as conn:
            assert await claims.claim_next(conn, "a grader") is not None
        await service.stop()
        again = await start()
        await graded(again, view.submission_id)
        async with again.parts.db.connect() as conn:
            assert (await submissions.view(conn, view.submission_id)).status == "graded"

    async def test_a_process_that_dies(self, config: Config, hub: Hub, tmp_path: Path) -> None:
        """The real client of the grading process, and a process that ends the first time it is asked."""
        script = tmp_path / "worker.py"
        script.write_text(
            "import json, pathlib, sys\n"
            f"died = pathlib.Path({str(tmp_path / 'died')!r})\n"
            "for line in sys.stdin:\n"
            "    op = json.loads(line)\n"
            "    if op['op'] == 'grade' and not died.exists():\n"
            "        died.touch(); sys.exit(9)\n"
            "    record = {k: op[k] for k in ('submission_id', 'course', 'assignment', 'student')}\n"
            "    record |= {'status': 'graded', 'score': 1.0, 'max_score': 1.0}\n"
            "    print(json.dumps({'ok': True, 'record': record}), flush=True)\n"
        )
        config.LearnFlow.release_on_start = False
        released = tmp_path / "state" / "exchange" / COURSE / "outbound" / ASSIGNMENT
        released.mkdir(parents=True)
        (released / f"{ASSIGNMENT}.ipynb").write_bytes(notebook())
        service = await RunningService.start(
            config, environment(hub), make_worker=lambda: GradingWorker(command=(sys.executable, str(script)))
        )
        try:
            view = await self.submitted(Client(service, hub), service)
        finally:
            await service.stop()
        assert (view.status, view.score) == ("graded", 1.0)
        assert (tmp_path / "died").exists()


class TestStart:
    async def test_answers_while_it_releases(
        self, start: Any, hub: Hub, worker: PaperWorker, monkeypatch: Any
    ) -> None:
        go_on = asyncio.Event()
        release = worker.release

        async def slowly(**about: Any) -> Any:
            await go_on.wait()
            return await release(**about)

        monkeypatch.setattr(worker, "release", slowly)
        service = await start()
        ask = Client(service, hub)

        async def running() -> bool:
            return bool(msgspec.json.decode((await ask("health")).body)["releases"] == "running")

        await until(running)
        go_on.set()

        async def done() -> bool:
            return bool(msgspec.json.decode((await ask("health")).body)["releases"] == "done")

        await until(done)

    async def test_releases_once(self, start: Any, service: RunningService, worker: PaperWorker) -> None:
        await service.stop()
        again = await start()

        async def done() -> bool:
            return bool(again.parts.releases.state == "done")

        await until(done)
        assert (again.parts.settings.course_root(COURSE) / "source" / ASSIGNMENT).is_dir()

    async def test_a_course_that_cannot_be_released_stops_nobody(
        self, config: Config, start: Any, hub: Hub, worker: PaperWorker, monkeypatch: Any
    ) -> None:
        async def refuse(**_: object) -> None:
            raise Unprocessable("The notebook has cells of an old format.")

        monkeypatch.setattr(worker, "release", refuse)
        config.LearnFlow.courses = {"missing": "/nowhere/at/all", **config.LearnFlow.courses}
        service = await start()
        ask = Client(service, hub)

        async def failed() -> bool:
            return bool(service.parts.releases.state == "failed")

        await until(failed)
        assert (await ask("health")).code == 200
        response = await ask(f"api/courses/{COURSE}/assignments", "ada")
        assert msgspec.json.decode(response.body) == []

    async def test_an_assignment_whose_points_no_record_takes_is_one_that_failed(
        self, start: Any, worker: PaperWorker, monkeypatch: Any
    ) -> None:
        release = worker.release

        async def below_zero(**about: Any) -> Any:
            made = await release(**about)
            return replace(made, exercises=((ASSIGNMENT, "test-sum", -1.0),))

        monkeypatch.setattr(worker, "release", below_zero)
        service = await start()

        async def failed() -> bool:
            return bool(service.parts.releases.state == "failed")

        await until(failed)

    async def test_a_taken_port(self, config: Config, hub: Hub, worker: PaperWorker) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            told = environment(hub) | {"JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{taken.getsockname()[1]}"}
            with pytest.raises(OSError, match="in use"):
                await RunningService.start(config, told, make_worker=lambda: worker)

    @pytest.mark.parametrize(
        "section, name, value",
        [
            ("LearnFlowMail", "url_file", "/nowhere/at/all"),
            ("LearnFlowJwt", "secret_file", "/nowhere/at/all"),
            ("LearnFlowModel", "api_key_file", "/nowhere/at/all"),
        ],
    )
    async def test_whatever_keeps_it_from_starting_closes_the_database(
        self, config: Config, hub: Hub, worker: PaperWorker, monkeypatch: pytest.MonkeyPatch,
        section: str, name: str, value: str,
    ) -> None:  # fmt: skip
        opened: list[Database] = []
        open_, close = Database.open, Database.close

        async def noted(db: Database) -> None:
            await open_(db)
            opened.append(db)

        async def forgotten(db: Database) -> None:
            await close(db)
            opened.remove(db)

        monkeypatch.setattr(Database, "open", noted)
        monkeypatch.setattr(Database, "close", forgotten)
        config[section][name] = value
        config.LearnFlowModel.base_url = "http://127.0.0.1:9/v1"
        with pytest.raises((OSError, ValueError)):
            await RunningService.start(config, environment(hub), make_worker=lambda: worker)
        assert opened == []

    async def test_a_database_that_cannot_be_used(
        self, config: Config, hub: Hub, worker: PaperWorker
    ) -> None:
        config.LearnFlow.database_url = "mysql://nobody@nowhere/none"
        with pytest.raises(LearnFlowError):
            await RunningService.start(config, environment(hub), make_worker=lambda: worker)


class TestRequestIds:
    async def test_sane_ones_are_kept(self, ask: Client) -> None:
        response = await ask("health", headers={"X-Request-Id": "0123456789abcdef"})
        assert response.headers["X-Request-Id"] == "0123456789abcdef"

    @pytest.mark.parametrize(
        "offered", ["short", "a" * 65, "<script>alert(1)</script>", "a b c d e f g", "ümlaut-id"]
    )
    async def test_others_are_not(self, ask: Client, offered: str) -> None:
        request = HTTPRequest(ask.base + "health", headers={"X-Request-Id": offered})
        response = await AsyncHTTPClient().fetch(request)
        assert response.headers["X-Request-Id"] != offered
        assert len(response.headers["X-Request-Id"]) == 32
