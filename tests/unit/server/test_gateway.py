"""The service's client, when the service is away or talks nonsense."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from learnflow_ext.contracts.errors import LearnFlowError, NotFound, TooBusy, Unavailable
from learnflow_ext.contracts.grades import FileSet, SubmissionView
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk
from learnflow_ext.server.gateway import DOWN, Gateway

LOG = logging.getLogger("test.gateway")


@asynccontextmanager
async def answering(raw: bytes, *, hold: bool = False) -> AsyncIterator[Gateway]:
    """A gateway to something that answers every request with these bytes."""

    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        if hold:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    gateway = Gateway(url, "t", LOG, answer_seconds=5, silence_seconds=1, resume_seconds=0)
    async with server:
        yield gateway
        gateway.close()
        for writer in writers:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)


def answer(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


async def words(gateway: Gateway) -> list[ReplyChunk]:
    return [chunk async for chunk in gateway.help(HelpRequest(text="why?"))]


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9/", "ftp://nowhere/", "http://no.such.host.invalid/"])
async def test_nobody_there(url: str, caplog: pytest.LogCaptureFixture) -> None:
    gateway = Gateway(url, "t", LOG, connect_seconds=2, answer_seconds=2, resume_seconds=0)
    with pytest.raises(Unavailable, match="cannot be reached"):
        await gateway.courses()
    with pytest.raises(Unavailable, match="cannot be reached"):
        await words(gateway)
    assert await gateway.healthy() is False
    assert "request " in caplog.text
    gateway.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nonsense\r\n\r\n",
        answer(b"<html>"),
        answer(b"{}"),
        answer(b"", "302 Found"),
        answer(b"<html>", "500 Oh"),
        answer(b"data: {}\n\n"),
        answer(b'data: {"kind": "text", "text": "half"}\n\n'),
        answer(b"data: " + b"x" * 2_000_000),
    ],
)
async def test_whatever_comes_is_a_sentence(raw: bytes) -> None:
    async with answering(raw) as gateway:
        with pytest.raises(Unavailable) as caught:
            await gateway.assignments("py")
        assert caught.value.message == DOWN
        with pytest.raises(Unavailable) as caught:
            await words(gateway)
        assert caught.value.message == DOWN


class TestTheServiceThinks:
    async def test_silence_ends_after_a_while(self) -> None:
        async with answering(b"", hold=True) as gateway:
            with pytest.raises(Unavailable):
                await words(gateway)

    async def test_a_sign_of_life_is_no_silence(self) -> None:
        """Here a sign comes twice within the second that silence may last, and the answer after three."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            for _ in range(6):
                writer.write(b": still at work\n\n")
                await writer.drain()
                await asyncio.sleep(0.5)
            writer.write(b'data: {"kind": "end", "text": "There."}\n\n')
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            gateway = Gateway(f"http://127.0.0.1:{port}/", "t", LOG, answer_seconds=30, silence_seconds=1)
            assert [chunk.text for chunk in await words(gateway)] == ["There."]
            gateway.close()


async def test_the_services_own_sentence_is_kept() -> None:
    problem = b'{"code": "not_found", "message": "No such course."}'
    async with answering(answer(problem, "404 Not Found")) as gateway:
        with pytest.raises(NotFound, match="No such course"):
            await gateway.assignments("py")
        with pytest.raises(NotFound, match="No such course"):
            await words(gateway)


async def test_an_error_within_the_stream_is_raised() -> None:
    stream = b'data: {"kind": "start"}\n\ndata: {"kind": "error", "text": "The tutor is tired."}\n\n'
    async with answering(answer(stream)) as gateway:
        with pytest.raises(LearnFlowError, match="tired"):
            await words(gateway)


class TestReaderLeaves:
    async def test_the_rest_is_not_waited_for(self) -> None:
        stream = b'data: {"kind": "start"}\n\n'
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        async with answering(head + stream, hold=True) as gateway:
            chunks = gateway.help(HelpRequest())
            assert (await anext(chunks)).kind == "start"
            await chunks.aclose()  # type: ignore[attr-defined]  # an AsyncIterator here is a generator


