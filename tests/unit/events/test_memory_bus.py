"""What the in-process bus promises."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnflow_ext.events.bus import BusClosed, BusMessage
from learnflow_ext.events.memory import MemoryBus

TOPIC = "progress.events"


def message(key: str, text: str = "", topic: str = TOPIC) -> BusMessage:
    return BusMessage(topic=topic, key=key, value=text.encode())


async def settle() -> None:
    """Let every task that can run do so."""
    for _ in range(10):
        await asyncio.sleep(0)


class TestDelivery:
    async def test_every_group_gets_a_message_and_one_member_of_it(self) -> None:
        bus = MemoryBus()
        a1, a2, b = bus.subscribe("a", [TOPIC]), bus.subscribe("a", [TOPIC]), bus.subscribe("b", [TOPIC])
        await bus.publish(message("k1", "one"))
        await bus.publish(message("k2", "two"))
        got = [await anext(a1), await anext(a2)]
        assert {d.message.value for d in got} == {b"one", b"two"}
        assert [(await anext(b)).message.value, (await anext(b)).message.value] == [b"one", b"two"]

    async def test_a_group_gets_its_topics_only(self) -> None:
        bus = MemoryBus()
        subscription = bus.subscribe("a", [TOPIC])
        await bus.publish(message("k", "other", "learning.requests"))
        await bus.publish(message("k", "mine"))
        assert (await anext(subscription)).message.value == b"mine"

    async def test_what_came_before_anybody_read_is_kept_for_the_group(self) -> None:
        bus = MemoryBus()
        subscription = bus.subscribe("a", [TOPIC])
        await bus.publish(message("k", "early"))
        assert (await anext(subscription)).message.value == b"early"

    async def test_it_is_confirmed_when_every_group_has_acked(self) -> None:
        bus = MemoryBus()
        a, b = bus.subscribe("a", [TOPIC]), bus.subscribe("b", [TOPIC])
        receipt = await bus.publish(message("k"))
        first, second = await anext(a), await anext(b)
        await first.ack()
        await first.ack()
        assert not receipt.done()
        await second.ack()
        assert receipt.done()

    async def test_without_groups_it_is_confirmed_at_once(self) -> None:
        assert (await MemoryBus().publish(message("k"))).done()


class TestOrder:
    async def test_the_next_of_a_key_waits_for_the_ack_and_other_keys_do_not(self) -> None:
        bus = MemoryBus()
        one, two = bus.subscribe("a", [TOPIC]), bus.subscribe("a", [TOPIC])
        for text in ("ada1", "ada2", "ben1"):
            await bus.publish(message(text[:3], text))
        first = await anext(one)
        assert first.message.value == b"ada1"
        assert (await anext(two)).message.value == b"ben1"
        waiting = asyncio.create_task(anext(two))
        await settle()
        assert not waiting.done()
        await first.ack()
        assert (await waiting).message.value == b"ada2"

    async def test_what_is_handed_back_comes_first_again(self) -> None:
        bus = MemoryBus()
        subscription = bus.subscribe("a", [TOPIC])
        for text in ("ada1", "ben1", "ada2"):
            await bus.publish(message(text[:3], text))
        delivery = await anext(subscription)
        await delivery.retry()
        await delivery.retry()
        seen = []
        for _ in range(3):
            delivery = await anext(subscription)
            seen.append(delivery.message.value)
            await delivery.ack()
        assert seen == [b"ada1", b"ben1", b"ada2"]

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(st.sampled_from(["ada", "ben"]), max_size=12),
        st.lists(st.sampled_from(["ack", "retry", "leave"]), max_size=30),
        st.integers(min_value=1, max_value=3),
    )
    def test_whatever_members_do_each_key_stays_in_order(
        self, keys: list[str], acts: list[str], members: int
    ) -> None:
        async def play() -> None:
            bus = MemoryBus()
            subscriptions = [bus.subscribe("g", [TOPIC]) for _ in range(members)]
            for number, key in enumerate(keys):
                await bus.publish(message(key, str(number)))
            done: dict[str, list[int]] = defaultdict(list)
            script = iter(acts)
            turn = 0
            while sum(map(len, done.values())) < len(keys):
                place = turn % members
                turn += 1
                delivery = await anext(subscriptions[place])
                match next(script, "ack"):
                    case "ack":
                        done[delivery.message.key].append(int(delivery.message.value))
                        await delivery.ack()
                    case "retry":
                        await delivery.retry()
                    case "leave":
                        await subscriptions[place].close()
                        subscriptions[place] = bus.subscribe("g", [TOPIC])
            for key, numbers in done.items():
                assert numbers == [n for n, k in enumerate(keys) if k == key]

        asyncio.run(play())


class TestAMemberLeavesWithWorkUndone:
    async def test_the_next_member_gets_it_first(self) -> None:
        bus = MemoryBus()
        leaving = bus.subscribe("a", [TOPIC])
        await bus.publish(message("k", "one"))
        await bus.publish(message("k", "two"))
        abandoned = await anext(leaving)
        await leaving.close()
        await leaving.close()
        staying = bus.subscribe("a", [TOPIC])
        assert (await anext(staying)).message.value == b"one"
        await abandoned.ack()

    async def test_reading_on_ends(self) -> None:
        bus = MemoryBus()
        subscription = bus.subscribe("a", [TOPIC])
        reading = asyncio.create_task(anext(subscription))
        await settle()
        await subscription.close()
        with pytest.raises(StopAsyncIteration):
            await reading


class TestASlowGroup:
    async def test_holds_publishers_back_and_loses_nothing(self) -> None:
        bus = MemoryBus(capacity=2)
        subscription = bus.subscribe("slow", [TOPIC])
        publishing = asyncio.create_task(self.publish(bus, 5))
        await settle()
        assert not publishing.done()
        seen = []
        for _ in range(5):
            delivery = await anext(subscription)
            seen.append(delivery.message.value.decode())
            await delivery.ack()
            await settle()
        await publishing
        assert seen == ["0", "1", "2", "3", "4"]

    async def test_does_not_stop_dead_letters(self) -> None:
        """Else a consumer with a poison message could never make room."""
        bus = MemoryBus(capacity=1)
        subscription = bus.subscribe("slow", [TOPIC])
        publishing = asyncio.create_task(self.publish(bus, 3))
        await settle()
        async with asyncio.timeout(30):
            await bus.publish(message("k", "poison", TOPIC + ".dead-letter"))
        for _ in range(3):
            await (await anext(subscription)).ack()
        await publishing

    async def test_a_publisher_that_is_cancelled_while_it_waits_leaves_no_trace(self) -> None:
        bus = MemoryBus(capacity=1)
        subscription = bus.subscribe("slow", [TOPIC])
        await bus.publish(message("k", "one"))
        waiting = asyncio.create_task(bus.publish(message("k", "gone")))
        await settle()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await (await anext(subscription)).ack()
        async with asyncio.timeout(30):
            await bus.publish(message("k", "two"))
        assert (await anext(subscription)).message.value == b"two"

    async def publish(self, bus: MemoryBus, count: int) -> None:
        for number in range(count):
            await bus.publish(message("k", str(number)))


class TestClosing:
    async def test_ends_readers_and_refuses_publishers(self) -> None:
        bus = MemoryBus(capacity=1)
        subscription = bus.subscribe("a", [TOPIC])
        receipt = await bus.publish(message("k", "one"))
        waiting = asyncio.create_task(bus.publish(message("k", "two")))
        await settle()
        await bus.close()
        with pytest.raises(BusClosed):
            await waiting
        with pytest.raises(BusClosed):
            await bus.publish(message("k", "three"))
        assert [d async for d in subscription] == []
        assert not receipt.done(), "nobody confirmed it, so the outbox must keep it"


class TestMistakes:
    async def test_an_unknown_topic_is_refused(self) -> None:
        bus = MemoryBus()
        with pytest.raises(ValueError, match="no topic"):
            bus.subscribe("a", ["progres.events"])
        with pytest.raises(ValueError, match="no topic"):
            await bus.publish(message("k", topic="progres.events"))

    async def test_a_group_reads_the_same_topics_everywhere(self) -> None:
        bus = MemoryBus()
        bus.subscribe("a", [TOPIC])
        with pytest.raises(ValueError, match="other topics"):
            bus.subscribe("a", ["learning.requests"])
