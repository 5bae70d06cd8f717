"""What all tests need of the process they run in, and the servers that some of them share."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import is_hypothesis_test, settings

if TYPE_CHECKING:
    from kafka_broker import Kafka
    from postgres import Postgres

    from learnflow_ext.events.kafka_client import KafkaCluster

pytest_plugins = ["containers"]

if "CI" not in os.environ:
    # As Hypothesis does by itself where CI is set: how long an example takes says how busy the machine is.
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")


def pytest_configure() -> None:
    """Let Ctrl-C work again: a shell's background job ignores it, and so would each program a test starts.
    And write tracebacks plainly.
    """
    import plain_logs

    signal.signal(signal.SIGINT, signal.default_int_handler)
    plain_logs.use()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Of several workers, each takes whole files; what belongs together beyond that is in `turns`."""
    import turns

    return turns.Turns(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Workers take the tests from the front; alone, a process keeps pytest's order."""
    import turns

    if hasattr(config, "workerinput"):
        rank = {test: place for place, test in enumerate(turns.in_turn([item.nodeid for item in items]))}
        items.sort(key=lambda item: rank[item.nodeid])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Before anything of a test is set up: whether it is one in which coverage is measured."""
    import measured

    many = is_hypothesis_test(getattr(item, "obj", None))
    measured.HERE.turn(on=measured.is_measured(item.nodeid, many=many))


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[Kafka]:
    """A broker that all tests share, and none of them stops."""
    import kafka_broker

    with kafka_broker.running() as broker:
        yield broker


@pytest.fixture
def kafka(kafka_broker: Kafka) -> KafkaCluster:
    """That broker under names of the test's own; its topics are not made yet."""
    from learnflow_ext.events.kafka_client import KafkaCluster

    return KafkaCluster(
        bootstrap=kafka_broker.bootstrap,
        prefix=f"t{uuid.uuid4().hex[:8]}.",
        # A member that leaves without a word is missed sooner than in a real classroom.
        consumer={"session.timeout.ms": 3_000, "heartbeat.interval.ms": 500},
    )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One server for all tests; who needs to kill one starts its own with `postgres.running`."""
    import postgres

    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgres_server: Postgres) -> Iterator[str]:
    """Name of a database with all tables, from which each test's own is copied."""
    from learnflow_ext.store.database import Database

    with postgres_server.database() as url:
        asyncio.run(Database(url).upgrade())
        yield url.rpartition("/")[2]


@pytest.fixture
def postgres_url(postgres_server: Postgres, migrated: str) -> Iterator[str]:
    """A PostgreSQL database of this test's own, with all tables and no rows."""
    with postgres_server.database(migrated) as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """A PostgreSQL database of this test's own, without tables."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, from which each test's own is copied: making them takes a while."""
    from learnflow_ext.store.database import Database

    path = tmp_path_factory.mktemp("migrated") / "learnflow.sqlite"
    asyncio.run(Database(f"sqlite+aiosqlite:///{path}").upgrade())
    return path


@pytest.fixture
def sqlite_file(migrated_file: Path) -> Callable[[Path], Path]:
    """Puts a file with all tables and no rows where it is told, below folders that it makes; the path."""

    def put(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(migrated_file, path)
        return path

    return put


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of this test's own, with all tables and no rows: once an SQLite file, once PostgreSQL."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        return url
    put: Callable[[Path], Path] = request.getfixturevalue("sqlite_file")
    return f"sqlite+aiosqlite:///{put(tmp_path / 'state' / 'learnflow.sqlite')}"
