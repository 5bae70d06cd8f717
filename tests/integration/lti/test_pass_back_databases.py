"""What a grade's way to a platform asks of the database, on either kind of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import Envelope, SubmissionGraded
from learnflow_ext.contracts.grades import GradeRecord
from learnflow_ext.events.wire import to_message
from learnflow_ext.service.lti.client import Away
from learnflow_ext.service.lti.pass_back import NEWER
from learnflow_ext.store import claims, courses, grades, lti, people, privacy, regradings
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import Consumed, LtiPlace, LtiScore

from .conftest import ASSIGNMENT, COURSE, Stage

HOUR = timedelta(hours=1)


async def again(stage: Stage) -> None:
    """A round after the longest pause."""
    stage.ahead += HOUR + timedelta(seconds=1)
    await stage.passes.round()


async def regrade(stage: Stage, submission: str, score: float) -> None:
    """What ada handed in last has other points when it is graded again."""
    async with stage.db.begin() as conn:
        await people.ensure(conn, "turing")
        await regradings.start(conn, COURSE, ASSIGNMENT, "turing", latest=True)
    async with stage.db.begin() as conn:
        await claims.claim_next(conn, "a grader")
        await grades.record_grade(
            conn,
            GradeRecord(
                submission_id=submission, course=COURSE, assignment=ASSIGNMENT, student="ada",
                status="graded", score=score, max_score=10,
            ),
        )  # fmt: skip
    await stage.quiet()


async def noted(stage: Stage, at: datetime) -> None:
    """The consumer hears of a grade of ada's that was recorded at `at`."""
    async with stage.db.begin() as conn:
        user_id, module_id = await people.find(conn, "ada"), await courses.find(conn, COURSE, ASSIGNMENT)
        assert user_id is not None and module_id is not None
        assert await lti.graded(conn, user_id, COURSE, module_id, at, now())


class TestAGrade:
    async def test_from_before_the_first_launch_is_told_after_it(self, stage: Stage) -> None:
        await stage.grade("ada", 6)
        await stage.passes.round()
        assert stage.told() == {}
        assert await stage.launch("ada") == 1
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (6, 10)}

    async def test_that_a_regrade_makes_less_is_told_again(self, stage: Stage) -> None:
        await stage.launch("ada")
        submission = await stage.grade("ada", 8)
        await stage.passes.round()
        await regrade(stage, submission, 5)
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (5, 10)}


class TestAnotherPlaceForAWhile:
    async def test_what_was_graded_again_meanwhile_is_newer_than_what_the_first_one_has(
        self, stage: Stage
    ) -> None:
        """As where two courses there lead to one of ours, and a student opens now this one, now that one."""
        await stage.launch("ada")
        submission = await stage.grade("ada", 8)
        await stage.passes.round()
        await stage.launch("ada", lineitems=f"{stage.platform.lineitems}&copy=1")
        await regrade(stage, submission, 5)
        await stage.launch("ada")
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (5, 10)}


class TestSwitchedOffForAWhile:
    async def test_the_next_launch_finds_what_was_graded_meanwhile(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 3)
        await stage.passes.round()
        (listening,) = [task for task in stage.tasks if task.get_name() == "consumer"]
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await stage.grade("ada", 7, told=False)
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (3, 10)}
        assert await stage.launch("ada") == 1
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (7, 10)}
        assert await stage.launch("ada") == 0


