"""An answer whose stream breaks off: the rest comes at any replica, and the question counts once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from served import Client, problem
from sqlalchemy import func, select
from stub_hub import COURSE, Hub
from tornado.httpclient import HTTPRequest, HTTPResponse
from traitlets.config import Config

from learnflow_ext.contracts.events import DebugRequested, HelpAnswered, HelpAsked, TeacherAsked
from learnflow_ext.contracts.help import CellError, HelpRequest, ReplyChunk
from learnflow_ext.service.answer_places import ONCE_MORE
from learnflow_ext.service.answering import LEFT_ALONE
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import eventlog
from learnflow_ext.store.database import DatabaseUnavailable
from learnflow_ext.store.models import HelpTurn

KEY = {"Idempotency-Key": "the-question"}
FAILED = CellError(exception="NameError", message="name 'x' is not defined", line=1, code="x")
QUESTION = HelpRequest(text="why?", error=FAILED, course=COURSE)


class TutorThatWaits:
    """Says what it says after its first words once `goes_on` is set."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.asked = 0
        self.voices: list[Any] = []
        self.began, self.goes_on, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.first = "first "
        self.failure: Exception | None = None
        """Breaks off the next answer."""

    def plan(self, *given: Any) -> Any:
        return self.real.plan(*given)

    async def answer(self, request: HelpRequest, context: Any, **more: Any) -> AsyncIterator[ReplyChunk]:
        self.asked += 1
        self.voices.append(more["voice"])
        yield ReplyChunk(kind="start", request_id=more["request_id"])
        yield ReplyChunk(kind="text", text=self.first)
        self.began.set()
        try:
            await self.goes_on.wait()
        finally:
            self.ended.set()
        if (failure := self.failure) is not None:
            self.failure = None
            raise failure
        yield ReplyChunk(kind="text", text="second")
        yield ReplyChunk(kind="end")


def waiting(service: RunningService) -> TutorThatWaits:
    courses: Any = service.parts.assistance._tutored
    waits = TutorThatWaits(courses[COURSE].tutor)
    courses[COURSE] = msgspec.structs.replace(courses[COURSE], tutor=waits)
    return waits


@pytest.fixture
async def replicas(
    config: Config, postgres_url: str, service: RunningService, start: Any, hub: Hub
) -> AsyncIterator[list[Client]]:
    """Two of one database."""
    clients = [Client(service, hub), Client(await start(), hub)]
    yield clients
    for client in clients:
        client.http.close()


@pytest.fixture(autouse=True)
def _shared(config: Config, postgres_url: str) -> None:
    config.LearnFlow.database_url = postgres_url


async def cut_off(client: Client, tutor: TutorThatWaits, **headers: str) -> tuple[str, str]:
    """Ask, and lose the connection after the first words: what came of them, and the last event's id."""
    came = b""
    first = asyncio.Event()
    lost = False

    def hear(piece: bytes) -> None:
        nonlocal came
        if lost:
            # The client lets go of the connection then, as of nothing else: not when it is closed.
            raise OSError("nobody reads this any more")
        came += piece
        if b"first" in came:
            first.set()

    token = next(token for token, model in client.hub.tokens.items() if model["name"] == "ada")
    asking = asyncio.ensure_future(
        client.http.fetch(
            HTTPRequest(
                client.base + "api/help",
                method="POST",
                headers={"Authorization": f"token {token}", **KEY, **headers},
                body=msgspec.json.encode(QUESTION),
                streaming_callback=hear,
                request_timeout=30,
            )
        )
    )
    async with asyncio.timeout(20):
        await first.wait()
    lost = True
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    ids = [line[4:] for line in came.decode().splitlines() if line.startswith("id: ")]
    return "first ", ids[-1]


def resumed(response: HTTPResponse) -> list[ReplyChunk]:
    """The pieces of a stream with ids."""
    assert response.code == 200, response.body
    return [
        msgspec.json.decode(line.removeprefix(b"data: "), type=ReplyChunk)
        for line in response.body.splitlines()
        if line.startswith(b"data: ")
    ]


def text(found: list[ReplyChunk]) -> str:
    assert found[-1].kind == "end"
    return "".join(chunk.text for chunk in found)


async def asked(service: RunningService) -> tuple[int, dict[str, int]]:
    """How many questions are kept, and the events about them."""
    async with service.parts.db.connect() as conn:
        turns = await conn.scalar(select(func.count()).select_from(HelpTurn)) or 0
        log = [each.type for each in await eventlog.tail(conn)]
    names = (HelpAsked.TYPE, DebugRequested.TYPE, HelpAnswered.TYPE)
    return turns, {name: log.count(name) for name in names}


ONCE = (1, {HelpAsked.TYPE: 1, DebugRequested.TYPE: 1, HelpAnswered.TYPE: 1})


async def record(service: RunningService) -> str:
    """The answer that teachers read."""
    async with service.parts.db.connect() as conn:
        found = await conn.scalar(select(HelpTurn.answer))
    return found or ""


@pytest.mark.parametrize("where", [0, 1], ids=["here", "at another"])
async def test_the_rest_comes_while_the_answer_is_still_made(replicas: list[Client], where: int) -> None:
    tutor, elsewhere = (waiting(client.service) for client in replicas)
    _, last = await cut_off(replicas[0], tutor)
    rest = asyncio.create_task(
        replicas[where]("api/help", "ada", body=QUESTION, headers={**KEY, "Last-Event-ID": last})
    )
    asyncio.get_running_loop().call_later(0.3, tutor.goes_on.set)
    assert text(resumed(await rest)) == "second"
    # Whoever has nothing of it hears all.
    whole = resumed(await replicas[1 - where]("api/help", "ada", body=QUESTION, headers=KEY))
    assert (whole[0].kind, text(whole)) == ("start", "first second")
    assert (tutor.asked, elsewhere.asked) == (1, 0)
    assert await asked(replicas[0].service) == ONCE


