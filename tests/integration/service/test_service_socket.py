"""The dashboard's socket: no gaps, no doubles over lost connections, and readers that misbehave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, chunks, until
from stub_hub import COURSE, Hub
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

from learnflow_ext.contracts.alerts import Finding
from learnflow_ext.contracts.grades import SubmissionView
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.contracts.runs import RunReport
from learnflow_ext.service import web
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import alerts, people, runs, submissions
from learnflow_ext.store.clock import now


async def connect(ask: Client, after: object = None, course: str = COURSE) -> WebSocketClientConnection:
    query = f"?course={course}" + ("" if after is None else f"&after={after}")
    url = f"{ask.base.replace('http', 'ws', 1)}ws{query}"
    token = ask.hub.token("teacher")
    return await websocket_connect(HTTPRequest(url, headers=HTTPHeaders({"Authorization": f"token {token}"})))


async def hang_up(socket: WebSocketClientConnection) -> None:
    """Close, and wait until the other side has done so too."""
    socket.close()
    while await asyncio.wait_for(socket.read_message(), 20) is not None:
        pass


async def run(service: RunningService, first: int, count: int, course: str = COURSE) -> None:
    """`ada` ran `count` cells."""
    async with service.parts.db.begin() as conn:
        await runs.record_batch(
            conn,
            "ada",
            [
                RunReport(
                    run_id=f"run-{number}",
                    notebook="a.ipynb",
                    course=course,
                    ok=False,
                    exception=f"Error{number}",
                    duration_ms=1,
                    finished_at=time.time(),
                )
                for number in range(first, first + count)
            ],
        )


async def events(socket: WebSocketClientConnection, count: int) -> list[dict[str, Any]]:
    """The next `count` events about runs; other messages are passed over."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        text = await asyncio.wait_for(socket.read_message(), 20)
        assert text is not None, "closed"
        message = msgspec.json.decode(str(text))
        if message["kind"] == "happened" and message["what"] == "run":
            found.append(message)
    return found


def numbers(found: list[dict[str, Any]]) -> list[int]:
    return [int(message["text"].split("Error")[1].split()[0]) for message in found]


class TestResume:
    async def test_nothing_is_missed_and_nothing_comes_twice(
        self, ask: Client, service: RunningService
    ) -> None:
        socket = await connect(ask, 0)
        await run(service, 0, 5)
        seen = await events(socket, 5)
        await hang_up(socket)
        await run(service, 5, 150)
        await run(service, 155, 150)
        again = await connect(ask, seen[-1]["resume"])
        seen += await events(again, 300)
        await run(service, 305, 3)
        seen += await events(again, 3)
        await hang_up(again)
        assert numbers(seen) == list(range(308))
        order = [message["sequence"] for message in seen]
        assert order == sorted(set(order))

    async def test_events_of_other_courses_are_not_told(self, ask: Client, service: RunningService) -> None:
        socket = await connect(ask, 0)
        await run(service, 0, 3, "other")
        await run(service, 3, 1)
        assert numbers(await events(socket, 1)) == [3]
        await hang_up(socket)

    async def test_a_number_from_the_future_starts_from_now(
        self, ask: Client, service: RunningService
    ) -> None:
        socket = await connect(ask, 10**17)
        hello = msgspec.json.decode(str(await asyncio.wait_for(socket.read_message(), 20)))
        assert hello["kind"] == "hello" and hello["sequence"] < 10**17
        await run(service, 0, 1)
        assert numbers(await events(socket, 1)) == [0]
        await hang_up(socket)

    @pytest.mark.parametrize("after", ["-1", "x", "1e3", "9" * 40, "5-7"])
    async def test_a_number_that_is_none_is_refused(self, ask: Client, after: str) -> None:
        with pytest.raises(HTTPClientError) as refused:
            await connect(ask, after)
        assert refused.value.code == 400


