"""Students at work over HTTP, as their servers send it: they run cells, ask, hand in, look at progress."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, get_args

import msgspec
from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from learnflow_ext.contracts.grades import AssignmentView, FileSet
from learnflow_ext.contracts.help import CellError, HelpRequest, ReplyChunk
from learnflow_ext.contracts.runs import RunBatch, RunReport

Doing = Literal["run", "ask", "submit", "progress"]


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How busy a class is."""

    think_s: float
    """Between two things that a student does, on average; each time between half and one and a half of it."""
    mix: Mapping[Doing, int]
    """How often each is done, against the others."""

    def every_s(self, what: Doing) -> float:
        """How long it is from one time that a student does it to the next, on average."""
        return self.think_s * sum(self.mix.values()) / self.mix[what]


AT_WORK = Pace(think_s=15, mix={"run": 24, "progress": 3, "ask": 3, "submit": 1})
"""A class that works at its exercises: each runs a cell every 19 s, asks and looks at their progress every
two and a half minutes, and hands in every eight. Beginners who were watched compiled as often or less: half
of the times within 30 s of the time before (Jadud 2005, who saw them in supervised lessons)."""
HURRY = Pace(think_s=5, mix={"run": 6, "progress": 2, "ask": 2, "submit": 1})
"""Three times as much from each, and nine times as many submissions: one every 55 s. No class works so; it
shows what comes before the end of what a machine can do."""
PACES: Mapping[str, Pace] = {"work": AT_WORK, "hurry": HURRY}
BUSY = (429, 503)
MOST_TRIES = 50
QUESTIONS = ("what is a list?", "what does range do?", "how do I join two texts?", "why use a function?")
BROKEN = "prices = [3, 4]\n{name} = 0\nfor price in prices:\n    {name} = {name} + pric\nprint({name})"


class Tally(msgspec.Struct):
    """What came of it."""

    times: dict[Doing, list[float]]
    """Milliseconds of each that was done, by its last try; a question until the last word."""
    busy: dict[Doing, int]
    """How often somebody was told to come back later, and did."""
    errors: list[str]
    """What was neither done nor told to wait."""
    processor_s: float = 0.0
    """Of the process that sent it all."""

    @classmethod
    def empty(cls) -> Tally:
        """Nothing yet."""
        return cls({each: [] for each in get_args(Doing)}, dict.fromkeys(get_args(Doing), 0), [])

    def add(self, other: Tally) -> None:
        """Take over what `other` has."""
        for each in get_args(Doing):
            self.times[each] += other.times[each]
            self.busy[each] += other.busy[each]
        self.errors += other.errors
        self.processor_s += other.processor_s

    def of(self, what: str) -> list[float]:
        """Milliseconds of one kind, or of all where `what` is none."""
        chosen = [each for each in get_args(Doing) if each == what] or get_args(Doing)
        return [took for each in chosen for took in self.times[each]]

    def told_to_wait(self, what: str) -> int:
        """As `of`, how often somebody was."""
        return sum(often for each, often in self.busy.items() if each == what or what not in self.busy)

    def done(self, what: Doing) -> int:
        """How often the service said that it was done."""
        return len(self.times[what])