class Replica:
    """Answers request after request as `script` says, the last for ever; None hangs up. Notes what came."""

    def __init__(self, *script: bytes | None) -> None:
        self._script = list(script)
        self.silent = 0.0
        """Seconds before it hangs up."""
        self.keys: list[str] = []
        self.places: list[str] = []
        """`Last-Event-ID` of each request; empty for none."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
        await reader.readexactly(int(fields.get("Content-Length", "0")))
        self.keys.append(fields.get("Idempotency-Key", ""))
        self.places.append(fields.get("Last-Event-Id", ""))
        raw = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if raw is not None:
            writer.write(raw)
            await writer.drain()
            await asyncio.sleep(self.silent)
        writer.close()


@asynccontextmanager
async def before(replica: Replica, *, insist: float = 15, resume: float = 6) -> AsyncIterator[Gateway]:
    server = await asyncio.start_server(replica.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    gateway = Gateway(
        f"http://127.0.0.1:{port}/",
        "t",
        LOG,
        answer_seconds=5,
        insist_seconds=insist,
        resume_seconds=resume,
    )
    async with server:
        yield gateway
        gateway.close()


def told(*pieces: tuple[str, str, str], cut: bytes = b"") -> bytes:
    """A stream of pieces: id, kind, text. It ends without a word, after the beginning of another."""
    events = b"".join(
        f'id: {place}\ndata: {{"kind": "{kind}", "text": "{text}"}}\n\n'.encode()
        for place, kind, text in pieces
    )
    return b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\nConnection: close\r\n\r\n" + events + cut


START, ONE, TWO, END = (
    ("0-a", "start", ""),
    ("4-b", "text", "one "),
    ("7-c", "text", "two"),
    ("7-c", "end", ""),
)


class TestAReplicaIsLostWhileItAnswers:
    @pytest.fixture(autouse=True)
    def quickly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("learnflow_ext.server.gateway.FIRST_PAUSE_S", 0.01)

    async def test_the_rest_comes_from_another(self) -> None:
        replica = Replica(
            None,
            told(START, ONE, cut=b'id: 9-f\ndata: {"kind": "te'),
            answer(b"", "502 Bad Gateway"),
            CONFLICT,
            told(TWO, END),
        )
        async with before(replica) as gateway:
            found = await words(gateway)
        assert [(chunk.kind, chunk.text) for chunk in found] == [
            ("start", ""),
            ("text", "one "),
            ("text", "two"),
            ("end", ""),
        ]
        assert replica.places == ["", "", "4-b", "4-b", "4-b"]
        assert len(set(replica.keys)) == 1 and replica.keys[0]

    async def test_also_long_after_its_last_words(self) -> None:
        """While a model thinks there are only signs of life, and of a host that is lost there is nothing."""
        replica = Replica(told(START, ONE), told(TWO, END))
        replica.silent = 0.3
        async with before(replica, resume=0.2) as gateway:
            assert [chunk.text for chunk in await words(gateway)] == ["", "one ", "two", ""]
        assert replica.places == ["", "4-b"]

    async def test_in_the_end_it_is_a_sentence(self) -> None:
        replica = Replica(told(START, ONE), None)
        async with before(replica, resume=0.2) as gateway:
            with pytest.raises(Unavailable, match="cannot be reached"):
                await words(gateway)
        assert len(replica.keys) > 2

    async def test_one_that_numbers_nothing_is_not_heard_twice(self) -> None:
        replica = Replica(answer(b'data: {"kind": "text", "text": "half"}\n\n'))
        async with before(replica) as gateway:
            with pytest.raises(Unavailable):
                await words(gateway)
        assert len(replica.keys) == 1

    async def test_a_refusal_is_told_at_once(self) -> None:
        replica = Replica(answer(b'{"code": "too_busy", "message": "One a minute."}', "429 Busy"))
        async with before(replica) as gateway:
            with pytest.raises(TooBusy, match="One a minute"):
                await words(gateway)
        assert len(replica.keys) == 1


MADE = msgspec.json.encode(
    SubmissionView(
        submission_id="s1", course="py", assignment="a", student="ada", status="queued", submitted_at=""
    )
)
CONFLICT = answer(b'{"code": "conflict", "message": "Still at work."}', "409 Conflict")


class TestHandingInWhileTheServiceRestarts:
    async def test_it_is_sent_again_as_the_same_request(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("learnflow_ext.server.gateway.FIRST_PAUSE_S", 0.01)
        replica = Replica(
            None, answer(b"", "503 Busy"), answer(b"", "502 Bad Gateway"), CONFLICT, answer(MADE)
        )
        async with before(replica) as gateway:
            assert (await gateway.submit("py", "a", FileSet(files=()))).submission_id == "s1"
        assert len(replica.keys) == 5
        assert len(set(replica.keys)) == 1 and replica.keys[0]

    async def test_another_time_it_is_another_request(self) -> None:
        replica = Replica(answer(MADE))
        async with before(replica) as gateway:
            for _ in range(2):
                await gateway.submit("py", "a", FileSet(files=()))
        assert len(set(replica.keys)) == 2

    async def test_a_refusal_is_told_at_once(self) -> None:
        replica = Replica(CONFLICT)
        async with before(replica) as gateway:
            with pytest.raises(LearnFlowError, match="Still at work"):
                await gateway.submit("py", "a", FileSet(files=()))
        assert len(replica.keys) == 1

    async def test_in_the_end_it_is_a_sentence(self) -> None:
        async with before(Replica(None), insist=0) as gateway:
            with pytest.raises(Unavailable, match="cannot be reached"):
                await gateway.submit("py", "a", FileSet(files=()))
