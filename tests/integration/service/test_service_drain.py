"""A service that is told to stop: a balancer hears it, what is in hand ends, the rest is to come again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, chunks, problem, until
from stub_hub import COURSE, Hub
from tornado.httpclient import HTTPRequest
from tornado.httputil import HTTPHeaders
from tornado.websocket import websocket_connect
from traitlets.config import Config

from learnflow_ext.contracts.grades import SubmissionView
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk
from learnflow_ext.contracts.runner import ExecuteRequest
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import eventlog, submissions

QUESTION = HelpRequest(text="why?", course=COURSE)


class TutorThatWaits:
    """Says one word, and the next once `goes_on` is set."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.began, self.goes_on = asyncio.Event(), asyncio.Event()

    def plan(self, *given: Any) -> Any:
        return self.real.plan(*given)

    async def answer(self, request: HelpRequest, context: Any, **_: Any) -> AsyncIterator[ReplyChunk]:
        yield ReplyChunk(kind="start")
        yield ReplyChunk(kind="text", text="first ")
        self.began.set()
        await self.goes_on.wait()
        yield ReplyChunk(kind="text", text="second")
        yield ReplyChunk(kind="end")


@pytest.fixture
def tutor(service: RunningService) -> TutorThatWaits:
    courses: Any = service.parts.assistance._tutored
    waits = TutorThatWaits(courses[COURSE].tutor)
    courses[COURSE] = msgspec.structs.replace(courses[COURSE], tutor=waits)
    return waits


async def refused(ask: Client) -> None:
    """Until nobody listens any more."""

    async def gone() -> bool:
        try:
            await ask("health/live")
        except OSError:
            return True
        return False

    await until(gone)


async def test_a_balancer_hears_it_before_anything_is_refused(
    config: Config, start: Callable[[], Awaitable[RunningService]], hub: Hub
) -> None:
    config.LearnFlow.drain_notice_seconds = 3600
    service = await start()
    ask = Client(service, hub)
    assert (await ask("health/ready")).code == 200
    draining = asyncio.create_task(service.drain())

    async def told() -> bool:
        return (await ask("health/ready")).code == 503

    await until(told)
    assert msgspec.json.decode((await ask("health/ready")).body)["ready"] is False
    # Nothing is wrong with it: nobody is to restart it, and who comes is served.
    assert (await ask("health")).code == (await ask("health/live")).code == 200
    assert (await ask(f"api/courses/{COURSE}/assignments", "ada")).code == 200
    draining.cancel()
    await asyncio.gather(draining, return_exceptions=True)
    ask.http.close()


async def test_an_answer_that_is_being_written_is_finished(
    ask: Client, service: RunningService, tutor: TutorThatWaits
) -> None:
    asking = asyncio.create_task(ask("api/help", "ada", body=QUESTION))
    await tutor.began.wait()
    draining = asyncio.create_task(service.drain())
    await refused(ask)
    tutor.goes_on.set()
    answer = chunks(await asking)
    assert "".join(chunk.text for chunk in answer) == "first second"
    assert answer[-1].kind == "end"
    await draining


async def test_one_that_takes_too_long_says_to_ask_again_and_is_kept(
    ask: Client, service: RunningService, tutor: TutorThatWaits
) -> None:
    service.parts.settings.drain_seconds = 0.1
    asking = asyncio.create_task(ask("api/help", "ada", body=QUESTION))
    await tutor.began.wait()
    await service.drain()
    answer = chunks(await asking)
    assert answer[-1].kind == "error"
    assert "being restarted" in answer[-1].text
    async with service.parts.db.connect() as conn:
        (kept,) = await eventlog.tail(conn, limit=1)
    assert kept.type == "org.learnflow.help.answered.v1"
    assert kept.data["text"].startswith("first")


async def test_a_request_that_takes_too_long_is_told_when_to_come_again(
    ask: Client, service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = asyncio.Event()

    async def never(*_: object, **__: object) -> None:
        began.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(service.parts.runner, "run", never)
    service.parts.settings.drain_seconds = 0.1
    asking = asyncio.create_task(ask("api/execute", "teacher", body=ExecuteRequest(cells=("1",))))
    await began.wait()
    await service.drain()
    answer = await asking
    assert answer.code == 503
    assert answer.headers["Retry-After"]
    assert "being restarted" in problem(answer).message


async def test_sockets_are_sent_to_another_replica(ask: Client, service: RunningService, hub: Hub) -> None:
    url = f"{ask.base.replace('http', 'ws', 1)}ws?course={COURSE}"
    token = next(token for token, model in hub.tokens.items() if model["name"] == "teacher")
    request = HTTPRequest(url, headers=HTTPHeaders({"Authorization": f"token {token}"}))
    socket = await websocket_connect(request)
    await service.drain()
    while await socket.read_message() is not None:
        pass
    assert socket.close_code == 1012
    socket.close()


@pytest.mark.parametrize("in_time", [True, False])
async def test_a_grading_in_hand_is_finished_or_put_back(
    ask: Client, service: RunningService, worker: PaperWorker, start: Any, in_time: bool
) -> None:
    worker.gate.clear()
    path = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"
    made = msgspec.json.decode((await ask(path, "ada", body=SOLVED)).body, type=SubmissionView)

    async def is_(status: str, at: RunningService) -> bool:
        async with at.parts.db.connect() as conn:
            return (await submissions.view(conn, made.submission_id)).status == status

    await until(lambda: is_("grading", service))
    if not in_time:
        service.parts.settings.drain_seconds = 0.1
    draining = asyncio.create_task(service.drain())
    if in_time:
        await refused(ask)
        worker.gate.set()
    await draining
    assert await is_("graded" if in_time else "queued", service)
    await service.stop()
    worker.gate.set()
    again = await start()
    await until(lambda: is_("graded", again))
    assert worker.graded == [made.submission_id]
