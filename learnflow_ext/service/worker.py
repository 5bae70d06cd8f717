"""Parts of the event stream in a process of their own: members of the same groups as the service's."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any, Literal, cast, get_args

from learnflow_ext.agents.context import Policy
from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.events.bus import Bus
from learnflow_ext.events.progress_consumer import progress_consumer
from learnflow_ext.events.relay import Relay
from learnflow_ext.events.struggle_consumer import struggle_consumer
from learnflow_ext.progress.standing import after_grade
from learnflow_ext.service import logs
from learnflow_ext.service.buses import open_bus
from learnflow_ext.service.policies import Policies
from learnflow_ext.service.tutors import course_files
from learnflow_ext.service.watch import SWEEP_S, Watch
from learnflow_ext.settings import LearnFlow, LearnFlowKafka, LearnFlowStruggle, LearnFlowTutor
from learnflow_ext.store.database import Database

Role = Literal["relay", "progress", "struggle"]
Job = Coroutine[Any, Any, None]
ROLES: tuple[Role, ...] = get_args(Role)

log = logs.get("learnflow.worker")


def roles_in(given: str) -> tuple[Role, ...]:
    """The roles named in `given`, with commas between them. BadRequest, in a sentence, for others."""
    names = [name.strip() for name in given.split(",") if name.strip()]
    unknown = sorted({*names} - {*ROLES})
    if unknown or not names:
        what = f"There is no role {', '.join(unknown)}." if unknown else "Name a role."
        raise BadRequest(f"{what} A worker's roles are {', '.join(ROLES)}, with commas between them.")
    return tuple(role for role in ROLES if role in names)


def watch_of(struggle: LearnFlowStruggle, settings: LearnFlow, tutor: LearnFlowTutor) -> Watch:
    """The judge of struggle, which knows the courses' exams once it was refreshed."""
    return Watch(struggle, Policies(course_files(settings), cast("Policy", tutor.policy)))


async def work(
    db: Database,
    kafka: LearnFlowKafka,
    watch: Watch | None,
    roles: Collection[Role],
    stop: asyncio.Event,
) -> bool:
    """Do what `roles` say, `struggle` with `watch`, until `stop` is set; then leave the groups in order.

    `db` is open. False when a part ended by itself, which none should.
    """
    stopping: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    opening = asyncio.create_task(open_bus(kafka))
    tasks: list[asyncio.Task[None]] = []
    bus: Bus | None = None
    try:
        await asyncio.wait((stopping, opening), return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            return True
        bus = await opening
        if watch is not None:
            await watch.refresh()
        for role, job in _jobs(db, bus, watch, roles).items():
            tasks.append(asyncio.create_task(job, name=role))
        log.info("at work", roles=sorted(roles), database=db.name, brokers=kafka.bootstrap_servers)
        await asyncio.wait((stopping, *tasks), return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done() and not task.cancelled():
                log.critical("a part of the worker ended", part=task.get_name(), exc_info=task.exception())
        return stopping.done()
    finally:
        for task in (stopping, opening, *tasks):
            task.cancel()
        await asyncio.gather(stopping, opening, *tasks, return_exceptions=True)
        if bus is not None:
            await bus.close()
        log.info("stopped")


def _jobs(db: Database, bus: Bus, watch: Watch | None, roles: Collection[Role]) -> dict[str, Job]:
    """Consumers join their groups here, before a relay publishes."""
    jobs: dict[str, Job] = {}
    if "progress" in roles:
        jobs["progress"] = progress_consumer(db, bus, after_grade).run()
    if "struggle" in roles:
        assert watch is not None
        jobs["struggle"] = struggle_consumer(db, bus, watch).run()
        jobs["exams"] = _refreshing(watch)
    if "relay" in roles:
        jobs["relay"] = Relay(db, bus).run()
    return jobs


async def _refreshing(watch: Watch) -> None:
    while True:
        await asyncio.sleep(SWEEP_S)
        await watch.refresh()
