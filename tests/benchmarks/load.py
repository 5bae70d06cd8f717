"""`make bench`: a class at once: 10 and 100 students who run, ask, hand in and look, on PostgreSQL and Kafka.

The service is a process of its own, as the hub starts it, with its grader and its sandboxes; the students are
two processes more; the hub is a small one in this process, which answers at once. All share this machine.
The class works at two paces, of which `crowd` says how often anybody does what: as one that works at its
exercises, and in a hurry as no class is. Questions are answered without a model. Who is told to come back
later does; that is counted apart. Beside it, in turn over one connection each: the gateway and a bare Tornado
handler that answers the same bytes. At the end the database is asked whether all that was confirmed is there.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import msgspec
from crowd import PACES, Doing, Pace, Student, Tally, released
from events_stage import Servers, servers
from stub_hub import COURSE, PREFIX, Hub, environment, running_hub
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.web import Application, RequestHandler

from learnflow_ext.service import logs

SHIPPED = Path(__file__).parents[2] / "notebooks" / COURSE
FEW, MANY = 10, 100
CLIENTS = 2
"""Processes that play students."""
SECONDS: dict[str, dict[int, float]] = {"work": {FEW: 600, MANY: 150}, "hurry": {FEW: 300, MANY: 90}}
"""By pace and size of the class: a class of few does less in a minute."""
PATIENCE_S = 300
CONFIG = """
c.LearnFlow.state_dir = {state!r}
c.LearnFlow.courses = {courses!r}
c.LearnFlow.database_url = {database!r}
c.LearnFlowKafka.bootstrap_servers = {bootstrap!r}
"""
EVENTS: dict[Doing, tuple[str, str]] = {
    "run": ("runs", "org.learnflow.run.finished.v1"),
    "ask": ("help_turns", "org.learnflow.help.answered.v1"),
    "submit": ("submissions", "org.learnflow.assignment.submitted.v1"),
}
"""Table and event that each leaves one of."""


class Running(msgspec.Struct, frozen=True):
    """The service's process."""

    base: str
    """Its address, with the prefix."""
    pid: int

    def processor_s(self) -> float:
        """Seconds of a core that it took so far, without its children."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Phase(msgspec.Struct, frozen=True):
    """What one part of the run came to."""

    tally: Tally
    seconds: float
    service_s: float
    """Seconds of a core that the service's own process took."""
    load: float


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for `condition`; SystemExit with `what` when it takes too long."""
    end = time.monotonic() + PATIENCE_S
    while not await condition():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: waited for {PATIENCE_S} s")
        await asyncio.sleep(0.2)


@asynccontextmanager
async def serving(folder: Path, hub: Hub, database: str, bootstrap: str) -> AsyncIterator[Running]:
    """The service, once everything of it is up and the course is released."""
    file, log = folder / "jupyterhub_config.py", folder / "service.log"
    settings = {"state": str(folder / "state"), "courses": {COURSE: str(SHIPPED)}}
    text = CONFIG.format(**settings, database=database, bootstrap=bootstrap)
    await asyncio.to_thread(file.write_text, text)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTERHUB")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "learnflow_ext.service", "--config", str(file)),
            env={**kept, "PATH": path, **environment(hub)},
            stderr=out,
        )
    try:
        port = 0

        async def listening() -> bool:
            nonlocal port
            if process.returncode is not None:
                raise SystemExit(f"The service ended:\n{log.read_text(encoding='utf-8')[-3000:]}")
            for line in log.read_text(encoding="utf-8").splitlines():
                if '"listening"' in line:
                    port = int(json.loads(line)["port"])
            return port > 0

        await until(listening, "the service's port")
        base = f"http://127.0.0.1:{port}{PREFIX}"
        http = SimpleAsyncHTTPClient(force_instance=True)

        async def ready() -> bool:
            answer = await http.fetch(f"{base}health", raise_error=False)
            found = json.loads(answer.body)
            states = {part["part"]: part["state"] for part in found.get("parts", ())}
            up = all(states.get(name) == "ok" for name in ("bus", "sandbox", "grading"))
            return up and found["releases"] == "done"

        await until(ready, "the service's parts")
        http.close()
        yield Running(base, process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
        for line in log.read_text(encoding="utf-8").splitlines():
            if '"level": "info"' not in line:
                print(line, file=sys.stderr)


async def child(order: dict[str, Any]) -> Any:
    """What a process of this file's answers to `order`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, "--child"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        answer, _ = await process.communicate(json.dumps(order).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise SystemExit(f"a client failed with {process.returncode}")
    return msgspec.json.decode(answer)