class TestOutOfOrder:
    async def test_a_late_event_takes_no_time_back(self, stage: Stage) -> None:
        """What counts is looked up when it is told, and its time never goes back."""
        await stage.launch("ada")
        await stage.grade("ada", 7)
        async with stage.db.connect() as conn:
            pseudonym = (await people.pseudonyms(conn, ["ada"]))["ada"]
        event = SubmissionGraded(
            course=COURSE, student=pseudonym, submission_id="s", assignment=ASSIGNMENT, status="graded",
            score=1, max_score=10,
        )  # fmt: skip
        late = Envelope(id="late", time="2026-01-01T00:00:00.000000Z", sequence=1, event=event)
        await (await stage.bus.publish(to_message(late, pseudonym)))
        async with stage.db.connect() as conn:
            kept = await conn.scalar(select(LtiScore.graded_at))
        assert kept is not None and kept > datetime(2026, 6, 1, tzinfo=UTC)
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (7, 10)}

    async def test_one_that_comes_while_another_is_told_is_looked_at(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also where the clock of who recorded it is behind."""
        await stage.launch("ada")
        await stage.grade("ada", 7)
        client = stage.passes._client
        assert client is not None
        plain = client.score

        async def meanwhile(place: lti.Place, column: str, body: dict[str, Any]) -> None:
            await plain(place, column, body)
            await noted(stage, datetime(2026, 1, 1, tzinfo=UTC))

        monkeypatch.setattr(client, "score", meanwhile)
        await stage.passes.round()
        assert (await stage.state("ada"))[0] == "waiting"
        await again(stage)
        assert await stage.state("ada") == ("told", "")
        assert len(next(iter(stage.platform.columns.values())).history) == 1

    async def test_two_grades_within_a_second_of_a_platform_that_counts_seconds(self, stage: Stage) -> None:
        stage.platform.whole_seconds = True
        await stage.launch("ada")
        for score in (3, 5, 7):
            await stage.grade("ada", score)
            await stage.passes.round()
        assert stage.told() == {"id-of-ada": (7, 10)}
        assert stage.platform.refused == []

    async def test_a_teacher_there_has_the_last_word(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 3)
        await stage.passes.round()
        (column,) = stage.platform.columns.values()
        override = {**column.scores["id-of-ada"], "scoreGiven": 9, "timestamp": "2099-01-01T00:00:00Z"}
        column.scores["id-of-ada"] = override
        await stage.grade("ada", 7)
        await again(stage)
        assert stage.told() == {"id-of-ada": (9, 10)}
        assert await stage.state("ada") == ("told", NEWER)


class TestSeveralProcesses:
    async def test_one_of_them_tells_each_grade_once(self, stage: Stage) -> None:
        others = [stage.another(), stage.another()]
        for name in ("ada", "ben"):
            await stage.launch(name)
        tasks = [asyncio.create_task(each.run()) for each in others]
        try:
            for score in (3, 7):
                for name in ("ada", "ben"):
                    await stage.grade(name, score)
            async with asyncio.timeout(30):
                await stage.until_told({"id-of-ada": (7, 10), "id-of-ben": (7, 10)})
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for each in others:
                each.close()
        assert stage.platform.refused == []
        assert len(stage.platform.columns) == 1


class TestPrivacy:
    async def test_export_and_erasure_reach_it(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.launch("ben")
        await stage.grade("ada", 7)
        async with stage.db.begin() as conn:
            found = await privacy.export(conn, "ada")
            assert found is not None
            assert [row["subject"] for row in found["lti_places"]] == ["id-of-ada"]
            assert [row["assignment"] for row in found["lti_scores"]] == [ASSIGNMENT]
        async with stage.db.begin() as conn:
            await privacy.erase(conn, "ada")
        await again(stage)
        assert stage.platform.asked == []
        async with stage.db.connect() as conn:
            left = await conn.scalar(select(func.count()).select_from(LtiPlace))
        assert left == 1


class TestSameEventTwice:
    async def test_it_has_one_effect(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 7)
        await stage.passes.round()
        async with stage.db.connect() as conn:
            row = (
                await conn.execute(select(Consumed.event_id).where(Consumed.consumer == "lti"))
            ).scalar_one()
            pseudonym = (await people.pseudonyms(conn, ["ada"]))["ada"]
        event = SubmissionGraded(
            course=COURSE, student=pseudonym, submission_id="s", assignment=ASSIGNMENT, status="graded",
            score=7, max_score=10,
        )  # fmt: skip
        envelope = Envelope(id=row, time="2026-01-01T00:00:00.000000Z", sequence=1, event=event)
        asked = len(stage.platform.asked)
        await (await stage.bus.publish(to_message(envelope, pseudonym)))
        await again(stage)
        assert len(stage.platform.asked) == asked
        assert (await stage.state("ada"))[0] == "told"

    async def test_an_answer_that_got_lost_is_no_second_score(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 7)
        stage.platform.loses = 1
        with pytest.raises(Away):
            await stage.passes.round()
        await again(stage)
        (column,) = stage.platform.columns.values()
        assert [each["scoreGiven"] for each in column.history] == [7]
        assert await stage.state("ada") == ("told", NEWER)

    async def test_an_answer_that_got_lost_hides_no_later_change(self, stage: Stage) -> None:
        """Back at what it was told before, the platform has what nobody knows of."""
        await stage.launch("ada")
        await stage.grade("ada", 7)
        await stage.passes.round()
        second = await stage.grade("ada", 9)
        stage.platform.loses = 1
        with pytest.raises(Away):
            await stage.passes.round()
        assert stage.told() == {"id-of-ada": (9, 10)}
        await regrade(stage, second, 5)
        # As always, it is some seconds later.
        await noted(stage, now() + timedelta(seconds=5))
        await again(stage)
        assert stage.told() == {"id-of-ada": (7, 10)}


class TestErasedWhileItIsTold:
    async def test_nothing_more_is_said_of_them(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 7)
        plain = lti.counting

        async def erased_after(conn: AsyncConnection, user_id: int, module_id: int) -> lti.Counting | None:
            found = await plain(conn, user_id, module_id)
            async with stage.db.begin() as other:
                await privacy.erase(other, "ada")
            return found

        monkeypatch.setattr(lti, "counting", erased_after)
        await stage.passes.round()
        assert stage.platform.asked == []
