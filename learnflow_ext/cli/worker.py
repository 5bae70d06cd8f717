"""`learnflow worker`: relay, consumers, graders and makers of exercises in a process of their own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from traitlets import TraitError

from learnflow_ext.cli.where import (
    DEFAULT_CONFIG,
    CannotRun,
    ConfigOption,
    KafkaOption,
    StateOption,
    UrlOption,
    configuration,
    database,
    grading_settings,
    kafka_settings,
    settings,
    struggle_settings,
)

if TYPE_CHECKING:
    from learnflow_ext.service.generation_role import GenerationRole
    from learnflow_ext.service.grading_role import GradingRole
    from learnflow_ext.service.watch import Watch
    from learnflow_ext.service.worker import QueueRole, Role
    from learnflow_ext.settings import LearnFlowKafka
    from learnflow_ext.store.database import Database

A_PART_ENDED = 1


def worker(
    roles: str = typer.Option(
        "relay,progress,struggle",
        metavar="ROLE,…",
        help="What it does: `relay` takes events from the database to Kafka (one works, others stand by), "
        "`progress` keeps standings, `struggle` (or `alerts`) raises alerts, `grading` grades what waits, "
        "`generation` makes exercises that students ask for. The last three need the configuration, which "
        "names the courses; the last two also the services' state folder, and no Kafka. Several workers of a "
        "role share its work.",
    ),
    graders: int = typer.Option(
        1, min=1, max=64, metavar="N", help="How many submissions `grading` grades at the same time."
    ),
    config: ConfigOption = None,
    state: StateOption = None,
    database_url: UrlOption = None,
    kafka: KafkaOption = None,
) -> None:
    """Carry and consume events, grade, and make exercises, beside the service. SIGTERM stops it in order:
    what it has in hand is finished within c.LearnFlow.drain_seconds, or put back. All roles but `grading` and
    `generation` need Kafka.

    Exit code 1 when a part ended by itself, 2 when it cannot run.
    """
    # Late: the service's parts take a while to load.
    from learnflow_ext.service import logs
    from learnflow_ext.service.worker import ON_THE_BUS, roles_in, watch_of

    wanted = roles_in(roles)
    db = database(config, state, database_url)
    found = None if ON_THE_BUS.isdisjoint(wanted) else kafka_settings(config, kafka)
    watch = watch_of(*struggle_settings(config), db) if "struggle" in wanted else None
    queues: dict[Role, QueueRole] = {}
    if "grading" in wanted:
        queues["grading"] = _grading(db, config, state, graders)
    if "generation" in wanted:
        queues["generation"] = _generation(db, config, state)
    logs.configure()
    os.umask(0o077)
    if not asyncio.run(_run(db, found, watch, queues, wanted)):
        raise typer.Exit(A_PART_ENDED)


def _grading(db: Database, config: Path | None, state: Path | None, graders: int) -> GradingRole:
    from learnflow_grading.client import GradingWorker

    from learnflow_ext.service.grading_role import GradingRole

    found, grading = settings(config), grading_settings(config, None)
    if state is not None:
        found.state_dir = str(state)
    return GradingRole(db, [GradingWorker(gives_way=True) for _ in range(graders)], found, grading)


def _generation(db: Database, config: Path | None, state: Path | None) -> GenerationRole:
    from learnflow_ext.service.generation_role import GenerationRole

    found = settings(config)
    if state is not None:
        found.state_dir = str(state)
    try:
        return GenerationRole(db, configuration(config or DEFAULT_CONFIG), found)
    except (TraitError, ValueError, OSError) as error:
        raise CannotRun(str(error)) from error


async def _run(
    db: Database,
    kafka: LearnFlowKafka | None,
    watch: Watch | None,
    queues: Mapping[Role, QueueRole],
    roles: tuple[Role, ...],
) -> bool:
    from learnflow_ext.service.worker import work

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await db.open(create=False)
    try:
        return await work(db, kafka, watch, queues, roles, stop)
    finally:
        await db.close()
