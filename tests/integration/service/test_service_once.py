"""A request that is sent twice with one `Idempotency-Key` is done once, whichever service it reaches."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from served import ASSIGNMENT, SOLVED, Client, graded, notebook, problem, until
from sqlalchemy import func, select
from stub_hub import COURSE, PREFIX, Hub

from learnflow_ext.contracts.errors import TooBusy
from learnflow_ext.contracts.grades import AssignmentView, CourseFile, FileSet, SubmissionView
from learnflow_ext.contracts.runs import RunBatch
from learnflow_ext.service.handlers import once as handling
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import once
from learnflow_ext.store.database import ConnectionLost, Database
from learnflow_ext.store.models import AnsweredRequest, Submission
from learnflow_ext.store.once import Kept, Reserved

HAND_IN = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"
OTHER = FileSet(files=(CourseFile(path=f"{ASSIGNMENT}.ipynb", content=notebook("total = 4")),))
KEY = {"Idempotency-Key": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}


async def count(service: RunningService, table: Any = Submission) -> int:
    async with service.parts.db.connect() as conn:
        return await conn.scalar(select(func.count()).select_from(table)) or 0


async def test_the_second_gets_the_first_answer(ask: Client) -> None:
    first = await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)
    again = await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)
    assert (first.code, again.code) == (201, 201)
    assert first.body == again.body
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await count(ask.service) == 1


async def test_without_a_key_and_with_another_it_is_done_again(ask: Client) -> None:
    for headers in ({}, {}, KEY, {"Idempotency-Key": "another"}):
        assert (await ask(HAND_IN, "ada", body=SOLVED, headers=headers)).code == 201
    assert await count(ask.service) == 4


async def test_keys_are_each_persons_own(ask: Client) -> None:
    first = await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)
    other = await ask(HAND_IN, "ben", body=SOLVED, headers=KEY)
    found = [msgspec.json.decode(each.body, type=SubmissionView) for each in (first, other)]
    assert [each.student for each in found] == ["ada", "ben"]


async def test_another_body_is_refused_with_a_sentence(ask: Client) -> None:
    await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)
    refused = await ask(HAND_IN, "ada", body=OTHER, headers=KEY)
    assert refused.code == 422
    assert "Idempotency-Key" in problem(refused).message
    assert await count(ask.service) == 1


async def test_a_refusal_does_not_use_the_key_up(ask: Client) -> None:
    refused = await ask(HAND_IN, "ada", body=FileSet(files=()), headers=KEY)
    assert 400 <= refused.code < 500
    assert (await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)).code == 201


@pytest.mark.parametrize("key", ["", "with blanks", "x" * 256, "ü"])
async def test_a_key_that_cannot_be_one_is_refused(ask: Client, key: str) -> None:
    refused = await ask("api/runs", "ada", body=RunBatch(runs=()), headers={"Idempotency-Key": key})
    assert refused.code == 400
    assert "visible characters" in problem(refused).message


async def test_a_stranger_reserves_nothing(ask: Client) -> None:
    assert (await ask(HAND_IN, body=SOLVED, headers=KEY)).code == 401
    assert (await ask(HAND_IN, "eve", body=SOLVED, headers=KEY)).code == 403
    assert await count(ask.service, AnsweredRequest) == 0


async def test_streams_and_code_take_no_key(ask: Client) -> None:
    request = {"cells": ["1 + 1"]}
    assert (await ask("api/execute", "teacher", body=request, headers=KEY)).code == 200
    assert await count(ask.service, AnsweredRequest) == 0


@pytest.fixture
async def replicas(
    service: RunningService, start: Callable[[], Awaitable[RunningService]], hub: Hub
) -> AsyncIterator[list[Client]]:
    """Two services on one database."""
    clients = [Client(service, hub), Client(await start(), hub)]
    yield clients
    for client in clients:
        client.http.close()


async def test_of_many_at_once_on_two_replicas_one_is_done(replicas: list[Client]) -> None:
    answers = await asyncio.gather(
        *(replicas[number % 2](HAND_IN, "ada", body=SOLVED, headers=KEY) for number in range(6))
    )
    assert {answer.code for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    assert await count(replicas[0].service) == 1


class TestAReplicaIsKilledWithARequestInHand:
    async def test_another_does_it_at_once(self, replicas: list[Client]) -> None:
        db = replicas[0].service.parts.db
        slot = once.slot_of("ada", f"POST {PREFIX}{HAND_IN}", KEY["Idempotency-Key"])
        mark = hashlib.sha256(msgspec.json.encode(SOLVED)).hexdigest()
        await db.retrying(
            lambda conn: once.reserve(
                conn, person="ada", slot=slot, fingerprint=mark, lasts=timedelta(hours=1), holder="0" * 16
            )
        )
        async with asyncio.timeout(handling.WAIT_SECONDS):
            assert (await replicas[1](HAND_IN, "ada", body=SOLVED, headers=KEY)).code == 201

    async def test_who_lives_is_waited_for(
        self, replicas: list[Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(handling, "WAIT_SECONDS", 0.5)
        living = replicas[0].service.parts.living

        async def is_known() -> bool:
            return bool(living.id)

        await until(is_known)
        slot = once.slot_of("ada", f"POST {PREFIX}{HAND_IN}", KEY["Idempotency-Key"])
        mark = hashlib.sha256(msgspec.json.encode(SOLVED)).hexdigest()
        await replicas[0].service.parts.db.retrying(
            lambda conn: once.reserve(
                conn, person="ada", slot=slot, fingerprint=mark, lasts=timedelta(hours=1), holder=living.id
            )
        )
        assert (await replicas[1](HAND_IN, "ada", body=SOLVED, headers=KEY)).code == 409


class TestCrashAfterTheWorkBeforeTheAnswer:
    async def test_the_next_try_finds_what_was_done(
        self, ask: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def crash(*args: object) -> None:
            raise RuntimeError("the power went")

        monkeypatch.setattr(once, "HELD", timedelta())
        with monkeypatch.context() as broken:
            broken.setattr(once, "answered", crash)
            assert (await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)).code == 500
        assert await count(ask.service) == 1
        assert (await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)).code == 201
        assert await count(ask.service) == 1

    async def test_the_next_try_is_told_no_points_that_are_held_back(
        self, ask: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        async def crash(*args: object) -> None:
            raise RuntimeError("the power went")

        await asyncio.to_thread((tmp_path / "course" / "course.yaml").write_text, "feedback: by_hand\n")
        monkeypatch.setattr(once, "HELD", timedelta())
        with monkeypatch.context() as broken:
            broken.setattr(once, "answered", crash)
            assert (await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)).code == 500
        assignments = await ask(f"api/courses/{COURSE}/assignments", "ada")
        ((submission,),) = (
            one.submissions for one in msgspec.json.decode(assignments.body, type=list[AssignmentView])
        )
        await graded(ask.service, submission.submission_id)
        again = await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)
        view = msgspec.json.decode(again.body, type=SubmissionView)
        assert (again.code, view.status, view.score, view.has_feedback) == (201, "graded", None, False)


class TestTheDatabaseGoesAwayWithARequestInHand:
    """And comes back: who sends again need not wait until the first try could be over."""

    async def test_before_the_answer_is_kept(self, ask: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        away = True

        def unless_away(real: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
            async def write(*args: Any) -> None:
                if away:
                    raise ConnectionLost("The database is away.")
                await real(*args)

            return write

        monkeypatch.setattr(once, "answered", unless_away(once.answered))
        monkeypatch.setattr(once, "failed", unless_away(once.failed))
        assert (await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)).code == 503
        away = False
        assert (await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)).code == 201
        assert await count(ask.service) == 1

    async def test_in_the_moment_it_is_reserved(self, ask: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        real = Database.retrying

        async def lost_in_the_commit(self: Database, work: Any, **more: Any) -> Any:
            result = await real(self, work, **more)
            if isinstance(result, Reserved):
                raise ConnectionLost("The database is away.")
            return result

        with monkeypatch.context() as away:
            away.setattr(Database, "retrying", lost_in_the_commit)
            assert (await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)).code == 503
        assert (await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)).code == 201
        assert await count(ask.service) == 1


class TestTheServiceStopsInTheMomentTheWorkIsKept:
    async def test_its_files_are_there_for_the_next_try(
        self, ask: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, kept = Database.retrying, asyncio.Event()

        async def slow(self: Database, work: Any, **more: Any) -> Any:
            result = await real(self, work, **more)
            if isinstance(result, SubmissionView):
                kept.set()
                await asyncio.Event().wait()
            return result

        monkeypatch.setattr(Database, "retrying", slow)
        asking = asyncio.create_task(ask(HAND_IN, "ada", body=SOLVED, headers=KEY))
        async with asyncio.timeout(30):
            await kept.wait()
        await ask.service.parts.traffic.settle(0)
        assert (await asking).code == 503
        async with ask.service.parts.db.connect() as conn:
            folder = await conn.scalar(select(Submission.files_path))
        assert folder is not None
        assert await asyncio.to_thread(Path(folder).is_dir)


class TestTwinThatTakesTooLong:
    async def test_the_second_is_told_to_come_again(
        self, ask: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slot = once.slot_of("ada", f"POST {PREFIX}{HAND_IN}", KEY["Idempotency-Key"])
        mark = hashlib.sha256(msgspec.json.encode(SOLVED)).hexdigest()
        db = ask.service.parts.db
        await db.retrying(
            lambda conn: once.reserve(
                conn, person="ada", slot=slot, fingerprint=mark, lasts=timedelta(days=1)
            )
        )
        monkeypatch.setattr(handling, "WAIT_SECONDS", 0.1)
        busy = await ask(HAND_IN, "ada", body=SOLVED, headers=KEY)
        assert busy.code == 409
        assert busy.headers["Retry-After"] == "5"
        assert await count(ask.service) == 0


class TestSecondTryThatIsRefusedWhileTheFirstIsAtWork:
    async def test_the_first_ones_answer_is_kept(self, ask: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(once, "HELD", timedelta())
        begun, end = asyncio.Event(), asyncio.Event()
        done = Kept(status=200, body=b"done")

        async def slow(_: Reserved) -> Kept:
            begun.set()
            await end.wait()
            return done

        async def refuses(_: Reserved) -> Kept:
            raise TooBusy("One at a time.", retry_after=5)

        async def send(work: Callable[[Reserved], Awaitable[Kept]]) -> tuple[Kept, bool]:
            return await handling.do(
                ask.service.parts.db,
                work,
                person="ada",
                address="POST /checks",
                key="key",
                body=b"{}",
                lasts=timedelta(days=1),
            )

        first = asyncio.create_task(send(slow))
        await begun.wait()
        with pytest.raises(TooBusy):
            await send(refuses)
        end.set()
        assert await first == (done, False)
        assert await send(refuses) == (done, True)
