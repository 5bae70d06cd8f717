"""Proved hints in the chat, through the running service: after a wrong attempt, step by step."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from served import ASSIGNMENT, Client, PaperWorker, chunks, exercise, graded
from stub_hub import COURSE
from traitlets.config import Config

from learnflow_ext.agents.proved import NOT_YET, SOLVED
from learnflow_ext.agents.references import Reference
from learnflow_ext.contracts.grades import CourseFile, FileSet
from learnflow_ext.contracts.help import CellError, HelpRequest
from learnflow_ext.contracts.runner import Call, RunLimits, RunResult
from learnflow_ext.service import classmates
from learnflow_ext.service.classmates import Classmates, answer_in
from learnflow_ext.service.hinting import MAX_WAITING, Hints
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.running import RunningService

SOLUTION = """def longest(words):
    ### BEGIN SOLUTION
    champion = ""
    for candidate in words:
        if len(candidate) > len(champion):
            champion = candidate
    return champion
    ### END SOLUTION
"""
TESTS = """assert longest(["tea", "platypus", "ox"]) == "platypus"
### BEGIN HIDDEN TESTS
assert longest([]) == ""
assert longest(["emu", "yak"]) == "emu"
### END HIDDEN TESTS
"""
WRONG = """def longest(ws):
    best = ''
    for w in ws:
        if len(w) {} len(best):
            best = w{}
    return best
"""
FAILED = CellError(exception="AssertionError", message="", code=TESTS.splitlines()[0], line=1)
SECRETS = ("champion", "candidate", "emu", "yak", "len(w) > len")


@pytest.fixture
def config(tmp_path: Path, config: Config) -> Config:
    """The course's assignment is an exercise with hidden tests; nobody is in a hurry."""
    path = tmp_path / "course" / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    statement = "Complete `longest`: the longest of the words, `''` for none."
    path.write_text(exercise("longest", statement, SOLUTION, TESTS), encoding="utf-8")
    config.LearnFlowTutor.hint_seconds = 60.0
    return config


def refused(answer: str) -> HelpRequest:
    """The check failed; the answer stands in another cell."""
    return HelpRequest(
        course=COURSE,
        assignment=ASSIGNMENT,
        cell_id="check",
        code=FAILED.code,
        error=FAILED,
        nearby={"elsewhere": "x = 1", "answer": answer},
    )


async def said(ask: Client, request: HelpRequest, who: str = "ada") -> tuple[str, int]:
    answer = chunks(await ask("api/help", who, body=request))
    return "".join(chunk.text for chunk in answer), answer[-1].rung


async def told(service: RunningService, outcome: str) -> float:
    found = service.parts.metrics.registry.get_sample_value("learnflow_hints_total", {"outcome": outcome})
    assert found is not None
    return found


async def test_each_new_attempt_is_told_one_step_more_and_never_the_change(
    ask: Client, service: RunningService
) -> None:
    # The check's own cell never changes, nor does a comment make an attempt: asking again climbs no step.
    first = await said(ask, refused(WRONG.format(">=", "")))
    again = await said(ask, refused(WRONG.format(">=", "  # why?")))
    assert first == again and first[1] == 1
    assert "**Comparisons at the edge.**" in first[0] and "line 4" not in first[0]
    # Asked about the answer's own cell, which changes, it climbs.
    answers = [first]
    for place in range(1, 5):
        code = WRONG.format(">=", f"\n    print({place})")
        request = HelpRequest(
            text="why is this wrong?", course=COURSE, assignment=ASSIGNMENT, cell_id="answer", code=code
        )
        answers.append(await said(ask, request))
    assert [rung for _, rung in answers[1:]] == [1, 2, 3, 4]
    assert "line 4" in answers[2][0] and "`if len(w) >= len(best):`" in answers[2][0]
    assert "exactly equal" in answers[3][0] and "```python" in answers[4][0]
    for text, _ in answers:
        assert NOT_YET in text and len(text.split()) <= 160
        assert not any(secret in text for secret in SECRETS)
    assert await told(service, "proved") == 6


async def test_who_has_it_right_is_sent_to_run_it_again(ask: Client, service: RunningService) -> None:
    text, _ = await said(ask, refused(WRONG.format(">", "")))
    assert SOLVED[0] in text and "Restart Kernel" in text
    assert await told(service, "solved") == 1


