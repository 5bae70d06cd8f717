"""Budget, policy, exams, votes, the teacher's help, and a model, through the running service."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from model_endpoint import Endpoint, model_endpoint
from served import ASSIGNMENT, Client, chunks, problem, until
from stub_hub import COURSE, Hub
from traitlets.config import Config

from learnflow_ext.agents import tutor as tutors
from learnflow_ext.contracts.alerts import Alert
from learnflow_ext.contracts.help import CellError, HelpRequest, ReplyChunk
from learnflow_ext.server.gateway import Gateway
from learnflow_ext.service import policies
from learnflow_ext.service.retention import forget
from learnflow_ext.service.running import RunningService
from learnflow_ext.service.wishes import Voted
from learnflow_ext.store import alerts, eventlog, help, tutoring
from learnflow_ext.store.clock import now

Asker = Callable[[], Awaitable[Client]]
ERROR = CellError(exception="NameError", message="name 'totl' is not defined", code="print(totl)", line=1)
FAILED = HelpRequest(
    course=COURSE, assignment=ASSIGNMENT, cell_id="c", code="print(totl)", error=ERROR, conversation="chat"
)


@pytest.fixture
async def open_client(start: Any, hub: Hub) -> AsyncIterator[Asker]:
    """Starts the service with `config` as it is by then, and a client for it."""
    opened: list[Client] = []

    async def begin() -> Client:
        opened.append(Client(await start(), hub))
        return opened[-1]

    yield begin
    for client in opened:
        client.http.close()


def says(text: str, **more: Any) -> HelpRequest:
    return msgspec.structs.replace(HelpRequest(text=text, course=COURSE, conversation="chat"), **more)


async def said(client: Client, request: HelpRequest, who: str = "ada") -> tuple[str, ReplyChunk]:
    answer = chunks(await client("api/help", who, body=request))
    assert answer[0].kind == "start"
    assert answer[-1].kind == "end"
    return "".join(chunk.text for chunk in answer), answer[-1]


async def log_of(service: RunningService, kind: str) -> list[eventlog.LogEntry]:
    async with service.parts.db.connect() as conn:
        entries = await eventlog.tail(conn, course=COURSE, limit=100)
    return [entry for entry in entries if entry.type == kind]


class TestBudget:
    async def test_what_is_left_is_told_and_then_it_is_spent(
        self, config: Config, open_client: Asker
    ) -> None:
        config.LearnFlowTutor.questions_per_hour = 2
        config.LearnFlowTutor.questions_per_day = 10
        client = await open_client()
        left = [(await said(client, says("what is a loop?")))[1].questions_left for _ in range(2)]
        assert left == [1, 0]
        refused = await client("api/help", "ada", body=says("what is a loop?"))
        assert refused.code == 429
        assert "2 questions within an hour" in problem(refused).message
        assert (await said(client, says("/helpful")))[0].startswith("Good")
        assert (await said(client, says("what is a loop?"), "ben"))[1].questions_left == 1

    async def test_many_at_once_are_not_more(self, config: Config, open_client: Asker) -> None:
        config.LearnFlowTutor.questions_per_hour = 3
        client = await open_client()
        answers = await asyncio.gather(
            *(client("api/help", "ada", body=says("what is a list?")) for _ in range(8))
        )
        assert sorted(answer.code for answer in answers) == [200] * 3 + [429] * 5

    async def test_of_two_replicas_none_lets_more_through(self, config: Config, open_client: Asker) -> None:
        config.LearnFlowTutor.questions_per_minute = 2
        config.LearnFlowTutor.questions_per_hour = 4
        replicas = [await open_client(), await open_client()]
        left = [(await said(each, says("what is a loop?")))[1].questions_left for each in replicas]
        assert left == [3, 2]
        for each in replicas:
            refused = await each("api/help", "ada", body=says("what is a loop?"))
            assert refused.code == 429
            assert "in one minute" in problem(refused).message
            assert refused.headers["Retry-After"]

    async def test_without_one_nothing_is_counted_down(self, ask: Client) -> None:
        assert (await said(ask, says("what is a loop?")))[1].questions_left is None


class TestACourseIsEdited:
    async def test_all_replicas_notice(
        self, config: Config, open_client: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("learnflow_ext.service.policies.LOOK_AGAIN_SECONDS", 0.0)
        replicas = [await open_client(), await open_client()]
        for each in replicas:
            assert "switched off" not in (await said(each, says("what is a loop?")))[0]
        _write(tmp_path, "tutor: off\n")
        for each in replicas:
            assert "switched off" in (await said(each, says("what is a loop?")))[0]


class TestPolicyOff:
    async def test_by_course_and_by_assignment(
        self, config: Config, open_client: Asker, tmp_path: Path
    ) -> None:
        _write(tmp_path, f"tutor: concepts\nassignments:\n  - name: {ASSIGNMENT}\n    tutor: off\n")
        client = await open_client()
        text, _ = await said(client, FAILED)
        assert "switched off" in text
        text, _ = await said(client, says("what is a loop?"))
        assert "switched off" not in text


def _write(tmp_path: Path, text: str) -> None:
    (tmp_path / "course" / "course.yaml").write_text(text, encoding="utf-8")


class TestExam:
    async def test_nothing_is_said_while_it_is_on_not_even_outside_of_the_course(
        self, open_client: Asker, tmp_path: Path
    ) -> None:
        begins, ends = (now() + timedelta(hours=hours) for hours in (-1, 1))
        _write(tmp_path, f"exams:\n  - from: {begins.isoformat()}\n    until: {ends.isoformat()}\n")
        client = await open_client()
        for request in (
            FAILED,
            HelpRequest(text="what is a loop?"),
            says("what is a loop?", course="no-such"),
        ):
            assert "switched off" in (await said(client, request))[0]
        # Where the admin lets other assistants in, students' servers ask this.
        assert (await client("api/other-ai", "ada")).body == b'{"exam":true}'
        for who in ("root", "teacher"):
            assert (await client("api/other-ai", who)).body == b'{"exam":false}'

    async def test_a_file_that_nobody_can_read_shuts_and_is_called_what_it_is(
        self, open_client: Asker, tmp_path: Path
    ) -> None:
        _write(tmp_path, "exams: tomorrow\n")
        client = await open_client()
        assert (await client("api/other-ai", "ada")).body == b'{"exam":true,"unreadable":true}'


class TestExamBeginsInMidAnswer:
    async def test_the_rest_is_withheld_with_a_sentence(self, ask: Client, service: RunningService) -> None:
        moments = iter([datetime(2026, 1, 1, tzinfo=UTC)] * 3)
        exam = policies.Exam(begins=datetime(2026, 1, 2, tzinfo=UTC), ends=datetime(2026, 1, 3, tzinfo=UTC))
        found = service.parts.assistance._policies
        found._known[COURSE] = policies.CoursePolicy(exams=(exam,))
        found._looked = float("inf")
        found._clock = lambda: next(moments, datetime(2026, 1, 2, 12, tzinfo=UTC))
        text, last = await said(ask, FAILED)
        assert text.endswith(policies.NOW_OFF)
        assert "NameError" in text
        assert last.withheld
        whole, _ = await said(ask, FAILED)
        assert "switched off" in whole


class TestVotes:
    async def test_a_vote_is_an_event_and_two_bad_ones_offer_a_teacher(
        self, ask: Client, service: RunningService
    ) -> None:
        _, first = await said(ask, FAILED)
        assert not first.offers_teacher
        text, _ = await said(ask, says("/unhelpful"))
        assert "/teacher" not in text
        await said(ask, FAILED)
        text, _ = await said(ask, says("/unhelpful"))
        assert "/teacher" in text
        assert (await said(ask, FAILED))[1].offers_teacher
        assert [entry.data["helpful"] for entry in await log_of(service, "org.learnflow.help.voted.v1")] == [
            False,
            False,
        ]

    async def test_over_the_api_and_only_on_ones_own(self, ask: Client) -> None:
        _, last = await said(ask, FAILED)
        vote = {"helpful": True}
        answer = await ask(f"api/help/{last.request_id}/vote", "ada", body=vote)
        assert msgspec.json.decode(answer.body, type=Voted) == Voted(offers_teacher=False)
        assert (await ask(f"api/help/{last.request_id}/vote", "ben", body=vote)).code == 404
        assert (await ask("api/help/nothing/vote", "ada", body=vote)).code == 404
        assert (await ask(f"api/help/{last.request_id}/vote", "ada", body={"helpful": 3})).code == 400

    async def test_a_wish_without_an_answer_before(self, ask: Client) -> None:
        assert "no answer" in (await said(ask, says("/helpful")))[0]

    async def test_the_end_of_the_ladder_offers_a_teacher(self, ask: Client) -> None:
        offers = []
        for place in range(4):
            code = f"print(totl + {place})"
            error = msgspec.structs.replace(ERROR, code=code)
            offers.append(
                (await said(ask, msgspec.structs.replace(FAILED, code=code, error=error)))[1].offers_teacher
            )
        assert offers == [False, False, False, True]


class TestAskMyTeacher:
    async def test_the_package_is_on_the_teachers_page(self, ask: Client, service: RunningService) -> None:
        await said(ask, FAILED)
        text, _ = await said(ask, msgspec.structs.replace(FAILED, text="/teacher please look <b>here</b>"))
        assert "your teacher sees it" in text
        (entry,) = await log_of(service, "org.learnflow.teacher.asked.v1")
        assert entry.student == "ada"
        assert entry.data["code"] == "print(totl)"
        assert entry.data["error"] == "NameError: name 'totl' is not defined"
        assert entry.data["text"] == "please look <b>here</b>"
        assert entry.data["rung"] == 1
        assert "NameError" in str(entry.data["answer"])
        page = await ask(f"courses/{COURSE}/feed", "teacher")
        assert page.code == 200
        assert b"asks for you" in page.body
        assert b"<b>here" not in page.body

        await said(ask, msgspec.structs.replace(FAILED, text="/teacher please, it is urgent"))
        found = await ask(f"api/alerts?course={COURSE}", "teacher")
        (alert,) = msgspec.json.decode(found.body, type=list[Alert])
        assert (alert.student, alert.finding.trigger) == ("ada", "asked_teacher")
        assert (alert.finding.question, alert.finding.code) == ("please, it is urgent", "print(totl)")
        stuck = (await ask(f"courses/{COURSE}/alerts", "teacher")).body.decode()
        assert "asks for you" in stuck and "The code that came with it" in stuck
        marked = await ask(f"courses/{COURSE}/alerts/{alert.alert_id}?as=handled", "teacher", raw=b"")
        assert marked.code == 200
        assert json.loads((await ask(f"api/alerts?course={COURSE}", "teacher")).body) == []

    async def test_the_longest_and_oddest_request_fits(self, ask: Client) -> None:
        odd = msgspec.structs.replace(FAILED, text="/teacher " + "\x01" * 180, code="\x02" * 30_000)
        text, _ = await said(ask, odd)
        assert "your teacher sees it" in text

    async def test_needs_no_answer_before(self, ask: Client, service: RunningService) -> None:
        await said(ask, says("/teacher"))
        (entry,) = await log_of(service, "org.learnflow.teacher.asked.v1")
        assert entry.data["request_id"] == ""


@pytest.fixture
async def endpoint(config: Config) -> AsyncIterator[Endpoint]:
    async with model_endpoint() as endpoint:
        config.LearnFlowModel.base_url = endpoint.url
        config.LearnFlowModel.model = "small"
        config.LearnFlowModel.price_in = 1_000_000.0
        config.LearnFlowModel.first_seconds = 3.0
        config.LearnFlowModel.retries = 0
        yield endpoint


class TestModel:
    async def test_the_notice_comes_once_then_the_words_and_the_account(
        self, endpoint: Endpoint, open_client: Asker
    ) -> None:
        client = await open_client()
        first, _ = await said(client, FAILED)
        second, _ = await said(client, FAILED)
        assert first.startswith("*Before we begin:")
        assert "teachers can read" in first
        assert not second.startswith("*Before")
        assert first.endswith(endpoint.says)
        assert second.endswith(endpoint.says)
        sent, _ = await said(client, says("/sent"))
        assert "127.0.0.1" in sent
        assert "print(totl)" in sent
        assert "ada" not in msgspec.json.encode(endpoint.asked).decode()
        answer = await client(f"api/courses/{COURSE}/model", "teacher")
        assert msgspec.json.decode(answer.body) == [
            {"student": "ada", "calls": 2, "tokens_in": 240, "tokens_out": 60, "cost": 240.0}
        ]
        assert (await client(f"api/courses/{COURSE}/model", "ada")).code == 403
        metrics = (client.service.parts.metrics.text()).decode()
        assert 'learnflow_model_tokens_total{direction="in"} 240.0' in metrics

    async def test_a_notice_that_nobody_saw_does_not_count(
        self, endpoint: Endpoint, open_client: Asker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = await open_client()

        async def stumbles(*_: Any, **__: Any) -> AsyncIterator[ReplyChunk]:
            for each in list[ReplyChunk]():
                yield each
            raise RuntimeError

        with monkeypatch.context() as broken:
            broken.setattr(tutors.Tutor, "answer", stumbles)
            assert chunks(await client("api/help", "ada", body=FAILED))[-1].kind == "error"
        assert (await said(client, FAILED))[0].startswith("*Before we begin:")
        assert not (await said(client, FAILED))[0].startswith("*Before")

    async def test_who_switches_it_off_while_the_notice_is_on_its_way_has_switched_it_off(
        self, endpoint: Endpoint, open_client: Asker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = await open_client()
        told = tutoring.told

        async def late(conn: Any, student: str) -> None:
            await tutoring.choose(conn, student, model=False)
            await told(conn, student)

        monkeypatch.setattr(tutoring, "told", late)
        assert (await said(client, FAILED))[0].startswith("*Before we begin:")
        asked = len(endpoint.asked)
        assert "NameError" in (await said(client, FAILED))[0]
        assert len(endpoint.asked) == asked

    async def test_who_may_speak_is_looked_up_while_the_route_is_kept(
        self, endpoint: Endpoint, open_client: Asker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = await open_client()
        looked = asyncio.Event()
        choice, routed = tutoring.choice, help.routed

        async def looks(conn: Any, student: str) -> tuple[bool, bool]:
            looked.set()
            return await choice(conn, student)

        async def keeps(*given: Any, **more: Any) -> None:
            await asyncio.wait_for(looked.wait(), 5)
            await routed(*given, **more)

        monkeypatch.setattr(tutoring, "choice", looks)
        monkeypatch.setattr(help, "routed", keeps)
        assert (await said(client, FAILED))[0].endswith(endpoint.says)

    async def test_a_student_switches_it_off_and_that_is_kept(
        self, endpoint: Endpoint, open_client: Asker, start: Any, hub: Hub
    ) -> None:
        client = await open_client()
        assert "is off for you" in (await said(client, says("/model off")))[0]
        text, _ = await said(client, FAILED)
        assert "NameError" in text
        assert endpoint.asked == []
        await client.service.stop()
        again = await open_client()
        await said(again, FAILED)
        assert endpoint.asked == []
        assert "nothing was sent" in (await said(again, says("/sent")))[0]
        assert "is on for you" in (await said(again, says("/model on")))[0]
        assert (await said(again, FAILED))[0].endswith(endpoint.says)

    async def test_it_is_down_and_the_help_is_the_same(self, endpoint: Endpoint, open_client: Asker) -> None:
        endpoint.manner = "refuses"
        client = await open_client()
        text, _ = await said(client, FAILED)
        assert "**NameError" in text
        assert text.endswith(tutors.SILENT)

    async def test_health_says_when_it_stopped_answering(
        self, endpoint: Endpoint, config: Config, open_client: Asker
    ) -> None:
        config.LearnFlowModel.failures = 1
        client = await open_client()

        async def health() -> str:
            await client.service.parts.checkup.look()
            parts = msgspec.json.decode((await client("health")).body)["parts"]
            return str(next(part["state"] for part in parts if part["part"] == "model"))

        assert await health() == "ok"
        endpoint.manner = "refuses"
        await said(client, FAILED)
        asked = len(endpoint.asked)
        assert await health() == "down"
        assert len(endpoint.asked) == asked, "a look costs nothing"

    async def test_it_is_told_nothing_where_the_tutor_is_off(
        self, endpoint: Endpoint, open_client: Asker, tmp_path: Path
    ) -> None:
        _write(tmp_path, "tutor: off")
        client = await open_client()
        await said(client, FAILED)
        assert endpoint.asked == []

    async def test_it_thinks_longer_than_the_chat_bears_silence(
        self, endpoint: Endpoint, config: Config, open_client: Asker, hub: Hub
    ) -> None:
        """The analysis is there before; only then does the model begin to think of its first word."""
        config.LearnFlowModel.first_seconds = 20.0
        config.LearnFlowTutor.alive_seconds = 0.2
        endpoint.thinks = asyncio.Event()
        client = await open_client()
        token = next(token for token, model in hub.tokens.items() if model["name"] == "ada")
        chat = Gateway(client.base, token, logging.getLogger("chat"), silence_seconds=1)
        text = ""
        async for chunk in chat.help(FAILED):
            if "NameError" in chunk.text and "NameError" not in text:
                asyncio.get_running_loop().call_later(2.5, endpoint.thinks.set)
            text += chunk.text
        chat.close()
        assert text.endswith(endpoint.says)

    @pytest.mark.parametrize("url", ["ftp://x/v1", "file:///etc/passwd", "http://me:pw@x/v1", "nonsense"])
    async def test_an_address_that_is_none_is_refused_at_the_start(
        self, config: Config, start: Any, url: str
    ) -> None:
        config.LearnFlowModel.base_url = url
        config.LearnFlowModel.model = "m"
        with pytest.raises(ValueError, match="base_url"):
            await start()


class TestPrivacy:
    async def test_who_reads_is_said(self, ask: Client) -> None:
        text, _ = await said(ask, says("/privacy"))
        assert "teachers can read" in text
        assert "Nothing leaves" in text
        assert "No language model" in (await said(ask, says("/model off")))[0]
        assert "/teacher" in (await said(ask, says("/help")))[0]

    @pytest.mark.parametrize("allowed", [True, False])
    async def test_whether_right_answers_help_others_is_said(
        self, config: Config, open_client: Asker, allowed: bool
    ) -> None:
        config.LearnFlowTutor.hints_from_classmates = allowed
        text, _ = await said(await open_client(), says("/privacy"))
        assert ("yours too" in text) is allowed

    async def test_what_a_teacher_was_asked_is_forgotten_too(
        self, ask: Client, service: RunningService
    ) -> None:
        await said(ask, FAILED)
        await said(ask, msgspec.structs.replace(FAILED, text="/teacher I am lost"))

        async def requests() -> list[Alert]:
            async with service.parts.db.connect() as conn:
                return await alerts.of_course(conn, COURSE)

        async def asked() -> bool:
            return bool(await requests())

        await until(asked)
        (request,) = await requests()
        assert "lost" in request.finding.question
        async with service.parts.db.begin() as conn:
            await forget(conn, now() - timedelta(days=1))
        assert await requests() == [request]
        async with service.parts.db.begin() as conn:
            await forget(conn, now() + timedelta(seconds=1))
            assert await alerts.forget_words(conn, now() + timedelta(seconds=1)) == 0
        (left,) = await requests()
        assert (left.finding.question, left.finding.code) == ("", "")
        assert not [each for each in left.finding.moments if each.kind == "question"]
        assert left.finding.trigger == "asked_teacher"

    async def test_old_words_are_forgotten_and_counts_stay(
        self, ask: Client, service: RunningService
    ) -> None:
        await said(ask, FAILED)
        async with service.parts.db.begin() as conn:
            assert await tutoring.forget(conn, now() - timedelta(days=1)) == 0
            assert await tutoring.forget(conn, now() + timedelta(seconds=1)) == 1
            turn = await tutoring.turn(conn, "ada")
        assert (turn.question, turn.answer, turn.agent) == ("", "", "debug")

    async def test_so_is_what_is_kept_for_who_lost_an_answer(
        self, ask: Client, service: RunningService
    ) -> None:
        async def answer() -> bytes:
            answered = await ask("api/help", "ada", body=FAILED, headers={"Idempotency-Key": "the-question"})
            return answered.body.partition(b'"request_id":"')[2][:32]

        async def kept_after(moment: datetime) -> bool:
            async with service.parts.db.begin() as conn:
                await forget(conn, moment)
            return await answer() == first

        first = await answer()
        assert first
        assert await kept_after(now() - timedelta(days=1))
        assert not await kept_after(now() + timedelta(seconds=1))
