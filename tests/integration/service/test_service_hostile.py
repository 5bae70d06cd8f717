"""Attacks on the service's door, each by its name."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from served import ASSIGNMENT, Client, problem
from stub_hub import COURSE, PREFIX

from learnflow_ext.service.checkup import State
from learnflow_ext.service.metrics import PARTS
from learnflow_ext.service.routes import KIB, MAX_BODY


async def exchange(ask: Client, sent: bytes) -> bytes:
    """What comes back for raw bytes until the other side hangs up; empty when it only hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ask.service.port)
    try:
        writer.write(sent)
        await writer.drain()
        return await asyncio.wait_for(reader.read(64 * KIB), 30)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_path_traversal_leads_nowhere(ask: Client) -> None:
    for path in (
        "static/..%2frunning.py",
        "static/%2e%2e/running.py",
        "static/....//running.py",
        "static//etc/passwd",
        "static/%2fetc%2fpasswd",
        f"api/courses/{COURSE}/assignments/..%2f..%2fsource%2f{ASSIGNMENT}/files",
        f"api/courses/{COURSE}/assignments/%2e%2e/files",
        f"api/courses/{COURSE}/submissions/..%2f..%2flearnflow.sqlite/feedback",
        f"api/courses/{COURSE}/assignments/{ASSIGNMENT}%00/files",
        "api/courses/..%2f/assignments",
    ):
        response = await ask(path, "ada")
        assert response.code in (400, 403, 404), path
        for secret in (b"import ", b"root:", b"SQLite format", b"total = 3"):
            assert secret not in response.body
    # What no client would send.
    for raw in (b"static/../../running.py", b"../../../etc/passwd", b"static/\\..\\..\\running.py"):
        head = b"GET " + PREFIX.encode() + raw + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        said = await exchange(ask, head)
        assert said.split(b" ")[1] in (b"400", b"403", b"404"), raw
        assert b"import " not in said


async def test_oversize_is_refused_and_says_the_limit(ask: Client) -> None:
    response = await ask("api/runs", "ada", raw=b"x" * (MAX_BODY + 1))
    assert response.code == 413
    assert "256 KiB" in problem(response).message
    # A length that is announced is refused before it comes.
    head = (
        f"POST {PREFIX}api/runs HTTP/1.1\r\nHost: x\r\nAuthorization: token {ask.hub.token('ada')}\r\n"
        "Content-Length: 100000000000\r\n\r\n"
    )
    assert (await exchange(ask, head.encode())).startswith(b"HTTP/1.1 413")
    # Headers without end.
    said = await exchange(ask, b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * (256 * KIB))
    assert said == b"" or said.split(b" ")[1] in (b"400", b"431")
    # JSON that nests without end.
    nested = await ask("api/runs", "ada", raw=b'{"runs":' + b"[" * 100_000)
    assert nested.code == 400
    assert problem(nested).message


async def test_slow_loris_keeps_nobody_else_waiting(ask: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = [await asyncio.open_connection("127.0.0.1", ask.service.port) for _ in range(100)]
    try:
        for _, writer in slow:
            writer.write(f"POST {PREFIX}api/runs HTTP/1.1\r\nHost: x\r\nContent-Le".encode())
        assert (await ask("api/courses", "ada")).code == 200
    finally:
        for _, writer in slow:
            writer.close()
    # A body that does not come is given up. The real limit is two minutes; it is read for each connection.
    monkeypatch.setattr(ask.service._server.conn_params, "body_timeout", 0.2)
    head = (
        f"POST {PREFIX}api/runs HTTP/1.1\r\nHost: x\r\nAuthorization: token {ask.hub.token('ada')}\r\n"
        "Content-Length: 100\r\n\r\n{"
    )
    assert await exchange(ask, head.encode()) == b""


async def test_health_tells_of_each_part(ask: Client) -> None:
    await ask.service.parts.checkup.look()
    found = msgspec.json.decode((await ask("health/ready")).body)
    assert found["ready"] is True
    states = {part["part"]: part["state"] for part in found["parts"]}
    assert set(states) == set(PARTS)
    assert states["model"] == "off"
    assert states["database"] == states["triage"] == states["grading"] == "ok"
    assert all(part["ms"] >= 0 for part in found["parts"])
    assert msgspec.json.decode((await ask("health/live")).body) == {"live": True}
    assert b'learnflow_part_up{part="database"} 1.0' in (await ask("metrics")).body

    async def broken() -> State:
        raise OSError("gone")

    ask.service.parts.checkup.watch("bus", broken)
    await ask.service.parts.checkup.look()
    assert b'learnflow_part_up{part="bus"} 0.0' in (await ask("metrics")).body
