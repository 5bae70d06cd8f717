"""The grading process and its client: what the service relies on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from graded_by import gone, hand_to
from learnflow_grading.client import GradingWorker
from learnflow_grading.processes import descendants
from nbformat import NotebookNode
from nbformat import v4 as nbf

from learnflow_ext.contracts.errors import BadRequest, LearnFlowError, NotFound, Unavailable

from .conftest import Classroom, warmup, write_source

# One event loop for all: the process that they share is tied to it.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worker() -> AsyncIterator[GradingWorker]:
    """One for all tests: where a test has its process killed, the next op starts another."""
    async with GradingWorker() as running:
        yield running


def endless(classroom: Classroom) -> NotebookNode:
    nb = classroom.solved()
    nb.cells.insert(1, nbf.new_code_cell("while True: pass"))
    return nb


async def started(pid: int | None, least: int = 3) -> list[int]:
    """Ids of the processes that the worker has started, once there are as many as a sandbox's at `least`."""
    assert pid is not None
    for _ in range(1800):
        below = await asyncio.to_thread(descendants, pid)
        if len(below) >= least:
            return below
        await asyncio.sleep(0.05)
    raise AssertionError("nothing was started")


class TestOps:
    async def test_grade_and_release(
        self, worker: GradingWorker, classroom: Classroom, tmp_path: Path
    ) -> None:
        record = await hand_to(worker, classroom, tmp_path / "a", classroom.solved(), "olga")
        assert (record.submission_id, record.score, record.status) == ("s-1", 6, "graded")
        stamp = classroom.course.folder("submitted", "olga", "warmup") / "timestamp.txt"
        assert stamp.read_text() == "2026-05-01 08:00:00.000000 UTC"
        pid = worker.pid
        done = await worker.release(
            course="python",
            course_root=classroom.course.root,
            exchange_root=classroom.exchange,
            assignment="warmup",
        )
        assert done == classroom.released
        assert worker.pid == pid

    async def test_a_refusal_comes_back_as_its_class_and_the_worker_lives_on(
        self, worker: GradingWorker, classroom: Classroom
    ) -> None:
        with pytest.raises(NotFound, match="no assignment 'nothing'"):
            await worker.release(
                course="python",
                course_root=classroom.course.root,
                exchange_root=classroom.exchange,
                assignment="nothing",
            )
        pid = worker.pid
        with pytest.raises(BadRequest, match="time zone"):
            await worker.grade(
                submission_id="1",
                course="python",
                course_root=classroom.course.root,
                assignment="warmup",
                student="ada",
                submitted_dir=classroom.exchange,
                submitted_at="2026-05-01T10:00:00",
            )
        assert worker.pid == pid


class TestWorkerKilledInMidGrading:
    async def test_the_op_fails_the_kernel_ends_and_the_next_op_works(
        self, worker: GradingWorker, classroom: Classroom, tmp_path: Path
    ) -> None:
        task = asyncio.ensure_future(
            hand_to(worker, classroom, tmp_path / "a", endless(classroom), "killed", cell_timeout=30)
        )
        pid = worker.pid
        below = await started(pid)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(Unavailable, match="stopped unexpectedly"):
            await task
        assert await gone(pid, *below)
        record = await hand_to(worker, classroom, tmp_path / "a", classroom.solved(), "killed")
        assert record.score == 6
        assert worker.pid not in (None, pid)


class TestGradingTakesTooLong:
    STUCK = (
        "import subprocess, time\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\ntime.sleep(600)"
    )

    async def test_it_is_given_up_with_everything_it_started(
        self, classroom: Classroom, tmp_path: Path
    ) -> None:
        worker = GradingWorker(op_timeout=0.5, command=(sys.executable, "-c", self.STUCK))
        await worker.start()
        try:
            below = await started(worker.pid, 1)
            with pytest.raises(Unavailable, match="took too long"):
                await hand_to(worker, classroom, tmp_path / "a", classroom.solved(), "slow")
            assert worker.pid is None
            assert await gone(*below)
        finally:
            await worker.stop()


