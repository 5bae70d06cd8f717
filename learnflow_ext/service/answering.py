"""Answers that are made once for each `Idempotency-Key`, whoever hears them from wherever they broke off.

Such an answer goes on for `COME_BACK_SECONDS` when its reader is lost, and is kept: who comes back with the
same key hears the rest, at this replica while it is being made, at any once it is. Where the replica that
made it is gone, another makes it anew, for the same question: that is charged to nobody again, and asks no
model.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec

from learnflow_ext.contracts.errors import Unavailable
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk
from learnflow_ext.service import logs
from learnflow_ext.service.assistance import Assistance
from learnflow_ext.service.auth import Person
from learnflow_ext.service.handlers import once
from learnflow_ext.service.living import Living
from learnflow_ext.service.traffic import RESTARTING, Traffic
from learnflow_ext.store.database import Database
from learnflow_ext.store.once import Kept, Reserved, slot_of

WAIT_SECONDS = 4.0
"""How long to wait for another replica's answer before its reader is told to come again: they give up one
that is silent for ten."""
COME_BACK_SECONDS = 10.0
"""For how long an answer goes on that nobody hears any more. Students' servers come back sooner: their last
try begins within 6, and may take some to connect. Who pressed Stop does not, and a model costs."""
LEFT_ALONE = "\n\n*I stopped here, for nobody was listening any more. Please ask again.*"
"""Told to who comes too late."""

log = logs.get("learnflow.help")


class Answering:
    """The answers that are being made here. Safe to use from many tasks."""

    def __init__(
        self, db: Database, assistance: Assistance, traffic: Traffic, living: Living, lasts: timedelta
    ) -> None:
        """What was answered is kept for `lasts`."""
        self._db = db
        self._assistance = assistance
        self._traffic = traffic
        self._living = living
        self._lasts = lasts
        self._under_way: dict[tuple[str, str], Answer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(
        self, person: Person, request: HelpRequest, *, address: str, key: str, body: bytes
    ) -> Answer:
        """The answer to `request`, which came as `body` with `key`; it has begun by then.

        What `Assistance.take` refuses is raised, and what `once.do` does.
        """
        name = slot_of(person.name, address, key), hashlib.sha256(body).hexdigest()
        answer = self._under_way.get(name)
        if answer is None:
            answer = self._under_way[name] = Answer()
            making = self._make(answer, person, request, address, key, body)
            task = asyncio.create_task(making, name="answer a question")
            self._tasks.add(task)

            def ended(task: asyncio.Task[None]) -> None:
                self._tasks.discard(task)
                del self._under_way[name]

            task.add_done_callback(ended)
        await answer.begun()
        return answer

    async def close(self) -> None:
        """End what is being made: another replica may begin it anew."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _make(
        self, answer: Answer, person: Person, request: HelpRequest, address: str, key: str, body: bytes
    ) -> None:
        received = time.monotonic()

        async def work(reserved: Reserved) -> Kept:
            async with answer.wanted(reserved.id.hex), self._traffic.limited():
                async for chunk in self._pieces(answer, reserved, person, request, received):
                    answer.hear(chunk)
            return Kept(status=200, body=msgspec.json.encode(answer.told))

        try:
            self._traffic.begun(answer)
            kept, repeated = await once.do(
                self._db,
                work,
                person=person.name,
                address=address,
                key=key,
                body=body,
                lasts=self._lasts,
                holder=self._living.id,
                wait=WAIT_SECONDS,
            )
            if repeated:
                for chunk in msgspec.json.decode(kept.body, type=list[ReplyChunk]):
                    answer.hear(chunk)
            answer.end()
        except Exception as error:
            if answer.told:
                log.info("an answer broke off", error=f"{type(error).__name__}: {error}")
            answer.end(error)
        except asyncio.CancelledError:
            answer.end(Unavailable(RESTARTING, retry_after=2))
            raise
        finally:
            self._traffic.ended(answer)

    async def _pieces(
        self, answer: Answer, reserved: Reserved, person: Person, request: HelpRequest, received: float
    ) -> AsyncIterator[ReplyChunk]:
        request_id = reserved.id.hex
        wished = await self._assistance.wish(person, request, request_id)
        if wished is not None:
            for chunk in wished:
                yield chunk
            return
        question = await self._assistance.take(
            person,
            request,
            request_id,
            received,
            resumes=lambda: not answer.is_left_alone,
            again=reserved.again,
        )
        if reserved.again:
            log.info("answered anew, for who answered is gone", request_id=request_id, person=person.name)
        answer.begin()
        async for chunk in self._assistance.answer(question):
            yield chunk


class Answer:
    """One answer, as far as it has come."""

    def __init__(self) -> None:
        self.told: list[ReplyChunk] = []
        self._begun = asyncio.Event()
        self._more = asyncio.Event()
        self._over = False
        self._error: Exception | None = None
        self._readers: set[object] = set()
        self._patience: asyncio.Timeout | None = None
        """While it is being made."""

    @property
    def is_left_alone(self) -> bool:
        """Whether it ends now because nobody came back for it."""
        return self._patience is not None and self._patience.expired()

    def come(self, reader: object) -> None:
        """`reader` hears it from now on."""
        self._readers.add(reader)
        self._wait_until(None)

    def leave(self, reader: object) -> None:
        """`reader` is lost, or has heard all; harmless when that was said before."""
        if reader not in self._readers:
            return
        self._readers.remove(reader)
        if not self._readers:
            self._wait_until(asyncio.get_running_loop().time() + COME_BACK_SECONDS)

    def _wait_until(self, when: float | None) -> None:
        if self._patience is not None and not self._patience.expired():
            self._patience.reschedule(when)

    @asynccontextmanager
    async def wanted(self, request_id: str) -> AsyncIterator[None]:
        """Around the making: once it is left alone, whatever is in it is cancelled, and the answer ends with
        a sentence about that.
        """
        patience = asyncio.timeout(None)
        try:
            async with patience:
                self._patience = patience
                yield
        except TimeoutError:
            if not patience.expired():
                raise
            log.info("an answer was stopped, for nobody came back for it", request_id=request_id)
            self.hear(ReplyChunk(kind="text", text=LEFT_ALONE, request_id=request_id))
            self.hear(ReplyChunk(kind="end", request_id=request_id))
        finally:
            self._patience = None

    def begin(self) -> None:
        """It will come: whoever asks need not be refused any more."""
        self._begun.set()

    def hear(self, chunk: ReplyChunk) -> None:
        """Its next piece."""
        self.told.append(chunk)
        self._tell()

    def end(self, error: Exception | None = None) -> None:
        """Nothing more comes; with an `error` it broke off."""
        self._over, self._error = True, error
        self._tell()

    def _tell(self) -> None:
        self._begun.set()
        more, self._more = self._more, asyncio.Event()
        more.set()

    async def begun(self) -> None:
        """Wait until it has. What it was refused with is raised."""
        await self._begun.wait()
        if self._error is not None and not self.told:
            raise self._error

    async def chunks(self) -> AsyncIterator[ReplyChunk]:
        """All pieces from the first on, as they come. Ends without one of kind `end` where it broke off."""
        heard = 0
        while True:
            more = self._more
            while heard < len(self.told):
                chunk = self.told[heard]
                heard += 1
                yield chunk
                if chunk.kind in ("end", "error"):
                    return
            if self._over:
                return
            await more.wait()
