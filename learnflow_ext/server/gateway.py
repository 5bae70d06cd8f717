"""The service, as a student's server sees it: one client, over HTTP, with this server's own token."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from learnflow_ext.contracts import errors
from learnflow_ext.contracts.errors import BadRequest, LearnFlowError, Problem, Unavailable
from learnflow_ext.contracts.grades import AssignmentView, CourseView, FileSet, SubmissionView
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk
from learnflow_ext.contracts.other_ai import OtherAiStanding
from learnflow_ext.contracts.practice import PracticeResult, PracticeStanding
from learnflow_ext.contracts.progress import DaysOf, StudentProgress
from learnflow_ext.contracts.quizzes import QuizAnswer, QuizFeedback, QuizView
from learnflow_ext.contracts.runs import RunBatch
from learnflow_ext.server.sse import EventReader

T = TypeVar("T")

DOWN = "The tutor cannot be reached just now. Your notebook is safe. Try again in a minute."
MAX_ANSWER_BYTES = 64 << 20
COURSES_KEPT_SECONDS = 60.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 4.0
AWAY = (502, 503, 504)
"""Nobody answers, or who does says that it is about to stop: another replica may, or the same one soon."""
STILL_AT_WORK = 409
_KINDS: dict[int, type[LearnFlowError]] = {
    kind.status: kind
    for kind in (
        errors.BadRequest,
        errors.Forbidden,
        errors.NotFound,
        errors.Conflict,
        errors.TooLarge,
        errors.Unprocessable,
        errors.TooBusy,
    )
}


class Gateway:
    """Calls the service. Every method raises a LearnFlowError whose sentence may be shown to the student."""

    def __init__(
        self,
        url: str,
        token: str,
        log: logging.Logger,
        *,
        connect_seconds: float = 5.0,
        answer_seconds: float = 60.0,
        silence_seconds: float = 10.0,
        insist_seconds: float = 15.0,
        resume_seconds: float = 6.0,
    ) -> None:
        """`url` is the service's, with its prefix; `token` this server's own.

        An answer may take `answer_seconds` in all, and pause for `silence_seconds` before its first words or
        between two pieces; the service's signs of life (comments in the stream) are pieces too. What must
        not get lost is sent again for `insist_seconds` while nobody answers, with the same
        `Idempotency-Key`, so that it is done once. An answer that breaks off is asked for from where it
        broke off, likewise, for `resume_seconds` from then on.
        """
        self.url = url.rstrip("/") + "/" if url else ""
        self._token = token
        self._log = log
        self._connect_seconds = connect_seconds
        self._answer_seconds = answer_seconds
        self._insist_seconds = insist_seconds
        self._resume_seconds = resume_seconds
        self.silence_seconds = silence_seconds
        self._client: AsyncHTTPClient | None = None
        self._courses: tuple[float, tuple[CourseView, ...]] | None = None
        self._days_of = ""

    @property
    def _http(self) -> AsyncHTTPClient:
        if self._client is None:  # made late: it belongs to the running event loop
            self._client = SimpleAsyncHTTPClient(
                force_instance=True, max_clients=32, max_body_size=MAX_ANSWER_BYTES
            )
        return self._client

    def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def healthy(self) -> bool:
        """Whether the service answers at all."""
        try:
            await self._call("GET", "health")
        except LearnFlowError:
            return False
        return True

    async def courses(self) -> tuple[CourseView, ...]:
        """The student's courses; what was heard in the last minute counts."""
        now = asyncio.get_running_loop().time()
        if self._courses is None or now - self._courses[0] > COURSES_KEPT_SECONDS:
            self._courses = (now, await self._get("api/courses", tuple[CourseView, ...]))
        return self._courses[1]

    async def assignments(self, course: str) -> tuple[AssignmentView, ...]:
        """Released assignments with the student's own submissions."""
        return await self._get(f"api/courses/{_part(course)}/assignments", tuple[AssignmentView, ...])

    async def released_files(self, course: str, assignment: str) -> FileSet:
        """The files of a released assignment."""
        return await self._get(f"api/courses/{_part(course)}/assignments/{_part(assignment)}/files", FileSet)

    async def submit(self, course: str, assignment: str, files: FileSet) -> SubmissionView:
        """Hand in. Once this returns, the service has it."""
        path = f"api/courses/{_part(course)}/assignments/{_part(assignment)}/submissions"
        return self._decode(await self._insist(path, files), SubmissionView)

    async def quiz(self, course: str, assignment: str) -> QuizView:
        """The student's own answers to the questions of an assignment."""
        return await self._get(_quiz(course, assignment), QuizView)

    async def answer_quiz(self, course: str, assignment: str, given: QuizAnswer) -> QuizFeedback:
        """Answer a question."""
        return self._decode(await self._insist(_quiz(course, assignment), given), QuizFeedback)

    async def feedback(self, course: str, submission_id: str) -> FileSet:
        """The feedback on one graded submission."""
        path = f"api/courses/{_part(course)}/submissions/{_part(submission_id)}/feedback"
        return await self._get(path, FileSet)

    async def exam(self) -> OtherAiStanding:
        """Whether an exam runs for the student now."""
        return await self._get("api/other-ai", OtherAiStanding)

    async def practice(self, name: str) -> PracticeStanding:
        """What became of an exercise that the student asked for."""
        return await self._get(f"api/practice/{_part(name)}", PracticeStanding)

    async def practice_files(self, name: str) -> FileSet:
        """The notebook of an exercise that was made for the student."""
        return await self._get(f"api/practice/{_part(name)}/files", FileSet)

    async def check_practice(self, name: str, files: FileSet) -> PracticeResult:
        """Have an answer to such an exercise graded."""
        answer = await self._call("POST", f"api/practice/{_part(name)}/checks", files)
        return self._decode(answer, PracticeResult)

    async def progress(self, course: str, time_zone: str) -> StudentProgress:
        """The student's own progress; days of a streak are those of `time_zone`, when it is known."""
        query = urlencode({"course": course, "time_zone": time_zone})
        return await self._get(f"api/progress?{query}", StudentProgress)

    async def days_are_of(self, time_zone: str) -> None:
        """Say where the student's days begin and end, unless that was said already; one that the service
        does not know is not said again either. Nothing hangs on it: what else is refused is said again later.
        """
        if time_zone in ("", self._days_of):
            return
        try:
            with contextlib.suppress(BadRequest):
                await self._call("POST", "api/time-zone", DaysOf(time_zone=time_zone))
        except LearnFlowError:
            return
        self._days_of = time_zone

    async def report_runs(self, batch: RunBatch) -> None:
        """Tell what ran here."""
        await self._call("POST", "api/runs", batch)

    async def help(self, request: HelpRequest) -> AsyncIterator[ReplyChunk]:
        """Ask, and yield the answer's pieces as they come.

        Where the stream breaks off it goes on with the next piece: another replica has it too. A piece of
        kind `error` is raised as Unavailable with its sentence.
        """
        loop = asyncio.get_running_loop()
        began, pause, key, last = loop.time(), FIRST_PAUSE_S, uuid.uuid4().hex, ""
        lost, begun = began, False
        while True:
            call = _Streamed(self, request, key, last)
            try:
                async with aclosing(call.chunks()) as chunks:
                    async for chunk in chunks:
                        if chunk.kind == "error":
                            self._log.warning("the service broke off an answer, request %s", chunk.request_id)
                            raise Unavailable(chunk.text or DOWN)
                        pause, begun = FIRST_PAUSE_S, True
                        yield chunk
                return
            except _BrokeOff as error:
                if call.heard:
                    # Not since its last words: a model may have thought for long, or silence was the sign.
                    lost = loop.time()
                late = min(lost + self._resume_seconds, began + self._answer_seconds)
                last = call.last_id
                # A service that numbers nothing would begin anew.
                if loop.time() + pause > late or (begun and not last):
                    raise error.refusal from None
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_S, 2 * pause)

    async def _get(self, path: str, kind: type[T]) -> T:
        return self._decode(await self._call("GET", path), kind)

    def _decode(self, body: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.DecodeError as error:
            self._log.error("the service answered with something that is no %s: %s", kind, error)
            raise Unavailable(DOWN) from None

    def request(self, method: str, path: str, body: Any = None, **options: Any) -> HTTPRequest:
        """A request to the service; its `X-Request-Id` joins our log with the service's."""
        return HTTPRequest(
            self.url + path,
            method=method,
            body=None if body is None else msgspec.json.encode(body),
            headers={
                "Authorization": f"token {self._token}",
                "Content-Type": "application/json",
                "X-Request-Id": uuid.uuid4().hex,
            },
            connect_timeout=self._connect_seconds,
            request_timeout=self._answer_seconds,
            follow_redirects=False,
            **options,
        )

    async def fetch(self, request: HTTPRequest) -> tuple[int, bytes]:
        """Status and body of the answer. Unavailable when there is none."""
        try:
            response = await self._http.fetch(request, raise_error=False)
        except (OSError, ValueError, HTTPClientError) as error:
            raise self.unreachable(request, error) from None
        return response.code, response.body or b""

    async def _call(self, method: str, path: str, body: Any = None) -> bytes:
        request = self.request(method, path, body)
        status, answer = await self.fetch(request)
        if not 200 <= status < 300:
            raise self.refused(request, status, answer)
        return answer

    async def _insist(self, path: str, body: Any) -> bytes:
        """POST, again and again while the service is away: its restart is nothing a student should see."""
        loop = asyncio.get_running_loop()
        end, pause, again = loop.time() + self._insist_seconds, FIRST_PAUSE_S, list(AWAY)
        key = uuid.uuid4().hex
        while True:
            request = self.request("POST", path, body)
            request.headers["Idempotency-Key"] = key
            try:
                status, answer = await self.fetch(request)
            except Unavailable as error:
                refusal: LearnFlowError = error
            else:
                if 200 <= status < 300:
                    return answer
                refusal = self.refused(request, status, answer)
                if status not in again:
                    raise refusal
            if loop.time() + pause > end:
                raise refusal
            # From here on a try of ours may still be at work somewhere.
            again = [*AWAY, STILL_AT_WORK]
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_S, 2 * pause)

    def unreachable(self, request: HTTPRequest, error: BaseException | None) -> Unavailable:
        """The service does not answer: log why, and say so kindly."""
        self._log.warning(
            "no answer from the service: %s %s, request %s: %r",
            request.method,
            request.url,
            request.headers["X-Request-Id"],
            error,
        )
        return Unavailable(DOWN, retry_after=60)

    def refused(self, request: HTTPRequest, status: int, body: bytes) -> LearnFlowError:
        """The error that the service's answer stands for; its sentence comes from the service."""
        sent = request.headers["X-Request-Id"]
        self._log.warning(
            "the service answered %s to %s %s, request %s", status, request.method, request.url, sent
        )
        kind = _KINDS.get(status)
        try:
            problem = msgspec.json.decode(body, type=Problem)
        except msgspec.DecodeError:
            problem = None
        if problem is None or kind is None:
            return Unavailable(problem.message if problem is not None else DOWN, retry_after=60)
        return kind(problem.message)


