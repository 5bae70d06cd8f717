"""Proved hints for the chat: the search runs in threads and warm sandboxes, and for a limited time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from learnflow_ext.agents.context import ProvedHint
from learnflow_ext.agents.references import Reference
from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.grades import CourseFile
from learnflow_ext.contracts.runner import Call, RunLimits, Runner, RunResult
from learnflow_ext.exercises.hinting import Hinter
from learnflow_ext.exercises.hints import Hint
from learnflow_ext.exercises.trees import parse
from learnflow_ext.service import logs
from learnflow_ext.service.metrics import Metrics

THREADS = 2
MAX_WAITING = 8
"""Searches that are under way or wait for a thread; whoever comes then is answered without one."""
REPAIRING = 0.8
"""Share of the time for the search for a repair; what is left is for pointing at a line without one."""

Peers = Callable[[], Awaitable[Sequence[str]]]
"""Gives classmates' answers, on the service's event loop."""

log = logs.get("learnflow.hints")


class FarRunner:
    """The service's runner, for work in a thread that has an event loop of its own."""

    def __init__(self, runner: Runner, loop: asyncio.AbstractEventLoop) -> None:
        """`runner` belongs to `loop`."""
        self._runner = runner
        self._loop = loop

    async def run(
        self,
        cells: Sequence[str],
        *,
        files: Sequence[CourseFile] = (),
        limits: RunLimits | None = None,
        call: Call | None = None,
    ) -> RunResult:
        """As `Runner.run`; cancelling it ends the run over there."""
        there = self._runner.run(cells, files=files, limits=limits, call=call)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there, self._loop))


class Hints:
    """Looks for hints about the exercises of a classroom. Serves any number of questions at a time."""

    def __init__(self, runner: Runner, metrics: Metrics, seconds: float) -> None:
        """`seconds` a search may take, waiting included; 0 for no searches at all."""
        self._runner = runner
        self._metrics = metrics
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="hints")
        self._waiting = 0

    async def hint(
        self, reference: Reference | None, attempt: str, peers: Peers | None = None
    ) -> ProvedHint | None:
        """What was proved about `attempt`, or the line that its failing tests point at. Never raises.

        None where there is neither, for whatever reason. `peers` are asked for where the solution proves
        nothing, or is far from the attempt.
        """
        if reference is None or not reference.tests.strip() or not attempt.strip() or not self._seconds:
            return None
        if self._waiting >= MAX_WAITING or parse(attempt) is None:
            # Of what Python cannot read, the error says more than a search.
            return None
        self._waiting += 1
        began = time.monotonic()
        outcome = "failed"
        try:
            found = await self._search(reference, attempt, began + self._seconds, peers)
            outcome = _outcome(found)
        except TimeoutError:
            outcome = "late"
            return None
        except LearnFlowError as error:
            log.warning("no hint was looked for", exercise=reference.name, error=error.message)
            return None
        except Exception:
            # The boundary to the search: the student gets the answer that the error alone gives.
            log.exception("the search for a hint failed", exercise=reference.name)
            return None
        finally:
            self._waiting -= 1
            self._metrics.hints.labels(outcome).inc()
            self._metrics.hint_seconds.observe(time.monotonic() - began)
        if not found.proved and found.line is None:
            return None
        solved = found.proved and not found.edit_size
        return ProvedHint(
            solved=solved, line=found.line, concept=found.concept, rungs=() if solved else found.rungs
        )

    async def _search(self, reference: Reference, attempt: str, until: float, peers: Peers | None) -> Hint:
        """TimeoutError when there is no hint by then, which is a moment of `time.monotonic`."""
        loop = asyncio.get_running_loop()
        runner = FarRunner(self._runner, loop)

        async def from_there() -> Sequence[str]:
            assert peers is not None
            try:
                return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_asked(peers), loop))
            except Exception:
                # What the solution alone proved must not be lost with them.
                log.exception("classmates' answers were not read", exercise=reference.name)
                return ()

        async def searched() -> Hint:
            left = until - time.monotonic()
            async with asyncio.timeout(left):
                hinter = Hinter(
                    runner,
                    f"{reference.before}\n{reference.tests}",
                    statement=reference.shown,
                    reference=reference.whole if reference.whole.strip() else None,
                    more_peers=from_there if peers is not None else None,
                    all_seconds=self._seconds,
                    repair_seconds=REPAIRING * left,
                )
                return await hinter.hint(attempt)

        def in_thread() -> Hint:
            if time.monotonic() >= until:
                raise TimeoutError
            return asyncio.run(searched())

        # Comparing trees is work of the processor, so it has a thread; it sees the end of its time by itself.
        async with asyncio.timeout(max(0.0, until - time.monotonic()) + 0.1):
            return await loop.run_in_executor(self._threads, in_thread)

    def close(self) -> None:
        """Take no more; what is under way ends by its own time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)


async def _asked(peers: Peers) -> Sequence[str]:
    return await peers()


def _outcome(found: Hint) -> str:
    if not found.proved:
        return "unproved" if found.line is None else "suspected"
    return "proved" if found.edit_size else "solved"


def attempt_in(cells: Mapping[str, str], answer_cell: str, cell_id: str, code: str) -> str:
    """The student's answer: the cell asked about if it is the answer's own, else that as it last ran."""
    if not answer_cell:
        return ""
    return code if cell_id == answer_cell else cells.get(answer_cell, "")
