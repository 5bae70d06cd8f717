"""Processes of the benchmark of sockets: the service, a bare Tornado server, and a crowd of clients.

`python live_actor.py '{"role": …}'`. Each says `up …` when it is ready, does what stdin tells it line by
line, answers each line with one of JSON, and ends with stdin. Moments are of `time.monotonic`, which all
processes of a machine share.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from served import PaperWorker, until
from stub_hub import COURSE, PREFIX
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler
from traitlets.config import Config

from learnflow_ext.events.bus import BusMessage
from learnflow_ext.events.wire import from_message
from learnflow_ext.service.app import settle
from learnflow_ext.service.handlers.live import LiveHandler
from learnflow_ext.service.running import RunningService
from learnflow_ext.service.web import PING_SECONDS

PING, CLOSE, TEXT = 0x9, 0x8, 0x1
CONNECTING = 50
"""Clients that shake hands at a time."""
OPEN_S = 60.0
"""For one of them to be let in, on however busy a machine."""

Do = Callable[[dict[str, Any]], Awaitable[Any]]


async def lines(do: Do) -> None:
    """Do what stdin says, until it ends."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        print(json.dumps(await do(json.loads(line))), flush=True)


async def service(order: dict[str, Any]) -> None:
    """LearnFlow, on the database and Kafka of `order`."""
    config = Config()
    config.LearnFlow.state_dir = order["state"]
    config.LearnFlow.database_url = order["database"]
    config.LearnFlow.courses = {COURSE: order["course"]}
    config.LearnFlow.release_on_start = False
    config.LearnFlowKafka.bootstrap_servers = order["bootstrap"]
    config.LearnFlowKafka.topic_prefix = order["prefix"]
    running = await RunningService.start(config, order["environment"], make_worker=PaperWorker)
    settle()

    async def on_the_bus() -> bool:
        return running._bus is not None

    await until(on_the_bus)
    print("up", running.port, flush=True)

    legs = noted(running)

    async def tell(line: dict[str, Any]) -> Any:
        if line.get("legs"):
            return legs
        gc.collect()
        began = time.monotonic()
        running.parts.live.changed(COURSE, ["scores", "feed"], line["number"])
        return began

    await lines(tell)
    await running.stop()


Moments = dict[str, float]
"""When it came to an event, in seconds of the clock, by its place in the log."""


def noted(running: RunningService) -> dict[str, Moments]:
    """Note from now on when each event was handed to the bus, brought by it, and written to a socket."""
    bus, boards = running._bus, running.parts.live
    assert bus is not None
    legs: dict[str, Moments] = {"relayed": {}, "brought": {}, "written": {}}
    publish, changed, write = bus.publish, boards.changed, LiveHandler.write_message

    async def publishing(message: BusMessage, **more: Any) -> Any:
        moment = time.time()
        future = await publish(message, **more)
        legs["relayed"][str(from_message(message).sequence)] = moment
        return future

    def changing(course: str, what: Any, sequence: int = 0) -> None:
        legs["brought"].setdefault(str(sequence), time.time())
        changed(course, what, sequence)

    def writing(self: LiveHandler, message: Any, binary: bool = False) -> Any:
        moment = time.time()
        future = write(self, message, binary)
        if isinstance(message, str) and '"happened"' in message[:40]:
            legs["written"].setdefault(str(json.loads(message)["sequence"]), moment)
        return future

    for owner, name, value in (
        (bus, "publish", publishing),
        (boards, "changed", changing),
        (LiveHandler, "write_message", writing),
    ):
        setattr(owner, name, value)
    return legs


class _Bare(WebSocketHandler):
    """Nothing but a socket."""

    def open(self, *args: str, **kwargs: str) -> None:
        self.set_nodelay(True)
        self.settings["opened"].add(self)

    def on_close(self) -> None:
        self.settings["opened"].discard(self)


