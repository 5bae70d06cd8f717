"""What every bus promises, tried on the in-process one and on a real Kafka."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from learnflow_ext.events import kafka_topics
from learnflow_ext.events.bus import (
    MAX_MESSAGE_BYTES,
    Bus,
    BusClosed,
    BusMessage,
    Delivery,
    Refused,
    Subscription,
)
from learnflow_ext.events.kafka import KafkaBus
from learnflow_ext.events.memory import MemoryBus
from learnflow_ext.events.topics import DEAD_SPECS, SPECS

TOPIC = "progress.events"
OTHER = "learning.requests"
USED = (TOPIC, OTHER, TOPIC + ".dead-letter")
PATIENCE_S = 60
"""For joins and leaves of a group on a busy machine; nothing waits that long when all is well."""

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture(params=["memory", "kafka"])
async def any_bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    bus: MemoryBus | KafkaBus = MemoryBus()
    if request.param == "kafka":
        cluster = request.getfixturevalue("kafka")
        await kafka_topics.create(cluster, [spec for spec in (*SPECS, *DEAD_SPECS) if spec.name in USED])
        bus = KafkaBus(cluster)
    yield bus
    await bus.close()


def message(key: str, text: str = "", topic: str = TOPIC) -> BusMessage:
    return BusMessage(topic=topic, key=key, value=text.encode(), headers={"content-type": b"text/plain"})


async def take(subscription: Subscription) -> Delivery:
    async with asyncio.timeout(PATIENCE_S):
        return await anext(aiter(subscription))


async def take_texts(subscription: Subscription, count: int) -> list[str]:
    """The next `count` messages' texts, each acked before the next."""
    texts = []
    for _ in range(count):
        delivery = await take(subscription)
        texts.append(delivery.message.value.decode())
        await delivery.ack()
    return texts


class TestDelivery:
    async def test_a_message_arrives_whole_in_every_group(self, any_bus: Bus) -> None:
        a, b = any_bus.subscribe("a", [TOPIC]), any_bus.subscribe("b", [TOPIC, OTHER])
        sent = BusMessage(topic=TOPIC, key="c:älter", value=b"\x00\xff", headers={"one": b"1", "two": b""})
        await any_bus.publish(sent)
        for subscription in (a, b):
            delivery = await take(subscription)
            assert delivery.message == sent
            await delivery.ack()

    async def test_it_is_confirmed_once_it_cannot_be_lost(self, any_bus: Bus) -> None:
        subscription = any_bus.subscribe("a", [TOPIC])
        receipt = await any_bus.publish(message("k"))
        await (await take(subscription)).ack()
        async with asyncio.timeout(PATIENCE_S):
            await receipt

    async def test_a_group_gets_its_topics_only(self, any_bus: Bus) -> None:
        subscription = any_bus.subscribe("a", [TOPIC])
        await any_bus.publish(message("k", "other", OTHER))
        await any_bus.publish(message("k", "mine"))
        assert await take_texts(subscription, 1) == ["mine"]

    async def test_a_batch_brings_what_is_at_hand_in_order(self, any_bus: Bus) -> None:
        subscription = any_bus.subscribe("a", [TOPIC])
        for number in range(10):
            await any_bus.publish(message("k", str(number)))
        seen: list[str] = []
        async with asyncio.timeout(PATIENCE_S):
            while len(seen) < 10:
                batch = await subscription.batch(4)
                assert 1 <= len(batch) <= 4
                for delivery in batch:
                    seen.append(delivery.message.value.decode())
                    await delivery.ack()
        assert seen == [str(number) for number in range(10)]

    async def test_what_is_put_is_there(self, any_bus: Bus) -> None:
        subscription = any_bus.subscribe("dead", [TOPIC + ".dead-letter"])
        async with asyncio.timeout(PATIENCE_S):
            await any_bus.put(message("k", "poison", TOPIC + ".dead-letter"))
        assert await take_texts(subscription, 1) == ["poison"]


class TestOrder:
    async def test_of_each_key_under_load_and_with_two_members(self, any_bus: Bus) -> None:
        members = [any_bus.subscribe("a", [TOPIC]) for _ in range(2)]
        seen: dict[str, list[int]] = defaultdict(list)
        all_there = asyncio.Event()
        count, keys = 600, 20

        async def work(subscription: Subscription) -> None:
            async for delivery in subscription:
                await asyncio.sleep(0)
                number = int(delivery.message.value)
                # A member that joins may bring what the other has done already: at least once.
                if number not in seen[delivery.message.key]:
                    seen[delivery.message.key].append(number)
                if sum(map(len, seen.values())) == count:
                    all_there.set()
                await delivery.ack()

        workers = [asyncio.create_task(work(member)) for member in members]
        for number in range(count):
            await any_bus.publish(message(f"c:{number % keys}", str(number)))
        async with asyncio.timeout(PATIENCE_S):
            await all_there.wait()
        for member in members:
            await member.close()
        await asyncio.gather(*workers)
        for key, numbers in seen.items():
            assert numbers == [n for n in range(count) if f"c:{n % keys}" == key]

    async def test_the_next_of_a_key_waits_for_the_ack_and_another_key_does_not(self, any_bus: Bus) -> None:
        subscription = any_bus.subscribe("a", [TOPIC])
        for text in ("ada1", "ada2", "ben1"):
            await any_bus.publish(message(text[:3], text))
        held = {}
        for _ in range(2):
            delivery = await take(subscription)
            held[delivery.message.value] = delivery
        assert set(held) == {b"ada1", b"ben1"}
        await held[b"ben1"].ack()
        await held[b"ada1"].ack()
        assert await take_texts(subscription, 1) == ["ada2"]

    async def test_what_is_handed_back_comes_before_what_is_later(self, any_bus: Bus) -> None:
        subscription = any_bus.subscribe("a", [TOPIC])
        for text in ("ada1", "ada2"):
            await any_bus.publish(message(text[:3], text))
        delivery = await take(subscription)
        await delivery.retry()
        await delivery.retry()
        assert await take_texts(subscription, 2) == ["ada1", "ada2"]


