"""How the health of each part of the service is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy import text

from learnflow_ext.agents.triage import triage as triaged
from learnflow_ext.service.assembly import Assembly
from learnflow_ext.service.checkup import State
from learnflow_ext.store.presence import present


def watch_parts(made: Assembly, on_the_bus: Callable[[], bool], graders_ready: Callable[[], bool]) -> None:
    """Have the checkup of `made` look at all its parts; the two say what has come up since."""
    parts = made.parts

    async def database() -> State:
        async with parts.db.connect() as conn:
            await conn.execute(text("SELECT 1"))
        return "ok"

    async def bus() -> State:
        return "ok" if on_the_bus() else "starting"

    async def sandbox() -> State:
        result = await made.runner.run(("40 + 2",))
        return "ok" if result.error is None and result.limit is None else "down"

    async def grading() -> State:
        if parts.grading_settings.workers:
            return "ok" if graders_ready() else "starting"
        # Others grade: `learnflow worker --roles grading`.
        return "ok" if await present(parts.db) else "down"

    async def triage() -> State:
        found = await asyncio.to_thread(triaged, "What is a list?")
        return "ok" if found.intent == "concept" else "down"

    async def model() -> State:
        # Never called for this: each call costs money.
        return "ok" if made.model is not None else "off"

    for name, probe in (
        ("database", database),
        ("bus", bus),
        ("sandbox", sandbox),
        ("grading", grading),
        ("triage", triage),
        ("model", model),
        ("mail", parts.mailing.state),
    ):
        parts.checkup.watch(name, probe)