async def phase(service: Running, tokens: dict[str, str], **order: Any) -> Phase:
    """Let the owners of `tokens` work as `order` says."""
    names = list(tokens)
    began, before = time.monotonic(), service.processor_s()
    shares = [{name: tokens[name] for name in names[place::CLIENTS]} for place in range(CLIENTS)]
    # Time to start the processes and fetch the course's files.
    order = {"do": "crowd", "base": service.base, "at": time.time() + 5, **order}
    found = await asyncio.gather(*(child({**order, "tokens": share}) for share in shares if share))
    whole = Tally.empty()
    for each in found:
        whole.add(msgspec.convert(each, Tally))
    return Phase(whole, time.monotonic() - began - 5, service.processor_s() - before, os.getloadavg()[0])


async def crowd(order: dict[str, Any]) -> Tally:
    """In a process of its own: the students of `order`, all at once or for some time."""
    tally = Tally.empty()
    http = SimpleAsyncHTTPClient(force_instance=True, max_clients=1_000)
    tokens: dict[str, str] = order["tokens"]
    files = await released(http, order["base"], COURSE, next(iter(tokens.values())))
    students = [
        Student(http, order["base"], COURSE, token, files, tally, f"{order['seed']} {name}")
        for name, token in tokens.items()
    ]
    await asyncio.sleep(max(0.0, order["at"] - time.time()))
    if order.get("burst"):
        await asyncio.gather(*(student.do(order["burst"]) for student in students))
    else:
        end = asyncio.get_running_loop().time() + order["seconds"]
        pace = PACES[order["pace"]]
        if order["think"]:
            pace = msgspec.structs.replace(pace, think_s=order["think"])
        await asyncio.gather(*(student.work(pace, end) for student in students))
    http.close()
    tally.processor_s = time.process_time()
    return tally


class Bare(RequestHandler):
    """Answers the bytes it was made with."""

    def initialize(self, answer: bytes) -> None:
        self.answer = answer

    def get(self) -> None:
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(self.answer)


async def bare(answer: str) -> None:
    """In a process of its own: the floor. Prints its port, and serves until it is ended."""
    application = Application([("/", Bare, {"answer": answer.encode()})], log_function=lambda handler: None)
    sockets = bind_sockets(0, "127.0.0.1")
    HTTPServer(application).add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


def compare(order: dict[str, Any]) -> dict[str, list[float]]:
    """In a process of its own: milliseconds of the gateway and of the floor, in turn."""
    doors = {
        "gateway": (order["host"], order["path"]),
        "bare": (order["bare"], "/"),
    }
    # Nobody may send as much as this at once: they take turns.
    signed = [{"Authorization": f"token {token}"} for token in order["tokens"]]
    lines = {name: http.client.HTTPConnection(host) for name, (host, _) in doors.items()}
    times: dict[str, list[float]] = {name: [] for name in doors}
    for attempt in range(-50, order["count"]):
        for name, (_, path) in doors.items():
            began = time.perf_counter()
            lines[name].request("GET", path, headers=signed[attempt % len(signed)])
            answer = lines[name].getresponse()
            body = answer.read()
            took = 1000 * (time.perf_counter() - began)
            assert answer.status == 200, body
            if attempt >= 0:
                times[name].append(took)
    return times