class TestKinds:
    async def test_questions_answers_alerts_and_grades_are_each_told_as_what_they_are(
        self, ask: Client, service: RunningService
    ) -> None:
        socket = await connect(ask, 0)
        answer = await ask(f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions", "ada", body=SOLVED)
        assert answer.code == 201
        asked = HelpRequest(text="What is a list?", course=COURSE, assignment=ASSIGNMENT)
        assert chunks(await ask("api/help", "ada", body=asked))[-1].kind == "end"
        async with service.parts.db.begin() as conn:
            finding = Finding(trigger="said_stuck", at=now().timestamp(), assignment=ASSIGNMENT)
            who = await people.ensure(conn, "ada")
            await alerts.raise_alert(conn, who, "ada", COURSE, finding, at=now())
        told: dict[str, str] = {}
        while not told.keys() >= {"question", "answer", "submission", "grade", "progress", "alert"}:
            text = await asyncio.wait_for(socket.read_message(), 20)
            assert text is not None, "closed"
            message = msgspec.json.decode(str(text))
            if message["kind"] == "happened":
                told[message["what"]] = message["text"]
        assert told["question"].endswith("“What is a list?”")
        assert told["alert"].startswith("says they are stuck")
        assert told["grade"].startswith("scored 7/10")
        await hang_up(socket)


class TestTheQueue:
    async def test_each_place_is_told_and_moves_when_somebody_is_done(
        self, ask: Client, service: RunningService, worker: PaperWorker
    ) -> None:
        worker.gate.clear()
        socket = await connect(ask)
        made: list[str] = []

        async def told(expected: list[tuple[str, int]]) -> None:
            """Until the newest word about the queue is this."""
            while True:
                text = await asyncio.wait_for(socket.read_message(), 20)
                assert text is not None, "closed"
                message = msgspec.json.decode(str(text))
                assert ("queue" in message["what"]) == ("queue" in message)
                line = [(each["submission_id"], each["position"]) for each in message.get("queue", ())]
                if "queue" in message and line == expected:
                    return

        for who in ("ada", "ben", "ada"):
            answer = await ask(f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions", who, body=SOLVED)
            made.append(msgspec.json.decode(answer.body, type=SubmissionView).submission_id)

            async def taken() -> bool:
                async with service.parts.db.connect() as conn:
                    return (await submissions.view(conn, made[0])).status == "grading"

            await until(taken)
        await told([(made[1], 1), (made[2], 2)])
        async with service.parts.db.begin() as conn:
            await submissions.cancel(conn, COURSE, made[1])
        await told([(made[2], 1)])
        worker.gate.set()
        await told([])
        await hang_up(socket)


class TestBadReaders:
    @pytest.mark.parametrize("junk", ["{", "x" * 1000, '{"kind":"subscribe"}', b"\xff\x00", "x" * 10**7])
    async def test_junk_ends_the_socket_and_nothing_else(
        self, ask: Client, service: RunningService, junk: str | bytes
    ) -> None:
        bad, good = await connect(ask, 0), await connect(ask, 0)
        with suppress(WebSocketClosedError):
            # The largest is refused by its length, before it was sent.
            await bad.write_message(junk, binary=isinstance(junk, bytes))
        while await asyncio.wait_for(bad.read_message(), 20) is not None:
            pass
        assert bad.close_code in (1008, 1009)
        await run(service, 0, 1)
        assert numbers(await events(good, 1)) == [0]
        bad.close()
        await hang_up(good)

    async def test_a_flood_is_one_message_and_a_goodbye(self, ask: Client, service: RunningService) -> None:
        bad, good = await connect(ask, 0), await connect(ask, 0)
        with suppress(WebSocketClosedError):
            for number in range(20_000):
                sent = bad.write_message(f"flood {number}")
                if number % 1_000 == 0:
                    await sent
        await run(service, 0, 1)
        assert numbers(await events(good, 1)) == [0]
        while await asyncio.wait_for(bad.read_message(), 20) is not None:
            pass
        assert bad.close_code == 1008
        bad.close()
        await hang_up(good)

    async def test_who_never_reads_holds_nobody_up(self, ask: Client, service: RunningService) -> None:
        silent = await connect(ask, 0)
        # Tornado's client stops reading from the network after the first message that nobody takes.
        good = await connect(ask, 0)
        for start in range(0, 1000, 200):
            await run(service, start, 200)
        assert numbers(await events(good, 1000)) == list(range(1000))
        await hang_up(silent)
        await hang_up(good)


class TestALaptopLosesItsNetwork:
    async def test_its_socket_is_given_up_and_who_answers_is_kept(
        self, start: Callable[[], Awaitable[RunningService]], hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(web, "PING_SECONDS", 1)
        service = await start()
        ask = Client(service, hub)
        there = await connect(ask, 0)
        await asyncio.wait_for(there.read_message(), 20)
        base = urlsplit(ask.base)
        reader, writer = await asyncio.open_connection(base.hostname, base.port)
        writer.write(
            f"GET {base.path}ws?course={COURSE} HTTP/1.1\r\nHost: {base.netloc}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: bm9ib2R5IGlzIHRoZXJlLg==\r\n"  # pragma: allowlist secret
            f"Authorization: token {hub.token('teacher')}\r\n\r\n".encode()
        )
        assert b" 101 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        # Nobody answers.
        await asyncio.wait_for(reader.readuntil(b"ping timed out"), 20)
        writer.close()
        await run(service, 0, 1)
        assert numbers(await events(there, 1)) == [0]
        await hang_up(there)
        ask.http.close()