async def bare(order: dict[str, Any]) -> None:
    """A Tornado server that writes a text to every socket."""
    opened: set[_Bare] = set()
    application = Application(
        [(f"{PREFIX}ws", _Bare)],
        opened=opened,
        log_function=lambda handler: None,
        websocket_ping_interval=PING_SECONDS,
        websocket_ping_timeout=PING_SECONDS,
    )
    listening = bind_sockets(0, "127.0.0.1", backlog=256)
    server = HTTPServer(application)
    server.add_sockets(listening)
    print("up", listening[0].getsockname()[1], flush=True)

    async def tell(line: dict[str, Any]) -> float:
        gc.collect()
        text = json.dumps({"kind": "changed", "what": ["feed", "scores"], "sequence": line["number"]})
        began = time.monotonic()
        for socket in opened:
            socket.write_message(text)
        return began

    await lines(tell)


class Client(asyncio.Protocol):
    """One socket, as light as can be: what is measured is the server."""

    def __init__(self, request: bytes, heard: Callable[[float, bytes], None]) -> None:
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._heard = heard
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        moment = time.monotonic()
        self._buffer += data
        if not self.open.done():
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self.open.set_exception(AssertionError(head.decode()))
                return
            self._buffer = rest
            self.open.set_result(None)
        while (frame := self._frame()) is not None:
            kind, payload = frame
            if kind == PING:
                assert self._transport is not None
                self._transport.write(b"\x8a\x80" + os.urandom(4))
            elif kind == TEXT:
                self._heard(moment, payload)

    def _frame(self) -> tuple[int, bytes] | None:
        """The next whole one; a server's frames are not masked."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1], 2
        if length == 126:
            length, start = int.from_bytes(buffer[2:4], "big"), 4
        assert length != 127, "nobody sends so much"
        if len(buffer) < start + length:
            return None
        self._buffer = buffer[start + length :]
        return buffer[0] & 0xF, buffer[start : start + length]

    def connection_lost(self, error: Exception | None) -> None:
        if not self.open.done():
            self.open.set_exception(error or AssertionError("refused"))


class Crowd:
    """Many clients, and when each heard of what."""

    def __init__(self) -> None:
        self.told: list[list[tuple[float, str, int]]] = []
        """For each client what it heard: when, of which kind, and the number in it."""

    async def connect(self, port: int, tokens: list[str], query: str, count: int) -> None:
        """`count` sockets, the tokens in turn."""
        some = asyncio.Semaphore(CONNECTING)

        async def one(number: int) -> None:
            key = base64.b64encode(os.urandom(16)).decode()
            request = (
                f"GET {PREFIX}ws?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                f"Authorization: token {tokens[number % len(tokens)]}\r\n\r\n"
            ).encode()
            told: list[tuple[float, str, int]] = []

            def heard(moment: float, payload: bytes) -> None:
                message = json.loads(payload)
                told.append((moment, message["kind"], message["sequence"]))

            async with some, asyncio.timeout(OPEN_S):
                _, client = await asyncio.get_running_loop().create_connection(
                    lambda: Client(request, heard), "127.0.0.1", port
                )
                await client.open
            self.told.append(told)

        await asyncio.gather(*(one(number) for number in range(count)))

    def first(self, since: float, kind: str, number: int) -> list[float]:
        """When each heard of `number` or a later one, since a moment; without those who did not yet."""
        found = []
        for told in self.told:
            for moment, said, reached in told:
                if moment >= since and said == kind and reached >= number:
                    found.append(moment)
                    break
        return found


async def clients(order: dict[str, Any]) -> None:
    """A crowd; a line asks when each of them heard of a number, and is answered once all have."""
    crowd = Crowd()
    await crowd.connect(order["port"], order["tokens"], order["query"], order["count"])
    print("up", len(crowd.told), flush=True)
    # A pause for the collector would look like a slow server.
    gc.disable()

    async def when(line: dict[str, Any]) -> list[float]:
        end = time.monotonic() + line["patience"]
        while True:
            found = crowd.first(line["since"], line["kind"], line["number"])
            if len(found) == len(crowd.told) or time.monotonic() > end:
                for told in crowd.told:
                    told.clear()
                return found
            await asyncio.sleep(0.1)

    await lines(when)


def main() -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    order = json.loads(sys.argv[1])
    asyncio.run({"service": service, "bare": bare, "clients": clients}[order["role"]](order))


if __name__ == "__main__":
    main()
