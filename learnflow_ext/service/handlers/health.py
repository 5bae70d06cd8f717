"""Whether the service and its parts work, and its figures."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
from sqlalchemy import text

from learnflow_ext import __version__
from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.service import metrics
from learnflow_ext.service.checkup import PartHealth
from learnflow_ext.service.handlers.base import ApiHandler
from learnflow_ext.store import outbox, submissions

_DATABASE_SECONDS = 3


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `GET health`."""

    status: str
    """`ok`, or `degraded` with status 503."""
    version: str
    database: str
    """`ok` or `unavailable`."""
    releases: str
    """`running` while assignments are released after a start, `done`, or `failed`."""
    ready: bool
    """Whether requests can be answered, and the service does not stop; a balancer asks `health/ready`."""
    parts: tuple[PartHealth, ...] = ()
    """Each part as it was found within the last half minute."""


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `GET health/live`."""

    live: bool = True


class HealthHandler(ApiHandler):
    """`GET health`, open to all: says nothing about anybody."""

    def status_of(self, health: Health) -> int:
        """The HTTP status for what was found."""
        return 200 if health.status == "ok" else 503

    async def get(self) -> None:
        database = "ok"
        try:
            async with asyncio.timeout(_DATABASE_SECONDS), self.parts.db.connect() as conn:
                await conn.execute(text("SELECT 1"))
        except (LearnFlowError, TimeoutError) as error:
            self.log.error("health: the database does not answer", error=str(error))
            database = "unavailable"
        healthy = database == "ok"
        health = Health(
            status="ok" if healthy else "degraded",
            version=__version__,
            database=database,
            releases=self.parts.releases.state,
            ready=healthy and not self.parts.traffic.draining,
            parts=self.parts.checkup.parts,
        )
        self.answer(health, self.status_of(health))


class ReadyHandler(HealthHandler):
    """`GET health/ready`: the same, with 503 also while the service stops."""

    def status_of(self, health: Health) -> int:
        """As a balancer wants it."""
        return 200 if health.ready else 503


class LiveHandler(ApiHandler):
    """`GET health/live`: the process answers. A restart helps nothing that it depends on."""

    async def get(self) -> None:
        self.answer(Live())


class MetricsHandler(ApiHandler):
    """`GET metrics`: for a scraper on this machine, and for the hub's admins."""

    async def get(self) -> None:
        with contextlib.suppress(LearnFlowError, TimeoutError):
            # Without the database the last figures stay: they are those the others belong to.
            async with asyncio.timeout(_DATABASE_SECONDS), self.parts.db.connect() as conn:
                self.parts.metrics.outbox_waiting.set(await outbox.size(conn))
                queue = await submissions.queue(conn)
            self.parts.metrics.submissions_waiting.set(queue.waiting)
            self.parts.metrics.submission_wait_seconds.set(queue.longest_seconds)
        self.set_header("Content-Type", metrics.CONTENT_TYPE)
        self.finish(self.parts.metrics.text())
