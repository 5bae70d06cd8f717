"""Exercises that the language model writes: for whom, who reads them first, and what they are charged to."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from model_endpoint import Endpoint, model_endpoint
from served import Client, chunks, until
from stub_hub import COURSE, Hub
from traitlets.config import Config
from written import BODY, GOOD, answer

from learnflow_ext.contracts.events import ExerciseGenerated
from learnflow_ext.contracts.grades import FileSet
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk
from learnflow_ext.service import practice_making
from learnflow_ext.service.practice_making import Maker
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import eventlog, people, practice_reviews, privacy
from learnflow_ext.store.database import DatabaseUnavailable
from learnflow_ext.store.practice_reviews import Reviewed

WISH = "something on loops"


@pytest.fixture(autouse=True)
def same_exercises(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = itertools.count(4_000, 1_000)
    monkeypatch.setattr(practice_making, "new_seed", lambda: next(seeds))


@pytest.fixture
async def endpoint(config: Config) -> AsyncIterator[Endpoint]:
    async with model_endpoint() as endpoint:
        endpoint.says = answer()
        config.LearnFlowModel.base_url = endpoint.url
        config.LearnFlowModel.model = "small"
        config.LearnFlowModel.retries = 0
        yield endpoint


@pytest.fixture
async def ask(endpoint: Endpoint, start: Any, hub: Hub) -> AsyncIterator[Client]:
    client = Client(await start(), hub)
    yield client
    client.http.close()


async def asked(ask: Client, text: str = WISH, who: str = "ada", agent: Any = "exercise") -> list[ReplyChunk]:
    return chunks(await ask("api/help", who, body=HelpRequest(text=text, agent=agent, course=COURSE)))


def words(answered: list[ReplyChunk]) -> str:
    return "".join(chunk.text for chunk in answered)


async def waiting(service: RunningService) -> list[Reviewed]:
    async with service.parts.db.connect() as conn:
        return await practice_reviews.waiting(conn, COURSE, 10)


async def once_written(service: RunningService) -> Reviewed:
    """What waits for a teacher, once it is there."""

    async def there() -> bool:
        return bool(await waiting(service))

    await until(there)
    return (await waiting(service))[0]


async def settled(service: RunningService) -> None:
    """Until nothing is written any more that nobody waits for."""

    async def nothing() -> bool:
        return not service.parts.practices.at_work

    await until(nothing)


async def hands(service: RunningService) -> list[tuple[str, str, bool]]:
    """(hand, model, whether it is a family's) of each exercise that was made, the latest last."""
    async with service.parts.db.connect() as conn:
        found = await eventlog.tail(conn, topic=ExerciseGenerated.TOPIC)
    return [
        (str(each.data["hand"]), str(each.data["model"]), bool(each.data["family"]))
        for each in found
        if each.type == ExerciseGenerated.TYPE
    ]


async def account(ask: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.json.decode(
        (await ask(f"api/courses/{COURSE}/model", "teacher")).body
    )
    return found


class TestReadFirst:
    """As it is where nothing else is said."""

    async def test_the_student_has_a_built_in_one_at_once_and_the_models_once_a_teacher_gave_it(
        self, ask: Client, endpoint: Endpoint
    ) -> None:
        service = ask.service
        endpoint.turns = [answer(reference=GOOD["reference"].replace("> 12", "> 13"))]
        first = await asked(ask)
        said = "A language model tries to write you one more now: if it passes the same checks, your teacher"
        assert first[-1].practice and said in words(first)
        assert (await ask(f"api/practice/{first[-1].awaited}", "ada")).code in (200, 404), "there, or to come"
        one = await once_written(service)
        await settled(service)
        assert one.name.startswith("written-control-flow-") and one.name != first[-1].practice
        assert one.name == first[-1].awaited
        standing = (await ask(f"api/practice/{one.name}", "ada")).body.decode()
        assert '"waiting"' in standing and "this chat tells you when it is there" in standing
        assert sorted(await hands(service)) == [("family", "", True), ("model", "small", False)]
        # Charged to who asked, and what was sent can be read without a solution.
        assert await account(ask) == [
            {"student": "ada", "calls": 1, "tokens_in": 240, "tokens_out": 60, "cost": 0.0}
        ]
        sent = words(await asked(ask, "/sent"))
        assert "control flow" in sent and "toll" not in sent and BODY.splitlines()[-1] not in sent
        assert "ada" not in msgspec.json.encode(endpoint.asked).decode()

        assert (await ask(f"api/practice/{one.name}/files", "ada")).code == 409
        page = (await ask(f"courses/{COURSE}/practice", "teacher")).body.decode()
        assert "A language model wrote this" in page and "(small)" in page and "Wrong programs" in page
        given = await ask(
            f"courses/{COURSE}/practice/{one.number}?do=give",
            "teacher",
            raw=urlencode({"statement": GOOD["statement"]}).encode(),
            headers={"HX-Request": "true"},
        )
        assert given.code == 200, given.body
        there = await asked(ask)
        assert there[-1].practice == one.name and "A language model wrote it" in words(there)
        files = msgspec.json.decode((await ask(f"api/practice/{one.name}/files", "ada")).body, type=FileSet)
        assert "A ferry between two islands" in files.files[0].content.decode()
        metrics = service.parts.metrics.text().decode()
        assert 'learnflow_model_exercises_total{outcome="passed"} 1.0' in metrics

    async def test_who_is_erased_while_it_is_written_stays_erased(
        self, ask: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        db, from_model = ask.service.parts.db, Maker._from_model

        async def meanwhile(self: Maker, *args: Any) -> Any:
            found = await from_model(self, *args)
            assert await db.retrying(lambda conn: privacy.erase(conn, "ada")) is not None
            return found

        monkeypatch.setattr(Maker, "_from_model", meanwhile)
        assert (await asked(ask))[-1].practice
        await settled(ask.service)
        async with db.connect() as conn:
            assert await people.find(conn, "ada") is None
        assert await waiting(ask.service) == [] and await hands(ask.service) == [("family", "", True)]

    async def test_what_waits_takes_no_place_among_the_solutions_that_are_guarded(
        self, ask: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("learnflow_ext.service.practice.MOST_GUARDED", 1)
        had = (await asked(ask))[-1].practice
        await once_written(ask.service)
        (reference,) = await ask.service.parts.practices.guarded("ada")
        assert had and reference.name.endswith(f"/{had}")

    async def test_one_that_is_refused_says_where_it_came_from(self, ask: Client) -> None:
        await asked(ask)
        one = await once_written(ask.service)
        refused = await ask(
            f"courses/{COURSE}/practice/{one.number}?do=refuse",
            "teacher",
            raw=urlencode({"reason": "It is not true."}).encode(),
            headers={"HX-Request": "true"},
        )
        assert refused.code == 200
        told = words(await asked(ask))
        assert "It is not true." in told and "A language model wrote it when you asked" in told

    async def test_another_one_is_another_of_those_that_the_student_had(
        self, ask: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept, may = Maker._kept, asyncio.Event()

        async def later(self: Maker, *args: Any, waits: bool, **more: Any) -> Any:
            if waits:
                await may.wait()
            return await kept(self, *args, waits=waits, **more)

        monkeypatch.setattr(Maker, "_kept", later)
        assert (await asked(ask, "something on loops"))[-1].practice
        assert (await asked(ask, "something on lists"))[-1].practice
        may.set()
        assert (await once_written(ask.service)).topic == "control_flow"
        await settled(ask.service)
        assert "**data structures**" in words(await asked(ask, "another one"))

    async def test_no_more_are_written_than_a_teacher_may_have_to_read(
        self, ask: Client, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(practice_making, "MOST_UNREAD", 1)
        await asked(ask)
        await once_written(ask.service)
        await settled(ask.service)
        so_far = len(endpoint.asked)
        made = await asked(ask, "harder, on loops")
        assert made[-1].practice and not made[-1].awaited and "language model" not in words(made)
        await settled(ask.service)
        assert len(endpoint.asked) == so_far and len(await waiting(ask.service)) == 1


class TestDatabaseIsAwayMeanwhile:
    async def test_the_student_has_the_built_in_one_all_the_same(
        self, ask: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        had, looks = Maker._had, itertools.count()

        async def once(self: Maker, *args: Any) -> Any:
            if next(looks):
                raise DatabaseUnavailable("The database does not answer.")
            return await had(self, *args)

        monkeypatch.setattr(Maker, "_had", once)
        made = await asked(ask)
        assert made[-1].practice and not made[-1].awaited and "does not answer" not in words(made)
        assert await hands(ask.service) == [("family", "", True)]
        # Nothing of it is in the way the next time.
        monkeypatch.setattr(Maker, "_had", had)
        assert (await asked(ask, "harder, on loops"))[-1].awaited
        await settled(ask.service)


class TestToStudents:
    """Where the course says `model_exercises: on`."""

    @pytest.fixture
    def config(self, config: Config, tmp_path: Path) -> Config:
        (tmp_path / "course" / "course.yaml").write_text("model_exercises: on\n")
        config.LearnFlowPractice.model_seconds = 20.0
        return config

    async def test_the_models_comes_first_and_says_whose_it_is(self, ask: Client, endpoint: Endpoint) -> None:
        made = await asked(ask)
        assert made[-1].practice.startswith("written-") and "A language model wrote it" in words(made)
        assert await hands(ask.service) == [("model", "small", False)]
        assert [each["calls"] for each in await account(ask)] == [1]
        page = (await ask(f"courses/{COURSE}/practice", "teacher")).body.decode()
        assert "go to students at once, those that the language model writes too" in page
        # The next time it says the same, which is a copy of what was given: three tries, then a family.
        again = await asked(ask)
        assert again[-1].practice and "language model" not in words(again)
        assert (await hands(ask.service))[-1] == ("family", "", True)
        assert len(endpoint.asked) == 4 and [each["calls"] for each in await account(ask)] == [2]

    async def test_a_course_that_reads_all_reads_the_models_too(self, ask: Client, tmp_path: Path) -> None:
        (tmp_path / "course" / "course.yaml").write_text("model_exercises: on\npractice: read first\n")
        made = await asked(ask)
        assert made[-1].awaited.startswith("written-") and not made[-1].practice


class TestAnothersModelIsSlow:
    """The first answer comes only once somebody else was asking too."""

    async def test_nobody_waits_behind_it(
        self, config: Config, endpoint: Endpoint, start: Any, hub: Hub
    ) -> None:
        config.LearnFlowPractice.model_writes = "on"
        config.LearnFlowPractice.model_writers = 2
        endpoint.together = 2
        client = Client(await start(), hub)
        made = await asyncio.gather(asked(client), asked(client, who="ben"))
        assert [each[-1].practice.startswith("written-") for each in made] == [True, True]
        client.http.close()

    async def test_what_nobody_waits_for_leaves_one_hand_free(
        self, config: Config, endpoint: Endpoint, start: Any, hub: Hub
    ) -> None:
        config.LearnFlowPractice.model_writers = 2
        endpoint.together = 2
        client = Client(await start(), hub)
        first, second = await asked(client), await asked(client, who="ben")
        assert first[-1].awaited and second[-1].practice and not second[-1].awaited
        assert len(endpoint.asked) == 1
        endpoint.together = 1
        await settled(client.service)
        client.http.close()


class TestEndpointHangs:
    async def test_the_student_waits_no_longer_than_the_setting(
        self, config: Config, endpoint: Endpoint, start: Any, hub: Hub
    ) -> None:
        config.LearnFlowPractice.model_writes = "on"
        config.LearnFlowPractice.model_seconds = 1.0
        endpoint.manner = "hangs"
        client = Client(await start(), hub)
        made = await asked(client)
        assert made[-1].practice and await hands(client.service) == [("family", "", True)]
        assert len(endpoint.asked) == 1
        (charged,) = await account(client)
        assert charged["calls"] == 1 and charged["tokens_in"] > 0, "what it took is charged all the same"
        metrics = client.service.parts.metrics.text().decode()
        assert 'learnflow_model_exercises_total{outcome="late"} 1.0' in metrics
        client.http.close()


class TestEndpointIsAway:
    async def test_what_never_left_is_not_said_to_have_been_sent(
        self, config: Config, endpoint: Endpoint, start: Any, hub: Hub
    ) -> None:
        config.LearnFlowModel.failures = 1
        endpoint.manner = "refuses"
        client = Client(await start(), hub)
        for wish, said in ((WISH, "This was sent to"), ("harder, on loops", "nothing was sent")):
            assert (await asked(client, wish))[-1].practice
            await settled(client.service)
            assert said in words(await asked(client, "/sent"))
        assert len(endpoint.asked) == 1
        client.http.close()


class TestWhoGetsNone:
    async def test_who_switched_the_model_off_and_courses_that_do(
        self, ask: Client, endpoint: Endpoint, tmp_path: Path
    ) -> None:
        assert "is off for you" in words(await asked(ask, "/model off"))
        assert (await asked(ask))[-1].practice
        (tmp_path / "course" / "course.yaml").write_text("model_exercises: off\n")
        assert (await asked(ask, who="ben"))[-1].practice
        await settled(ask.service)
        assert endpoint.asked == [] and await waiting(ask.service) == []
        page = (await ask(f"courses/{COURSE}/practice", "teacher")).body.decode()
        assert "model_exercises" not in page

    async def test_who_sits_an_exam(
        self, config: Config, endpoint: Endpoint, start: Any, hub: Hub, tmp_path: Path
    ) -> None:
        now = datetime.now(UTC)
        begins, ends = (now + timedelta(hours=hours) for hours in (-1, 1))
        (tmp_path / "course" / "course.yaml").write_text(
            f"model_exercises: on\nexams:\n  - from: {begins.isoformat()}\n    until: {ends.isoformat()}\n"
        )
        client = Client(await start(), hub)
        made = await asked(client)
        assert (made[-1].practice, made[-1].awaited) == ("", "")
        await settled(client.service)
        assert endpoint.asked == [] and await hands(client.service) == []
        client.http.close()