async def overhead(service: Running, tokens: list[str], count: int) -> dict[str, list[float]]:
    """Milliseconds of `GET api/courses` (who, groups, rights, limits, log; no database), and the floor's."""
    http = SimpleAsyncHTTPClient(force_instance=True)
    answer = await http.fetch(f"{service.base}api/courses", headers={"Authorization": f"token {tokens[0]}"})
    http.close()
    floor = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, "--bare", answer.body.decode()), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert floor.stdout is not None
        port = int(await floor.stdout.readline())
        host, _, path = service.base.removeprefix("http://").partition("/")
        order = {"do": "compare", "host": host, "path": f"/{path}api/courses", "tokens": tokens}
        found: dict[str, list[float]] = await child({**order, "bare": f"127.0.0.1:{port}", "count": count})
        return found
    finally:
        floor.kill()
        await floor.wait()


def kept(both: Servers, database: str) -> dict[Doing, tuple[int, int]]:
    """Rows and events of each thing that leaves some."""
    with both.postgres.connect(database) as conn:
        found: dict[Doing, tuple[int, int]] = {}
        for what, (table, event) in EVENTS.items():
            row = conn.execute(
                f"SELECT (SELECT count(*) FROM {table}), (SELECT count(*) FROM event_log WHERE type = %s)",
                (event,),
            ).fetchone()
            assert row is not None
            found[what] = (int(row[0]), int(row[1]))
        return found


async def settled(both: Servers, database: str) -> float:
    """Seconds until all is graded and every event delivered."""
    began = time.monotonic()

    def left() -> int:
        with both.postgres.connect(database) as conn:
            row = conn.execute(
                "SELECT (SELECT count(*) FROM submissions WHERE status IN ('queued', 'grading'))"
                " + (SELECT count(*) FROM outbox)"
            ).fetchone()
            assert row is not None
            return int(row[0])

    async def nothing() -> bool:
        return await asyncio.to_thread(left) == 0

    await until(nothing, "grading and relay")
    return time.monotonic() - began


