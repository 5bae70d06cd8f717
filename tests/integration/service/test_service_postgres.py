"""The same service on PostgreSQL, whose connections end and which is restarted while a class works."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

import postgres
import pytest
from postgres import Postgres
from served import Client, problem, until
from sqlalchemy import text
from stub_hub import COURSE, Hub
from traitlets.config import Config

from learnflow_ext.contracts.runs import RunBatch, RunReport
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import outbox

pytestmark = pytest.mark.timeout(400)

CLIENTS = 6


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


def end_connections(server: Postgres, url: str) -> None:
    """All of LearnFlow's, wherever their requests stand."""
    with server.connect() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name LIKE 'learnflow-%%'",
            (url.rpartition("/")[2],),
        )
