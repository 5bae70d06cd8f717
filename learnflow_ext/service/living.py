"""That this process of the service lives: others do again what it had in hand once it is gone."""

from __future__ import annotations

import asyncio

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.service import logs
from learnflow_ext.store.database import Database
from learnflow_ext.store.presence import SERVICES, presence_of

AGAIN_SECONDS = 2.0

log = logs.get("learnflow.service")


class Living:
    """Holds a presence among the services of a database."""

    def __init__(self, db: Database) -> None:
        """Nobody knows of us until `run`."""
        self._db = db
        self.id = ""
        """Of the presence that is held now; empty while there is none, so that nobody can know if we live."""

    async def run(self) -> None:
        """Until cancelled. A presence that is lost is followed by another."""
        while True:
            presence = presence_of(self._db, SERVICES)
            try:
                async with presence.held(_nothing):
                    self.id = presence.id
                    await presence.lost.wait()
            except LearnFlowError as error:
                log.warning("others cannot know that we live", code=error.code, message=error.message)
            finally:
                self.id = ""
            await asyncio.sleep(AGAIN_SECONDS)


def _nothing() -> None:
    """What is queued is the graders' business."""
