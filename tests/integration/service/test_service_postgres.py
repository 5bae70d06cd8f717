"""The same service on PostgreSQL, whose connections end and which is restarted while a class works."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import msgspec
import postgres
import psycopg
import pytest
from postgres import Postgres
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, problem, until
from sqlalchemy import text
from stub_hub import COURSE, Hub
from traitlets.config import Config

from learnflow_ext.contracts.grades import AssignmentView, SubmissionView
from learnflow_ext.contracts.runs import RunBatch, RunReport
from learnflow_ext.service import grading_queue
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import outbox, submissions

pytestmark = pytest.mark.timeout(400)

CLIENTS = 6
ASSIGNMENTS = f"api/courses/{COURSE}/assignments"


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server of this test's own: it is restarted."""
    with postgres.running({"synchronous_commit": "on"}) as server:
        yield server


class Class:
    """Students' servers that report runs, one after another, and what they were told."""

    def __init__(self, ask: Client) -> None:
        self._ask = ask
        self.answers: dict[str, int] = {}
        self.sentences: list[str] = []
        self.over = False

    async def work(self, who: str, number: int) -> None:
        count = 0
        while not self.over:
            count += 1
            refused = await self.report(who, f"{number}-{count}") != 200
            # Less than they are told; but a server does not end while somebody tries to connect all the time.
            await asyncio.sleep(0.3 if refused else 0.01)

    async def report(self, who: str, run_id: str) -> int:
        answer = await self._ask("api/runs", who, body=RunBatch(runs=(run(run_id),)))
        self.answers[run_id] = answer.code
        if answer.code != 200:
            assert answer.headers["Retry-After"]
            self.sentences.append(problem(answer).message)
        return int(answer.code)

    def count(self, code: int) -> int:
        return Counter(self.answers.values())[code]

    async def more(self, code: int, number: int) -> None:
        wanted = self.count(code) + number

        async def reached() -> bool:
            return self.count(code) >= wanted

        await until(reached, seconds=120)


def run(run_id: str) -> RunReport:
    return RunReport(
        run_id=run_id,
        course=COURSE,
        assignment="a",
        notebook="n.ipynb",
        ok=True,
        finished_at=time.time(),
        duration_ms=1,
    )


async def kept(service: RunningService) -> tuple[Counter[str], Counter[str]]:
    """How often each run is in the table, and in the log."""
    async with service.parts.db.connect() as conn:
        rows = await conn.scalars(text("SELECT run_id FROM runs"))
        told = await conn.scalars(
            text("SELECT data::jsonb->>'run_id' FROM event_log WHERE type LIKE '%.run.%'")
        )
        return Counter(rows), Counter(told)


class TestPostgresIsRestartedUnderLoad:
    async def test_every_answer_is_true_and_the_service_goes_on(
        self, server: Postgres, config: Config, start: Callable[[], Awaitable[RunningService]], hub: Hub
    ) -> None:
        with server.database() as url:
            config.LearnFlow.database_url = url
            # Two people send what a whole class would.
            config.LearnFlowApi.requests_per_minute = 0
            service = await start()
            ask = Client(service, hub)
            school = Class(ask)
            async with asyncio.TaskGroup() as group:
                for number in range(CLIENTS):
                    group.create_task(school.work("ada" if number % 2 else "eve", number))
                await school.more(200, 20)
                for _ in range(3):
                    await asyncio.to_thread(end_connections, server, url)
                    await school.more(200, 10)
                await asyncio.to_thread(server.stop)
                await school.more(503, CLIENTS)
                await asyncio.to_thread(server.start)
                await school.more(200, 30)
                school.over = True
            assert set(school.answers.values()) == {200, 503}
            rows, told = await kept(service)
            assert rows == told
            assert set(rows.values()) == {1}
            accepted = {run_id for run_id, code in school.answers.items() if code == 200}
            assert accepted <= rows.keys()
            assert not any("Traceback" in sentence for sentence in school.sentences)
            # What was refused is sent again by whoever reported it.
            for run_id in school.answers.keys() - accepted:
                await school.report("ada" if int(run_id.partition("-")[0]) % 2 else "eve", run_id)
            rows, told = await kept(service)
            assert rows == told == Counter(school.answers.keys())
            assert not service.broken.is_set()

            async def all_delivered() -> bool:
                async with service.parts.db.connect() as conn:
                    return await outbox.size(conn) == 0

            await until(all_delivered)
            ask.http.close()
            await service.stop()


class TestTheDatabaseGoesInMidGrading:
    """Between the run of a submission and its record."""

    async def test_everything_handed_in_is_kept_told_and_graded_once(
        self,
        postgres_url: str,
        config: Config,
        start: Callable[[], Awaitable[RunningService]],
        hub: Hub,
        worker: PaperWorker,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(grading_queue, "LOOK_SECONDS", 0.1)
        monkeypatch.setattr(grading_queue, "POLL_SECONDS", 0.2)
        config.LearnFlow.database_url = postgres_url
        service = await start()
        ask = Client(service, hub)

        async def released() -> bool:
            return service.parts.releases.state == "done"

        await until(released)
        worker.gate.clear()
        made = {}
        for who in ("ada", "ben"):
            answer = await ask(f"{ASSIGNMENTS}/{ASSIGNMENT}/submissions", who, body=SOLVED)
            made[who] = msgspec.json.decode(answer.body, type=SubmissionView).submission_id
            await until(lambda: in_hand(service, made["ada"]))
        with away(postgres_url):
            worker.gate.set()

            async def was_run() -> bool:
                return worker.graded[:1] == [made["ada"]]

            await until(was_run)
            refused = await ask(ASSIGNMENTS, "ada")
            assert (refused.code, bool(refused.headers["Retry-After"])) == (503, True)
            assert "Traceback" not in problem(refused).message
            health = msgspec.json.decode((await ask("health")).body)
            assert (health["status"], health["database"]) == ("degraded", "unavailable")
            # What needs no database goes on.
            assert (await ask("static/learnflow.css")).code == 200
        for who, one in made.items():

            async def graded(who: str = who, one: str = one) -> bool:
                answer = await ask(ASSIGNMENTS, who)
                if answer.code != 200:
                    return False
                (seen,) = msgspec.json.decode(answer.body, type=list[AssignmentView])
                return [(each.submission_id, each.score) for each in seen.submissions] == [(one, 7)]

            await until(graded, seconds=60)
        async with service.parts.db.connect() as conn:
            told = await conn.scalars(
                text("SELECT data::jsonb->>'submission_id' FROM event_log WHERE type LIKE '%.graded.%'")
            )
            assert Counter(told) == Counter(made.values())
        page = (await ask(f"courses/{COURSE}/grading", "teacher")).body.decode()
        assert page.count("7/10") >= 2
        assert not service.broken.is_set()
        ask.http.close()
        await service.stop()


async def in_hand(service: RunningService, submission: str) -> bool:
    async with service.parts.db.connect() as conn:
        return (await submissions.view(conn, submission)).status == "grading"


@contextmanager
def away(url: str) -> Iterator[None]:
    """The database takes no connection, and ends those that there are."""
    server, _, name = url.replace("postgresql+psycopg", "postgresql").rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:

        def allow(yes: str) -> None:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {yes}'.encode())

        allow("false")
        try:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
            )
            yield
        finally:
            allow("true")


def end_connections(server: Postgres, url: str) -> None:
    """All of LearnFlow's, wherever their requests stand."""
    with server.connect() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name LIKE 'learnflow-%%'",
            (url.rpartition("/")[2],),
        )
