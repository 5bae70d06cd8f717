"""Grades on their way to a platform that follows the specification: each once, in order, none lost."""

from __future__ import annotations

import asyncio
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mock_platform import CONTEXT, LINEITEM, READ, SCORE, Column, private_key
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.service.lti import messages
from learnflow_ext.service.lti.client import Away
from learnflow_ext.service.lti.pass_back import TO_CHECK
from learnflow_ext.service.terms import CourseTerms, Terms
from learnflow_ext.store import lti, results

from .conftest import ASSIGNMENT, COURSE, RESOURCE, Stage

HOUR = timedelta(hours=1)


async def again(stage: Stage) -> None:
    """A round after the longest pause."""
    stage.ahead += HOUR + timedelta(seconds=1)
    await stage.passes.round()


@pytest.fixture
def database_url(made: Path, tmp_path: Path) -> str:
    """SQLite alone: what differs between databases is in `test_pass_back_databases.py`."""
    copy = tmp_path / "learnflow.sqlite"
    shutil.copy(made, copy)
    return f"sqlite+aiosqlite:///{copy}"


class TestAGrade:
    async def test_reaches_the_column_of_its_assignment(self, stage: Stage) -> None:
        assert await stage.launch("ada") == 0
        await stage.launch("ben")
        await stage.grade("ada", 7)
        await stage.grade("ben", 10)
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (7, 10), "id-of-ben": (10, 10)}
        (column,) = stage.platform.columns.values()
        assert (column.body["label"], column.body["scoreMaximum"]) == ("First steps", 10)
        assert stage.platform.refused == []
        # One token for all of it, and nothing more once it is told.
        assert stage.platform.asked.count("POST /token") == 1
        asked = len(stage.platform.asked)
        await again(stage)
        assert len(stage.platform.asked) == asked

    async def test_is_told_with_the_time_of_the_grade(self, stage: Stage) -> None:
        await stage.launch("ada")
        before = datetime.now(UTC)
        await stage.grade("ada", 7)
        after = datetime.now(UTC)
        await again(stage)
        (column,) = stage.platform.columns.values()
        assert before <= datetime.fromisoformat(column.history[0]["timestamp"]) <= after

    async def test_of_somebody_who_never_came_from_the_platform_stays_here(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ben", 9)
        await stage.passes.round()
        assert stage.platform.asked == []

    async def test_counts_as_on_the_dashboard_the_best_one(self, stage: Stage) -> None:
        await stage.launch("ada")
        for score in (8, 3):
            await stage.grade("ada", score)
            await stage.passes.round()
        (column,) = stage.platform.columns.values()
        assert [each["scoreGiven"] for each in column.history] == [8]
        assert (await stage.state("ada"))[0] == "told"

    async def test_goes_to_the_column_that_is_there_already(self, stage: Stage) -> None:
        """Also where the platform lists all of them, page by page."""
        platform = stage.platform
        platform.lists_all = True
        for number in range(5):
            path = f"/lineitems/old-{number}/lineitem"
            body = {
                "id": f"{platform.url}{path}?type_id=7",
                "label": "x",
                "scoreMaximum": 10,
                "resourceId": RESOURCE if number == 4 else f"other-{number}",
                "tag": messages.TAG,
            }
            platform.columns[path] = Column(str(body["id"]), body)
        await stage.launch("ada")
        await stage.grade("ada", 7)
        await stage.passes.round()
        assert len(platform.columns) == 5
        assert stage.told() == {"id-of-ada": (7, 10)}

    async def test_of_a_whole_class_makes_one_column(self, stage: Stage) -> None:
        names = [f"s{number}" for number in range(6)]
        for name in names:
            stage.platform.add(name, "Learner")
            await stage.launch(name)
            await stage.grade(name, 5, told=False)
        await stage.quiet()
        await stage.passes.round()
        assert len(stage.told()) == len(names)
        assert len(stage.platform.columns) == 1


class TestHeldBack:
    async def test_results_wait_until_the_teacher_gives_them_out(self, stage: Stage) -> None:
        stage.terms = CourseTerms(others=Terms(feedback="by_hand"))
        await stage.launch("ada")
        await stage.grade("ada", 7)
        await again(stage)
        assert stage.platform.asked == []
        assert "gives out points" in (await stage.state("ada"))[1]
        async with stage.db.begin() as conn:
            await results.release(conn, COURSE, ASSIGNMENT, "turing")
        await stage.quiet()
        # At once, not when it would have been looked at again.
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (7, 10)}

    async def test_a_class_that_waits_is_not_looked_at_one_by_one(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is looked at each minute, perhaps for months."""
        stage.terms = CourseTerms(others=Terms(feedback="by_hand"))
        for name in ("ada", "ben"):
            await stage.launch(name)
            await stage.grade(name, 7)
        looked = list[int]()
        plain = lti.counting

        async def counting(conn: AsyncConnection, user_id: int, module_id: int) -> lti.Counting | None:
            looked.append(user_id)
            return await plain(conn, user_id, module_id)

        monkeypatch.setattr(lti, "counting", counting)
        await again(stage)
        assert looked == []
        assert [(await stage.state(name))[0] for name in ("ada", "ben")] == ["waiting", "waiting"]
        stage.terms = CourseTerms()
        await again(stage)
        assert len(looked) == 2
        assert stage.told() == {"id-of-ada": (7, 10), "id-of-ben": (7, 10)}

    async def test_results_wait_for_the_deadline_that_passes_without_an_event(self, stage: Stage) -> None:
        stage.terms = CourseTerms(others=Terms(feedback="after_deadline", due=stage.now() + 3 * HOUR))
        await stage.launch("ada")
        await stage.grade("ada", 7)
        await again(stage)
        assert stage.platform.asked == []
        stage.ahead += 3 * HOUR
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (7, 10)}

    async def test_blind_grading_is_over_first(self, stage: Stage) -> None:
        stage.terms = CourseTerms(others=Terms(feedback="by_hand", blind=True))
        await stage.launch("ada")
        await stage.grade("ada", 7)
        await again(stage)
        assert stage.platform.asked == []

    async def test_a_course_that_is_not_here_any_more_tells_nothing(self, stage: Stage) -> None:
        """Its file is gone with it, and so is all that was held back there."""
        await stage.launch("ada")
        await stage.grade("ada", 7)
        here, stage.courses = stage.courses, ("another",)
        without = stage.another()
        await without.round()
        without.close()
        assert stage.platform.asked == []
        stage.courses = here
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (7, 10)}

    @pytest.mark.parametrize("how", [{"review": True}, {"provisional": "it ran beside the code"}])
    async def test_points_that_are_not_settled_wait(self, stage: Stage, how: dict[str, object]) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 7, **how)  # type: ignore[arg-type]
        await again(stage)
        assert stage.platform.asked == []
        assert await stage.state("ada") == ("waiting", TO_CHECK)
        async with stage.db.begin() as conn:
            await results.release(conn, COURSE, ASSIGNMENT, "turing")
        await stage.quiet()
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (7, 10)}


class TestPlatformAwayForAWhile:
    async def test_nothing_is_lost_and_no_try_counts(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 7)
        stage.platform.down = True
        for _ in range(3 * stage.settings.tries):
            with pytest.raises(Away):
                await again(stage)
        state, note = await stage.state("ada")
        assert (state, "away" in note) == ("waiting", True)
        stage.platform.down = False
        await again(stage)
        assert stage.told() == {"id-of-ada": (7, 10)}
        assert stage.counted("given_up") == 0

    async def test_one_that_does_not_answer_is_not_waited_for_long(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 7)
        stage.settings.timeout_seconds = 1
        stage.platform.slow = 30
        async with asyncio.timeout(15):
            with pytest.raises(Away):
                await stage.passes.round()
        stage.platform.slow = 0
        await again(stage)
        assert stage.told() == {"id-of-ada": (7, 10)}

    async def test_one_that_is_busy_says_how_long(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 7)
        stage.platform.answers = [429]
        with pytest.raises(Away):
            await stage.passes.round()
        await again(stage)
        assert stage.told() == {"id-of-ada": (7, 10)}

    async def test_a_grade_that_it_stumbles_over_holds_up_no_others(self, stage: Stage) -> None:
        stage.platform.stumbles_over = "id-of-ada"
        for name in ("ada", "ben"):
            await stage.launch(name)
            await stage.grade(name, 7)
        for _ in range(2):
            with pytest.raises(Away):
                await again(stage)
        assert stage.told() == {"id-of-ben": (7, 10)}


class TestTokenExpired:
    async def test_before_its_time(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 3)
        await stage.passes.round()
        stage.platform.end_tokens()
        await stage.grade("ada", 7)
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (7, 10)}
        assert stage.platform.asked.count("POST /token") == 2

    async def test_in_its_time_it_is_not_used_again(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 3)
        await stage.passes.round()
        assert stage.passes._client is not None
        monkeypatch.setattr(stage.passes._client, "_clock", lambda: time.time() + 3_590)
        # Nobody may be sent back here for an old token.
        stage.platform.refused.clear()
        await stage.grade("ada", 7)
        asked = len(stage.platform.asked)
        monkeypatch.setattr(stage.passes._client._key, "sign", lambda claims: "no token")
        with pytest.raises(Away):
            await stage.passes.round()
        assert stage.platform.asked[asked:] == ["POST /token"]


class TestKeyThatThePlatformDoesNotKnowYet:
    async def test_grades_wait_for_it_and_no_try_counts(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 7)
        known = stage.platform.tool_key
        stage.platform.tool_key = private_key("another").public_key()
        for _ in range(2 * stage.settings.tries):
            with pytest.raises(Away, match="no token"):
                await again(stage)
        assert (await stage.state("ada"))[0] == "waiting"
        stage.platform.tool_key = known
        await again(stage)
        assert stage.told() == {"id-of-ada": (7, 10)}
        assert stage.counted("refused") == 0


class TestColumnDeletedThere:
    async def test_it_is_made_anew(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 3)
        await stage.passes.round()
        stage.platform.columns.clear()
        await stage.grade("ada", 7)
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (7, 10)}

    async def test_somebody_who_left_the_course_there_makes_no_second_column(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.launch("zoe", subject="id-of-nobody")
        await stage.grade("ada", 3)
        await stage.grade("zoe", 4)
        for _ in range(stage.settings.tries):
            await again(stage)
        assert len(stage.platform.columns) == 1
        assert (await stage.state("zoe"))[0] == "failed"
        assert stage.told() == {"id-of-ada": (3, 10)}


class TestRefusedForGood:
    async def test_it_is_given_up_and_begins_anew_with_the_next_grade(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 3)
        for _ in range(stage.settings.tries):
            # The token, the search for a column; then it refuses to make one.
            stage.platform.answers = [200, 200, 422] if not stage.platform.tokens else [200, 422]
            await again(stage)
        state, note = await stage.state("ada")
        assert (state, "422" in note) == ("failed", True)
        assert (stage.counted("refused"), stage.counted("given_up")) == (2, 1)
        stage.platform.answers = []
        await again(stage)
        assert stage.told() == {}
        await stage.grade("ada", 7)
        await again(stage)
        assert stage.told() == {"id-of-ada": (7, 10)}

    async def test_or_with_the_next_launch(self, stage: Stage) -> None:
        await stage.launch("ada", scopes=(READ, SCORE))
        await stage.grade("ada", 3)
        for _ in range(stage.settings.tries):
            await again(stage)
        assert "scope to make columns" in (await stage.state("ada"))[1]
        assert await stage.launch("ada") == 1
        await again(stage)
        assert stage.told() == {"id-of-ada": (3, 10)}


class TestPlatformThatPointsAtUs:
    async def test_nothing_on_this_machine_is_asked(self, stage: Stage) -> None:
        """It is allowed for one that runs here itself, as in these tests."""
        await stage.launch("ada")
        await stage.grade("ada", 7)
        assert stage.passes._client is not None
        tokens = stage.passes._client._tokens
        tokens["tool-at-school", (LINEITEM, SCORE)] = ("a token", time.time() + 3_600)
        stage.settings.token_url = "https://moodle.school.example/token"
        await stage.passes.round()
        assert stage.platform.asked == []
        assert "on this machine" in (await stage.state("ada"))[1]


class TestAnotherPlace:
    async def test_all_grades_are_told_where_the_student_comes_from_now(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 7)
        await stage.passes.round()
        stage.platform.columns.clear()
        moved = f"{stage.platform.url}/courses/{CONTEXT}/lineitems?type_id=7&copy=1"
        assert await stage.launch("ada", lineitems=moved) == 1
        await stage.passes.round()
        assert stage.told() == {"id-of-ada": (7, 10)}

    async def test_a_place_that_is_as_before_changes_nothing(self, stage: Stage) -> None:
        await stage.launch("ada")
        await stage.grade("ada", 7)
        await stage.passes.round()
        assert await stage.launch("ada") == 0
        asked = len(stage.platform.asked)
        await again(stage)
        assert len(stage.platform.asked) == asked