async def test_without_an_attempt_the_error_alone_is_explained(ask: Client, service: RunningService) -> None:
    stranger = refused(WRONG.format(">=", ""))
    unknown = HelpRequest(
        course=COURSE, assignment=ASSIGNMENT, cell_id="mine", code=stranger.code, error=FAILED
    )
    text, _ = await said(ask, unknown)
    assert "AssertionError" in text and NOT_YET not in text
    unreadable, _ = await said(ask, refused("def longest(ws:\n"))
    assert "AssertionError" in unreadable and NOT_YET not in unreadable
    assert await told(service, "proved") == 0


STUB = "def longest(words):\n    raise NotImplementedError\n"
FAR_OFF = """def longest(ws):
    best = 0
    for w in ws:
        if len(w) > best:
            best = len(w)
    return best
"""
CLASSMATES = """def longest(their_pile):
    # the zebra trick
    zebra_so_far = 'a gnu'[:0]
    for zany in their_pile:
        if len(zany) > len(zebra_so_far):
            zebra_so_far = zany
    return zebra_so_far
"""
THEIRS = ("their_pile", "zebra", "zany", "trick", "gnu")


async def hand_in(ask: Client, who: str, answer: str) -> None:
    content = exercise("sum", "Complete it.", answer, TESTS).encode()
    files = FileSet(files=(CourseFile(path=f"{ASSIGNMENT}.ipynb", content=content),))
    sent = await ask(f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions", who, body=files)
    assert sent.code == 201, sent.body
    await graded(ask.service, json.loads(sent.body)["submission_id"])


class TestClassmates:
    """An exercise without a solution: what proves a repair is what others handed in."""

    @pytest.fixture
    def allowed(self) -> bool:
        return True

    @pytest.fixture
    def config(self, config: Config, tmp_path: Path, allowed: bool) -> Config:
        path = tmp_path / "course" / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        # Named for the cell that the paper worker grades.
        path.write_text(exercise("sum", "Complete `longest`.", STUB, TESTS), encoding="utf-8")
        config.LearnFlowTutor.hints_from_classmates = allowed
        return config

    async def test_only_what_trusted_tests_gave_all_points_and_never_ones_own(
        self, ask: Client, service: RunningService, worker: PaperWorker
    ) -> None:
        async def known(to: str) -> Sequence[str]:
            answers = Classmates(service.parts.db).answers
            return await answers(COURSE, ASSIGNMENT, "sum", ("test-sum",), but_of=to)

        await hand_in(ask, "ben", "# some points\n")
        worker.score, worker.provisional = 10.0, "it ran beside the student's code"
        await hand_in(ask, "ben", "# provisional points\n")
        assert await known("ada") == ()
        worker.provisional = ""
        await hand_in(ask, "ada", CLASSMATES)
        assert await known("ada") == () and await known("ben") == (CLASSMATES,)

    async def test_the_exercise_counts_and_not_the_rest_of_the_submission(
        self, ask: Client, service: RunningService, worker: PaperWorker
    ) -> None:
        """All points for the greeting, and not all for the sum."""
        await hand_in(ask, "ben", CLASSMATES)
        answers = Classmates(service.parts.db).answers
        right, both = ("test-greeting",), ("test-greeting", "test-sum")
        assert await answers(COURSE, ASSIGNMENT, "sum", right, but_of="ada") == (CLASSMATES,)
        answers = Classmates(service.parts.db).answers
        assert await answers(COURSE, ASSIGNMENT, "sum", both, but_of="ada") == ()
        assert await Classmates(service.parts.db).answers(COURSE, ASSIGNMENT, "sum", (), but_of="ada") == ()

    async def test_nobody_fills_all_the_places(
        self, ask: Client, service: RunningService, worker: PaperWorker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(classmates, "MOST", 2)
        worker.score = 10.0
        for time, who in enumerate(("ben", "ada", "ada")):
            await hand_in(ask, who, f"{CLASSMATES}# {time}\n")
        answers = Classmates(service.parts.db).answers
        found = await answers(COURSE, ASSIGNMENT, "sum", ("test-sum",), but_of="ada")
        assert found == (f"{CLASSMATES}# 0\n",)

    async def test_a_right_answer_of_somebody_else_helps_and_stays_theirs(
        self, ask: Client, service: RunningService, worker: PaperWorker
    ) -> None:
        worker.score = 10.0
        await hand_in(ask, "ben", CLASSMATES)
        texts = []
        for place in range(4):
            code = f"{FAR_OFF}\nprint({place})"
            request = HelpRequest(
                text="why is this wrong?", course=COURSE, assignment=ASSIGNMENT, cell_id="answer", code=code
            )
            texts.append((await said(ask, request))[0])
        assert await told(service, "proved") == 4
        assert "line 2" in texts[1] and "`best = 0`" in texts[1]
        for text in texts:
            assert NOT_YET in text and not any(word in text for word in (*THEIRS, "emu", "yak"))

    @pytest.mark.parametrize("allowed", [False])
    async def test_a_school_may_do_without(
        self, ask: Client, service: RunningService, worker: PaperWorker
    ) -> None:
        worker.score = 10.0
        await hand_in(ask, "ben", CLASSMATES)
        await said(ask, refused(FAR_OFF))
        assert await told(service, "proved") == 0


POINTED = """def longest(ws):
    answer = ''
    if not ws:
        return answer
    return str(ws).center(40)
"""


class TestALineIsSuspected:
    """Neither a solution nor classmates: only the failing tests point at a line."""

    @pytest.fixture
    def config(self, config: Config, tmp_path: Path) -> Config:
        path = tmp_path / "course" / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        path.write_text(exercise("longest", "Complete `longest`.", STUB, TESTS), encoding="utf-8")
        return config

    async def test_the_line_is_told_and_never_that_the_answer_is_right(
        self, ask: Client, service: RunningService
    ) -> None:
        texts = []
        for place in range(3):
            code = f"{POINTED}\nprint({place})"
            request = HelpRequest(
                text="why is this wrong?", course=COURSE, assignment=ASSIGNMENT, cell_id="answer", code=code
            )
            texts.append((await said(ask, request))[0])
        assert await told(service, "suspected") == 3
        for text in texts:
            assert NOT_YET in text and SOLVED[0] not in text
        assert "Look first at line 5" in texts[1] and "`return str(ws).center(40)`" in texts[1]


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"[]",
        b"{",
        b'{"cells": 5}',
        b"[" * 100_000,
        b'{"cells": [{"cell_type": "code", "metadata": 3}]}',
    ],
    ids=["empty", "a list", "broken", "no cells", "deep", "odd cell"],
)
def test_a_strange_file_of_a_classmate_is_passed_over(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "a.ipynb").write_bytes(written)
    assert answer_in(tmp_path, "longest") == ""
    assert answer_in(tmp_path / "gone", "longest") == ""


