"""What replicas on one PostgreSQL know of each other: what the others let in, and that they live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from served import Client, until
from sqlalchemy import text
from structlog.testing import capture_logs
from stub_hub import Hub
from traitlets.config import Config

from learnflow_ext.service import living
from learnflow_ext.service.handlers import once as handling
from learnflow_ext.service.running import RunningService
from learnflow_ext.store.database import Database
from learnflow_ext.store.once import Kept, Reserved

AT_ONCE = 20
DONE = Kept(status=200, body=b"done")

Starter = Callable[[], Awaitable[RunningService]]


@pytest.fixture
async def replicas(
    config: Config, start: Starter, hub: Hub, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[Client]]:
    """Two, each known to live, with limits that are soon reached."""
    monkeypatch.setattr(living, "TELL_SECONDS", 0.05)
    config.LearnFlow.database_url = postgres_url
    config.LearnFlowApi.requests_at_once = AT_ONCE
    config.LearnFlowApi.requests_per_minute = 0.1
    clients = [Client(await start(), hub) for _ in range(2)]

    async def all_known() -> bool:
        return all(client.service.parts.living.id for client in clients)

    await until(all_known)
    yield clients
    for client in clients:
        client.http.close()


class TestLimits:
    async def test_what_one_let_in_is_used_up_at_the_other_too(self, replicas: list[Client]) -> None:
        first, second = replicas
        codes = [(await first("api/courses", "ada")).code for _ in range(AT_ONCE + 1)]
        assert codes == [200] * AT_ONCE + [429]
        # It hears of it within a moment, and each look before costs one that it still has.
        looks = 0
        while (answer := await second("api/courses", "ada")).code == 200:
            looks += 1
            assert looks < AT_ONCE - 1, "the other gives as much again"
            await asyncio.sleep(0.5)
        assert answer.code == 429
        assert (await second("api/courses", "ben")).code == 200

    async def test_what_nobody_understands_harms_nobody(self, replicas: list[Client]) -> None:
        parts = replicas[0].service.parts
        before = [client.service.parts.living.id for client in replicas]
        far = '{"by": "x", "taken": {"people": {"ada": %s}}}'
        with capture_logs() as logs:
            for said in ("", "no JSON", "[" * 3000, far % -5, far % ("9" * 400), far % 10**18):
                async with parts.db.begin() as conn:
                    await conn.execute(text("SELECT pg_notify('learnflow_services', :said)"), {"said": said})
            await self.test_what_one_let_in_is_used_up_at_the_other_too(replicas)
        assert [client.service.parts.living.id for client in replicas] == before
        # It would be back under the same name.
        assert "presence.lost" not in {each["event"] for each in logs}


async def cut(db: Database) -> None:
    """All connections that say of a service that it lives, as a restart of PostgreSQL would."""
    async with db.begin() as conn:
        ended = await conn.scalars(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'learnflow-service' AND datname = current_database()"
            )
        )
        assert list(ended) == [True, True]


class TestPostgresqlEndsTheConnectionThatSaysAReplicaLives:
    async def test_what_it_has_in_hand_is_not_done_by_another(self, replicas: list[Client]) -> None:
        first, second = (client.service.parts for client in replicas)
        known_as = first.living.id
        begun, end, tries = asyncio.Event(), asyncio.Event(), 0

        async def work(_: Reserved) -> Kept:
            nonlocal tries
            tries += 1
            begun.set()
            await end.wait()
            return DONE

        def send(db: Database, holder: str) -> asyncio.Task[tuple[Kept, bool]]:
            return asyncio.create_task(
                handling.do(
                    db,
                    work,
                    person="ada",
                    address="POST /checks",
                    key="key",
                    body=b"{}",
                    lasts=timedelta(days=1),
                    holder=holder,
                )
            )

        sent = send(first.db, known_as)
        await begun.wait()
        await cut(first.db)
        again = send(second.db, second.living.id)

        async def known_again() -> bool:
            return first.living.id == known_as

        await until(known_again)
        await asyncio.sleep(handling.GONE_SECONDS + 1)
        end.set()
        assert (await sent, await again) == ((DONE, False), (DONE, True))
        assert tries == 1
