"""Putting small pieces of text together: each update of a chat message sends the whole message again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

BATCH_SECONDS = 0.08


async def batched(pieces: AsyncIterator[str], seconds: float = BATCH_SECONDS) -> AsyncIterator[str]:
    """The same text in fewer pieces: the first at once, then one about every `seconds`.

    What `pieces` raises is raised here, after the text that came before it.
    """
    waiting: list[str] = []
    ended = asyncio.Event()
    some = asyncio.Event()
    failure: list[Exception] = []

    async def pump() -> None:
        try:
            async for piece in pieces:
                waiting.append(piece)
                some.set()
        except Exception as error:  # raised again below, in the consumer
            failure.append(error)
        finally:
            ended.set()
            some.set()

    task = asyncio.create_task(pump())
    try:
        while True:
            await some.wait()
            some.clear()
            if text := "".join(waiting):
                waiting.clear()
                yield text
            if ended.is_set() and not waiting:
                break
            if not ended.is_set():
                # Not wait_for: before Python 3.12 it may swallow the cancellation that ends an answer.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await ended.wait()
        if failure:
            raise failure[0]
    finally:
        task.cancel()