class NeverEnding:
    """A runner that takes for ever, and says whether it was stopped."""

    def __init__(self) -> None:
        self.began, self.stopped = 0, 0

    async def run(
        self,
        cells: Sequence[str],
        *,
        files: Sequence[CourseFile] = (),
        limits: RunLimits | None = None,
        call: Call | None = None,
    ) -> RunResult:
        self.began += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped += 1
        raise AssertionError


class TestNoTime:
    """The answer does not wait for a search that takes too long."""

    async def test_the_search_ends_and_its_runs_too(self) -> None:
        metrics, runner = Metrics(), NeverEnding()
        hints = Hints(runner, metrics, 0.3)
        reference = Reference(name="a/longest", code=SOLUTION, program=SOLUTION, tests=TESTS)
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                await asyncio.sleep(0.01)
                beats += 1

        heart = asyncio.create_task(beat())
        several = [hints.hint(reference, WRONG.format(">=", "")) for _ in range(MAX_WAITING + 3)]
        assert await asyncio.gather(*several) == [None] * len(several)
        heart.cancel()
        assert beats > 0, "the event loop stood still meanwhile"
        assert metrics.registry.get_sample_value("learnflow_hints_total", {"outcome": "late"}) == MAX_WAITING
        async with asyncio.timeout(30):
            while runner.stopped < runner.began:  # noqa: ASYNC110 - the threads end when they see the time
                await asyncio.sleep(0.02)
        hints.close()
