"""An answer that is made apart from whoever hears it: until nobody does."""

from __future__ import annotations

import asyncio

import pytest

from learnflow_ext.contracts.help import ReplyChunk
from learnflow_ext.service.answering import LEFT_ALONE, Answer

FIRST, END = ReplyChunk(kind="text", text="first"), ReplyChunk(kind="end")


class Making:
    """Says its first words, and its last ones once it may go on."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.may_go_on, self.cut = asyncio.Event(), False
        self.task = asyncio.create_task(self._make())

    async def _make(self) -> None:
        async with self.answer.wanted("the-id"):
            self.answer.hear(FIRST)
            try:
                await self.may_go_on.wait()
            except asyncio.CancelledError:
                self.cut = self.answer.is_left_alone
                raise
            self.answer.hear(END)
        self.answer.end()

    async def heard(self) -> str:
        await self.task
        return "".join([chunk.text async for chunk in self.answer.chunks()])


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learnflow_ext.service.answering.COME_BACK_SECONDS", 0.2)


class TestEverybodyLeaves:
    async def test_it_is_stopped_and_says_so(self) -> None:
        making = Making()
        await making.answer.begun()
        making.answer.come("ada")
        making.answer.leave("ada")
        assert await making.heard() == f"first{LEFT_ALONE}"
        assert making.cut
        assert making.answer.told[-1].kind == "end"
        # It is over: whoever comes and goes changes nothing.
        making.answer.come("ada")
        making.answer.leave("ada")

    @pytest.mark.parametrize("stays", ["ada again", "ben"])
    async def test_not_while_somebody_is_there_or_comes_back(self, stays: str) -> None:
        making = Making()
        await making.answer.begun()
        making.answer.come("ada")
        if stays == "ben":
            making.answer.come(stays)
        making.answer.leave("ada")
        making.answer.leave("ada")
        await asyncio.sleep(0.1)
        making.answer.come(stays)
        await asyncio.sleep(0.2)
        making.may_go_on.set()
        assert await making.heard() == "first"
        assert not making.cut


async def test_who_stops_the_service_leaves_the_rest_to_another() -> None:
    making = Making()
    await making.answer.begun()
    making.answer.come("ada")
    making.task.cancel()
    await asyncio.gather(making.task, return_exceptions=True)
    assert not making.cut
    assert making.answer.told == [FIRST]