async def test_who_pressed_stop_stops_it(replicas: list[Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that speaks is stopped, and what it said by then is the answer, for teachers too."""
    monkeypatch.setattr("learnflow_ext.service.answering.COME_BACK_SECONDS", 0.3)
    # So soon does the asker's side see that nobody reads any more.
    replicas[0].service.parts.tutor_settings.alive_seconds = 0.2
    tutor = waiting(replicas[0].service)
    _, last = await cut_off(replicas[0], tutor)
    async with asyncio.timeout(10):
        await tutor.ended.wait()
    late = await replicas[1]("api/help", "ada", body=QUESTION, headers={**KEY, "Last-Event-ID": last})
    assert text(resumed(late)) == LEFT_ALONE
    assert await asked(replicas[0].service) == ONCE
    assert await record(replicas[0].service) == "first "


class TestAReplicaIsKilledWhileItAnswers:
    @pytest.fixture(autouse=True)
    def _one_question_an_hour(self, config: Config) -> None:
        config.LearnFlowTutor.questions_per_hour = 1

    async def test_another_goes_on_and_the_question_counts_once(
        self, replicas: list[Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dead, alive = (waiting(client.service) for client in replicas)
        # Nobody of that name lives; what it had in hand never ends.
        monkeypatch.setattr(replicas[0].service.parts.living, "id", "0" * 16)
        _, last = await cut_off(replicas[0], dead)
        alive.goes_on.set()
        rest = await replicas[1]("api/help", "ada", body=QUESTION, headers={**KEY, "Last-Event-ID": last})
        assert text(resumed(rest)) == "second"
        assert await asked(replicas[1].service) == ONCE
        assert await record(replicas[1].service) == "first second"

    async def test_no_model_is_asked_again_and_other_words_are_told_as_such(
        self, replicas: list[Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dead, alive = (waiting(client.service) for client in replicas)
        alive.first = "without a model "
        speaker = replicas[1].service.parts.assistance._speaking
        voices: list[str] = []

        async def notes(name: str, *_: object) -> None:
            voices.append(name)

        monkeypatch.setattr(speaker, "speaker", notes)
        monkeypatch.setattr(replicas[0].service.parts.living, "id", "0" * 16)
        _, last = await cut_off(replicas[0], dead)
        alive.goes_on.set()
        rest = await replicas[1]("api/help", "ada", body=QUESTION, headers={**KEY, "Last-Event-ID": last})
        assert text(resumed(rest)) == f"{ONCE_MORE}without a model second"
        assert voices == []


async def test_an_outage_of_the_database_is_no_end_of_an_answer(replicas: list[Client]) -> None:
    here, other = (waiting(client.service) for client in replicas)
    here.failure = DatabaseUnavailable("The database is away.")
    _, last = await cut_off(replicas[0], here)
    for tutor in (here, other):
        tutor.goes_on.set()
    rest = await replicas[1]("api/help", "ada", body=QUESTION, headers={**KEY, "Last-Event-ID": last})
    assert text(resumed(rest)) == "second"
    assert (here.asked, other.asked) == (1, 1)
    assert await asked(replicas[1].service) == ONCE
    assert await record(replicas[1].service) == "first second"


async def test_what_a_replica_that_stops_cannot_finish_another_does(replicas: list[Client]) -> None:
    stopping, other = (waiting(client.service) for client in replicas)
    _, last = await cut_off(replicas[0], stopping)
    replicas[0].service.parts.settings.drain_seconds = 0.1
    await replicas[0].service.drain()
    other.goes_on.set()
    rest = await replicas[1]("api/help", "ada", body=QUESTION, headers={**KEY, "Last-Event-ID": last})
    assert text(resumed(rest)) == "second"
    assert await asked(replicas[1].service) == ONCE
    assert await record(replicas[1].service) == "first second"


async def test_a_key_is_its_persons_and_for_one_question(replicas: list[Client]) -> None:
    ask, question = replicas[0], HelpRequest(text="what is a list?", course=COURSE)
    hers = resumed(await ask("api/help", "ada", body=question, headers=KEY))
    assert text(resumed(await ask("api/help", "ada", body=question, headers=KEY))) == text(hers)
    his = resumed(await ask("api/help", "ben", body=question, headers=KEY))
    assert his[0].request_id != hers[0].request_id
    other = await ask("api/help", "ada", body=QUESTION, headers=KEY)
    assert other.code == 422
    assert "came with something else" in problem(other).message
    place = await ask("api/help", "ada", body=question, headers={**KEY, "Last-Event-ID": "7"})
    assert place.code == 400
    assert (await asked(ask.service))[0] == 2


async def test_a_teacher_is_asked_once(replicas: list[Client]) -> None:
    wish = HelpRequest(text="/teacher I am lost", course=COURSE)
    for ask in replicas:
        assert "your teacher sees it" in text(resumed(await ask("api/help", "ada", body=wish, headers=KEY)))
    async with replicas[0].service.parts.db.connect() as conn:
        log = [each.type for each in await eventlog.tail(conn)]
    assert log.count(TeacherAsked.TYPE) == 1
