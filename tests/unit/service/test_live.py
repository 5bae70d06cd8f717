"""What dashboards are told: merged, made once, and held up by nobody who does not read."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from served import until
from tornado.websocket import WebSocketClosedError

from learnflow_ext.contracts.errors import TooBusy
from learnflow_ext.service import live
from learnflow_ext.service.live import LiveBoards
from learnflow_ext.service.tail import MAX_HOLES, Place
from learnflow_ext.store.database import Database


class Reader:
    """A dashboard whose network takes what it is sent, until it is told not to."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.reads = True
        self.gone = False
        self._held: list[asyncio.Future[None]] = []

    def send(self, text: str) -> asyncio.Future[None]:
        if self.gone:
            raise WebSocketClosedError
        self.sent.append(text)
        future = asyncio.get_running_loop().create_future()
        if self.reads:
            future.set_result(None)
        else:
            self._held.append(future)
        return future

    def read_on(self) -> None:
        self.reads = True
        for future in self._held:
            future.set_result(None)

    def hang_up(self) -> None:
        raise AssertionError("nothing is wrong with it")

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(text) for text in self.sent]

    async def heard_of(self, sequence: int) -> None:
        async def heard() -> bool:
            return bool(self.sent) and self.messages[-1]["sequence"] == sequence

        await until(heard)


@pytest.fixture
def boards(tmp_path: Path) -> LiveBoards:
    """Nobody here asks for events, so the log is never read."""
    return LiveBoards(Database(f"sqlite+aiosqlite:///{tmp_path / 'none.sqlite'}"))


def opened(boards: LiveBoards, course: str = "c", person: str = "teacher") -> Reader:
    reader = Reader()
    boards.open(course, person, reader.send, reader.hang_up)
    return reader


class TestChanges:
    async def test_the_first_goes_out_at_once_and_what_follows_is_merged(self, boards: LiveBoards) -> None:
        reader, elsewhere = opened(boards), opened(boards, "other")
        boards.changed("c", ["feed"], 3)
        boards.changed("c", ["feed", "scores"], 2)
        await reader.heard_of(3)
        boards.changed("c", ["feed"], 4)
        boards.changed("c", ["scores"], 5)
        await reader.heard_of(5)
        assert [message["what"] for message in reader.messages] == [["feed", "scores"]] * 2
        assert elsewhere.sent == []

    async def test_it_is_made_once_for_all(self, boards: LiveBoards) -> None:
        first, second = opened(boards, person="a"), opened(boards, person="b")
        boards.changed("c", ["feed"], 1)
        await second.heard_of(1)
        assert first.sent[0] is second.sent[0]

    async def test_who_left_is_told_nothing(self, boards: LiveBoards) -> None:
        gone, stays = Reader(), opened(boards)
        boards.open("c", "teacher", gone.send, gone.hang_up)()
        boards.changed("c", ["feed"], 1)
        await stays.heard_of(1)
        assert gone.sent == []

    async def test_a_connection_that_broke_costs_the_others_nothing(self, boards: LiveBoards) -> None:
        readers = [opened(boards, person=str(number)) for number in range(20)]
        readers[7].gone = True
        boards.changed("c", ["feed"], 1)
        for reader in readers[:7] + readers[8:]:
            await reader.heard_of(1)

    async def test_a_person_cannot_open_any_number(self, boards: LiveBoards) -> None:
        reader = Reader()
        leaves = [
            boards.open("c", "teacher", reader.send, reader.hang_up) for _ in range(live.MAX_PER_PERSON)
        ]
        with pytest.raises(TooBusy):
            opened(boards)
        opened(boards, person="colleague")
        leaves[0]()
        opened(boards)


class TestOneOfAThousandNeverReads:
    async def test_the_others_hear_of_everything_and_it_gets_no_more_than_it_takes(
        self, boards: LiveBoards
    ) -> None:
        silent = opened(boards, person="silent")
        others = [opened(boards, person=str(number)) for number in range(999)]
        silent.reads = False
        for number in range(1, 11):
            boards.changed("c", ["feed" if number % 2 else "scores"], number)
            for reader in others:
                await reader.heard_of(number)
        assert all(len(reader.sent) == 10 for reader in others)
        assert len(silent.sent) == 1
        silent.read_on()
        await silent.heard_of(10)
        assert silent.messages[1:] == [{"kind": "changed", "what": ["feed", "scores"], "sequence": 10}]
        boards.changed("c", ["feed"], 11)
        await silent.heard_of(11)

    async def test_its_task_ends_with_the_connection(self, boards: LiveBoards) -> None:
        silent = Reader()
        leave = boards.open("c", "silent", silent.send, silent.hang_up)
        other = opened(boards)
        silent.reads = False
        for number in (1, 2):
            boards.changed("c", ["feed"], number)
            await other.heard_of(number)
        leave()

        async def alone() -> bool:
            return not any("_until_done" in repr(task) for task in asyncio.all_tasks())

        await until(alone)


class TestPlace:
    @pytest.mark.parametrize("place", [Place(0), Place(7), Place(120, (117, 119))])
    def test_comes_back_from_a_client_as_it_was(self, place: Place) -> None:
        assert Place.parse(str(place)) == place

    @pytest.mark.parametrize(
        "text",
        [
            *("", "-1", "x", "1e3", "9" * 40, "٣", "5-", "5-5", "5-7", "5-3.2", "5-2.2", "5-2,3", "5-2-3"),
            "500-" + ".".join(map(str, range(1, MAX_HOLES + 2))),
        ],
    )
    def test_nothing_else_is_one(self, text: str) -> None:
        with pytest.raises(ValueError, match="no place"):
            Place.parse(text)
