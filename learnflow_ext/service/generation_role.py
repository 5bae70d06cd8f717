"""Making exercises in a process of its own: takes wishes from the queue that all services of a database
share."""

from __future__ import annotations

import asyncio

from learnflow_grading.client import GradingWorker
from learnflow_kernels import janitor
from learnflow_kernels.check import SandboxUnavailable
from learnflow_kernels.choice import ChosenRunner
from traitlets.config import Config

from learnflow_ext.service import logs
from learnflow_ext.service.assembly import FIRST_HINT_UID
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.models import open_model
from learnflow_ext.service.practice import Practices
from learnflow_ext.service.tutors import course_files
from learnflow_ext.settings import LearnFlow, LearnFlowGrading, LearnFlowModel, LearnFlowPractice
from learnflow_ext.store.database import Database

log = logs.get("learnflow.worker")


class GenerationRole:
    """Makes what students ask for, until it is stopped."""

    def __init__(self, db: Database, config: Config, settings: LearnFlow) -> None:
        """`db` is open by the time it runs. The state folder of `settings` is the services' own, on a disk
        that this machine shares with theirs: there lie the exercises and the courses' rules. ValueError, a
        sentence, for settings of the model that cannot work.
        """
        self._seconds = settings.drain_seconds
        # It releases; without a process for it exercises would only be proved.
        self._releases = GradingWorker(gives_way=True)
        self._runner = ChosenRunner(config, preload=(), ready=1, uid=FIRST_HINT_UID)
        self._model = open_model(LearnFlowModel(config=config))
        self._practices = Practices(
            db,
            self._releases,
            self._runner,
            settings,
            LearnFlowGrading(config=config),
            LearnFlowPractice(config=config),
            Metrics(),
            course_files(settings),
            # What assignments teach is for those who choose.
            {},
            self._model,
        )

    async def run(self) -> None:
        """Until `stop`, or cancelled."""
        await self._releases.start()
        try:
            await self._runner.start()
        except SandboxUnavailable as error:
            # Each exercise says so too, and looks again: somebody may be installing one.
            log.error("no sandbox: no exercise can be proved", cause=error.message)
        cleaning = asyncio.create_task(janitor.keep_clean(also=self._runner.sweep))
        try:
            await self._practices.wishes.run()
        finally:
            cleaning.cancel()
            await asyncio.gather(cleaning, return_exceptions=True)

    async def stop(self) -> None:
        """Finish what is in hand within `LearnFlow.drain_seconds`, or leave it to others; then end the
        processes."""
        await self._practices.wishes.drain(self._seconds)
        await self._practices.close()
        await self._runner.close()
        await self._releases.stop()
        if self._model is not None:
            await self._model.close()
