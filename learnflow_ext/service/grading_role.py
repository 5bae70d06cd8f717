"""Grading in a process of its own: takes from the queue that all services of a database share."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from learnflow_kernels import janitor

from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.service.grading_queue import GradingProcess, GradingQueue
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.tutors import course_files
from learnflow_ext.settings import LearnFlow, LearnFlowGrading
from learnflow_ext.store.database import Database


class GradingRole:
    """Keeps its graders busy, until it is stopped."""

    def __init__(
        self,
        db: Database,
        graders: Sequence[GradingProcess],
        settings: LearnFlow,
        grading: LearnFlowGrading,
    ) -> None:
        """`db` is open by the time it runs. The state folder of `settings` is the services' own, on a disk
        that this machine shares with theirs: there lie courses and what was handed in.
        """
        self._graders = graders
        self._seconds = settings.drain_seconds
        self._queue = GradingQueue(
            db, graders, settings, grading, Metrics(), Deadlines(course_files(settings), db)
        )

    async def run(self) -> None:
        """Until `stop`, or cancelled."""
        for grader in self._graders:
            await grader.start()
        cleaning = asyncio.create_task(janitor.keep_clean())
        try:
            await self._queue.run()
        finally:
            cleaning.cancel()
            await asyncio.gather(cleaning, return_exceptions=True)

    async def stop(self) -> None:
        """Finish what is in hand within `LearnFlow.drain_seconds`, or put it back; then end the processes."""
        await self._queue.drain(self._seconds)
        for grader in self._graders:
            await grader.stop()
