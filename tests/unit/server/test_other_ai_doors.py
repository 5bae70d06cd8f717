"""When a way to other AI is open, and which keys of a student's an assistant gets to see."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from learnflow_ext.contracts.errors import Unavailable
from learnflow_ext.contracts.other_ai import DOORS, OTHER_AI_ENV, OtherAi, OtherAiStanding, told
from learnflow_ext.server import other_ai
from learnflow_ext.server.confine import Folder
from learnflow_ext.server.other_ai import BELIEVED_SECONDS, EXAM_BEGAN, KEYS_FILE, SHUT_NOW, Doors, OwnKeys

LOG = logging.getLogger("test.doors")


class Stage:
    """A service that says whether an exam runs, and a clock."""

    def __init__(self) -> None:
        self.exam: bool | None = False
        self.unreadable = False
        self.now = 1000.0
        self.asked = 0
        self.shut = 0

    async def ask(self) -> OtherAiStanding:
        self.asked += 1
        if self.exam is None:
            raise Unavailable("away")
        return OtherAiStanding(exam=self.exam or self.unreadable, unreadable=self.unreadable)

    async def when_shut(self) -> None:
        self.shut += 1

    def doors(self, *allow: str, online: bool = False) -> Doors:
        allowed = told({OTHER_AI_ENV: f'{{"allow": {list(allow)}}}'.replace("'", '"')})
        found = Doors(allowed, self.ask, LOG, online=online, clock=lambda: self.now)
        found.when_shut.append(self.when_shut)
        return found


@pytest.mark.parametrize("door", DOORS)
class TestEachDoor:
    async def test_is_shut_by_default_and_nobody_is_asked(self, door: str) -> None:
        stage = Stage()
        doors = stage.doors()
        await doors.look()
        assert not doors.matters
        assert not any(doors.is_open(each) for each in DOORS)
        assert stage.asked == 0

    async def test_opens_alone(self, door: str) -> None:
        doors = Stage().doors(door)
        await doors.look()
        assert [each for each in DOORS if doors.is_open(each)] == [door]

    async def test_is_shut_in_an_exam(self, door: str) -> None:
        stage = Stage()
        doors = stage.doors(*DOORS)
        await doors.look()
        stage.exam = True
        await doors.look()
        assert not any(doors.is_open(each) for each in DOORS)
        assert stage.shut == 1
        # What was on its way in when it began is there by now.
        await doors.look()
        assert stage.shut == 2
        stage.exam = False
        await doors.look()
        assert all(doors.is_open(each) for each in DOORS)


class TestAnotherAssistantDoesNotStop:
    async def test_the_rest_is_shut_all_the_same(self) -> None:
        stage = Stage()
        doors = stage.doors(*DOORS)

        async def refuses() -> None:
            raise RuntimeError("no active response to cancel")

        doors.when_shut.insert(0, refuses)
        stage.exam = True
        await doors.look()
        assert (stage.shut, doors.exam) == (1, True)


class TestTwoAnswersOvertakeEachOther:
    async def test_what_was_asked_last_counts(self) -> None:
        answers: list[asyncio.Future[OtherAiStanding]] = []

        async def ask() -> OtherAiStanding:
            answers.append(asyncio.get_running_loop().create_future())
            return await answers[-1]

        doors = Doors(told({}), ask, LOG, online=True)
        looks = []
        for _ in range(2):
            looks.append(asyncio.create_task(doors.look()))
            await asyncio.sleep(0)
        answers[1].set_result(OtherAiStanding(exam=True))
        await looks[1]
        # From before the exam.
        answers[0].set_result(OtherAiStanding(exam=False))
        await looks[0]
        assert (doors.exam, doors.network) == (True, False)


class TestServiceDoesNotAnswer:
    async def test_nothing_opens_and_what_is_open_shuts_after_a_while(self) -> None:
        stage = Stage()
        doors = stage.doors(*DOORS)
        stage.exam = None
        await doors.look()
        assert not doors.is_open("personas")
        stage.exam = False
        await doors.look()
        stage.exam, stage.now = None, stage.now + BELIEVED_SECONDS - 1
        await doors.look()
        assert doors.is_open("personas")
        stage.now += 1
        assert not doors.is_open("personas")
        # A kernel is not ended because the service is away.
        assert stage.shut == 0

    async def test_an_exam_that_was_on_goes_on(self) -> None:
        stage = Stage()
        doors = stage.doors(online=True)
        stage.exam = True
        await doors.look()
        stage.exam = None
        await doors.look()
        assert doors.exam


class TestNobodyCanReadWhetherAnExamIsOn:
    async def test_all_is_shut_and_the_student_reads_why(self) -> None:
        stage = Stage()
        doors = stage.doors(*DOORS, online=True)
        stage.unreadable = True
        await doors.look()
        assert (doors.exam, doors.network, stage.shut) == (True, False, 1)
        for said in (doors.why_shut, doors.why_ended):
            assert "course.yaml" in said
            assert "exam has begun" not in said
            assert "tell your teacher" in said
        stage.unreadable, stage.exam = False, True
        await doors.look()
        assert (doors.why_shut, doors.why_ended) == (SHUT_NOW, EXAM_BEGAN)


class TestNetworkOfKernels:
    async def test_is_shut_in_exams_too(self) -> None:
        stage = Stage()
        doors = stage.doors(online=True)
        assert doors.matters
        await doors.look()
        assert doors.network
        stage.exam = True
        await doors.look()
        assert (doors.exam, doors.network, stage.shut) == (True, False, 1)

    async def test_is_not_for_a_kernel_that_starts_while_nobody_says_whether_an_exam_is_on(self) -> None:
        stage = Stage()
        doors = stage.doors(online=True)
        stage.exam = None
        await doors.look()
        assert not doors.network
        stage.exam = False
        await doors.look()
        stage.exam, stage.now = None, stage.now + BELIEVED_SECONDS
        await doors.look()
        assert (doors.network, stage.shut) == (False, 0)

    async def test_nobody_is_waited_for_who_takes_the_question_and_says_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(other_ai, "LOOK_SECONDS", 0.05)

        async def silent() -> OtherAiStanding:
            await asyncio.Event().wait()
            return OtherAiStanding(exam=False)

        doors = Doors(told({}), silent, LOG, online=True)
        async with asyncio.timeout(5):
            await doors.look()
        assert not doors.network

    async def test_is_the_admins_matter_where_there_is_nothing_to_shut(self) -> None:
        assert Stage().doors().network


@pytest.mark.parametrize("said", ["", "no", "[]", '{"allow": ["everything"]}', '{"allow": 1}'])
def test_what_cannot_be_read_opens_nothing(said: str) -> None:
    assert told({OTHER_AI_ENV: said}) == told({}) == OtherAi()


class TestOwnKeys:
    async def test_only_keys_and_only_while_allowed(self, tmp_path: Path) -> None:
        before = {"PATH": "/bin", "ADMIN_API_KEY": "admin"}
        environment = dict(before)
        keys = OwnKeys(Folder(tmp_path), environment)
        lines = [
            "A_API_KEY=one",
            "export B_API_KEY='two'",
            "PATH=/evil",
            "ADMIN_API_KEY=mine",
            "C_API_KEY=a b",
        ]
        (tmp_path / KEYS_FILE).write_text("\n".join([*lines, "LD_PRELOAD_API_KEY\x00=x", "# D_API_KEY=no"]))
        await keys.set(allowed=False)
        assert environment == before
        await keys.set(allowed=True)
        assert environment == {**before, "A_API_KEY": "one", "B_API_KEY": "two"}
        (tmp_path / KEYS_FILE).write_text("A_API_KEY=other")
        await keys.set(allowed=True)
        assert environment == {**before, "A_API_KEY": "other"}
        await keys.set(allowed=False)
        assert environment == before

    async def test_a_link_or_a_flood_is_nothing(self, tmp_path: Path) -> None:
        environment: dict[str, str] = {}
        (tmp_path / "secret").write_text("A_API_KEY=one")
        (tmp_path / KEYS_FILE).symlink_to(tmp_path / "secret")
        await OwnKeys(Folder(tmp_path), environment).set(allowed=True)
        (tmp_path / KEYS_FILE).unlink()
        (tmp_path / KEYS_FILE).write_text("A_API_KEY=one\n" * 10_000)
        await OwnKeys(Folder(tmp_path), environment).set(allowed=True)
        assert environment == {}
