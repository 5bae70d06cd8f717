"""Small pieces of an answer put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from learnflow_ext.server.batching import batched


async def pieces(count: int, pause: float, fail: bool = False) -> AsyncIterator[str]:
    for number in range(count):
        yield f"{number} "
        await asyncio.sleep(pause)
    if fail:
        raise ValueError("broken")


async def test_the_text_is_the_same_in_fewer_pieces() -> None:
    found = [text async for text in batched(pieces(100, 0.001), 0.05)]
    assert "".join(found) == "".join(f"{number} " for number in range(100))
    assert 2 <= len(found) <= 20
    assert found[0] == "0 "


async def test_the_first_words_do_not_wait() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    stream = batched(pieces(3, 0.2), 5)
    assert await anext(stream) == "0 "
    assert loop.time() - began < 0.15
    assert [text async for text in stream] == ["1 2 "]


async def test_nothing_is_nothing() -> None:
    assert [text async for text in batched(pieces(0, 0), 0.01)] == []


class TestSourceFails:
    async def test_what_came_before_is_kept(self) -> None:
        found = []
        with pytest.raises(ValueError, match="broken"):
            async for text in batched(pieces(3, 0, fail=True), 0.01):
                found.append(text)
        assert "".join(found) == "0 1 2 "


class TestReaderLeaves:
    async def test_the_source_is_let_go(self) -> None:
        ended = asyncio.Event()

        async def endless() -> AsyncIterator[str]:
            try:
                while True:
                    yield "x"
                    await asyncio.sleep(0.01)
            finally:
                ended.set()

        stream = batched(endless(), 0.01)
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]  # an AsyncIterator here is a generator
        await asyncio.wait_for(ended.wait(), 1)
