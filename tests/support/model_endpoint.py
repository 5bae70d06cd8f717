"""An OpenAI-compatible server, over real HTTP, that does all that a model should and should not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

Manner = Literal[
    "well", "refuses", "hangs", "stalls", "garbage", "bytes", "cut_off", "rambles", "fails_once", "redirects"
]


@dataclass
class Endpoint:
    """What the server says, how, and what it was sent."""

    url: str = ""
    manner: Manner = "well"
    says: str = "Look closely at that line. What does the name stand for at that moment?"
    leads_to: str = "http://127.0.0.1:9/elsewhere"
    """Where it sends the asker when it `redirects`."""
    thinks: asyncio.Event | None = None
    """Before its first word it waits for that."""
    pieces: Sequence[str] | None = None
    """Instead of `says` cut into words."""
    answers: dict[str, str] = field(default_factory=dict)
    """What it says where it is asked something with these words in it."""
    turns: list[str] = field(default_factory=list)
    """What it says the first times, once each, before it goes over to `says`."""
    together: int = 1
    """It answers nobody before so many were asked."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


class _Completions(RequestHandler):
    def initialize(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.gone = asyncio.Event()

    def on_connection_close(self) -> None:
        self.gone.set()

    async def post(self) -> None:
        endpoint = self.endpoint
        endpoint.asked.append(json.loads(self.request.body))
        endpoint.headers.append(dict(self.request.headers))
        manner = endpoint.manner
        if manner == "refuses" or (manner == "fails_once" and len(endpoint.asked) == 1):
            self.set_status(503)
            self.finish({"error": {"message": "overloaded", "type": "server_error"}})
            return
        if manner == "redirects":
            self.redirect(endpoint.leads_to, status=307)
            return
        if manner == "hangs":
            await self.gone.wait()
            return
        while len(endpoint.asked) < endpoint.together and not self.gone.is_set():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
        self.set_header("Content-Type", "text/event-stream")
        try:
            await self._speak(manner)
        except StreamClosedError:
            self.gone.set()

    async def _speak(self, manner: Manner) -> None:
        endpoint = self.endpoint
        if endpoint.thinks is not None:
            await self.flush()
            await endpoint.thinks.wait()
        if manner == "garbage":
            for _ in range(3):
                self.write("data: {not json at all\n\n\x00\x01\x02")
                await self.flush()
            self.finish()
            return
        if manner == "bytes":
            await self._piece("\x00\ufffd\x07\ufffd\x1b" * 30 + ". ")
        pieces = endpoint.pieces
        if pieces is None:
            asked = self.request.body.decode()
            says = next((each for words, each in endpoint.answers.items() if words in asked), endpoint.says)
            words = (endpoint.turns.pop(0) if endpoint.turns else says).split(" ")
            pieces = [word if place == 0 else f" {word}" for place, word in enumerate(words)]
        if manner == "rambles":
            pieces = [f"And another thing number {n} comes to my mind. " for n in range(500)]
        for place, piece in enumerate(pieces):
            await self._piece(piece)
            if manner in ("cut_off", "stalls") and place >= len(pieces) * 2 // 3:
                if manner == "stalls":
                    await self.gone.wait()
                else:
                    self.request.connection.stream.close()  # type: ignore[union-attr]  # in mid-stream, as a crash does
                return
        await self._send({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        await self._send(
            {"choices": [], "usage": {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150}}
        )
        self.write("data: [DONE]\n\n")
        self.finish()

    async def _piece(self, text: str) -> None:
        await self._send(
            {
                "choices": [
                    {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
                ]
            }
        )

    async def _send(self, what: dict[str, Any]) -> None:
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "fake", **what}
        self.write(f"data: {json.dumps(chunk)}\n\n")
        await self.flush()


@asynccontextmanager
async def model_endpoint() -> AsyncIterator[Endpoint]:
    """The server, running; `.url` is its base."""
    endpoint = Endpoint()
    socket, port = bind_unused_port()
    endpoint.url = f"http://127.0.0.1:{port}/v1"
    server = HTTPServer(Application([("/v1/chat/completions", _Completions, {"endpoint": endpoint})]))
    server.add_socket(socket)
    try:
        yield endpoint
    finally:
        server.stop()
        await server.close_all_connections()
