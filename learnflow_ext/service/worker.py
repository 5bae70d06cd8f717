"""Parts of the service's work in a process of their own: members of the same groups on Kafka, graders from
the same queue, and those who make exercises."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Mapping
from typing import Any, Literal, Protocol, cast, get_args

from learnflow_ext.agents.context import Policy
from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.events.bus import Bus
from learnflow_ext.events.progress_consumer import progress_consumer
from learnflow_ext.events.relay import Relay
from learnflow_ext.events.struggle_consumer import struggle_consumer
from learnflow_ext.progress.standing import after_grade
from learnflow_ext.service import logs
from learnflow_ext.service.blind import Blinds
from learnflow_ext.service.buses import open_bus
from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.service.policies import Policies
from learnflow_ext.service.results import Results
from learnflow_ext.service.tutors import course_files, released_notebooks
from learnflow_ext.service.watch import SWEEP_S, Watch
from learnflow_ext.settings import LearnFlow, LearnFlowKafka, LearnFlowStruggle, LearnFlowTutor
from learnflow_ext.store.database import Database

Role = Literal["relay", "progress", "struggle", "grading", "generation"]
Job = Coroutine[Any, Any, None]
ROLES: tuple[Role, ...] = get_args(Role)
ALSO_CALLED: dict[str, Role] = {"alerts": "struggle"}
ON_THE_BUS: frozenset[Role] = frozenset({"relay", "progress", "struggle"})
"""Roles that need Kafka; the bus within the service has no other members."""

log = logs.get("learnflow.worker")


class QueueRole(Protocol):
    """Takes from a queue of the database, and needs no bus: `GradingRole`, `GenerationRole`."""

    async def run(self) -> None:
        """Until `stop`, or cancelled."""
        ...

    async def stop(self) -> None:
        """Finish what is in hand, or put it back."""
        ...


def roles_in(given: str) -> tuple[Role, ...]:
    """The roles named in `given`, with commas between them. BadRequest, in a sentence, for others."""
    said = [name.strip() for name in given.split(",") if name.strip()]
    names = [ALSO_CALLED.get(name, name) for name in said]
    unknown = sorted({*names} - {*ROLES})
    if unknown or not names:
        what = f"There is no role {', '.join(unknown)}." if unknown else "Name a role."
        raise BadRequest(
            f"{what} A worker's roles are {', '.join(ROLES)} (alerts is struggle), with commas between them."
        )
    return tuple(role for role in ROLES if role in names)


def watch_of(struggle: LearnFlowStruggle, settings: LearnFlow, tutor: LearnFlowTutor, db: Database) -> Watch:
    """The judge of struggle, which knows the courses' exams once it was refreshed; `db` is open by then."""
    files = course_files(settings)
    policies = Policies(files, cast("Policy", tutor.policy), db, released_notebooks(settings))
    deadlines = Deadlines(files, db)
    results = Results(db, deadlines, Blinds(db, deadlines, settings))
    return Watch(struggle, policies, results, settings.courses)


async def work(
    db: Database,
    kafka: LearnFlowKafka | None,
    watch: Watch | None,
    queues: Mapping[Role, QueueRole],
    roles: Collection[Role],
    stop: asyncio.Event,
) -> bool:
    """Do what `roles` say until `stop` is set; then leave in order: the groups, and what is in hand.

    `db` is open. `kafka` is for those `ON_THE_BUS`, `watch` for `struggle`; `queues` are the others of
    `roles`, which wait for no Kafka. False when a part ended by itself, which none should.
    """
    stopping: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    tasks: list[asyncio.Task[None]] = []
    for name, role in queues.items():
        tasks.append(asyncio.create_task(role.run(), name=name))
    if kafka is not None and not ON_THE_BUS.isdisjoint(roles):
        tasks.append(asyncio.create_task(_carry(db, kafka, watch, roles), name="events"))
    log.info("at work", roles=sorted(roles), database=db.name)
    try:
        await asyncio.wait((stopping, *tasks), return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done() and not task.cancelled():
                log.critical("a part of the worker ended", part=task.get_name(), exc_info=task.exception())
        return stopping.done()
    finally:
        await asyncio.gather(*(role.stop() for role in queues.values()))
        for task in (stopping, *tasks):
            task.cancel()
        await asyncio.gather(stopping, *tasks, return_exceptions=True)
        log.info("stopped")


async def _carry(db: Database, kafka: LearnFlowKafka, watch: Watch | None, roles: Collection[Role]) -> None:
    """The roles on the bus, once Kafka is there. Returns, or raises, when one of them ended."""
    bus = await open_bus(kafka)
    tasks: list[asyncio.Task[None]] = []
    try:
        if watch is not None:
            await watch.refresh()
        for role, job in _jobs(db, bus, watch, roles).items():
            tasks.append(asyncio.create_task(job, name=role))
        log.info("on the bus", roles=[task.get_name() for task in tasks], brokers=kafka.bootstrap_servers)
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            log.critical("a part of the worker ended", part=task.get_name(), exc_info=task.exception())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await bus.close()


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
