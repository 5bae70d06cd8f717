"""Attacks on the service's door, each by its name."""

from __future__ import annotations

import asyncio
import gzip
import re
from urllib.parse import quote, urlencode

import msgspec
import psutil
import pytest
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, problem, until
from stub_hub import COURSE, PREFIX, Hub, environment
from traitlets.config import Config

from learnflow_ext.agents.reply import Reply
from learnflow_ext.agents.tutor import Plan
from learnflow_ext.service import probes
from learnflow_ext.service.checkup import State
from learnflow_ext.service.metrics import AGENTS, PARTS
from learnflow_ext.service.routes import KIB, MAX_BODY
from learnflow_ext.service.running import RunningService


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
        # Packed twice, longer than need be, and with an end that some languages see and others not.
        "static/%252e%252e/running.py",
        "static/%c0%ae%c0%ae/running.py",
        "static/..%00/running.py",
        f"static/{'a' * 5_000}",
        f"api/courses/{COURSE}/assignments/%252e%252e%252fsource%252f{ASSIGNMENT}/files",
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
    # A body in pieces says nothing of its length before.
    head = (
        f"POST {PREFIX}api/runs HTTP/1.1\r\nHost: x\r\nAuthorization: token {ask.hub.token('ada')}\r\n"
        "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    pieces = b"%x\r\n%s\r\n" % (16 * KIB, b" " * 16 * KIB) * (MAX_BODY // (16 * KIB) + 1) + b"0\r\n\r\n"
    said = await exchange(ask, head.encode() + pieces)
    assert said.startswith(b"HTTP/1.1 413")
    assert b"256 KiB" in said
    # A piece whose length is none.
    for length in (b"-1", b"0x10", b"1_0", b"f" * 17, b"1;" + b"a" * (256 * KIB)):
        said = await exchange(ask, head.encode() + length + b"\r\n{}\r\n0\r\n\r\n")
        assert said == b"" or said.startswith(b"HTTP/1.1 4"), length
    # Headers without end: one that is long, and many.
    for flood in (
        b"X-A: " + b"a" * (256 * KIB),
        b"".join(b"X-%d: a\r\n" % number for number in range(20_000)),
    ):
        said = await exchange(ask, b"GET / HTTP/1.1\r\nHost: x\r\n" + flood)
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


async def test_a_line_break_makes_no_header(ask: Client) -> None:
    evil = "Set-Cookie: evil=1"
    token = ask.hub.token("teacher")
    begin = f"GET {PREFIX}api/courses HTTP/1.1\r\nHost: x\r\nX-Request-Id: "
    end = "\r\nConnection: close\r\n\r\n"
    for offered in (
        "abcdefgh%0d%0a" + evil,
        f"abcdefgh\t{evil}",
        "abcdefgh;" * 4,
        "a" * 300,
        "abcdefg\xe9",
        "a",
    ):
        said = await exchange(ask, f"{begin}{offered}{end}".encode("latin-1"))
        assert said.startswith(b"HTTP/1.1 401")
        assert b"evil" not in said.lower()
        assert b"abcdefg" not in said
    # Folded and bare line ends, with which one proxy sees another header than the next.
    for ends in ("\r\n ", "\n", "\r"):
        said = await exchange(ask, f"{begin}abcdefgh{ends}{evil}{end}".encode())
        assert b"evil" not in said.lower()
    for path in (
        f"courses/{COURSE}%0d%0a{quote(evil)}",
        f"courses/{COURSE}/people?format=csv&table=a%0d%0a{quote(evil)}",
        f"courses/{COURSE}?next=%0d%0a{quote(evil)}",
        f"courses/{COURSE}/students/ada%0d%0a{quote(evil)}/time?done=1",
    ):
        for headers in ({"Authorization": f"token {token}"}, {}):
            response = await ask(path, headers=headers)
            assert all("evil" not in name.lower() for name in response.headers), path
            assert "evil=1" not in response.headers.get("Set-Cookie", ""), path


async def test_two_ways_to_say_how_long_a_request_is_are_refused(ask: Client) -> None:
    """Of which a proxy could believe one, and this server the other."""
    token = ask.hub.token("ada")
    begin = f"POST {PREFIX}api/runs HTTP/1.1\r\nHost: x\r\nAuthorization: token {token}\r\n"
    hidden = f"GET {PREFIX}api/courses HTTP/1.1\r\nHost: x\r\nAuthorization: token {token}\r\n\r\n"
    for lengths in (
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: +5",
        "Content-Length: 5, 6",
        "Transfer-Encoding: xchunked",
    ):
        said = await exchange(ask, f"{begin}{lengths}\r\n\r\n0\r\n\r\n{hidden}".encode())
        assert said == b"" or said.startswith(b"HTTP/1.1 400"), lengths
        assert said.count(b"HTTP/1.1 ") <= 1, lengths


async def test_another_host_in_the_request_leads_nobody_there(ask: Client) -> None:
    for path in (
        "",
        f"courses/{COURSE}",
        f"courses/{COURSE}?next=//evil.example",
        "oauth_callback?next=//evil.example",
        "nothing",
    ):
        for more in (
            "Host: evil.example",
            "Host: x\r\nX-Forwarded-Host: evil.example",
            "Host: x\r\nForwarded: host=evil.example",
        ):
            head = f"GET {PREFIX}{path} HTTP/1.1\r\n{more}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
            said = await exchange(ask, head.encode())
            assert said.split(b" ")[1] in (b"302", b"400", b"403", b"404"), path
            assert b"//evil.example" not in said.replace(b"%2F%2Fevil", b""), (path, more)
            assert b"evil.example/" not in said, (path, more)
    # Addresses that begin like another host's.
    for target in (
        "//evil.example/",
        "http://evil.example" + PREFIX,
        "/\\evil.example/",
        "//evil.example" + PREFIX,
    ):
        said = await exchange(ask, f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert b"\nlocation:" not in said.lower(), target


async def test_what_is_packed_is_not_unpacked(ask: Client) -> None:
    bomb = gzip.compress(b'{"runs":[]}' + b" " * 50_000_000)
    assert len(bomb) < MAX_BODY
    response = await ask("api/runs", "ada", raw=bomb, headers={"Content-Encoding": "gzip"})
    assert response.code == 400
    assert problem(response).message == "The request's body is not JSON."


async def test_a_name_that_looks_like_a_courses_is_another(ask: Client) -> None:
    """Full-width, another case, a dot, a blank or nothing visible at its end, another alphabet, a slash."""
    for name in (
        "\uff50ython-basics",
        "Python-Basics",
        f"{COURSE}.",
        f"{COURSE} ",
        f"{COURSE}\u200b",
        "python\u2010basics",
        "p\u0443thon-basics",
        f"{COURSE}/",
        f"{COURSE}\x00",
        f"./{COURSE}",
    ):
        for path in ("api/courses/{}/scores", "courses/{}/people", "courses/{}"):
            asked = path.format(quote(name, safe=""))
            for who in ("teacher", "ada"):
                assert (await ask(asked, who)).code in (403, 404), (asked, who)
        # Blanks around a parameter are cut off, for the rule and for what it guards alike.
        assert (await ask(f"api/progress?course={quote(name, safe='')}", "eve")).code in (403, 404), name
        # Nor is it somebody who could be put into one.
        form = urlencode({"user": name, "role": "student"}).encode()
        answer = await ask(
            f"courses/{COURSE}/people/preview", "teacher", raw=form, headers={"HX-Request": "true"}
        )
        assert answer.code == 422 or b"The hub does not know" in answer.body, name


async def test_a_parameter_that_comes_twice_is_checked_and_used_as_one(ask: Client) -> None:
    """Whoever is let in for one course reads no other."""
    ask.hub.groups["nbgrader-other"].add("ada")
    for query in (f"course=other&course={COURSE}", f"course={COURSE}&course=other"):
        assert (await ask(f"api/progress?{query}", "eve")).code in (403, 404), query
        assert (await ask(f"api/alerts?{query}", "eve")).code in (403, 404), query
    # What stands in the path goes before the query.
    assert (await ask(f"api/courses/{COURSE}/scores?course=other", "eve")).code == 403
    assert (await ask(f"api/progress/ben?course={COURSE}&user=ada", "ada")).code == 403
    # A form with two answers is understood alike when it is looked at and when it is done.
    form = [("user", "eve"), ("user", "root"), ("role", "student"), ("role", "teacher")]
    shown = await ask(f"courses/{COURSE}/people/preview", "teacher", raw=urlencode(form).encode())
    assert b"eve becomes a student." in shown.body
    assert b"root" not in shown.body


async def test_a_slash_in_disguise_is_part_of_a_name(ask: Client) -> None:
    for path in (
        f"courses/{COURSE}%2fpeople",
        f"courses/{COURSE}%2Fstudents%2Fada",
        f"courses/{COURSE}/students/ada%2ftime",
        f"courses/{COURSE}/students/..%2f..%2f{COURSE}%2fpeople",
        f"api/courses/other%2f..%2f{COURSE}/scores",
        f"api/courses/{COURSE}%2fscores",
        "api%2fcourses",
    ):
        assert (await ask(path, "teacher")).code == 404, path


@pytest.mark.parametrize("ahead", [True])
async def test_the_service_looks_at_its_parts_by_itself(ask: Client) -> None:
    async def seen() -> bool:
        found = msgspec.json.decode((await ask("health/ready")).body)
        states = {part["part"]: part["state"] for part in found["parts"]}
        return (states["database"], states["sandbox"]) == ("ok", "ok")

    await until(seen)


@pytest.mark.parametrize("ahead", [True])
async def test_a_service_that_ends_while_it_gets_ready_leaves_nobody(
    config: Config, hub: Hub, worker: PaperWorker
) -> None:
    def children() -> set[psutil.Process]:
        return set(psutil.Process().children(recursive=True))

    before = await asyncio.to_thread(children)

    async def at_it() -> bool:
        return bool(await asyncio.to_thread(children) - before)

    async def alone() -> bool:
        return not await at_it()

    service = await RunningService.start(config, environment(hub), make_worker=lambda: worker)
    try:
        await until(at_it)
    finally:
        await service.stop()
    await until(alone, 10)


async def test_health_tells_of_each_part(ask: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    await ask.service.parts.checkup.look()
    found = msgspec.json.decode((await ask("health/ready")).body)
    assert found["ready"] is True
    states = {part["part"]: part["state"] for part in found["parts"]}
    assert set(states) == set(PARTS)
    assert states["model"] == "off"
    assert states["database"] == states["triage"] == states["grading"] == states["queue"] == "ok"
    assert [states[agent] for agent in AGENTS] == ["ok"] * len(AGENTS)
    assert all(part["ms"] >= 0 for part in found["parts"])
    assert msgspec.json.decode((await ask("health/live")).body) == {"live": True}
    assert b'learnflow_part_up{part="database"} 1.0' in (await ask("metrics")).body

    def speechless(plan: Plan) -> Reply:
        raise ValueError(plan.agent)

    monkeypatch.setattr(probes, "compose", speechless)
    await ask.service.parts.checkup.look()
    for agent in AGENTS:
        assert f'learnflow_part_up{{part="{agent}"}} 0.0'.encode() in (await ask("metrics")).body

    async def broken() -> State:
        raise OSError("gone")

    ask.service.parts.checkup.watch("bus", broken)
    await ask.service.parts.checkup.look()
    assert b'learnflow_part_up{part="bus"} 0.0' in (await ask("metrics")).body


async def test_health_tells_of_a_queue_that_stands_still(
    ask: Client, worker: PaperWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def state() -> str:
        await ask.service.parts.checkup.look()
        found = msgspec.json.decode((await ask("health")).body)
        return next(str(part["state"]) for part in found["parts"] if part["part"] == "queue")

    async def told() -> tuple[float, float]:
        text = (await ask("metrics")).body.decode()
        said = re.findall(r"^learnflow_submissions?_wait\w* ([\d.e+-]+)$", text, re.M)
        waiting, longest = map(float, said)
        return waiting, longest

    async def nothing_waits() -> bool:
        return await told() == (0.0, 0.0)

    assert await nothing_waits()
    worker.gate.clear()
    for who in ("ada", "ben"):
        path = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"
        assert (await ask(path, who, body=SOLVED)).code < 300

    async def one_is_graded() -> bool:
        waiting, longest = await told()
        return waiting == 1 and longest > 0

    await until(one_is_graded)
    assert await state() == "ok"
    monkeypatch.setattr(probes, "LONGEST_WAIT_SECONDS", 0)
    assert await state() == "down"
    worker.gate.set()
    await until(nothing_waits)
    assert await state() == "ok"
