"""Cells that run in a real sandboxed kernel, seen over the kernel's websocket."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)

from learnflow_ext.contracts.runs import RunReport
from learnflow_ext.server.telemetry import TOO_BIG, TOO_FAST

if TYPE_CHECKING:
    from tornado.websocket import WebSocketClientConnection

    from tests.integration.server.conftest import Chat, Script, Server


V1 = "v1.kernel.websocket.jupyter.org"


class Tab:
    """A browser tab with a notebook: one session on the kernel's channels."""

    def __init__(self, connection: WebSocketClientConnection, session: str) -> None:
        self._connection = connection
        self._v1 = connection.selected_subprotocol == V1
        self._session = session
        self.output = ""
        self.bytes = 0

    async def send(self, code: str, cell_id: str = "c1", **content: Any) -> str:
        run_id = uuid.uuid4().hex
        message = {
            "channel": "shell",
            "header": {
                "msg_id": run_id,
                "msg_type": "execute_request",
                "session": self._session,
                "username": "",
                "version": "5.3",
            },
            "parent_header": {},
            "metadata": {"cellId": cell_id},
            "content": {
                "code": code,
                "silent": False,
                "store_history": True,
                "stop_on_error": True,
                **content,
            },
        }
        await self._write(message)
        return run_id

    async def _write(self, message: dict[str, Any]) -> None:
        if self._v1:
            names = ("header", "parent_header", "metadata", "content")
            parts = [json.dumps(message[name]).encode() for name in names]
            await self._connection.write_message(serialize_msg_to_ws_v1(parts, "shell"), binary=True)
        else:
            await self._connection.write_message(json.dumps(message))

    def _read(self, raw: str | bytes) -> dict[str, Any]:
        if not self._v1:
            found: dict[str, Any] = json.loads(raw)
            return found
        _, (header, parent, _, content, *_) = deserialize_msg_from_ws_v1(raw)
        header = json.loads(header)
        return {
            "msg_type": header["msg_type"],
            "parent_header": json.loads(parent),
            "content": json.loads(content),
        }

    async def until_idle(self, run_id: str, seconds: float = 60) -> None:
        left = {"idle", "reply"}
        async with asyncio.timeout(seconds):
            while left:
                raw = await self._connection.read_message()
                assert raw is not None, "the server hung up"
                self.bytes += len(raw)
                message = self._read(raw)
                if message["parent_header"].get("msg_id") != run_id:
                    continue
                if message["msg_type"] == "error":
                    self.output += message["content"]["evalue"]
                elif message["msg_type"] == "stream":
                    self.output += message["content"]["text"]
                elif message["msg_type"] == "execute_reply":
                    left.discard("reply")
                elif message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                    left.discard("idle")

    async def run(self, code: str, cell_id: str = "c1", **content: Any) -> str:
        run_id = await self.send(code, cell_id, **content)
        await self.until_idle(run_id)
        return run_id


@asynccontextmanager
async def opened(server: Server, kernel_id: str, protocol: str = "") -> AsyncIterator[Tab]:
    session = uuid.uuid4().hex
    path = f"api/kernels/{kernel_id}/channels?session_id={session}"
    async with server.socket(path, subprotocols=[protocol] if protocol else None) as connection:
        yield Tab(connection, session)


@pytest.fixture
async def kernel(server: Server) -> AsyncIterator[str]:
    """Id of the kernel of `py/one/first.ipynb`."""
    (server.work / "py/one").mkdir(parents=True, exist_ok=True)
    session = await server.json(
        "POST",
        "api/sessions",
        {
            "path": "py/one/first.ipynb",
            "type": "notebook",
            "name": "first.ipynb",
            "kernel": {"name": "python3"},
        },
    )
    yield session["kernel"]["id"]
    closed = await server.call("DELETE", f"api/sessions/{session['id']}")
    assert closed.code == 204, "also while the kernel is starting again"


@pytest.fixture
async def tab(server: Server, kernel: str) -> AsyncIterator[Tab]:
    async with opened(server, kernel) as tab:
        yield tab


