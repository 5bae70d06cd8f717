"""A model's words for one answer: what it is told, what it says, and the record of both."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from learnflow_ext.agents.around import Around
from learnflow_ext.agents.llm import prompts
from learnflow_ext.agents.llm.model import Model, ModelTrouble, Trouble, Usage
from learnflow_ext.agents.llm.privacy import redacted
from learnflow_ext.agents.llm.tidy import Sentences, harmless, makes_sense
from learnflow_ext.contracts.help import AgentName

MAX_WORDS = 110


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is told. No reference solution, no test, no mark is ever in it."""

    agent: AgentName
    around: Around
    """The question, and what goes with it; nothing of the student's own work where the policy keeps it
    here."""
    analysis: str


class Call(msgspec.Struct, kw_only=True):
    """What left, where to, and what it took. For the record, and for the student who wants to see it."""

    agent: str
    model: str
    where: str
    """The endpoint's address."""
    prompt: str
    """Version of the instruction."""
    sent: str
    """The messages as they left, as JSON."""
    outcome: Trouble | str = "said"
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    duration_ms: int = 0


class Voice:
    """Speaks once."""

    def __init__(self, model: Model, names: Sequence[str] = ()) -> None:
        """`names` of people are left out of what is sent."""
        self._model = model
        self._names = tuple(names)
        self.call: Call | None = None
        """None before it spoke, and where it was never asked to."""

    @property
    def budget(self) -> int:
        """Tokens of the student's words, code, and what is around them, at most."""
        return self._model.endpoint.context_tokens

    async def sentences(self, brief: Brief) -> AsyncGenerator[str]:
        """Whole sentences, each harmless to show. ModelTrouble when no more come than did."""
        messages = self.messages(brief)
        endpoint, usage, began = self._model.endpoint, Usage(), time.monotonic()
        self.call = call = Call(
            agent=brief.agent,
            model=endpoint.model_for(brief.agent),
            where=endpoint.base_url,
            prompt=prompts.VERSION,
            sent=msgspec.json.encode(messages).decode(),
        )
        try:
            async for sentence in self._said(messages, brief.agent, usage):
                yield sentence
        except ModelTrouble as trouble:
            call.outcome = trouble.reason
            raise
        finally:
            call.tokens_in, call.tokens_out = usage.tokens_in, usage.tokens_out
            if call.outcome == "resting":
                call.tokens_in = 0
            call.cost = endpoint.cost(call.tokens_in, call.tokens_out)
            call.duration_ms = round((time.monotonic() - began) * 1000)

    async def _said(
        self, messages: list[dict[str, str]], agent: AgentName, usage: Usage
    ) -> AsyncGenerator[str]:
        cutter, words = Sentences(), 0
        async with aclosing(self._model.stream(messages, agent, usage)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                for sentence in cutter.feed(piece):
                    words += len(sentence.split())
                    if words > MAX_WORDS:
                        return
                    yield _checked(sentence)
                if len(cutter._rest) > 4_000:
                    raise ModelTrouble("garbage", "no end of a sentence")
        last = cutter.rest()
        if last.strip() and words + len(last.split()) <= MAX_WORDS:
            yield _checked(last)

    def messages(self, brief: Brief) -> list[dict[str, str]]:
        """Ours in the role of the system, the student's as one JSON object in the role of the user."""
        around = brief.around
        optional = {
            name: redacted(text, self._names)
            for name in ("error", "failed_test", "exercise", "other_cells")
            if (text := str(getattr(around, name)))
        }
        told: dict[str, str | int] = {
            "question": redacted(around.question, self._names),
            "code": redacted(around.code, self._names),
            **optional,
            **({"level": around.level} if around.level else {}),
            **({"step": around.step} if around.step else {}),
            "analysis": redacted(brief.analysis, self._names),
        }
        return [
            {"role": "system", "content": prompts.system(brief.agent)},
            {"role": "user", "content": msgspec.json.encode(told).decode()},
        ]


def _checked(sentence: str) -> str:
    if not makes_sense(sentence):
        raise ModelTrouble("garbage")
    return harmless(sentence)
