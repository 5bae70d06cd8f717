"""A real Jupyter server with a student's settings, and a service that answers from a script."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClientConnection, websocket_connect

from learnflow_ext.contracts.errors import Problem
from learnflow_ext.contracts.grades import (
    AssignmentView,
    CourseFile,
    CourseView,
    FileSet,
    SubmissionView,
)
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk
from learnflow_ext.contracts.other_ai import OTHER_AI_ENV, OtherAi, OtherAiStanding
from learnflow_ext.contracts.practice import PracticeStanding
from learnflow_ext.contracts.progress import DaysOf, StudentProgress
from learnflow_ext.contracts.quizzes import QuizAnswer, QuizFeedback, QuizView
from learnflow_ext.contracts.runs import RunBatch, RunReport

TOKEN = "the-server-s-own-token"
NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


class Script:
    """What the stub service says, and what it was told."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.down = False
        self.questions: list[HelpRequest] = []
        self.runs: list[RunReport] = []
        self.submitted: list[FileSet] = []
        self.answer = ["It is ", "a name ", "without a value."]
        self.pause = 0.15
        self.break_off = False
        self.end = ReplyChunk(kind="end")
        self.standings: list[PracticeStanding | None] = []
        """What is said of the exercise `loop-1-7`, one a request; the last one from then on. None where it is
        not there."""
        self.looked = asyncio.Event()
        """Set once that was asked."""
        self.problem: tuple[int, Problem] | None = None
        self.released = FileSet(files=(CourseFile(path="first.ipynb", content=NOTEBOOK),))
        self.answered: list[QuizFeedback] = []
        self.graded = False
        self.cell_seconds: float | None = None
        self.zones: list[str] = []
        """That were asked for; `days_of` are those that were to be kept."""
        self.days_of: list[str] = []
        self.exam = False
        """Whether one is on for the student."""
        self.progress = StudentProgress(student="ada", course="py", title="Python", streak_days=2)

    def view(self) -> AssignmentView:
        done = tuple(
            SubmissionView(
                submission_id=f"s{count}",
                course="py",
                assignment="one",
                student="ada",
                status="graded" if self.graded else "queued",
                submitted_at="2026-01-31T09:30:00.123456+00:00",
                score=4.0 if self.graded else None,
                max_score=5.0 if self.graded else None,
                has_feedback=self.graded,
                position=None if self.graded else 1,
            )
            for count, _ in enumerate(self.submitted)
        )
        return AssignmentView(
            course="py",
            assignment="one",
            notebooks=("first",),
            submissions=done,
            cell_seconds=self.cell_seconds,
        )


