"""`learnflow worker`: relay and consumers in a process of their own."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import typer

from learnflow_ext.cli.where import (
    ConfigOption,
    KafkaOption,
    StateOption,
    UrlOption,
    database,
    kafka_settings,
    struggle_settings,
)

if TYPE_CHECKING:
    from learnflow_ext.service.watch import Watch
    from learnflow_ext.service.worker import Role
    from learnflow_ext.settings import LearnFlowKafka
    from learnflow_ext.store.database import Database

A_PART_ENDED = 1


def worker(
    roles: str = typer.Option(
        "relay,progress,struggle",
        metavar="ROLE,…",
        help="What it does: `relay` takes events from the database to Kafka (one works, others stand by), "
        "`progress` keeps standings, `struggle` raises alerts (it needs the configuration, which names the "
        "courses and so their exams). Several workers of a role share its work.",
    ),
    config: ConfigOption = None,
    state: StateOption = None,
    database_url: UrlOption = None,
    kafka: KafkaOption = None,
) -> None:
    """Carry and consume events beside the service, which does so as well. Needs Kafka; SIGTERM stops it.

    Exit code 1 when a part ended by itself, 2 when it cannot run.
    """
    # Late: the service's parts take a while to load.
    from learnflow_ext.service import logs
    from learnflow_ext.service.worker import roles_in, watch_of

    wanted = roles_in(roles)
    db = database(config, state, database_url)
    found = kafka_settings(config, kafka)
    watch = watch_of(*struggle_settings(config)) if "struggle" in wanted else None
    logs.configure()
    os.umask(0o077)
    if not asyncio.run(_run(db, found, watch, wanted)):
        raise typer.Exit(A_PART_ENDED)


async def _run(db: Database, kafka: LearnFlowKafka, watch: Watch | None, roles: tuple[Role, ...]) -> bool:
    from learnflow_ext.service.worker import work

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await db.open(create=False)
    try:
        return await work(db, kafka, watch, roles, stop)
    finally:
        await db.close()
