"""How the health of each part of the service is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from sqlalchemy import text

from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.triage import triage as triaged
from learnflow_ext.agents.tutor import Tutor, compose
from learnflow_ext.contracts.help import AgentName, CellError, HelpRequest
from learnflow_ext.service.assembly import Assembly
from learnflow_ext.service.checkup import Probe, State
from learnflow_ext.service.metrics import AGENTS
from learnflow_ext.service.tutors import NO_COURSE
from learnflow_ext.store import submissions
from learnflow_ext.store.presence import MAKERS, present

LONGEST_WAIT_SECONDS = 900
"""A submission that has waited longer waits in vain: also the last minute before a deadline is over then."""
_ERROR = CellError(
    exception="NameError", message="name 'pric' is not defined", line=2, code="price = 3\nprint(pric)"
)
ASKED: Mapping[AgentName, HelpRequest] = {
    "concepts": HelpRequest(text="What is a list?", agent="concepts"),
    "debug": HelpRequest(agent="debug", error=_ERROR),
    "review": HelpRequest(agent="review", code="price = 3\nprint(price)"),
    "exercise": HelpRequest(text="What should I do next?", agent="exercise"),
    "progress": HelpRequest(text="How am I doing?", agent="progress"),
}
"""What each agent is asked, to see whether it answers."""


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

    async def generation() -> State:
        # Ours, or others': `learnflow worker --roles generation`.
        if await present(parts.db, MAKERS):
            return "ok"
        if parts.practice_settings.in_service:
            return "starting"
        # A course says for itself whether it offers any.
        offered = [await parts.practices.offered(course) for course in parts.settings.courses]
        return "down" if any(offered) else "off"

    async def triage() -> State:
        found = await asyncio.to_thread(triaged, "What is a list?")
        return "ok" if found.intent == "concept" else "down"

    async def queue() -> State:
        async with parts.db.connect() as conn:
            found = await submissions.queue(conn)
        return "down" if found.longest_seconds > LONGEST_WAIT_SECONDS else "ok"

    def agent(name: AgentName) -> Probe:
        async def answering() -> State:
            tutor = parts.courses[NO_COURSE].tutor
            return "ok" if await asyncio.to_thread(answers, tutor, name) else "down"

        return answering

    async def model() -> State:
        # Never called for this: each call costs money. How students' calls went is known.
        if made.model is None:
            return "off"
        return "down" if made.model.breaker.is_open else "ok"

    async def lti() -> State:
        if not parts.pass_back.on:
            return "off"
        async with parts.db.connect() as conn:
            return "down" if await parts.pass_back.given_up_lately(conn) else "ok"

    for name, probe in (
        ("database", database),
        ("bus", bus),
        ("sandbox", sandbox),
        ("grading", grading),
        ("queue", queue),
        ("generation", generation),
        ("triage", triage),
        *((name, agent(name)) for name in AGENTS),
        ("model", model),
        ("mail", parts.mailing.state),
        ("lti", lti),
    ):
        parts.checkup.watch(name, probe)


def answers(tutor: Tutor, name: AgentName) -> bool:
    """Whether the agent of that name analyses a question, and finds words for it. No model is asked."""
    plan = tutor.plan(ASKED[name], HelpContext())
    return plan.agent == name and bool(compose(plan).text)
