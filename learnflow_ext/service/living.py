"""What the services of a database know of each other: that each lives, and what it lets in.

Others do again what one had in hand once it is gone. And each tells the others once a second which requests
it let in, so that limits hold for all together without a request waiting for anybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.service import logs
from learnflow_ext.service.limits import ApiLimits, Taken
from learnflow_ext.store.database import Database
from learnflow_ext.store.presence import LONGEST, SERVICES, presence_of, tell

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 0.5
"""From a connection that broke to the next: shorter than `handlers.once.GONE_SECONDS`, after which others
believe that we are gone."""
TELL_SECONDS = 1.0

log = logs.get("learnflow.service")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one service tells the others."""

    by: str
    """Its presence."""
    taken: Taken


class Living:
    """Holds a presence among the services of a database, under one id for as long as this process lives."""

    def __init__(self, db: Database, limits: ApiLimits) -> None:
        """Nobody knows of us until `run`."""
        self._db = db
        self._limits = limits
        self._presence = presence_of(db, SERVICES)
        self.id = ""
        """Of the presence while it is held; empty while it is not, so that nobody can know if we live."""

    async def run(self) -> None:
        """Until cancelled. A presence that is lost is held again, at once: what is in hand is still ours."""
        pause, said = FIRST_PAUSE_SECONDS, False
        while True:
            try:
                async with self._presence.held(self._hear):
                    self.id = self._presence.id
                    pause, said = FIRST_PAUSE_SECONDS, False
                    await self._presence.lost.wait()
            except LearnFlowError as error:
                if not said:
                    log.warning("others cannot know that we live", code=error.code, message=error.message)
                said = True
            finally:
                self.id = ""
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def tell(self) -> None:
        """Until cancelled: tell the others what we let in. What cannot be told is forgotten."""
        while True:
            await asyncio.sleep(TELL_SECONDS)
            taken = self._limits.taken()
            if not self.id or taken.nothing:
                continue
            try:
                for said in messages(self.id, taken):
                    async with self._db.glance() as conn:
                        await tell(conn, SERVICES, said)
            except LearnFlowError as error:
                log.info("others do not know what we let in", code=error.code, message=error.message)

    def _hear(self, said: str) -> None:
        try:
            told = msgspec.json.decode(said, type=Told)
        except (msgspec.DecodeError, RecursionError):
            # Whoever it was, it must not end the connection by which others know that we live.
            log.warning("something else speaks where services tell each other what they let in")
            return
        if told.by != self._presence.id:
            self._limits.taken_elsewhere(told.taken)


def messages(by: str, taken: Taken) -> Iterator[str]:
    """What `by` let in, in as many pieces as PostgreSQL carries."""
    people: dict[str, int] = {}
    courses: dict[str, int] = {}
    # More than what stands around them.
    room = LONGEST - 200
    for kind, counts in ((people, taken.people), (courses, taken.courses)):
        for name, count in counts.items():
            size = len(msgspec.json.encode({name: count}))
            if size > room:
                yield _message(by, people, courses)
                people.clear()
                courses.clear()
                room = LONGEST - 200
            kind[name] = count
            room -= size
    yield _message(by, people, courses)


def _message(by: str, people: dict[str, int], courses: dict[str, int]) -> str:
    return msgspec.json.encode(Told(by=by, taken=Taken(people=people, courses=courses))).decode()
