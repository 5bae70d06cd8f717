"""Attacks on the service's door, each by its name."""

from __future__ import annotations

import asyncio

import pytest
from served import ASSIGNMENT, Client, problem
from stub_hub import COURSE, PREFIX

from learnflow_ext.service.routes import KIB, MAX_BODY


async def exchange(ask: Client, sent: bytes) -> bytes:
    """What comes back for raw bytes, until the other side hangs up or a whole refusal came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ask.service.port)
    try:
        writer.write(sent)
        await writer.drain()
        return await asyncio.wait_for(reader.read(64 * KIB), 30)
    finally:
        writer.close()


class TestPathTraversal:
    @pytest.mark.parametrize(
        "path",
        [
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
        ],
    )
    async def test_leads_nowhere(self, ask: Client, path: str) -> None:
        response = await ask(path, "ada")
        assert response.code in (400, 403, 404), path
        for secret in (b"import ", b"root:", b"SQLite format", b"total = 3"):
            assert secret not in response.body

    async def test_a_raw_path_that_no_client_would_send(self, ask: Client) -> None:
        for path in (b"static/../../running.py", b"../../../etc/passwd", b"static/\\..\\..\\running.py"):
            said = await exchange(
                ask, b"GET " + PREFIX.encode() + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            assert said.split(b" ")[1] in (b"400", b"403", b"404"), path
            assert b"import " not in said


class TestOversize:
    async def test_a_body_above_the_routes_limit_is_refused_with_the_limit(self, ask: Client) -> None:
        response = await ask("api/runs", "ada", raw=b"x" * (MAX_BODY + 1))
        assert response.code == 413
        assert "256 KiB" in problem(response).message

    async def test_a_length_that_is_announced_is_refused_before_it_comes(self, ask: Client) -> None:
        head = (
            f"POST {PREFIX}api/runs HTTP/1.1\r\nHost: x\r\nAuthorization: token {ask.hub.token('ada')}\r\n"
            "Content-Length: 100000000000\r\n\r\n"
        )
        said = await exchange(ask, head.encode())
        assert said.startswith(b"HTTP/1.1 413")

    async def test_endless_headers(self, ask: Client) -> None:
        said = await exchange(ask, b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * (256 * KIB))
        assert said == b"" or said.split(b" ")[1] in (b"400", b"431")

    async def test_json_that_nests_without_end(self, ask: Client) -> None:
        response = await ask("api/runs", "ada", raw=b'{"runs":' + b"[" * 100_000)
        assert response.code == 400
        assert problem(response).message


class TestSlowLoris:
    """Connections that say very little, very slowly."""

    async def test_others_are_answered_meanwhile(self, ask: Client) -> None:
        slow = [await asyncio.open_connection("127.0.0.1", ask.service.port) for _ in range(100)]
        try:
            for _, writer in slow:
                writer.write(f"POST {PREFIX}api/runs HTTP/1.1\r\nHost: x\r\nContent-Le".encode())
            assert (await ask("api/courses", "ada")).code == 200
        finally:
            for _, writer in slow:
                writer.close()

    async def test_a_body_that_does_not_come_is_given_up(
        self, ask: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The real limit is two minutes; the server reads it for each connection.
        monkeypatch.setattr(ask.service._server.conn_params, "body_timeout", 0.2)
        head = (
            f"POST {PREFIX}api/runs HTTP/1.1\r\nHost: x\r\nAuthorization: token {ask.hub.token('ada')}\r\n"
            "Content-Length: 100\r\n\r\n{"
        )
        # The answer ends with the connection: an empty read means that it was closed.
        assert await exchange(ask, head.encode()) == b""
