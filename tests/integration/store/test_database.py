"""Opening, transactions, and several writers at once."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import exc as sa_exc
from sqlalchemy import func, select, text
from sqlalchemy.pool import QueuePool

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.events import HelpAsked
from learnflow_ext.store import backend, database, outbox, people, sqlite
from learnflow_ext.store.database import Database, DatabaseUnavailable
from learnflow_ext.store.models import LoggedEvent, User


class Files(Protocol):
    """The fixture `files`."""

    def write(self, path: Path, content: bytes) -> None: ...

    def read(self, path: Path) -> bytes | None: ...


def asked(student: str, number: int) -> HelpAsked:
    return HelpAsked(course="c", student=student, request_id=str(number), text="why?", agent="tutor")


async def people_in(db: Database) -> list[str]:
    async with db.connect() as conn:
        return list(await conn.scalars(select(User.name).order_by(User.name)))


async def all_people(url: str) -> list[str]:
    db = Database(url)
    await db.open(create=False)
    try:
        return await people_in(db)
    finally:
        await db.close()


class TestClosing:
    async def test_what_is_in_hand_comes_back_first_and_is_closed(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # However slowly this machine reads.
        monkeypatch.setattr(database, "CLOSING_LOOKS", 6_000)
        reading = asyncio.Event()
        assert db._readers is not None
        pool = db._readers.pool
        assert isinstance(pool, QueuePool)

        async def read() -> None:
            async with db.connect() as conn:
                reading.set()
                await asyncio.sleep(0.2)
                await conn.scalar(select(func.count()).select_from(User))

        task = asyncio.create_task(read())
        await reading.wait()
        assert pool.checkedout() == 1
        await db.close()
        # Whoever had it may have a step to go.
        await task
        # What comes back to a pool that is disposed of stays open in it.
        assert pool.checkedin() == 0
        with pytest.raises(DatabaseUnavailable):
            await people_in(db)
        await db.open()


class TestTransactions:
    async def test_what_is_written_is_there_for_the_next_reader(self, db: Database) -> None:
        async with db.begin() as conn:
            await people.ensure(conn, "ada")
        assert await people_in(db) == ["ada"]

    async def test_what_is_raised_takes_everything_back(self, db: Database) -> None:
        with pytest.raises(RuntimeError):
            async with db.begin() as conn:
                await people.ensure(conn, "ada")
                await outbox.record(conn, asked("ada", 1))
                raise RuntimeError
        assert await people_in(db) == []
        async with db.connect() as conn:
            assert await outbox.size(conn) == 0

    async def test_a_reader_sees_one_moment_while_others_write(self, db: Database) -> None:
        async with db.connect() as reader:
            before = await reader.scalar(select(func.count()).select_from(User))
            async with db.begin() as conn:
                await people.ensure(conn, "ada")
            assert await reader.scalar(select(func.count()).select_from(User)) == before == 0

    async def test_a_reading_connection_cannot_write(self, db: Database) -> None:
        with pytest.raises(DatabaseUnavailable, match="read-only"):
            async with db.connect() as conn:
                await people.ensure(conn, "ada")

    async def test_a_cancelled_writer_leaves_nothing_and_blocks_nobody(self, db: Database) -> None:
        started = asyncio.Event()

        async def stuck() -> None:
            async with db.begin() as conn:
                await people.ensure(conn, "ada")
                started.set()
                await asyncio.sleep(60)

        task = asyncio.create_task(stuck())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(30), db.begin() as conn:
            await people.ensure(conn, "ben")
        assert await people_in(db) == ["ben"]

    async def test_writers_cancelled_at_any_moment_never_leave_half_an_event(self, db: Database) -> None:
        async def write(number: int) -> None:
            async with db.begin() as conn:
                await outbox.record(conn, asked(f"student{number}", number))

        kept: list[BaseException | None] = []
        for number in range(50):
            task = asyncio.create_task(write(number))
            await asyncio.sleep(number / 10_000)
            task.cancel()
            # The traceback keeps cursors alive, as a debugger or a logged error would.
            kept += await asyncio.gather(task, return_exceptions=True)
            async with asyncio.timeout(30):
                await write(1_000 + number)
        async with db.connect() as conn:
            logged = set(await conn.scalars(select(LoggedEvent.sequence)))
            waiting = {row.sequence for row in await outbox.pending(conn, 1_000)}
        assert logged == waiting
        assert any(isinstance(one, asyncio.CancelledError) for one in kept)

    async def test_a_mistake_in_our_own_sql_is_not_called_an_outage(self, db: Database) -> None:
        with pytest.raises((sa_exc.OperationalError, sa_exc.ProgrammingError)):
            async with db.connect() as conn:
                await conn.execute(text("SELECT nothing FROM nowhere"))

    async def test_a_database_that_is_not_open_says_so(self, path: Path) -> None:
        with pytest.raises(DatabaseUnavailable, match="not open"):
            async with Database(f"sqlite:///{path}").begin():
                pass

    async def test_listeners_hear_of_commits_with_events_only(self, db: Database) -> None:
        heard: list[int] = []
        db.on_recorded(lambda: heard.append(1))
        async with db.begin() as conn:
            await people.ensure(conn, "ada")
        assert heard == []
        with pytest.raises(RuntimeError):
            async with db.begin() as conn:
                await outbox.record(conn, asked("ada", 1))
                raise RuntimeError
        async with db.begin() as conn:
            await people.ensure(conn, "ben")
        assert heard == []
        async with db.begin() as conn:
            await outbox.record(conn, asked("ada", 2))
        assert heard == [1]


class TestTwoWritersAtOnce:
    async def test_tasks_of_one_process_take_turns(self, db: Database) -> None:
        async def write(student: str) -> None:
            for number in range(20):
                async with db.begin() as conn:
                    await outbox.record(conn, asked(student, number))

        await asyncio.gather(*(write(f"s{i}") for i in range(10)))
        async with db.connect() as conn:
            rows = await outbox.pending(conn, 1_000)
        assert len(rows) == 200
        assert [row.sequence for row in rows] == sorted(row.sequence for row in rows)

    async def test_two_processes_databases_wait_for_each_other(self, db: Database, database_url: str) -> None:
        other = Database(database_url)
        await other.open()
        try:

            async def write(database: Database, student: str) -> None:
                for number in range(25):
                    async with database.begin() as conn:
                        await outbox.record(conn, asked(student, number))

            await asyncio.gather(write(db, "ada"), write(other, "ben"))
        finally:
            await other.close()
        async with db.connect() as conn:
            assert await outbox.size(conn) == 50

    async def test_a_lock_held_for_ever_ends_in_a_sentence(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 50)
        db = Database(f"sqlite:///{path}")
        await db.open()
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(DatabaseUnavailable, match="busy") as caught:
                async with db.begin():
                    pass
            assert caught.value.retry_after == 5
        finally:
            holder.close()
        async with db.begin() as conn:
            await people.ensure(conn, "ada")
        await db.close()

    async def test_a_queue_that_does_not_move_ends_in_a_sentence(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(backend, "WRITER_WAIT_S", 0.05)
        db = Database(f"sqlite:///{path}")
        await db.open()
        async with db.begin():
            with pytest.raises(DatabaseUnavailable, match="busy"):
                async with db.begin():
                    pass
        await db.close()

    @pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
    def test_processes_may_open_a_new_database_together(
        self, kind: str, path: Path, empty_postgres_url: str
    ) -> None:
        url = f"sqlite:///{path}" if kind == "sqlite" else empty_postgres_url
        script = (
            "import asyncio, sys\n"
            "from learnflow_ext.store.database import Database\n"
            "from learnflow_ext.store import people\n"
            "async def main():\n"
            "    db = Database(sys.argv[1])\n"
            "    await db.open()\n"
            "    async with db.begin() as conn:\n"
            "        await people.ensure(conn, sys.argv[2])\n"
            "    await db.close()\n"
            "asyncio.run(main())\n"
        )
        started = [
            subprocess.Popen([sys.executable, "-c", script, url, name], stderr=subprocess.PIPE)
            for name in ("ada", "ben", "chen")
        ]
        for process in started:
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors.decode()
        assert asyncio.run(all_people(url)) == ["ada", "ben", "chen"]


class TestOpening:
    async def test_without_create_a_missing_file_is_named(self, path: Path, files: Files) -> None:
        with pytest.raises(DatabaseUnavailable, match=r"no database at .*learnflow\.sqlite"):
            await Database(f"sqlite:///{path}").open(create=False)
        assert files.read(path) is None

    async def test_a_file_that_is_no_database_is_refused_and_kept(self, path: Path, files: Files) -> None:
        files.write(path, b"homework " * 1000)
        with pytest.raises(DatabaseUnavailable, match="not an SQLite database"):
            await Database(f"sqlite:///{path}").open()
        assert files.read(path) == b"homework " * 1000

    async def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(DatabaseUnavailable, match="cannot be made"):
            await Database(f"sqlite:///{tmp_path}/file/below/learnflow.sqlite").open()

    async def test_nobody_else_on_the_machine_can_read_the_file(self, path: Path) -> None:
        db = Database(f"sqlite:///{path}")
        await db.open()
        async with db.begin() as conn:
            await people.ensure(conn, "ada")
        names = {file.name: file.stat().st_mode & 0o777 for file in path.parent.glob("learnflow.sqlite*")}
        await db.close()
        assert names.keys() >= {"learnflow.sqlite", "learnflow.sqlite-wal"}
        assert set(names.values()) == {0o600}

    async def test_a_path_with_odd_characters_works(self, tmp_path: Path) -> None:
        db = Database(f"sqlite+aiosqlite:///{tmp_path}/50 %s {{of}} grüße.sqlite")
        await db.open()
        await db.close()
        assert (tmp_path / "50 %s {of} grüße.sqlite").is_file()

    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("mysql://me:secret@db/learnflow", "cannot use `mysql`"),
            ("postgresql+asyncpg://me:secret@db/learnflow", "through psycopg"),
            ("postgresql://me:secret@db", "names no database"),
            ("not a url", "cannot be read"),
            ("sqlite://", "must be a file"),
            ("sqlite:///:memory:", "must be a file"),
            ("sqlite:///file::memory:?uri=true", "must be a file"),
        ],
    )
    def test_a_database_we_cannot_use_is_refused_without_its_password(self, url: str, sentence: str) -> None:
        with pytest.raises(DatabaseUnavailable, match=sentence) as caught:
            Database(url)
        assert "secret" not in caught.value.message

    async def test_closing_twice_is_harmless(self, path: Path) -> None:
        db = Database(f"sqlite:///{path}")
        await db.open()
        await db.close()
        await db.close()


class TestPeople:
    async def test_a_pseudonym_is_random_and_stays(self, db: Database) -> None:
        async with db.begin() as conn:
            ada, ben = await people.pseudonym(conn, "ada"), await people.pseudonym(conn, "ben")
            assert await people.pseudonym(conn, "ada") == ada
        assert ada != ben
        assert len(ada) == 32

    async def test_who_was_made_in_vain_is_made_again(self, db: Database) -> None:
        with pytest.raises(KeyError):
            async with db.begin() as conn:
                await people.ensure(conn, "ada")
                raise KeyError("the transaction is taken back")
        for _ in "12":
            async with db.begin() as conn:
                made = await people.ensure(conn, "ada")
                assert made == await people.ensure(conn, "ada") == await people.find(conn, "ada")
                assert await people.ensure(conn, "ben") != made

    async def test_the_person_behind_a_pseudonym_is_found(self, db: Database) -> None:
        async with db.begin() as conn:
            name = await people.pseudonym(conn, "ada")
            person = await people.behind(conn, name)
            assert person is not None
            assert person.name == "ada"
            assert await people.behind(conn, "f" * 32) is None

    @pytest.mark.parametrize("name", ["", "x" * 256, "a\0b", "\ud800"])
    async def test_a_name_that_is_none_is_refused(self, db: Database, name: str) -> None:
        with pytest.raises(BadRequest):
            async with db.begin() as conn:
                await people.ensure(conn, name)
