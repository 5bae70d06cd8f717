"""Clients that do not give up: they send again, with the same key, to whichever replica answers.

So behaves a student's server (`learnflow_ext.server.gateway`) behind a balancer. What they were told is kept,
to be compared with what the database has.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec
from crowd import BUSY
from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from learnflow_ext.contracts.grades import FileSet, SubmissionView
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.contracts.runs import RunBatch, RunReport

GATEWAY = (502, 504)
"""What a proxy says for a replica that is gone."""
TOO_MANY = 429
CONFLICT = 409
"""Our first try is still at work, says the service."""
PATIENCE_S = 150.0
CONNECT_S, ANSWER_S = 2.0, 15.0
LONGEST_PAUSE_S = 2.0
SUBMISSIONS = 0.15
"""The share of what is done that is a submission."""


Kind = Literal["run", "submission", "question"]


class Done(msgspec.Struct, frozen=True):
    """One thing that was confirmed."""

    kind: Kind
    id: str
    """The run's own, or what the service called the submission or the question."""
    began: float
    """By the clock, seconds since the epoch."""
    waited: float
    """Seconds until it was confirmed, all tries together, without those of `told`."""
    tries: int
    told: float
    """Seconds spent as one was told to: five submissions of theirs waited to be graded already."""


class Tries(msgspec.Struct):
    """What it took."""

    began: float = msgspec.field(default_factory=time.monotonic)
    count: int = 0
    told: float = 0.0
    """As `Done.told`."""

    def done(self, kind: Kind, name: str, clock: float) -> Done:
        """It was confirmed now."""
        return Done(kind, name, clock, time.monotonic() - self.began - self.told, self.count, self.told)


class Told(msgspec.Struct):
    """What all clients were told."""

    done: list[Done] = []
    errors: list[str] = []
    """What was neither confirmed nor asked to be sent again."""
    tries: int = 0
    again: int = 0
    """Tries that came to nothing, and were followed by another."""


class Stubborn:
    """A student's client."""

    def __init__(
        self,
        http: SimpleAsyncHTTPClient,
        bases: Sequence[str],
        where: tuple[str, str],
        token: str,
        files: FileSet,
        told: Told,
        seed: str,
    ) -> None:
        """`bases` are replicas, each ending with the prefix; `where` is course and assignment."""
        self._http = http
        self._bases = bases
        self._course, self._assignment = where
        self._token = token
        self._files = files
        self._told = told
        # A draw of lots, no secret.
        self._chance = random.Random(seed)
        self._at = self._chance.randrange(len(bases))

    async def work(self, think_s: float, over: asyncio.Event, asks: float = 0.0) -> None:
        """One thing after the other, a submission first, until it is over; so many of them `asks`, 0 to 1."""
        await asyncio.sleep(self._chance.uniform(0, think_s))
        await self.submit()
        while not over.is_set():
            await asyncio.sleep(self._chance.uniform(0.5, 1.5) * think_s)
            if self._chance.random() < asks:
                await self.ask()
            else:
                await (self.submit() if self._chance.random() < SUBMISSIONS else self.run())

    async def run(self) -> None:
        """Report a run."""
        report = RunReport(
            run_id=uuid.uuid4().hex,
            course=self._course,
            assignment=self._assignment,
            notebook="work.ipynb",
            ok=True,
            duration_ms=1,
            finished_at=time.time(),
        )
        clock = time.time()
        answer, tries = await self._insist("api/runs", RunBatch(runs=(report,)), {})
        if answer is not None:
            self._told.done.append(tries.done("run", report.run_id, clock))

    async def submit(self) -> None:
        """Hand in."""
        clock = time.time()
        path = f"api/courses/{self._course}/assignments/{self._assignment}/submissions"
        answer, tries = await self._insist(path, self._files, {"Idempotency-Key": uuid.uuid4().hex})
        if answer is not None:
            made = msgspec.json.decode(answer.body, type=SubmissionView).submission_id
            self._told.done.append(tries.done("submission", made, clock))

    async def ask(self) -> None:
        """Ask the tutor, until an answer came to its end; for what broke off, again."""
        clock = time.time()
        question = HelpRequest(course=self._course, agent="concepts", text="what is a list?")
        key = {"Idempotency-Key": uuid.uuid4().hex}
        answer, tries = await self._insist("api/help", question, key, _ends)
        if answer is not None:
            name = re.search(rb'"request_id":"(\w+)"', answer.body)
            self._told.done.append(tries.done("question", name[1].decode() if name else "", clock))

    async def _insist(
        self,
        path: str,
        body: object,
        headers: Mapping[str, str],
        whole: Callable[[HTTPResponse], bool] = lambda answer: True,
    ) -> tuple[HTTPResponse | None, Tries]:
        """The answer that confirms it, if it is whole, or None where an error was noted; and what it took."""
        tries, pause, last = Tries(), 0.1, ""
        # Who waits as they were told loses no patience, for a while.
        while time.monotonic() < tries.began + min(tries.told, PATIENCE_S) + PATIENCE_S:
            tries.count += 1
            self._told.tries += 1
            wait, told = pause, False
            try:
                answer = await self._send(path, body, headers)
            except (OSError, HTTPClientError) as error:
                # Refused, cut off, or too slow: somebody else may answer.
                last = f"{type(error).__name__}: {error}"
            else:
                if answer.code in (200, 201) and whole(answer):
                    return answer, tries
                last = f"{answer.code} {answer.body[:200]!r}"
                asked = answer.headers.get("Retry-After", "")
                if answer.code in (*BUSY, CONFLICT) and asked.isdecimal():
                    wait, told = float(asked), answer.code == TOO_MANY
                elif answer.code not in (*GATEWAY, 200):
                    break
            self._told.again += 1
            self._at += 1
            slept = time.monotonic()
            await asyncio.sleep(wait * self._chance.uniform(0.5, 1.0))
            if told:
                tries.told += time.monotonic() - slept
                continue
            pause = min(LONGEST_PAUSE_S, 2 * pause)
        self._told.errors.append(f"{path}: {last}, after {tries.count} tries")
        return None, tries

    async def _send(self, path: str, body: object, headers: Mapping[str, str]) -> HTTPResponse:
        return await self._http.fetch(
            HTTPRequest(
                self._bases[self._at % len(self._bases)] + path,
                method="POST",
                headers={"Authorization": f"token {self._token}", **headers},
                body=msgspec.json.encode(body),
                connect_timeout=CONNECT_S,
                request_timeout=ANSWER_S,
            ),
            raise_error=False,
        )


def _ends(answer: HTTPResponse) -> bool:
    """Whether a stream of the tutor's came to its end."""
    return b'"kind":"end"' in answer.body.rpartition(b"data: ")[2]
