"""The service's end of the grading process: starts it when needed, and again after it broke."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec

from learnflow_ext.contracts import errors
from learnflow_ext.contracts.errors import LearnFlowError, Unavailable
from learnflow_ext.contracts.grades import GradeRecord

from .forks import ForkedProcess, Forks
from .processes import kill_tree, kill_users_of
from .protocol import MAX_LINE, Answer, GradeOp, Op, Released, ReleaseOp, seconds_for_all

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "learnflow_grading.worker")
NICE = 5
"""Of a third of the weight: work goes on, and no student's cell runs into its time limit for it."""
_SECRET = re.compile(r"JUPYTERHUB_|JPY_|CONFIGPROXY_|.*(?:TOKEN|SECRET|PASSWORD|API_KEY|DATABASE_URL)")
_BY_CODE: dict[str, type[LearnFlowError]] = {
    cls.code: cls
    for cls in vars(errors).values()
    if isinstance(cls, type) and issubclass(cls, LearnFlowError)
}


def error_of(code: str, message: str) -> LearnFlowError:
    """What a process tells by a code and a sentence, as the error it was there."""
    return _BY_CODE.get(code, LearnFlowError)(message)


class GradingWorker:
    """One grading process, used by one op at a time; others wait their turn.

    It need not be started: the first op does that (some seconds; `start` does it ahead). When the process
    dies or takes too long, the op in hand raises Unavailable and the next one gets a new process.
    """

    def __init__(
        self,
        *,
        op_timeout: float = 240.0,
        command: Sequence[str] = COMMAND,
        forks: Forks | None = None,
        gives_way: bool = False,
    ) -> None:
        """`op_timeout`: seconds without a sign after which an op is given up, and the process replaced.

        A grading gives one whenever it begins to run a notebook, which has limits of its own; where a cell
        may run longer than usual, so may this. An honest submission of many notebooks takes its time.
        With `forks` the process is one of theirs, as long as there are some. `gives_way`: where others want
        the processor, who answers somebody goes first; not for a process of `forks`.
        """
        self._op_timeout = op_timeout
        self._gives_way = gives_way
        self._command = tuple(command)
        self._forks = forks
        self._process: asyncio.subprocess.Process | ForkedProcess | None = None
        self._turn = asyncio.Lock()
        self._scratch: Path | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def pid(self) -> int | None:
        """The process's id, or None while there is none."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    async def start(self) -> None:
        """Start the process; it loads its libraries while nobody waits. Fine when it runs already."""
        async with self._turn:
            await self._ensure()

    async def stop(self) -> None:
        """Kill the process with all its children. The op in hand, if any, raises Unavailable."""
        await self._kill()

    async def release(
        self,
        *,
        course: str,
        course_root: Path,
        exchange_root: Path,
        assignment: str,
        cell_timeout: float = 0.0,
        memory_mb: int = 256,
    ) -> Released:
        """Release an assignment; see `learnflow_grading.release.release` for what it may raise.

        `cell_timeout`: seconds that students' cells will have; its solution is tried with them. 0: not tried.
        """
        done = await self._ask(
            ReleaseOp(
                course=course,
                course_root=str(course_root),
                exchange_root=str(exchange_root),
                assignment=assignment,
                cell_timeout=cell_timeout,
                memory_mb=memory_mb,
            )
        )
        return Released(done.title, done.notebooks, done.exercises)

    async def grade(
        self,
        *,
        submission_id: str,
        course: str,
        course_root: Path,
        assignment: str,
        student: str,
        submitted_dir: Path,
        submitted_at: str = "",
        cell_timeout: float = 5.0,
        memory_mb: int = 256,
        in_place: bool = False,
        settings_file: Path | None = None,
        late_share: float = 0.0,
        late_note: str = "",
    ) -> GradeRecord:
        """Grade a submission; see `learnflow_grading.autograde.grade` for what it may raise.

        `submitted_at` is ISO 8601 with its zone, empty for now; `cell_timeout` in seconds. `in_place` and
        `settings_file` are for a teacher's own course folder, `late_share` and `late_note` for late work; see
        `Submission` and `Course`.
        """
        done = await self._ask(
            GradeOp(
                submission_id=submission_id,
                course=course,
                course_root=str(course_root),
                assignment=assignment,
                student=student,
                submitted_dir=str(submitted_dir),
                submitted_at=submitted_at,
                cell_timeout=cell_timeout,
                memory_mb=memory_mb,
                in_place=in_place,
                settings_file=str(settings_file or ""),
                late_share=late_share,
                late_note=late_note,
            )
        )
        if done.record is None:
            raise Unavailable("The grader gave no grade; it will be asked again.")
        return done.record

    async def _ask(self, op: Op) -> Answer:
        async with self._turn:
            process = await self._ensure()
            patience = self._op_timeout + seconds_for_all(op.cell_timeout) - seconds_for_all(0)
            try:
                done = await self._exchange(process, msgspec.json.encode(op) + b"\n", patience)
            except TimeoutError:
                log.error("Grading process %s gave no sign for %s s and is replaced", process.pid, patience)
                await self._kill()
                raise Unavailable("Grading took too long and was stopped; it will be tried again.") from None
            except BaseException:  # cancelled: an answer nobody waits for would be taken for the next op's
                await self._kill()
                raise
        if not done.ok:
            raise error_of(done.code, done.message)
        return done

    async def _exchange(
        self, process: asyncio.subprocess.Process | ForkedProcess, line: bytes, patience: float
    ) -> Answer:
        """TimeoutError when there was neither an answer nor a sign for `patience` seconds."""
        async with asyncio.timeout(patience) as clock:
            while (answer := await self._next(process, line)).going_on:
                clock.reschedule(asyncio.get_running_loop().time() + patience)
                line = b""
        return answer

    async def _next(self, process: asyncio.subprocess.Process | ForkedProcess, line: bytes) -> Answer:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(line)
            await process.stdin.drain()
            answer = await process.stdout.readline()
        except (ConnectionError, ValueError) as error:
            log.error("Grading process %s: %s", process.pid, error)
            answer = b""
        if not answer.endswith(b"\n"):
            await self._kill()
            log.error("Grading process %s ended with status %s", process.pid, process.returncode)
            raise Unavailable("The grading process stopped unexpectedly; it is started again.")
        return msgspec.json.decode(answer, type=Answer)

    async def _ensure(self) -> asyncio.subprocess.Process | ForkedProcess:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self._kill()
        self._scratch = await asyncio.to_thread(_scratch_folder)
        if self._forks is not None:
            with contextlib.suppress(Unavailable):
                self._process = await self._forks.fork(self._scratch)
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=MAX_LINE,
                env=environment() | {"TMPDIR": str(self._scratch)},
                start_new_session=True,
            )
            if self._gives_way:
                _give_way(self._process.pid)
        return self._process

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            await asyncio.to_thread(kill_tree, process.pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()
        if self._scratch is not None:
            await asyncio.to_thread(_clear, self._scratch)
            self._scratch = None


def _give_way(pid: int) -> None:
    """Make a process that leads a session of its own, with all that it will start, nicer than we are."""
    nice = min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICE)
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, nice)
    # Where Linux weighs sessions against each other, the nice value of a process counts only within one.
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(nice))


def _scratch_folder() -> Path:
    """Where the process and its kernels keep temporary files. Kernels run as somebody else: open to enter."""
    folder = Path(tempfile.mkdtemp(prefix="learnflow-grading-"))
    folder.chmod(0o711)
    return folder


def _clear(folder: Path) -> None:
    kill_users_of(folder)
    shutil.rmtree(folder, ignore_errors=True)


def environment() -> dict[str, str]:
    """Ours, for a process that grades: it needs no token and no password, so it gets none."""
    return {name: value for name, value in os.environ.items() if not _SECRET.match(name)}