async def report(service: Script, run_id: str, seconds: float = 15) -> RunReport:
    """The report of that run, once it is there. Reports of an earlier test may still trickle in."""
    async with asyncio.timeout(seconds):
        while not (found := [run for run in service.runs if run.run_id == run_id]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert len(found) == 1
    return found[0]


FLOOD = """
from jupyter_client.session import Session
kernel = get_ipython().kernel
for _ in range(COUNT):
    Session.send(kernel.session, kernel.iopub_socket, "KIND", CONTENT, parent=kernel.get_parent())
"""
"""A hostile cell: past everything that limits output inside the kernel."""
SIDE_FLOOD = """
from jupyter_client.session import Session
kernel = get_ipython().kernel
doors = {"shell": (kernel.shell_stream, "complete_reply"), "stdin": (kernel.stdin_socket, "input_request")}
door, kind = doors["CHANNEL"]
ident = kernel._get_shell_context_var(kernel._shell_parent_ident)
for _ in range(60):
    content = {"prompt": "x" * 1_000_000, "password": False}
    Session.send(kernel.session, door, kind, content, parent=kernel.get_parent(), ident=ident)
"""
"""The same by the ways that carry replies and questions."""


async def test_a_good_and_a_bad_run_are_reported(tab: Tab, service: Script, chat: Chat) -> None:
    good = await tab.run("import time; time.sleep(0.2); x = 1")
    bad = await tab.run("total = x + 1\nprint(totl)", "c2")
    empty = await tab.run("   ")
    first, second = await report(service, good), await report(service, bad)
    assert (first.run_id, first.ok, first.cell_id, first.exception) == (good, True, "c1", "")
    assert 100 <= first.duration_ms < 5000
    assert (first.notebook, first.course, first.assignment) == ("py/one/first.ipynb", "py", "one")
    assert (second.run_id, second.ok, second.exception) == (bad, False, "NameError")
    assert "totl" in second.message
    assert empty not in {run.run_id for run in service.runs}

    await chat.say("why?")
    await chat.reply()
    [question] = service.questions
    assert question.error is not None
    assert question.error.exception == "NameError"
    assert question.error.diagnosis is not None
    assert question.error.diagnosis.line == 2
    assert (question.notebook, question.cell_id) == ("py/one/first.ipynb", "c2")
    assert question.code == "total = x + 1\nprint(totl)"


async def test_the_protocol_of_todays_front_end_is_understood(
    server: Server, kernel: str, service: Script
) -> None:
    async with opened(server, kernel, V1) as tab:
        run_id = await tab.run("int('five')", "c9")
        run = await report(service, run_id)
        assert (run.ok, run.exception, run.cell_id) == (False, "ValueError", "c9")
        content = '{"name": "stdout", "text": "x" * 100_000}'
        await tab.run(FLOOD.replace("COUNT", "100").replace("KIND", "stream").replace("CONTENT", content))
        assert TOO_FAST in tab.output


async def test_with_two_tabs_a_run_counts_once(
    server: Server, kernel: str, tab: Tab, service: Script
) -> None:
    async with opened(server, kernel) as other:
        here = await tab.run("1/0")
        there = await other.run("2")
        assert (await report(service, here)).exception == "ZeroDivisionError"
        assert (await report(service, there)).ok
        await asyncio.sleep(1.5)
    assert [run.run_id for run in service.runs if run.run_id in (here, there)] == [here, there]


async def test_cells_that_were_called_off_are_no_runs(tab: Tab, service: Script) -> None:
    first = await tab.send("1/0")
    second = await tab.send("2")
    await tab.until_idle(first)
    await report(service, first)
    await asyncio.sleep(1.5)
    assert second not in {run.run_id for run in service.runs}


class TestServiceIsDown:
    async def test_reports_wait_for_it(self, tab: Tab, service: Script) -> None:
        service.down = True
        run_id = await tab.run("1")
        await asyncio.sleep(2.5)
        assert service.runs == []
        service.down = False
        await report(service, run_id)


class TestFiftyMegabytesOfOutput:
    async def test_the_browser_gets_a_sentence_and_a_part(
        self, server: Server, tab: Tab, service: Script
    ) -> None:
        run_id = await tab.run("for _ in range(500):\n    print('x' * 100_000)")
        assert "not shown" in tab.output
        assert tab.bytes < 10_000_000
        assert (await report(service, run_id)).ok
        assert (await server.call("GET", "learnflow/status")).code == 200

    async def test_a_cell_that_goes_round_the_kernels_limit_meets_ours(
        self, server: Server, tab: Tab, service: Script
    ) -> None:
        content = '{"name": "stdout", "text": "x" * 100_000}'
        flood = FLOOD.replace("COUNT", "500").replace("KIND", "stream").replace("CONTENT", content)
        run_id = await tab.run(flood)
        assert TOO_FAST in tab.output
        assert tab.bytes < 10_000_000
        assert (await report(service, run_id)).ok
        assert (await server.call("GET", "learnflow/status")).code == 200

    @pytest.mark.parametrize("channel", ["shell", "stdin"])
    async def test_other_ways_to_the_browser_are_as_narrow(
        self, server: Server, tab: Tab, channel: str
    ) -> None:
        await tab.run(SIDE_FLOOD.replace("CHANNEL", channel))
        assert tab.bytes < 10_000_000
        assert TOO_BIG in tab.output
        assert (await server.call("GET", "learnflow/status")).code == 200

    async def test_one_huge_output_is_left_out(self, tab: Tab, service: Script) -> None:
        content = '{"data": {"text/html": "x" * 30_000_000}, "metadata": {}}'
        await tab.run(FLOOD.replace("COUNT", "1").replace("KIND", "display_data").replace("CONTENT", content))
        assert TOO_BIG in tab.output
        assert tab.bytes < 1_000_000


class TestKernelSaysNonsense:
    async def test_a_forged_error_of_any_shape_harms_nothing(
        self, server: Server, tab: Tab, service: Script
    ) -> None:
        mime = "application/vnd.learnflow.error+json"
        run_id = await tab.run(
            "from IPython.display import display\n"
            f"for each in (1, [], None, {{'exception': 3}}, {{'exception': 'E' * 9999, 'message': 'm'}}):\n"
            f"    display({{{mime!r}: each}}, raw=True)\n"
            "1/0"
        )
        run = await report(service, run_id)
        assert run.ok is False
        assert len(run.exception) <= 100
        assert (await server.call("GET", "learnflow/status")).code == 200


class TestKernelDies:
    @pytest.mark.parametrize("protocol", ["", V1])
    async def test_the_cell_ends_with_a_sentence_and_the_next_one_runs(
        self, server: Server, kernel: str, service: Script, protocol: str
    ) -> None:
        async with opened(server, kernel, protocol) as tab:
            run_id = await tab.send("print('before', flush=True)\nimport os\nos.kill(os.getpid(), 11)")
            waiting = await tab.send("print('never')")
            await tab.until_idle(run_id, 20)
            assert "crashed" in tab.output
            assert "SIGSEGV" in tab.output
            assert "Your notebook is safe" in tab.output
            await tab.until_idle(waiting, 5)
            run = await report(service, run_id)
            assert (run.ok, run.exception) == (False, "KernelStopped")
            assert "crashed" in run.message
        async with opened(server, kernel, protocol) as tab:
            await tab.run("print('alive')")
            assert tab.output == "alive\n"
        assert waiting not in {run.run_id for run in service.runs}

    async def test_a_cell_that_needs_too_much_memory_is_told_so(
        self, server: Server, kernel: str, tab: Tab
    ) -> None:
        run_id = await tab.send("hoard = []\nwhile True: hoard.append(bytearray(10_000_000))")
        await tab.until_idle(run_id, 30)
        assert "more than 512 MB" in tab.output
        assert "Your notebook is safe" in tab.output

    async def test_a_kernel_that_dies_again_and_again_says_so_each_time(
        self, server: Server, kernel: str, service: Script
    ) -> None:
        for _ in range(4):
            async with opened(server, kernel) as tab:
                await tab.until_idle(await tab.send("import os; os._exit(7)"), 20)
                assert "status 7" in tab.output
        async with opened(server, kernel) as tab:
            await tab.run("print('alive')")
            assert tab.output == "alive\n"


FRAMES = r"""
import hashlib, hmac, json, os
kernel = get_ipython().kernel
session = kernel.session
def signed(*parts):
    mac = hmac.new(session.key, digestmod=hashlib.sha256)
    for part in parts: mac.update(part)
    return [b"<IDS|MSG>", mac.hexdigest().encode(), *parts]
odd = [b"null", b"[]", b"3", b'"x"', b"{}", b"\xff\xfe", b"{" * 10_000, b"[" * 100_000,
       b'{"msg_id": 7, "msg_type": []}']
floods = [[b""], [b"x"] * 1000, [b"<IDS|MSG>"], [b"<IDS|MSG>", b"", b"", b"", b"", b""],
          [os.urandom(5_000_000)], [b"<IDS|MSG>", b"0" * 64, b"{}", b"{}", b"{}", b"{}"]]
header = json.dumps({"msg_id": "m", "msg_type": "status", "session": "s", "username": "", "version": "5.3",
                     "date": "not a date"}).encode()
for part in odd:
    floods += [signed(part, b"{}", b"{}", b"{}"), signed(header, part, b"{}", b"{}"),
               signed(header, b"{}", part, b"{}"), signed(header, b"{}", b"{}", part)]
parent = json.dumps(kernel.get_parent()["header"], default=str).encode()
wrong = b'{"execution_state": 9, "text": [], "traceback": 3, "data": "x", "ename": {}}'
for kind in ("status", "stream", "error", "execute_reply", "execute_input", "display_data", "x" * 9999):
    spoken = json.dumps({**json.loads(header), "msg_type": kind}).encode()
    floods += [signed(spoken, parent, b"{}", part) for part in (b"{}", b"[]", b"null", wrong)]
for frames in floods:
    for channel in (kernel.iopub_socket, kernel.shell_stream):
        try: channel.send_multipart(frames)
        except Exception: pass
open("sent.txt", "w").write(str(len(floods)))
"""
"""Frames that no honest kernel sends: without signature, with a wrong one, signed nonsense, of every kind."""

LINKS = r"""
import os
made = []
connection = [word for word in open("/proc/self/cmdline").read().split("\0") if word.endswith(".json")]
places = ["/etc/passwd", "/etc/hosts", "/usr/bin/env", "/proc/self/environ", "SECRET", *connection]
for place in [*places, *(f"/proc/self/fd/{number}" for number in range(3, 30))]:
    for make, kind in ((os.link, "hard"), (os.symlink, "soft")):
        name = f"{kind}-{len(made)}.txt"
        try:
            make(place, name)
            made.append(name)
        except OSError: pass
os.symlink("SECRET", "soft-secret.txt")
os.symlink(os.path.dirname("SECRET"), "soft-folder")
made += ["soft-secret.txt", "soft-folder"]
print("\n".join(made))
"""


class TestHostileKernel:
    async def test_frames_of_any_shape_harm_only_its_own_kernel(self, server: Server, kernel: str) -> None:
        folder = server.work / "py/one"
        folder.chmod(0o777)
        other = await server.json("POST", "api/kernels", {"name": "python3"})
        async with opened(server, other["id"]) as neighbour:
            await neighbour.run("x = 41")
            async with opened(server, kernel) as tab, opened(server, kernel, V1) as other_tab:
                await other_tab.run(
                    "0"
                )  # both are connected; the server would wait with closing one that is not
                await tab.send(FRAMES)
                async with asyncio.timeout(60):
                    while not (folder / "sent.txt").exists():  # noqa: ASYNC110 - what it says is worth nothing
                        await asyncio.sleep(0.05)
                # It may have spoilt its own conversation. The server and the other kernel go on.
                await neighbour.run("print(x + 1)")
                assert neighbour.output == "42\n"
                assert (await server.call("GET", "learnflow/status")).code == 200
            assert (await server.call("POST", f"api/kernels/{kernel}/restart")).code == 200
            async with opened(server, kernel) as tab:
                await tab.run("print('fresh')")
                assert "fresh\n" in tab.output
            await neighbour.run("print(x + 2)")
            assert neighbour.output == "42\n43\n"
        assert (await server.call("DELETE", f"api/kernels/{other['id']}")).code == 204

    async def test_links_of_both_kinds_show_the_file_browser_nothing(
        self, server: Server, kernel: str
    ) -> None:
        (server.work / "py/one").chmod(0o777)
        secret = server.work.parent / "secret" / "token.txt"
        secret.parent.mkdir()
        secret.write_text("of the server alone")
        secret.chmod(0o644)
        async with opened(server, kernel) as tab:
            await tab.run(LINKS.replace("SECRET", str(secret)))
            made = tab.output.split()
        assert "soft-secret.txt" in made, tab.output
        # No file of the system got a second name in the student's folder ...
        assert not [name for name in made if name.startswith("hard")]
        # ... and a link to one opens nothing, though the server itself could read what it points to.
        for name in made:
            for path in (f"py/one/{name}", f"py/one/{name}/token.txt"):
                for door in ("api/contents", "files"):
                    answer = await server.call("GET", f"{door}/{path}")
                    assert answer.code in (400, 403, 404), (path, door, answer.body[:200])
                    assert b"of the server alone" not in answer.body
            written = await server.call(
                "PUT", f"api/contents/py/one/{name}", {"type": "file", "format": "text", "content": "x"}
            )
            assert written.code >= 400 or not name.startswith("soft-secret")
        assert secret.read_text() == "of the server alone"