class StubHandler(RequestHandler):
    """Every endpoint of the service that the student's server calls."""

    def initialize(self, script: Script) -> None:
        self.script = script

    def say(self, body: Any, status: int = 200) -> None:
        self.set_status(status)
        self.finish(msgspec.json.encode(body))

    async def prepare(self) -> None:
        if self.script.down:
            stream: Any = self.detach()
            stream.close()
        elif self.request.headers.get("Authorization") != f"token {TOKEN}":
            self.say(Problem(code="not_signed_in", message="Who are you?"), 401)
        elif self.script.problem is not None:
            status, problem = self.script.problem
            self.say(problem, status)

    async def get(self, path: str) -> None:
        if path == "health":
            self.say({})
        elif path == "api/other-ai":
            self.say(OtherAiStanding(exam=self.script.exam))
        elif path == "api/courses":
            self.say([CourseView(course="py", role="student")])
        elif path == "api/progress":
            self.script.zones.append(self.get_query_argument("time_zone"))
            self.say(self.script.progress)
        elif path == "api/courses/py/assignments":
            self.say([self.script.view()])
        elif path == "api/courses/py/assignments/one/files":
            self.say(self.script.released)
        elif path == "api/courses/py/assignments/one/quiz":
            self.say(QuizView(answers=tuple(self.script.answered)))
        elif path == "api/practice/loop-1-7" and self.script.standings:
            self.script.looked.set()
            more = len(self.script.standings) > 1
            standing = self.script.standings.pop(0) if more else self.script.standings[0]
            if standing is None:
                self.say(Problem(code="not_found", message="No such exercise was made for you."), 404)
            else:
                self.say(standing)
        elif path == "api/practice/loop-1-7/files":
            self.say(FileSet(files=(CourseFile(path="loop-1-7.ipynb", content=NOTEBOOK),)))
        elif path.endswith("/feedback"):
            self.say(FileSet(files=(CourseFile(path="first.html", content=b"<p>Well done</p>"),)))
        else:
            self.say(Problem(code="not_found", message="There is no such course."), 404)

    async def post(self, path: str) -> None:
        if path == "api/runs":
            batch = msgspec.json.decode(self.request.body, type=RunBatch)
            self.script.runs.extend(batch.runs)
            self.say({"accepted": len(batch.runs)})
        elif path == "api/courses/py/assignments/one/quiz":
            given = msgspec.json.decode(self.request.body, type=QuizAnswer)
            right = given.choices == ("2",)
            self.script.answered.append(
                QuizFeedback(question=given.question, choices=given.choices, right=right, first_right=right)
            )
            self.say(self.script.answered[-1])
        elif path == "api/time-zone":
            self.script.days_of.append(msgspec.json.decode(self.request.body, type=DaysOf).time_zone)
            if self.script.days_of[-1].startswith("Mars"):
                self.say(Problem(code="bad_request", message="There is no time zone of that name."), 400)
            elif self.script.days_of[-1].startswith("Moon"):
                self.say(Problem(code="not_found", message="There is nothing at this address."), 404)
            else:
                self.say({})
        elif path.endswith("/submissions"):
            self.script.submitted.append(msgspec.json.decode(self.request.body, type=FileSet))
            self.say(self.script.view().submissions[-1], 201)
        else:
            self.script.questions.append(msgspec.json.decode(self.request.body, type=HelpRequest))
            await self.stream()

    async def stream(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        chunks = [ReplyChunk(kind="start"), *(ReplyChunk(kind="text", text=t) for t in self.script.answer)]
        for chunk in chunks:
            self.write(b"data: " + msgspec.json.encode(chunk) + b"\n\n")
            await self.flush()
            await asyncio.sleep(self.script.pause)
        if not self.script.break_off:
            self.write(b"data: " + msgspec.json.encode(self.script.end) + b"\n\n")


@pytest.fixture(scope="session")
def _stub() -> Iterator[tuple[Script, str]]:
    script = Script()
    [sock] = bind_sockets(0, "127.0.0.1")
    ready = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []
    over = asyncio.Event()

    async def serve() -> None:
        app = Application([(r"/services/learnflow/(.*)", StubHandler, {"script": script})])
        server = HTTPServer(app)
        server.add_sockets([sock])
        loops.append(asyncio.get_running_loop())
        ready.set()
        await over.wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    yield script, f"http://127.0.0.1:{sock.getsockname()[1]}/services/learnflow/"
    loops[0].call_soon_threadsafe(over.set)
    thread.join()


@pytest.fixture
def service(_stub: tuple[Script, str]) -> Script:
    """The stub's script, fresh for this test."""
    _stub[0].reset()
    return _stub[0]


ANOTHER = """
import asyncio
import os

from jupyter_ai_persona_manager.base_persona import BasePersona, PersonaDefaults
from learnflow_ext.server.personas import AVATARS


class Another(BasePersona):
    @property
    def defaults(self):
        picture = str(AVATARS / "tutor.svg")
        about = {"description": "Solves it.", "avatar_path": picture, "system_prompt": ""}
        return PersonaDefaults(name="Another", **about)

    async def process_message(self, message):
        self.send_message(self.has())
        if "go on" in message.body:
            # As one that does not stop when it is told to.
            self.going = asyncio.create_task(self.go_on())

    def has(self):
        found = self.parent.get_mcp_settings()
        tools = [each.name for each in found.mcp_servers] if found else []
        return f"key {os.environ.get('SCHOOL_API_KEY')}, tools {tools}"

    async def go_on(self):
        before = self.has()
        while self.has() == before:
            await asyncio.sleep(0.05)
        # Both are shut in one go.
        await asyncio.sleep(1)
        self.send_message("then: " + self.has())
"""


def _install_another_persona(site: Path) -> None:
    """As a package does that brings an assistant to Jupyter AI."""
    about = site / "another_ai-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: another-ai\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[jupyter_ai.personas]\nanother = another_ai:Another\n")
    (site / "another_ai.py").write_text(ANOTHER)