class _BrokeOff(Exception):
    """An answer that did not come to its end, and may go on when it is asked for again."""

    def __init__(self, refusal: LearnFlowError) -> None:
        """`refusal` is what to say where it does not."""
        self.refusal = refusal


class _Streamed:
    """One question under way: tornado pushes bytes, we pull pieces."""

    def __init__(self, gateway: Gateway, question: HelpRequest, key: str, last_id: str) -> None:
        """`last_id` is that of the last event that came of this answer before; empty for none."""
        self.last_id = last_id
        self.heard = False
        """Whether anything came of the answer: words, or a sign that somebody is at work on it."""
        self._gateway = gateway
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._status = 0
        self._closed = False
        self._request = gateway.request(
            "POST",
            "api/help",
            question,
            streaming_callback=self._received,
            header_callback=self._header,
        )
        self._request.headers["Idempotency-Key"] = key
        if last_id:
            self._request.headers["Last-Event-ID"] = last_id

    def _header(self, line: str) -> None:
        if line.startswith("HTTP/"):
            self._status = int(line.split()[1])

    def _received(self, piece: bytes) -> None:
        if self._closed:
            raise OSError("nobody reads this answer any more")  # makes tornado drop the connection
        self._queue.put_nowait(piece)

    async def _run(self) -> int:
        try:
            status, _ = await self._gateway.fetch(self._request)
            return status
        finally:
            self._queue.put_nowait(None)

    async def chunks(self) -> AsyncGenerator[ReplyChunk]:
        """The pieces. _BrokeOff where it can be asked for again."""
        running = asyncio.create_task(self._run())
        reader, refusal, ended = EventReader(), b"", False
        try:
            while (piece := await self._next()) is not None:
                if self._status != 200:
                    refusal = (refusal + piece)[:65_536]
                    continue
                self.heard = True
                events = self._events(reader, piece)
                self.last_id = reader.last_id or self.last_id
                for data in events:
                    chunk = self._gateway._decode(data, ReplyChunk)
                    ended = ended or chunk.kind in ("end", "error")
                    yield chunk
            try:
                status = await running
            except Unavailable as error:
                if ended:
                    return
                raise _BrokeOff(error) from None
            if status != 200:
                refused = self._gateway.refused(self._request, status, refusal)
                raise _BrokeOff(refused) if status in (*AWAY, STILL_AT_WORK) else refused
            if not ended:
                raise _BrokeOff(self._gateway.unreachable(self._request, EOFError("the answer broke off")))
        finally:
            self._closed = True
            running.cancel()

    async def _next(self) -> bytes | None:
        try:
            async with asyncio.timeout(self._gateway.silence_seconds):
                return await self._queue.get()
        except TimeoutError as error:
            raise _BrokeOff(self._gateway.unreachable(self._request, error)) from None

    def _events(self, reader: EventReader, piece: bytes) -> list[bytes]:
        try:
            return reader.feed(piece)
        except ValueError as error:
            raise self._gateway.unreachable(self._request, error) from None


def _part(name: str) -> str:
    return quote(name, safe="")


def _quiz(course: str, assignment: str) -> str:
    return f"api/courses/{_part(course)}/assignments/{_part(assignment)}/quiz"
