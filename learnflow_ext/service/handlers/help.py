"""Questions in, answers out as a stream of server-sent events."""

from __future__ import annotations

import time
from contextlib import aclosing

import msgspec
from tornado.iostream import StreamClosedError

from learnflow_ext.contracts.errors import TooLarge
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk
from learnflow_ext.service.handlers.base import ApiHandler


class HelpHandler(ApiHandler):
    """`POST api/help`. What is refused is refused with a status, before the stream begins."""

    takes_offered_id = False

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
        question = await self.parts.assistance.take(person, request, self.request_id, received)
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        # Proxies that buffer would turn a stream into a wait.
        self.set_header("X-Accel-Buffering", "no")
        async with aclosing(self.parts.assistance.answer(question)) as chunks:
            try:
                async for chunk in chunks:
                    await self._send(chunk)
            except StreamClosedError:
                self.log.info("the asker left before the answer's end")

    async def _send(self, chunk: ReplyChunk) -> None:
        self.write(b"data: " + msgspec.json.encode(chunk) + b"\n\n")
        await self.flush()