class Student:
    """One of the crowd. What they do differs a little each time, so that nothing is just remembered."""

    def __init__(
        self,
        http: SimpleAsyncHTTPClient,
        base: str,
        course: str,
        token: str,
        files: Mapping[str, FileSet],
        tally: Tally,
        seed: str,
    ) -> None:
        """`base` ends with the service's prefix; `files` has what can be handed in, by assignment."""
        self._http = http
        self._base = base
        self._course = course
        self._token = token
        self._files = files
        self._tally = tally
        # A draw of lots, no secret.
        self._chance = random.Random(seed)
        self._doing: Mapping[Doing, Callable[[], Awaitable[tuple[HTTPResponse, float]]]] = {
            "run": self._run,
            "ask": self._ask,
            "submit": self._submit,
            "progress": self._progress,
        }

    async def work(self, pace: Pace, until: float) -> None:
        """One thing after the other, until a moment of the loop's clock."""
        loop = asyncio.get_running_loop()
        kinds, weights = list(pace.mix), list(pace.mix.values())
        # Nobody arrives on the bell.
        pause = self._chance.uniform(0, pace.think_s)
        while loop.time() + pause < until:
            await asyncio.sleep(pause)
            (what,) = self._chance.choices(kinds, weights)
            await self.do(what)
            pause = self._chance.uniform(0.5, 1.5) * pace.think_s

    async def do(self, what: Doing) -> None:
        """Do it, come back as often as one is told to, and note what came of it."""
        for _ in range(MOST_TRIES):
            try:
                answer, took = await self._doing[what]()
            except OSError as error:
                self._tally.errors.append(f"{what}: {error}")
                return
            if answer.code not in BUSY:
                break
            wait = answer.headers.get("Retry-After", "")
            if not wait.isdecimal():
                self._tally.errors.append(f"{what}: {answer.code} does not say when to come back")
                return
            self._tally.busy[what] += 1
            await asyncio.sleep(int(wait))
        if answer.code not in (200, 201):
            self._tally.errors.append(f"{what}: {answer.code} {answer.error} {answer.body[:200]!r}")
            return
        self._tally.times[what].append(1000 * took)

    async def _run(self) -> tuple[HTTPResponse, float]:
        ok = self._chance.random() < 0.7
        report = RunReport(
            run_id=uuid.uuid4().hex,
            course=self._course,
            assignment=self._chance.choice(list(self._files)),
            notebook="work.ipynb",
            cell_id="greeting",
            ok=ok,
            exception="" if ok else "NameError",
            message="" if ok else "name 'pric' is not defined",
            attempt=uuid.uuid4().hex[:16],
            duration_ms=self._chance.randrange(1, 900),
            finished_at=time.time(),
        )
        return await self._send("api/runs", RunBatch(runs=(report,)))

    async def _progress(self) -> tuple[HTTPResponse, float]:
        return await self._send(f"api/progress?course={self._course}")

    async def _submit(self) -> tuple[HTTPResponse, float]:
        assignment, files = self._chance.choice(list(self._files.items()))
        return await self._send(f"api/courses/{self._course}/assignments/{assignment}/submissions", files)

    async def _ask(self) -> tuple[HTTPResponse, float]:
        """A refusal, or the whole answer, in the time to its last word."""
        heard: list[tuple[float, bytes]] = []
        began = time.perf_counter()
        answer, took = await self._send(
            "api/help",
            self._question(),
            streaming_callback=lambda data: heard.append((time.perf_counter(), data)),
        )
        if answer.code != 200:
            return answer, took
        chunks, rest = [], b""
        for at, data in heard:
            *whole, rest = (rest + data).split(b"\n\n")
            events = [each[len(b"data: ") :] for each in whole if not each.startswith(b":")]
            chunks += [(at, msgspec.json.decode(each, type=ReplyChunk)) for each in events]
        if not chunks or chunks[-1][1].kind != "end":
            last = chunks[-1][1] if chunks else None
            self._tally.errors.append(f"ask: the answer broke off: {last}")
        words = [at for at, chunk in chunks if chunk.text]
        return answer, (words[-1] - began) if words else took

    def _question(self) -> HelpRequest:
        code = BROKEN.format(name=f"total_{self._chance.randrange(10_000)}")
        assignment = self._chance.choice(list(self._files))
        match self._chance.choice(("debug", "debug", "concepts", "review")):
            case "debug":
                message = "name 'pric' is not defined"
                error = CellError(exception="NameError", message=message, line=4, code=code)
                return HelpRequest(course=self._course, assignment=assignment, code=code, error=error)
            case "review":
                fine = code.replace("pric\n", "price\n")
                return HelpRequest(course=self._course, agent="review", code=fine)
        text = f"{self._chance.choice(QUESTIONS)} ({self._chance.randrange(10_000)})"
        return HelpRequest(course=self._course, agent="concepts", text=text)

    async def _send(self, path: str, body: object = None, **options: Any) -> tuple[HTTPResponse, float]:
        request = HTTPRequest(
            self._base + path,
            method="GET" if body is None else "POST",
            headers={"Authorization": f"token {self._token}"},
            body=None if body is None else msgspec.json.encode(body),
            request_timeout=120,
            **options,
        )
        began = time.perf_counter()
        answer = await self._http.fetch(request, raise_error=False)
        return answer, time.perf_counter() - began


async def released(http: SimpleAsyncHTTPClient, base: str, course: str, token: str) -> dict[str, FileSet]:
    """What students of `course` can hand in, as it was given to them."""
    here, headers = f"{base}api/courses/{course}/assignments", {"Authorization": f"token {token}"}
    listed = msgspec.json.decode((await http.fetch(here, headers=headers)).body, type=list[AssignmentView])
    found = {}
    for each in listed:
        answer = await http.fetch(f"{here}/{each.assignment}/files", headers=headers)
        found[each.assignment] = msgspec.json.decode(answer.body, type=FileSet)
    return found