class TestLongAndHonest:
    async def test_what_takes_long_and_goes_on_is_not_taken_for_stuck(
        self, classroom: Classroom, tmp_path: Path
    ) -> None:
        signs = (
            "import time\ninput()\n"
            'for _ in range(4): time.sleep(0.4); print(\'{"ok":true,"going_on":true}\', flush=True)\n'
            'print(\'{"ok":true,"title":"done"}\', flush=True); input()'
        )
        worker = GradingWorker(op_timeout=1.2, command=(sys.executable, "-c", signs))
        await worker.start()
        done = await worker.release(
            course="c", course_root=classroom.exchange, exchange_root=classroom.exchange, assignment="a"
        )
        assert done.title == "done"
        await worker.stop()

    async def test_every_notebook_has_its_own_time(
        self, worker: GradingWorker, classroom: Classroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        thoughts, code = classroom.handed_out("essay", "thoughts"), classroom.handed_out("essay", "code")
        code.cells[0].source = "def double(x):\n    return 2 * x"
        both = {"thoughts": thoughts, "code": code}
        # The first one tries the solution too.
        await hand_to(worker, classroom, tmp_path / "a", both, "tess", assignment="essay")
        for nb in (thoughts, code):
            nb.cells.insert(0, nbf.new_code_cell("import time\ntime.sleep(3.6)"))
        monkeypatch.setattr(worker, "_op_timeout", 7)
        record = await hand_to(worker, classroom, tmp_path / "a", both, "tess", assignment="essay")
        assert (record.status, record.score) == ("graded", 1)
        assert record.duration_ms > 7000


class TestCallerGivesUp:
    async def test_its_answer_is_not_given_to_the_next(
        self, worker: GradingWorker, classroom: Classroom, tmp_path: Path
    ) -> None:
        task = asyncio.ensure_future(
            hand_to(worker, classroom, tmp_path / "a", endless(classroom), "gone", cell_timeout=30)
        )
        await started(worker.pid)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        record = await hand_to(worker, classroom, tmp_path / "b", classroom.solved(), "next")
        assert (record.student, record.score) == ("next", 6)


class TestServiceStops:
    async def test_nothing_is_left(self, classroom: Classroom, tmp_path: Path) -> None:
        worker = GradingWorker()
        await worker.start()
        task = asyncio.ensure_future(
            hand_to(worker, classroom, tmp_path / "a", endless(classroom), "stopped", cell_timeout=30)
        )
        pid = worker.pid
        below = await started(pid)
        await worker.stop()
        with pytest.raises(Unavailable):
            await task
        assert pid is not None
        assert await gone(pid, *below)
        await worker.stop()


class TestBrokenWorker:
    @pytest.mark.parametrize("code", ["", "print('no json at all', end='')", "raise SystemExit(3)"])
    async def test_one_that_gives_no_answer(self, classroom: Classroom, code: str) -> None:
        worker = GradingWorker(command=(sys.executable, "-c", code))
        with pytest.raises(Unavailable):
            await worker.release(
                course="c", course_root=classroom.exchange, exchange_root=classroom.exchange, assignment="a"
            )
        await worker.stop()

    async def test_one_that_answers_without_a_grade(self, classroom: Classroom) -> None:
        worker = GradingWorker(command=(sys.executable, "-c", "input(); print('{\"ok\":true}'); input()"))
        with pytest.raises(Unavailable, match="no grade"):
            await hand_to(worker, classroom, classroom.exchange / "x", classroom.solved(), "ada")
        await worker.stop()

    async def test_an_unknown_code_is_still_a_sentence(self, classroom: Classroom) -> None:
        answer = json.dumps({"ok": False, "code": "sandbox_unavailable", "message": "Install bubblewrap."})
        worker = GradingWorker(command=(sys.executable, "-c", f"input(); print({answer!r}); input()"))
        with pytest.raises(LearnFlowError, match="Install bubblewrap"):
            await hand_to(worker, classroom, classroom.exchange / "x", classroom.solved(), "ada")
        await worker.stop()


class TestProtocol:
    async def talk(self, *lines: bytes, env: dict[str, str] | None = None) -> list[dict[str, object]]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "learnflow_grading.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=env,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        answers = []
        for line in lines:
            process.stdin.write(line + b"\n")
            answers.append(json.loads(await process.stdout.readline()))
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 10) == 0
        return answers

    async def test_neither_nonsense_nor_a_surprise_stops_the_worker(self, tmp_path: Path) -> None:
        await asyncio.to_thread(write_source, tmp_path, "ps", {"nb": warmup()})
        surprise = {
            "op": "release",
            "course": "c",
            "course_root": str(tmp_path),
            "exchange_root": "\0",
            "assignment": "ps",
        }
        nonsense = (b"nonsense", b"{}", b'{"op":"dance"}', b'{"op":"grade","course":7}')
        *refused, unexpected = await self.talk(*nonsense, json.dumps(surprise).encode())
        assert [answer["ok"] for answer in refused] == [False] * 4
        assert {answer["code"] for answer in refused} == {"bad_request"}
        assert unexpected["code"] == "internal"
        assert "Traceback" not in str(unexpected["message"])
        assert "the log says more under" in str(unexpected["message"])

    async def test_secrets_of_the_service_do_not_reach_the_worker(
        self, monkeypatch: pytest.MonkeyPatch, classroom: Classroom
    ) -> None:
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "hidden")
        monkeypatch.setenv("OPENAI_API_KEY", "hidden")
        code = (
            "import os, json; input(); seen = str('hidden' in str(os.environ))\n"
            "print(json.dumps({'ok': False, 'message': seen}), flush=True); input()"
        )
        worker = GradingWorker(command=(sys.executable, "-c", code))
        with pytest.raises(LearnFlowError, match="False"):
            await hand_to(worker, classroom, classroom.exchange / "x", classroom.solved(), "ada")
        await worker.stop()


class TestGivingWay:
    """A class that is graded must not keep those waiting who ask something."""

    async def test_the_process_and_its_session_are_nicer_than_we_are(self) -> None:
        async with GradingWorker(command=("sleep", "60"), gives_way=True) as worker:
            assert worker.pid is not None
            ours, theirs = (os.getpriority(os.PRIO_PROCESS, pid) for pid in (0, worker.pid))
            assert _of_session(worker.pid) in ("", f"nice {theirs}")
        assert theirs == min(19, ours + 5)

    async def test_a_teachers_own_command_has_nobody_to_give_way_to(self) -> None:
        async with GradingWorker(command=("sleep", "60")) as worker:
            assert worker.pid is not None
            assert os.getpriority(os.PRIO_PROCESS, worker.pid) == os.getpriority(os.PRIO_PROCESS, 0)


def _of_session(pid: int) -> str:
    """How nice the process's session is; empty where Linux does not weigh them."""
    try:
        return Path(f"/proc/{pid}/autogroup").read_text().partition(" ")[2].strip()
    except OSError:
        return ""
