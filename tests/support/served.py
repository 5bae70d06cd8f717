"""What tests of the running service share: a client, a grader that runs nothing, and submissions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from learnflow_grading.release import Released
from stub_hub import PREFIX, Hub
from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from learnflow_ext.contracts.errors import Problem
from learnflow_ext.contracts.grades import CellScore, CourseFile, FileSet, GradeRecord
from learnflow_ext.contracts.help import ReplyChunk
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import submissions

ASSIGNMENT = "01-first-steps"


class PaperWorker:
    """Grades at once, without running anything: what the queue does is tested here, not the grader."""

    def __init__(self) -> None:
        self.graded: list[str] = []
        self.late: list[tuple[float, str]] = []
        """What was to be taken off for lateness, and what to tell of it; one a call."""
        self.failures: list[BaseException] = []
        """Raised first, one a call."""
        self.score = 7.0
        """Of 10, from 2 on: what the next submissions get."""
        self.provisional = ""
        """Why the points of test-sum are provisional."""
        self.gate = asyncio.Event()
        """Cleared, nothing is graded until it is set."""
        self.gate.set()
        self.running = False
        self.seconds: dict[str, float] = {}
        """How long a cell was to have, by assignment: when it was released, and when it was graded last."""

    async def start(self) -> None:
        self.running = True

    async def stop(self) -> None:
        self.running = False

    async def release(
        self,
        *,
        course: str,
        course_root: Path,
        exchange_root: Path,
        assignment: str,
        cell_timeout: float = 0.0,
        memory_mb: int = 0,
    ) -> Released:
        self.seconds[assignment] = cell_timeout
        source = course_root / "source" / assignment
        target = exchange_root / course / "outbound" / assignment
        target.mkdir(parents=True)
        names = []
        for path in source.glob("*.ipynb"):
            (target / path.name).write_bytes(path.read_bytes())
            names.append(path.stem)
        return Released(
            "First steps", tuple(names), ((names[0], "test-greeting", 2.0), (names[0], "test-sum", 8.0))
        )

    async def grade(
        self, *, submission_id: str, course: str, assignment: str, student: str, **more: Any
    ) -> GradeRecord:
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.late.append((more["late_share"], more["late_note"]))
        self.graded.append(submission_id)
        self.seconds[assignment] = more.get("cell_timeout", 0.0)
        return GradeRecord(
            submission_id=submission_id,
            course=course,
            assignment=assignment,
            student=student,
            status="graded",
            score=self.score,
            max_score=10.0,
            cells=(
                CellScore(notebook=ASSIGNMENT, name="test-greeting", score=2.0, max_score=2.0),
                CellScore(
                    notebook=ASSIGNMENT,
                    name="test-sum",
                    score=self.score - 2,
                    max_score=8.0,
                    provisional=self.provisional,
                ),
            ),
            feedback=(CourseFile(path=f"{ASSIGNMENT}.html", content=b"<p>Well done</p>"),),
            duration_ms=12,
        )


def notebook(*sources: str) -> bytes:
    """A notebook with one code cell for each of `sources`."""
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "id": f"cell-{place}",
            "source": source,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for place, source in enumerate(sources)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def _cell(kind: str, identity: str, source: str, **nbgrader: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "id": identity, "source": source, "metadata": {}}
    if nbgrader:
        flags = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
        made["metadata"] = {"nbgrader": flags | nbgrader}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def exercise(name: str, statement: str, solution: str, tests: str) -> str:
    """A teacher's notebook with one exercise: the cells `task`, `answer` and `check`."""
    cells = [
        _cell("markdown", "task", statement),
        _cell("code", "answer", solution, grade_id=name, solution=True),
        _cell("code", "check", tests, grade_id=f"test-{name}", grade=True, locked=True, points=2),
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


SOLVED = FileSet(files=(CourseFile(path=f"{ASSIGNMENT}.ipynb", content=notebook("total = 1 + 2")),))


class Client:
    """Asks the service over HTTP, as somebody."""

    def __init__(self, service: RunningService, hub: Hub) -> None:
        self.service = service
        self.hub = hub
        # The service shares this event loop: with its own client, requests cannot wait for each other.
        self.http = SimpleAsyncHTTPClient(force_instance=True, max_clients=64)
        self.base = f"http://127.0.0.1:{service.port}{PREFIX}"

    async def __call__(
        self,
        path: str,
        who: str | None = None,
        *,
        body: object = None,
        raw: bytes | None = None,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> HTTPResponse:
        sent = dict(headers or {})
        if who is not None:
            token = next(
                token
                for token, model in self.hub.tokens.items()
                if model["name"] == who and model["kind"] == "user"
            )
            sent["Authorization"] = f"token {token}"
        data = raw if raw is not None else (msgspec.json.encode(body) if body is not None else None)
        request = HTTPRequest(
            self.base + path,
            method=method or ("GET" if data is None else "POST"),
            headers=sent,
            body=data,
            follow_redirects=False,
            **{"request_timeout": 30, **options},
        )
        return await self.http.fetch(request, raise_error=False)


def problem(response: HTTPResponse) -> Problem:
    """The body of a refusal; its id is the header's."""
    found = msgspec.json.decode(response.body, type=Problem)
    assert found.request_id == response.headers["X-Request-Id"]
    return found


def chunks(response: HTTPResponse) -> list[ReplyChunk]:
    """The pieces of a streamed answer, without the comments of a service that is still at work."""
    assert response.headers["Content-Type"].startswith("text/event-stream")
    return [
        msgspec.json.decode(event.removeprefix(b"data: "), type=ReplyChunk)
        for event in response.body.split(b"\n\n")
        if event and not event.startswith(b":")
    ]


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Wait for `condition`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not await condition():
        assert loop.time() < end, "waited in vain"
        await asyncio.sleep(0.02)


async def graded(service: RunningService, submission_id: str) -> None:
    """Wait until grading of a submission ended."""

    async def ended() -> bool:
        async with service.parts.db.connect() as conn:
            return (await submissions.view(conn, submission_id)).status in ("graded", "failed")

    await until(ended)
