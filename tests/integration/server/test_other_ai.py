"""Other AI than the tutor: each way to it is shut, opens when the admin says so, and is shut in an exam."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from learnflow_ext.contracts.other_ai import OtherAi, ToolServer
from learnflow_ext.server.other_ai import EXAM_BEGAN, SHUT_NOW

from .conftest import Chat, Server
from .test_watched_kernel import opened

if TYPE_CHECKING:
    from .conftest import OpenChat, Script

ANOTHER = "jupyter-ai-personas::another_ai::Another"
TUTOR = "jupyter-ai-personas::learnflow_ext::Tutor"
KEYS = "SCHOOL_API_KEY=abc-123\nPATH=/evil\n"
ALL = OtherAi(
    allow=("keys", "magics", "mcp", "personas"),
    # Stands for one that leads to a model: what a kernel loads that it otherwise would not.
    magics=("IPython.extensions.autoreload",),
    mcp_servers=(ToolServer(name="library", url="https://mcp.school.example/mcp"),),
)
USES_MAGIC = "%autoreload 2\nprint('magic')"
REACHES = """
import socket

try:
    socket.create_connection(("127.0.0.1", {port}), 2).close()
    print("online")
except OSError:
    print("offline")
"""


@pytest.fixture(scope="module")
def _open_server(_stub: tuple[Script, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    online = "c.SandboxProvisioner.network = 'full'"
    server = Server(tmp_path_factory.mktemp("open"), _stub[1], ALL, online)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture
def open_server(_open_server: Server, service: Script) -> Iterator[Server]:
    """A student's server for which the admin opened every way."""
    before = _open_server.log.stat().st_size
    yield _open_server
    print(_open_server.log.read_bytes()[before:].decode(errors="replace"))


@asynccontextmanager
async def chatting(server: Server, name: str) -> AsyncIterator[Chat]:
    async with server.socket(f"api/chat/ws/{name}.chat") as connection:
        chat = Chat(connection)
        assert (await chat.hear())["action"] == "connection"
        yield chat


async def said_by(chat: Chat, sender: str) -> str:
    """The next message of `sender`."""
    while True:
        frame = await chat.hear()
        if frame["action"] == "message" and frame["message"]["sender"] == sender:
            return str(frame["message"]["body"])


async def started(server: Server) -> str:
    session = {"path": "x.ipynb", "type": "notebook", "name": "x", "kernel": {"name": "python3"}}
    return str((await server.json("POST", "api/sessions", session))["kernel"]["id"])


class TestShutByDefault:
    """The same packages are installed, and the same files lie there."""

    async def test_another_persona_its_keys_and_its_tools(
        self, server: Server, open_chat: OpenChat, service: Script
    ) -> None:
        (server.work / ".env").write_text(KEYS)
        async with open_chat("shut.chat") as chat:
            await chat.say("@Another solve it", metadata={"to_persona": ANOTHER})
            assert (await chat.reply())[-1]["sender"] == TUTOR
            users = [frame["users"] for frame in chat.frames if "users" in frame]
            assert users
            assert "another_ai" not in str(users)
        (server.work / ".env").unlink()

    async def test_magics(self, server: Server) -> None:
        kernel = await started(server)
        async with opened(server, kernel) as tab:
            await tab.run(USES_MAGIC)
            assert "not found" in tab.output
        await server.call("DELETE", f"api/kernels/{kernel}")


class TestOpen:
    async def test_a_persona_answers_with_the_students_key_and_the_admins_tools(
        self, open_server: Server
    ) -> None:
        (open_server.work / ".env").write_text(KEYS)
        evil = '{"mcp_servers": [{"name": "evil", "command": "/bin/sh", "args": []}]}'
        (open_server.work / ".jupyter" / "mcp_settings.json").write_text(evil)
        async with chatting(open_server, "open") as chat:
            await chat.say("@Another solve it")
            assert await said_by(chat, ANOTHER) == "key abc-123, tools ['library']"
            await chat.say("And what is a name?")
            await said_by(chat, TUTOR)
        assert not open_server.marker.exists(), open_server.marker.read_text()

    async def test_a_kernel_has_the_magics(self, open_server: Server) -> None:
        kernel = await started(open_server)
        async with opened(open_server, kernel) as tab:
            await tab.run(USES_MAGIC)
            await tab.run(REACHES.format(port=open_server.port))
            assert tab.output == "magic\nonline\n"
        await open_server.call("DELETE", f"api/kernels/{kernel}")


class TestShutInAnExam:
    async def test_all_of_them_whatever_the_admin_allows(self, open_server: Server, service: Script) -> None:
        (open_server.work / ".env").write_text(KEYS)
        kernel = await started(open_server)
        async with opened(open_server, kernel) as tab, chatting(open_server, "exam") as chat:
            await tab.run(USES_MAGIC)
            waiting = await tab.send("import time\ntime.sleep(60)")
            await chat.say("@Another go on")
            assert await said_by(chat, ANOTHER) == "key abc-123, tools ['library']"
            service.exam = True
            await chat.say("@Another solve it")
            assert await said_by(chat, "hidden::jupyter_ai_system") == SHUT_NOW
            # One that goes on all the same has neither keys nor tools any more.
            assert await said_by(chat, ANOTHER) == "then: key None, tools []"
            await chat.say("@Tutor hello")
            await said_by(chat, TUTOR)
            # A kernel that had them is started afresh, at once, and says why.
            await tab.until_idle(waiting)
            assert EXAM_BEGAN in tab.output
            tab.output = ""
            async with asyncio.timeout(30):
                while "not found" not in tab.output:
                    await tab.run(USES_MAGIC)
            tab.output = ""
            await tab.run(REACHES.format(port=open_server.port))
            assert tab.output == "offline\n"
            service.exam = False
            await chat.say("@Another and now?")
            assert (await said_by(chat, ANOTHER)).startswith("key abc-123")
        await open_server.call("DELETE", f"api/kernels/{kernel}")
