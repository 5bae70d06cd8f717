"""The service as a whole: starts its parts, and stops them in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Self
from urllib.parse import urlsplit

from jupyterhub.httpclient import JupyterHubHTTPClient
from learnflow_grading.client import GradingWorker
from learnflow_kernels import janitor
from learnflow_kernels.check import SandboxUnavailable
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from traitlets.config import Config

from learnflow_ext.contracts.events import TOPICS
from learnflow_ext.events.bus import Bus
from learnflow_ext.events.lti_consumer import lti_consumer
from learnflow_ext.events.progress_consumer import progress_consumer
from learnflow_ext.events.relay import Relay
from learnflow_ext.events.struggle_consumer import struggle_consumer
from learnflow_ext.progress.standing import after_grade
from learnflow_ext.service import housekeeping, live, logs, pages, uploads, web
from learnflow_ext.service.assembly import Assembly, Worker, assemble
from learnflow_ext.service.auth import make_hub_auth
from learnflow_ext.service.buses import open_bus
from learnflow_ext.service.oauth import SealedOAuth
from learnflow_ext.service.probes import watch_parts
from learnflow_ext.service.retention import forgetting
from learnflow_ext.service.skills import keep_fitted
from learnflow_ext.service.watch import sweeping
from learnflow_ext.settings import LearnFlow, LearnFlowKafka
from learnflow_ext.store.database import Database

GRADER = partial(GradingWorker, gives_way=True)

log = logs.get("learnflow.service")


class RunningService:
    """A service that is up. Made by `start`; ends with `stop`."""

    def __init__(self, made: Assembly, server: HTTPServer, port: int) -> None:
        """Use `start`."""
        self.parts = made.parts
        self.port = port
        self.broken = asyncio.Event()
        """Set when a task that should never end has ended."""
        self._made = made
        self._server = server
        self._bus: Bus | None = None
        """None while it is waited for."""
        self._ready = False
        """Set when the graders have started."""
        self._stopping = False
        """Set when tasks may end."""
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def start(
        cls,
        config: Config,
        environment: Mapping[str, str],
        *,
        make_worker: Callable[[], Worker] = GRADER,
    ) -> Self:
        """Answer HTTP, then do the rest in the background.

        ValueError when the hub's variables are missing in `environment`, LearnFlowError when the database
        cannot be used, OSError when the port is taken.
        """
        settings = LearnFlow(config=config)
        hub_auth = make_hub_auth(environment)
        db = Database(settings.resolved_database_url)
        await db.open()
        try:
            return await cls._started(config, environment, make_worker, settings, hub_auth, db)
        except BaseException:
            # Whatever it is: no connection outlives a service that never was.
            await db.close()
            raise

    @classmethod
    async def _started(
        cls,
        config: Config,
        environment: Mapping[str, str],
        make_worker: Callable[[], Worker],
        settings: LearnFlow,
        hub_auth: SealedOAuth,
        db: Database,
    ) -> Self:
        made = await assemble(config, environment, make_worker, settings, hub_auth, db)
        secret = await asyncio.to_thread(
            web.shared_secret, environment, settings.state_path / "service_cookie_secret"
        )
        hub_auth.seal_with(secret)
        address = urlsplit(environment.get("JUPYTERHUB_SERVICE_URL") or "http://127.0.0.1:0")
        server, port = web.serve(
            web.application(made.parts, secret), address.port or 0, address.hostname or "127.0.0.1"
        )
        service = cls(made, server, port)
        service._begin(LearnFlowKafka(config=config))
        log.info("listening", port=port, prefix=hub_auth.base_url, courses=sorted(settings.courses))
        return service

    def _begin(self, kafka: LearnFlowKafka) -> None:
        def begun(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and task.exception() is not None:
                self.broken.set()

        parts = self.parts
        watch_parts(self._made, lambda: self._bus is not None, lambda: self._ready)
        self._keep(parts.checkup.run(), "checkup")
        self._once(self._begin_events(kafka), "events").add_done_callback(begun)
        self._keep(sweeping(parts.db, parts.watch), "struggle sweep")
        self._keep(keep_fitted(parts.skills, parts.db, parts.settings.courses), "knowledge tracing")
        self._keep(forgetting(parts.db, parts.tutor_settings.retention_days), "forgetting")
        self._keep(parts.mailing.run(), "mail")
        self._keep(parts.queue.run(), "grading queue")
        if parts.practice_settings.in_service:
            self._keep(parts.practices.wishes.run(), "exercises for students")
        self._keep(parts.living.run(), "presence")
        self._keep(parts.living.tell(), "limits for all replicas")
        self._keep(parts.live.look(), "dashboards without the bus")
        self._keep(parts.blinds.run(), "blind grading")
        self._keep(parts.marks.run(), "points given by hand")
        self._keep(parts.release_rows.run(), "what is released")
        self._keep(janitor.keep_clean(also=self._made.runner.sweep), "janitor")
        self._keep(
            housekeeping.keep_house(
                parts.db,
                parts.settings.keep_events_months,
                parts.api_settings.idempotency_hours,
                parts.settings.keep_consumed_days,
            ),
            "housekeeping",
        )
        self._once(self._prepare(), "preparation")

    async def _begin_events(self, kafka: LearnFlowKafka) -> None:
        """Once the bus is there, which may take as long as Kafka takes. Nobody else waits for it."""
        parts = self.parts
        bus = self._bus = await open_bus(kafka)
        # All groups join before the relay publishes, so that nobody misses a message.
        consumer = progress_consumer(parts.db, bus, after_grade)
        # Every service shows the whole class, so each watches for itself.
        dashboard = bus.subscribe(live.GROUP, TOPICS, lasting=False)
        struggle = struggle_consumer(parts.db, bus, parts.watch)
        if parts.pass_back.on:
            grades = lti_consumer(parts.db, bus)
            parts.metrics.consumer_lag.labels(grades.group).set_function(grades.lag)
            self._keep(grades.run(), "grades for the learning platform")
            self._keep(parts.pass_back.run(), "passing grades back")
        parts.metrics.consumer_lag.labels(struggle.group).set_function(struggle.lag)
        parts.metrics.consumer_lag.labels(consumer.group).set_function(consumer.lag)
        parts.metrics.consumer_lag.labels(live.GROUP).set_function(dashboard.lag)
        self._keep(consumer.run(), "progress consumer")
        self._keep(struggle.run(), "struggle consumer")
        self._keep(parts.live.follow(dashboard), "dashboards")
        self._keep(Relay(parts.db, bus).run(), "relay")

    async def _prepare(self) -> None:
        """What takes a while and nobody should wait for."""
        if not (pages.STATIC / pages.HTMX).is_file():
            log.error("the dashboard cannot refresh itself: the front end is not built", missing=pages.HTMX)
        swept = await asyncio.to_thread(uploads.sweep, self.parts.submissions_root)
        if swept:
            log.info("removed uploads that were never finished", folders=swept)
        for worker in self._made.workers:
            await worker.start()
        self._ready = True
        runners = [self._made.runner]
        if any(each.references for each in self.parts.courses.values()):
            runners.append(self._made.bare_runner)
        try:
            for runner in runners:
                await runner.start()
        except SandboxUnavailable as error:
            # Each run says so too, and looks again: somebody may be installing one.
            log.error("no sandbox: programs are not run, nor the leak gate's tests", cause=error.message)
        if self.parts.settings.release_on_start:
            await self.parts.releases.release_all()

    def _keep(self, job: Coroutine[Any, Any, None], name: str) -> None:
        """Run `job`, which ends only with the service."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and not self._stopping:
                log.critical("a part of the service ended", part=name, exc_info=task.exception())
                self.broken.set()

        self._once(job, name).add_done_callback(ended)

    def _once(self, job: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        async def watched() -> None:
            try:
                await job
            except Exception:
                # The boundary of a background task: without this its end would go unnoticed.
                log.exception("a background task failed", part=name)
                raise

        task = asyncio.create_task(watched(), name=name)
        # Retrieves the exception, which the line above has logged.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._tasks.append(task)
        return task

    async def drain(self) -> None:
        """Before `stop`: take nothing new, and let what is in hand end, within `LearnFlow.drain_seconds`.

        What is not done by then is put back (gradings) or told to come again (requests, streams, sockets).
        Cancelled, it stops waiting.
        """
        settings, traffic = self.parts.settings, self.parts.traffic
        self._stopping = traffic.draining = True
        log.info("draining", seconds=settings.drain_seconds, notice=settings.drain_notice_seconds)
        in_hand = asyncio.gather(
            self.parts.queue.drain(settings.drain_seconds),
            self.parts.practices.wishes.drain(settings.drain_seconds),
        )
        try:
            # A balancer that asks `health/ready` sends nothing more by then.
            await asyncio.sleep(settings.drain_notice_seconds)
            self._server.stop()
            traffic.send_sockets_away()
            await asyncio.gather(traffic.settle(settings.drain_seconds), in_hand)
        finally:
            in_hand.cancel()
        log.info("drained")

    async def stop(self) -> None:
        """Take no more requests, end the tasks, then the processes, then the database."""
        self._stopping = True
        self._server.stop()
        await self.parts.answering.close()
        left = set(self._tasks)
        while left:
            # More than once: before Python 3.12 a cancelled `wait_for` may swallow it.
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=1)
        for worker in self._made.workers:
            await worker.stop()
        self._made.hints.close()
        self.parts.pass_back.close()
        await self.parts.practices.close()
        await self._made.bare_runner.close()
        await self._made.runner.close()
        if self._made.model is not None:
            await self._made.model.close()
        if self._bus is not None:
            await self._bus.close()
        await self._server.close_all_connections()
        await self.parts.db.close()
        await JupyterHubHTTPClient.loop_instance().close()
        AsyncHTTPClient().close()
        log.info("stopped")