def quantile(values: list[float], share: float) -> float:
    """0 where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def say(line: str) -> None:
    """A line of the page."""
    print(line, flush=True)


def say_classes(pace: Pace, few: Phase, many: Phase) -> None:
    """The table of the two classes."""
    often = ", ".join(f"{what} every {pace.every_s(what):.0f} s" for what in get_args(Doing))
    say(f"\nEach student, on average: {often}.")
    say(f"\n| what | {FEW}: p50 | p95 | n | {MANY}: p50 | p95 | n | p95 {MANY} / {FEW} | told to wait |")
    say("|---|---|---|---|---|---|---|---|---|")
    for what in ("all together", *get_args(Doing)):
        one, other = few.tally.of(what), many.tally.of(what)
        p95, p95_many = quantile(one, 0.95), quantile(other, 0.95)
        ratio = f"{p95_many / p95:.1f}" if p95 else ""
        busy = f"{few.tally.told_to_wait(what)}, {many.tally.told_to_wait(what)}"
        say(
            f"| {what} | {quantile(one, 0.5):.0f} ms | {p95:.0f} ms | {len(one)} "
            f"| {quantile(other, 0.5):.0f} ms | {p95_many:.0f} ms | {len(other)} | {ratio} | {busy} |"
        )
    for count, each in ((FEW, few), (MANY, many)):
        done = sum(map(len, each.tally.times.values()))
        errors = len(each.tally.errors)
        say(
            f"\n{count} students: {done} things in {each.seconds:.0f} s, {errors} errors; the service's "
            f"own process took {each.service_s / each.seconds:.0%} of a core, each of {CLIENTS} "
            f"clients {each.tally.processor_s / CLIENTS / each.seconds:.0%}; load {each.load:.1f}."
        )


async def classes(
    both: Servers,
    database: str,
    service: Running,
    tokens: dict[str, str],
    pace: str,
    chosen: argparse.Namespace,
) -> tuple[Phase, Phase]:
    """The small class and the large one, at one pace."""
    found = []
    for size, seconds in ((FEW, chosen.few_seconds), (MANY, chosen.seconds)):
        some = dict(list(tokens.items())[:size])
        order = {"seconds": seconds or SECONDS[pace][size], "think": chosen.think, "pace": pace}
        found.append(await phase(service, some, seed=f"{pace} {size}", **order))
        await settled(both, database)
    few, many = found
    return few, many


async def measure(both: Servers, url: str, folder: Path, chosen: argparse.Namespace) -> list[str]:
    """Play it all, print the page; the errors."""
    database = url.rpartition("/")[2]
    async with running_hub() as hub:
        tokens = {f"s{n:03}": hub.add(f"s{n:03}", f"nbgrader-{COURSE}") for n in range(MANY)}
        async with serving(folder, hub, url, both.kafka.bootstrap) as service:
            times = await overhead(service, list(tokens.values())[:FEW], chosen.count)
            say("| one connection, one request after the other | p50 | p95 | n |\n|---|---|---|---|")
            for name, values in times.items():
                p50, p95 = quantile(values, 0.5), quantile(values, 0.95)
                say(f"| {name} | {p50:.2f} ms | {p95:.2f} ms | {len(values)} |")
            ratio = statistics.median(times["gateway"]) / statistics.median(times["bare"])
            say(f"\nThe gateway takes {ratio:.1f} times as long as the bare handler at the median.")
            whole = Tally.empty()
            for name in (chosen.pace,) if chosen.pace else PACES:
                few, many = await classes(both, database, service, tokens, name, chosen)
                pace = PACES[name]
                if chosen.think:
                    pace = msgspec.structs.replace(pace, think_s=chosen.think)
                say_classes(pace, few, many)
                whole.add(few.tally)
                whole.add(many.tally)
            say(f"\n| {MANY} at the same moment | p50 | p95 | told to wait | all done after |")
            say("|---|---|---|---|---|")
            for burst in get_args(Doing):
                found = await phase(service, tokens, burst=burst, seed=burst)
                values = found.tally.times[burst]
                rest = f", graded {await settled(both, database):.0f} s later" if burst == "submit" else ""
                say(
                    f"| {burst} | {quantile(values, 0.5):.0f} ms | {quantile(values, 0.95):.0f} ms "
                    f"| {found.tally.busy[burst]} | {found.seconds:.1f} s{rest} |"
                )
                whole.add(found.tally)
            await settled(both, database)
    say("\n| confirmed | | rows | events |\n|---|---|---|---|")
    for what, (rows, events) in kept(both, database).items():
        confirmed = len(whole.times[what])
        say(f"| {what} | {confirmed} | {rows} | {events} |")
        if not confirmed == rows == events:
            whole.errors.append(f"{what}: {confirmed} were confirmed, {rows} are kept, {events} recorded")
    return whole.errors


def main() -> int:
    """Measure, and print Markdown. 1 when anything was neither done nor told to wait, or was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pace", choices=tuple(PACES), help="only this one")
    parser.add_argument("--seconds", type=float, default=0, help="for the large class; 0 for the pace's own")
    parser.add_argument(
        "--few-seconds", type=float, default=0, help="for the small one, which does less in a minute"
    )
    parser.add_argument(
        "--think", type=float, default=0, help="seconds between two things, on average; 0 for the pace's own"
    )
    parser.add_argument("--count", type=int, default=500, help="requests to the gateway and the bare handler")
    parser.add_argument("--child", action="store_true")
    parser.add_argument("--bare")
    chosen = parser.parse_args()
    logs.configure(logging.ERROR)
    if chosen.bare:
        asyncio.run(bare(chosen.bare))
    if chosen.child:
        order = json.load(sys.stdin)
        found = compare(order) if order["do"] == "compare" else asyncio.run(crowd(order))
        sys.stdout.buffer.write(msgspec.json.encode(found))
        return 0
    with tempfile.TemporaryDirectory() as name, servers() as both, both.postgres.database() as url:
        errors = asyncio.run(measure(both, url, Path(name), chosen))
    say(f"\n{len(errors)} errors.")
    for error in errors[:20]:
        print(error, file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