class Server:
    """The student's server as a browser sees it."""

    def __init__(self, base: Path, service_url: str, other_ai: OtherAi | None = None, more: str = "") -> None:
        self.work = base / "work"
        self.home = base / "server"
        for folder in (self.work, self.home):
            folder.mkdir(parents=True)
        self.marker = base / "student-code-ran"
        self._plant()
        site = base / "site"
        _install_another_persona(site)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.token = uuid.uuid4().hex
        config = base / "config.py"
        config.write_text(
            "import sys\n"
            f"sys.path.append({str(site)!r})\n"
            "from learnflow_ext.server import defaults\n"
            "defaults.configure(c)\n"
            f"c.ServerApp.root_dir = {str(self.work)!r}\n"
            f"c.ServerApp.port = {self.port}\n"
            "c.ServerApp.allow_root = True\n"
            # Tests have the service away: nobody is to wait for another.
            "c.LearnFlowExtension.resume_seconds = 0.0\n"
            f"c.IdentityProvider.token = {self.token!r}\n"
            f"c.SandboxProvisioner.work_dir = {str(self.work)!r}\n"
            f"{more}\n"
        )
        self.log = base / "log"
        stream = self.log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-m", "jupyterlab", f"--config={config}"],
            cwd=self.work,
            env={
                "HOME": str(self.home),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "LEARNFLOW_URL": service_url,
                "JUPYTERHUB_API_TOKEN": TOKEN,
                **({OTHER_AI_ENV: msgspec.json.encode(other_ai).decode()} if other_ai is not None else {}),
                **{k: v for k, v in os.environ.items() if k.startswith("COVERAGE")},
            },
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        stream.close()

    def _plant(self) -> None:
        """Code of the student's in every place that some part of Jupyter would load it from."""
        betrayal = f"open({str(self.marker)!r}, 'a').write(__file__ + chr(10))\n"
        for place in (
            ".jupyter/personas/evil_persona.py",
            ".jupyter/jupyter_server_config.py",
            ".jupyter/evil_persona.py",
            ".ipython/profile_default/startup/00-evil.py",
            "jupyter_config.py",
            "jupyter_server_config.py",
            "jupyter_lab_config.py",
            "nbgrader_config.py",
            "sitecustomize.py",
            "usercustomize.py",
            "json.py",
            "py/one/nbgrader_config.py",
        ):
            file = self.work / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(betrayal)
        spec = self.work / ".local/share/jupyter/kernels/evil"
        spec.mkdir(parents=True)
        (spec / "kernel.json").write_text(
            json.dumps({"argv": ["sh"], "display_name": "evil", "language": "sh"})
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> HTTPResponse:
        """A request with the student's token; the answer whatever its status."""
        return await AsyncHTTPClient().fetch(
            HTTPRequest(
                self.url + path,
                method=method,
                body=None if body is None else json.dumps(body),
                headers={"Authorization": f"token {self.token}", **headers},
                allow_nonstandard_methods=True,
                request_timeout=30,
            ),
            raise_error=False,
        )

    async def json(self, method: str, path: str, body: Any = None) -> Any:
        return json.loads((await self.call(method, path, body)).body)

    @asynccontextmanager
    async def socket(self, path: str, **options: Any) -> AsyncIterator[WebSocketClientConnection]:
        request = HTTPRequest(
            self.url.replace("http", "ws") + path, headers={"Authorization": f"token {self.token}"}
        )
        connection = await websocket_connect(request, max_message_size=64 << 20, **options)
        try:
            yield connection
        finally:
            protocol: Any = connection.protocol
            connection.close()
            async with asyncio.timeout(30):
                while protocol is not None and not protocol.stream.closed():  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.01)

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def _server(_stub: tuple[Script, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("student"), _stub[1])
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture
def server(_server: Server, service: Script) -> Iterator[Server]:
    """A running student's server that talks to `service`. What it logs is shown when a test fails."""
    before = _server.log.stat().st_size
    yield _server
    print(_server.log.read_bytes()[before:].decode(errors="replace"))


class Chat:
    """A browser's end of one chat."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self._connection = connection
        self.frames: list[dict[str, Any]] = []
        self.user: dict[str, Any] = {}

    async def hear(self, seconds: float = 15.0) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            raw = await self._connection.read_message()
        assert raw is not None, "the server hung up"
        frame: dict[str, Any] = json.loads(raw)
        self.frames.append(frame)
        return frame

    async def say(self, body: str, **more: Any) -> str:
        message_id = uuid.uuid4().hex
        frame = {"type": "client", "action": "send", "id": message_id, "body": body, **more}
        await self._connection.write_message(json.dumps(frame))
        return message_id

    async def reply(self) -> list[dict[str, Any]]:
        """The versions of the next message of a persona's, as they came, up to its end."""
        versions: list[dict[str, Any]] = []
        while True:
            frame = await self.hear()
            if frame["action"] == "message" and frame["message"]["sender"].startswith(
                "jupyter-ai-personas::"
            ):
                versions.append(frame["message"])
            writing = frame["action"] == "writing" and frame["state"]
            if frame["action"] == "writing" and not writing and versions:
                return versions
            if versions and frame["action"] == "message" and not self._writing():
                return versions

    def _writing(self) -> bool:
        states = [frame["state"] for frame in self.frames if frame["action"] == "writing"]
        return bool(states) and states[-1]


OpenChat = Callable[[str], AbstractAsyncContextManager[Chat]]


@pytest.fixture
def open_chat(server: Server) -> OpenChat:
    """Connects to the chat of that name."""

    @asynccontextmanager
    async def opened(name: str) -> AsyncIterator[Chat]:
        async with server.socket(f"api/chat/ws/{name}") as connection:
            chat = Chat(connection)
            first = await chat.hear()
            assert first["action"] == "connection"
            chat.user = first["user"]
            yield chat

    return opened


@pytest.fixture
async def chat(open_chat: OpenChat) -> AsyncIterator[Chat]:
    """An empty chat, connected."""
    async with open_chat(f"{uuid.uuid4().hex}.chat") as chat:
        yield chat
