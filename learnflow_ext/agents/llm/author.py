"""A model that writes exercises: what it is told, what it answers, and the record of both.

It is told a topic, a difficulty and a story, and nothing of any student's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing

import msgspec

from learnflow_ext.agents.llm import prompts
from learnflow_ext.agents.llm.model import Model, ModelTrouble, Usage
from learnflow_ext.agents.llm.privacy import redacted
from learnflow_ext.agents.llm.voice import Call
from learnflow_ext.contracts.help import AgentName

AGENT: AgentName = "exercise"
"""Whose model writes, where agents have models of their own."""
_MOST_REASONS = 6
_LONGEST_REASON = 300
_NOT_KEPT = "(An exercise with its solution, and why it was refused: neither is kept.)"


class Author:
    """Writes one exercise at a time, in a conversation of its own."""

    def __init__(self, model: Model, *, max_tokens: int, all_seconds: float, most_chars: int) -> None:
        """An answer has at most `max_tokens` and `most_chars`, and comes within `all_seconds`."""
        self._model = model
        self._max_tokens = max_tokens
        self._all_seconds = all_seconds
        self._most_chars = most_chars
        self.calls: list[Call] = []
        """Of this author, the first first."""

    @property
    def name(self) -> str:
        """Of the model."""
        return self._model.endpoint.model_for(AGENT)

    async def answer(self, wish: Mapping[str, object], refused: Sequence[tuple[str, Sequence[str]]]) -> str:
        """What it answers to `wish`, after these answers of its own were refused, each with the reasons.

        At most one character more than may be, so that whoever reads it can tell. ModelTrouble when nothing
        comes, or it breaks off.
        """
        messages = [
            {"role": "system", "content": prompts.author()},
            {"role": "user", "content": redacted(msgspec.json.encode(wish).decode())},
        ]
        kept = list(messages)
        for wrote, reasons in refused:
            why = [redacted(reason[:_LONGEST_REASON]) for reason in reasons[:_MOST_REASONS]]
            messages.append({"role": "assistant", "content": wrote})
            messages.append(
                {"role": "user", "content": msgspec.json.encode({"refused_because": why}).decode()}
            )
            kept.append({"role": "assistant", "content": _NOT_KEPT})
        endpoint, usage, began = self._model.endpoint, Usage(), time.monotonic()
        call = Call(
            agent=AGENT,
            model=self.name,
            where=endpoint.base_url,
            prompt=f"author-{prompts.AUTHOR_VERSION}",
            # Solutions are not kept where a student can read what was sent.
            sent=msgspec.json.encode(kept).decode(),
        )
        self.calls.append(call)
        try:
            return await self._said(messages, usage)
        except ModelTrouble as trouble:
            call.outcome = trouble.reason
            raise
        except asyncio.CancelledError:
            call.outcome = "slow"
            raise
        finally:
            call.tokens_in, call.tokens_out = usage.tokens_in, usage.tokens_out
            if call.outcome == "resting":
                call.tokens_in = 0
            call.cost = endpoint.cost(call.tokens_in, call.tokens_out)
            call.duration_ms = round((time.monotonic() - began) * 1000)

    async def _said(self, messages: list[dict[str, str]], usage: Usage) -> str:
        pieces: list[str] = []
        length = 0
        answer = self._model.stream(
            messages, AGENT, usage, max_tokens=self._max_tokens, all_seconds=self._all_seconds
        )
        async with aclosing(answer) as stream:  # type: ignore[type-var]
            async for piece in stream:
                pieces.append(piece)
                length += len(piece)
                if length > self._most_chars:
                    break
        # A character may come in two halves, and half of one could not be sent back.
        whole = "".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole[: self._most_chars + 1]


def together(calls: Sequence[Call]) -> Call:
    """One call in place of several for the same question: what was sent last, and what all took."""
    last = calls[-1]
    return msgspec.structs.replace(
        last,
        tokens_in=sum(each.tokens_in for each in calls),
        tokens_out=sum(each.tokens_out for each in calls),
        cost=sum(each.cost for each in calls),
        duration_ms=sum(each.duration_ms for each in calls),
    )
