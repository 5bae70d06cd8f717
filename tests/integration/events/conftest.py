"""A database of each kind, an in-process bus, and helpers that wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from learnflow_ext.events.memory import MemoryBus
from learnflow_ext.store.database import Database

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
Background = Callable[[Coroutine[object, object, None]], "asyncio.Task[None]"]


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def bus() -> AsyncIterator[MemoryBus]:
    bus = MemoryBus()
    yield bus
    await bus.close()


@asynccontextmanager
async def _ended(task: asyncio.Task[None]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def background() -> AsyncIterator[Background]:
    """Start a coroutine as a task that ends with the test."""
    async with AsyncExitStack() as stack:
        entered: list[asyncio.Task[None]] = []

        def start(coroutine: Coroutine[object, object, None]) -> asyncio.Task[None]:
            task = asyncio.create_task(coroutine)
            entered.append(task)
            return task

        yield start
        for task in entered:
            await stack.enter_async_context(_ended(task))


@pytest.fixture
def eventually() -> Eventually:
    """Wait until something holds; fails after half a minute and more."""

    async def wait(holds: Callable[[], Awaitable[bool]]) -> None:
        for _ in range(3_000):
            if await holds():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("It did not come to be.")

    return wait
