"""Questions in, answers out as a stream of server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

import msgspec
from tornado.iostream import StreamClosedError

from learnflow_ext.contracts.errors import TooLarge, Unavailable
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk
from learnflow_ext.service import answer_places
from learnflow_ext.service.answering import Answer
from learnflow_ext.service.handlers import once
from learnflow_ext.service.handlers.base import ApiHandler
from learnflow_ext.service.routes import Route
from learnflow_ext.service.wishes import Vote
from learnflow_ext.store import tutoring

STILL_AT_WORK = b": still at work\n\n"
"""A comment, which every reader of server-sent events passes over."""


class HelpHandler(ApiHandler):
    """`POST api/help`. What is refused is refused with a status, before the stream begins.

    While the next words take long (a model thinks, the gate tries code), a comment every `alive_seconds` says
    that we are still at work. With an `Idempotency-Key` it may be sent again after a stream that broke off.
    """

    takes_offered_id = False
    ends_in_time = True
    _sent_at = 0.0
    """By `time.monotonic`, in seconds; the last time that anything was sent."""

    def initialize(self, route: Route | None = None) -> None:
        """Begin with nothing sent."""
        super().initialize(route)
        self._sending = asyncio.Lock()
        self._heard: Answer | None = None

    def on_connection_close(self) -> None:
        """The asker is gone. Said at once: until there are words to send it would not be noticed."""
        super().on_connection_close()
        if self._heard is not None:
            self._heard.leave(self)

    async def post(self) -> None:
        received = time.monotonic()
        person = self.person
        try:
            request = self.body(HelpRequest)
        except TooLarge:
            self.parts.metrics.questions_refused.labels("too_large").inc()
            raise
        if offered := self.request.headers.get("X-Request-Id"):
            self.log.info("the asker's own id", offered=offered[:64])
        if (key := self.request.headers.get(once.HEADER)) is not None:
            await self._tell(request, once.key_in(key))
            return
        wished = await self.parts.assistance.wish(person, request, self.request_id)
        if wished is not None:
            self._begin_stream()
            for chunk in wished:
                await self._send(chunk)
            return
        question = await self.parts.assistance.take(person, request, self.request_id, received)
        self._begin_stream()
        try:
            # Around the answer, which then keeps what it said so far.
            async with (
                self._seen_at_work(),
                self.parts.traffic.limited(),
                aclosing(self.parts.assistance.answer(question)) as chunks,
            ):
                async for chunk in chunks:
                    await self._send(chunk)
        except StreamClosedError:
            self.log.info("the asker left before the answer's end")
        except Unavailable as error:
            if not self.parts.traffic.over:
                raise
            self.log.info("an answer broke off, for the service stops")
            last = ReplyChunk(kind="error", text=f"\n\n{error.message}", request_id=self.request_id)
            with suppress(StreamClosedError):
                await self._send(last)

    async def _tell(self, request: HelpRequest, key: str) -> None:
        """What may be heard again: the whole answer, or what follows the event that the asker had last."""
        header = self.request.headers.get(answer_places.HEADER)
        after = answer_places.place_in(header) if header else None
        answer = await self.parts.answering.ask(
            self.person, request, address=f"{self.request.method} {self.request.uri}", key=key, body=self.raw
        )
        self._heard = answer
        self._begin_stream()
        answer.come(self)
        try:
            async with self._seen_at_work(), aclosing(answer_places.told(answer.chunks(), after)) as pieces:
                async for chunk, place in pieces:
                    await self._send(chunk, str(place))
        except StreamClosedError:
            self.log.info("the asker was lost before the answer's end, which goes on for a while")
        finally:
            answer.leave(self)

    def _begin_stream(self) -> None:
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        # Proxies that buffer would turn a stream into a wait.
        self.set_header("X-Accel-Buffering", "no")
        self._sent_at = time.monotonic()

    async def _send(self, chunk: ReplyChunk, place: str = "") -> None:
        number = f"id: {place}\n".encode() if place else b""
        await self._out(number + b"data: " + msgspec.json.encode(chunk) + b"\n\n")

    async def _out(self, event: bytes) -> None:
        # One at a time: of two flushes that wait for a slow reader, Tornado forgets the first.
        async with self._sending:
            self.write(event)
            self._sent_at = time.monotonic()
            await self.flush()

    @asynccontextmanager
    async def _seen_at_work(self) -> AsyncIterator[None]:
        """Send a comment whenever nothing was sent for a while."""
        beating = asyncio.create_task(self._beat(self.parts.tutor_settings.alive_seconds))
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _beat(self, seconds: float) -> None:
        """Until cancelled, or the asker has left: who speaks next notices that too."""
        with suppress(StreamClosedError):
            while True:
                silent = time.monotonic() - self._sent_at
                if silent >= seconds:
                    await self._out(STILL_AT_WORK)
                    silent = 0.0
                await asyncio.sleep(seconds - silent)


class VoteHandler(ApiHandler):
    """`POST api/help/{request_id}/vote`: whether one's own answer helped."""

    async def post(self, request_id: str) -> None:
        person, vote = self.person, self.body(Vote)
        self.answer(await self.parts.assistance.wishes.vote(person, request_id, helpful=vote.helpful))


class ModelAccountsHandler(ApiHandler):
    """`GET api/courses/{course}/model`: what a model took, by student, for teachers."""

    async def get(self, course: str) -> None:
        async with self.parts.db.connect() as conn:
            self.answer(await tutoring.accounts(conn, course))
