"""A language model in the help flow: whether it may speak for a student, and the record of what it did."""

from __future__ import annotations

from dataclasses import dataclass

from learnflow_ext.agents.context import Policy
from learnflow_ext.agents.llm.author import together
from learnflow_ext.agents.llm.model import Model
from learnflow_ext.agents.llm.voice import Call, Voice
from learnflow_ext.agents.tutor import Plan
from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.service import logs
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.store import people, tutoring
from learnflow_ext.store.database import Database

log = logs.get("learnflow.help")


@dataclass(frozen=True)
class Speaker:
    """A model's voice, and whether its listener was told what leaves."""

    voice: Voice
    told: bool


class Speaking:
    """Lends the model's voice to answers."""

    def __init__(self, db: Database, metrics: Metrics, model: Model | None) -> None:
        """Without a `model` nobody ever speaks."""
        self._db = db
        self._metrics = metrics
        self._model = model

    async def speaker(self, name: str, plan: Plan, policy: Policy) -> Speaker | None:
        """The model's voice, for a student `name` who lets it speak; None otherwise.

        Only looks: who was not told what leaves is to be told first, and then `noticed`.
        """
        if self._model is None or not plan.may_be_phrased or policy == "off":
            return None
        async with self._db.connect() as conn:
            on, told = await tutoring.choice(conn, name)
            if not on:
                return None
            names = await people.names(conn)
        return Speaker(Voice(self._model, [name, *names]), told)

    async def noticed(self, name: str) -> None:
        """Keep that `name` was told what leaves. What they said meanwhile of the model holds."""
        await self._db.retrying(lambda conn: tutoring.told(conn, name))

    async def keep(self, request_id: str, *calls: Call) -> None:
        """Count calls of the model, one at least, and keep them, as one, with their question."""
        for each in calls:
            self._metrics.model_calls.labels(each.outcome).inc()
            self._metrics.model_tokens.labels("in").inc(each.tokens_in)
            self._metrics.model_tokens.labels("out").inc(each.tokens_out)
            self._metrics.model_cost.inc(each.cost)
        call = together(calls)
        left = any(each.outcome != "resting" for each in calls)
        try:
            await self._db.retrying(
                lambda conn: tutoring.called(
                    conn,
                    request_id,
                    agent=call.agent,
                    model=call.model,
                    endpoint=call.where,
                    prompt=call.prompt,
                    sent=call.sent if left else "",
                    outcome=call.outcome,
                    tokens_in=call.tokens_in,
                    tokens_out=call.tokens_out,
                    cost=call.cost,
                    duration_ms=call.duration_ms,
                )
            )
        except LearnFlowError as error:
            log.error("a call of the model was not kept", request_id=request_id, error=error.message)
