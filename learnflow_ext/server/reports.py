"""Run reports on their way to the service: a bounded queue, sent in batches, kept while it is down."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from learnflow_ext.contracts.errors import LearnFlowError, TooBusy, Unavailable
from learnflow_ext.contracts.runs import MAX_RUNS_PER_REPORT, RunBatch, RunReport

MAX_WAITING = 5_000


class Reporter:
    """Takes reports at once and sends them about every `interval` seconds."""

    def __init__(
        self,
        send: Callable[[RunBatch], Awaitable[None]],
        log: logging.Logger,
        *,
        interval: float = 1.0,
        longest_wait: float = 30.0,
        limit: int = MAX_WAITING,
    ) -> None:
        """`send` raises Unavailable or TooBusy where trying again helps, another LearnFlowError where not."""
        self._send = send
        self._log = log
        self._interval = interval
        self._longest_wait = longest_wait
        self._waiting: deque[RunReport] = deque()
        self._limit = limit
        self._dropped = 0
        self._some = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many reports have not been taken by the service yet."""
        return len(self._waiting)

    def add(self, report: RunReport) -> None:
        """Queue a report. When the queue is full the oldest goes, with a line in the log."""
        if len(self._waiting) >= self._limit:
            self._waiting.popleft()
            self._dropped += 1
            if self._dropped == 1 or self._dropped % 100 == 0:
                self._log.warning("run reports wait in vain: %s dropped, the oldest first", self._dropped)
        self._waiting.append(report)
        self._some.set()

    def start(self) -> None:
        """Begin sending, on the running event loop."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self, seconds: float = 3.0) -> None:
        """Send what waits, for at most `seconds`, and end."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        try:
            async with asyncio.timeout(seconds):
                while self._waiting:
                    await self._send_batch()
        except (TimeoutError, LearnFlowError):
            self._log.warning("stopping with %s run reports unsent", len(self._waiting))

    async def _run(self) -> None:
        wait = self._interval
        while True:
            await self._some.wait()
            await asyncio.sleep(wait)
            try:
                while self._waiting:
                    await self._send_batch()
                self._some.clear()
                wait = self._interval
            except (Unavailable, TooBusy) as error:
                wait = min(self._longest_wait, max(self._interval, wait * 2))
                self._log.info("%s run reports wait %.0f s: %s", len(self._waiting), wait, error)

    async def _send_batch(self) -> None:
        batch = tuple(self._waiting)[:MAX_RUNS_PER_REPORT]
        try:
            await self._send(RunBatch(runs=batch))
        except (Unavailable, TooBusy):
            raise
        except LearnFlowError as error:
            # the service will never take these: keeping them would block all that follow
            self._log.error("the service refused %s run reports, they are dropped: %s", len(batch), error)
        for report in batch:
            # the queue may have dropped its oldest meanwhile
            if self._waiting and self._waiting[0] is report:
                self._waiting.popleft()
