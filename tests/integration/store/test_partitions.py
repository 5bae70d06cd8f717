"""One table a month on PostgreSQL, made ahead; old months go, on SQLite too."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from postgres import Postgres
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import HelpAsked
from learnflow_ext.store import eventlog, outbox, partitions, people
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database, DatabaseUnavailable
from learnflow_ext.store.models import LoggedEvent

ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


async def log_at(conn: AsyncConnection, *moments: datetime) -> None:
    user = await people.ensure(conn, "ada")
    for number, moment in enumerate(moments):
        await conn.execute(
            insert(LoggedEvent).values(
                event_id=f"{moment:%Y%m%d%H}-{number}",
                time=moment,
                topic="t",
                type="t",
                course="c",
                user_id=user,
                data="{}",
            )
        )


async def rows_in(conn: AsyncConnection, table: str) -> int:
    return int(await conn.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


@pytest.mark.parametrize(
    ("moment", "months", "first"),
    [
        (datetime(2026, 11, 24, 15, tzinfo=UTC), 0, "2026-11-01"),
        (datetime(2026, 11, 24, tzinfo=UTC), 2, "2027-01-01"),
        (datetime(2026, 1, 31, tzinfo=UTC), -1, "2025-12-01"),
        (datetime(2024, 2, 29, tzinfo=UTC), 12, "2025-02-01"),
    ],
)
def test_months_are_counted_over_the_turn_of_the_year(moment: datetime, months: int, first: str) -> None:
    assert f"{partitions.first_of_month(moment, months):%Y-%m-%d}" == first


@ON_POSTGRESQL
class TestMonths:
    async def test_this_one_and_the_next_three_are_there_from_the_start(self, db: Database) -> None:
        async with db.begin() as conn:
            assert await partitions.months(conn) == [partitions.first_of_month(now(), n) for n in range(4)]
            await outbox.record(
                conn, HelpAsked(course="c", student="ada", request_id="r", text="", agent="tutor")
            )
            assert await rows_in(conn, partitions.name_of(now())) == 1
            assert await rows_in(conn, partitions.REST) == 0

    async def test_the_rest_catches_what_has_no_month_and_hands_it_over(self, db: Database) -> None:
        far = partitions.first_of_month(now(), 40)
        inside = [far, far + timedelta(days=3), partitions.first_of_month(far, 1) - timedelta(microseconds=1)]
        outside = [far - timedelta(microseconds=1), partitions.first_of_month(far, 1)]
        async with db.begin() as conn:
            await log_at(conn, *inside, *outside)
            assert await rows_in(conn, partitions.REST) == 5
        async with db.begin() as conn:
            assert await partitions.prepare(conn, far, ahead=0) == [partitions.name_of(far)]
        async with db.connect() as conn:
            assert await rows_in(conn, partitions.name_of(far)) == 3
            assert await rows_in(conn, partitions.REST) == 2
            assert len(await eventlog.tail(conn)) == 5
        async with db.begin() as conn:
            assert await partitions.prepare(conn, far, ahead=0) == []

    async def test_a_month_made_later_is_append_only_too(
        self, db: Database, database_url: str, postgres_server: Postgres
    ) -> None:
        far = partitions.first_of_month(now(), 40)
        async with db.begin() as conn:
            await partitions.prepare(conn, far, ahead=0)
            await log_at(conn, far)
        with postgres_server.connect(database_url.rpartition("/")[2]) as stranger:
            for sql in ("TRUNCATE {}", "DELETE FROM {}", "UPDATE {} SET data = ''"):
                with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
                    stranger.execute(sql.format(partitions.name_of(far)))

    @pytest.mark.parametrize("name", ["event_log_old", "event_log_2019_13", "archive_2019_01"])
    async def test_a_table_that_an_admin_attached_is_left_alone(
        self, db: Database, database_url: str, postgres_server: Postgres, name: str
    ) -> None:
        with postgres_server.connect(database_url.rpartition("/")[2]) as admin:
            admin.execute(
                f"CREATE TABLE {name} PARTITION OF event_log FOR VALUES FROM ('2019-01-01') TO ('2020-01-01')"
            )
        far = partitions.first_of_month(now(), 40)
        await db.upgrade()
        async with db.begin() as conn:
            await log_at(conn, datetime(2019, 5, 1, tzinfo=UTC))
            assert await partitions.prepare(conn, far, ahead=0) == [partitions.name_of(far)]
            assert await partitions.expire(conn, now(), 2) == 1
            assert await rows_in(conn, name) == 0

    async def test_two_who_make_them_at_once_do_not_clash(self, db: Database, database_url: str) -> None:
        other = Database(database_url)
        await other.open()
        far = partitions.first_of_month(now(), 40)

        async def make(database: Database) -> list[str]:
            async with database.begin() as conn:
                return await partitions.prepare(conn, far, ahead=2)

        made = await asyncio.gather(make(db), make(other))
        await other.close()
        assert sorted(map(len, made)) == [0, 3]

    async def test_a_query_for_one_month_looks_at_one_table(self, db: Database) -> None:
        month = partitions.first_of_month(now(), 1)
        query = text("EXPLAIN SELECT * FROM event_log WHERE time >= :a AND time < :b")
        async with db.connect() as conn:
            plan = "\n".join(
                await conn.scalars(query, {"a": month, "b": partitions.first_of_month(month, 1)})
            )
        assert partitions.name_of(month) in plan
        assert partitions.name_of(now()) not in plan


class TestExpiry:
    async def test_whole_months_go_and_the_kept_ones_stay(self, db: Database) -> None:
        edge = partitions.first_of_month(now(), -2)
        old = [edge - timedelta(microseconds=1), edge - timedelta(days=400)]
        kept = [edge, now()]
        async with db.begin() as conn:
            await partitions.prepare(conn, partitions.first_of_month(now(), -3), ahead=0)
            await log_at(conn, *old, *kept)
        async with db.begin() as conn:
            assert await partitions.expire(conn, now(), 2) == 2
            assert await partitions.expire(conn, now(), 2) == 0
        async with db.connect() as conn:
            times = list(await conn.scalars(select(LoggedEvent.time).order_by(LoggedEvent.time)))
            assert [f"{time:%Y-%m}" for time in times] == [f"{time:%Y-%m}" for time in kept]
            assert partitions.first_of_month(now(), -3) not in await partitions.months(conn)

    @ON_POSTGRESQL
    async def test_a_month_waits_for_who_reads_the_log_and_holds_nobody_up(
        self, db: Database, database_url: str, postgres_server: Postgres
    ) -> None:
        old = partitions.first_of_month(now(), -3)
        async with db.begin() as conn:
            await partitions.prepare(conn, old, ahead=0)
            await log_at(conn, old)

        async def expired() -> int:
            async with db.begin() as conn:
                return await partitions.expire(conn, now(), 2)

        with postgres_server.connect(database_url.rpartition("/")[2]) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM event_log")
            expiring = asyncio.create_task(expired())
            await asyncio.sleep(0.3)
            async with asyncio.timeout(5), db.begin() as conn:
                await log_at(conn, now())
            with pytest.raises(DatabaseUnavailable, match="busy"):
                await expiring
            reader.execute("ROLLBACK")
        assert await expired() == 1

    async def test_nought_is_refused_rather_than_taken_for_everything(self, db: Database) -> None:
        with pytest.raises(ValueError, match="at least 1"):
            async with db.begin() as conn:
                await partitions.expire(conn, now(), 0)