class TestAMemberLeavesWithWorkUndone:
    async def test_the_next_one_gets_it_first(self, any_bus: Bus) -> None:
        leaving = any_bus.subscribe("a", [TOPIC])
        for text in ("one", "two", "three"):
            await any_bus.publish(message("k", text))
        assert await take_texts(leaving, 1) == ["one"]
        abandoned = await take(leaving)
        assert abandoned.message.value == b"two"
        await leaving.close()
        await leaving.close()
        staying = any_bus.subscribe("a", [TOPIC])
        assert await take_texts(staying, 2) == ["two", "three"]
        await abandoned.ack()

    async def test_reading_on_ends(self, any_bus: Bus) -> None:
        subscription = any_bus.subscribe("a", [TOPIC])
        reading = asyncio.create_task(subscription.batch(5))
        await asyncio.sleep(0)
        await subscription.close()
        async with asyncio.timeout(PATIENCE_S):
            assert list(await reading) == []


class TestAWatcher:
    async def test_who_left_holds_nobody_up(self, any_bus: Bus) -> None:
        watcher = any_bus.subscribe("w", [TOPIC], lasting=False)
        await watcher.close()
        async with asyncio.timeout(PATIENCE_S):
            await (await any_bus.publish(message("k")))

    async def test_two_watchers_see_the_same(self, any_bus: Bus) -> None:
        watchers = [any_bus.subscribe(f"w{n}", [TOPIC], lasting=False) for n in range(2)]
        seen: list[set[str]] = [set(), set()]

        async def watch(number: int) -> None:
            async for delivery in watchers[number]:
                seen[number].add(delivery.message.value.decode())
                await delivery.ack()

        watching = [asyncio.create_task(watch(number)) for number in range(2)]
        async with asyncio.timeout(PATIENCE_S):
            # It sees what comes from about now on: so send until both do.
            number = 0
            while not seen[0] & seen[1]:
                await any_bus.publish(message("k", str(number)))
                number += 1
                await asyncio.sleep(0.05)
        for watcher in watchers:
            await watcher.close()
        await asyncio.gather(*watching)


class TestAMessageThatIsTooLarge:
    async def test_is_refused_and_the_next_goes_through(self, any_bus: Bus) -> None:
        subscription = any_bus.subscribe("a", [TOPIC])
        huge = BusMessage(topic=TOPIC, key="k", value=bytes(MAX_MESSAGE_BYTES + 1))
        with pytest.raises(Refused, match="1000001 bytes"):
            await (await any_bus.publish(huge))
        with pytest.raises(Refused):
            await any_bus.put(huge)
        await any_bus.publish(message("k", "next"))
        assert await take_texts(subscription, 1) == ["next"]

    async def test_the_largest_arrives(self, any_bus: Bus) -> None:
        subscription = any_bus.subscribe("a", [TOPIC])
        await any_bus.publish(BusMessage(topic=TOPIC, key="k", value=b"x" * MAX_MESSAGE_BYTES))
        delivery = await take(subscription)
        assert len(delivery.message.value) == MAX_MESSAGE_BYTES
        await delivery.ack()


class TestLag:
    async def test_says_what_is_undone_and_falls_to_zero(self, any_bus: Bus, eventually: Eventually) -> None:
        subscription = any_bus.subscribe("a", [TOPIC])
        assert subscription.lag() == 0
        for number in range(5):
            await any_bus.publish(message("k", str(number)))
        first = await take(subscription)
        assert subscription.lag() >= 1
        await first.ack()
        await take_texts(subscription, 4)

        async def nothing() -> bool:
            return subscription.lag() == 0

        await eventually(nothing)


class TestClosing:
    async def test_ends_readers_and_refuses_publishers(self, any_bus: Bus) -> None:
        subscription = any_bus.subscribe("a", [TOPIC])
        reading = asyncio.create_task(subscription.batch(1))
        await asyncio.sleep(0)
        await any_bus.close()
        async with asyncio.timeout(PATIENCE_S):
            assert list(await reading) == []
        with pytest.raises(BusClosed):
            await any_bus.publish(message("k"))


class TestMistakes:
    async def test_an_unknown_topic_is_refused(self, any_bus: Bus) -> None:
        with pytest.raises(ValueError, match="no topic"):
            any_bus.subscribe("a", ["progres.events"])
        with pytest.raises(ValueError, match="no topic"):
            await any_bus.publish(message("k", topic="progres.events"))

    async def test_a_group_reads_the_same_topics_everywhere(self, any_bus: Bus) -> None:
        any_bus.subscribe("a", [TOPIC])
        with pytest.raises(ValueError, match="other topics"):
            any_bus.subscribe("a", [OTHER])
