"""An OpenAI-compatible endpoint: a stream of pieces, with time limits, retries and a circuit breaker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from learnflow_ext.agents.llm.breaker import Breaker

if TYPE_CHECKING:
    from openai import AsyncOpenAI

Trouble = Literal["refused", "slow", "broke_off", "garbage", "resting"]


class ModelTrouble(Exception):
    """The model did not do its part. Never reaches a student: the analysis stands without it."""

    def __init__(self, reason: Trouble, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason: Trouble = reason


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where the model is, and how patient we are. Set by the administrator alone."""

    base_url: str
    model: str
    api_key: str = ""
    agent_models: Mapping[str, str] = {}
    first_seconds: float = 6.0
    pause_seconds: float = 5.0
    all_seconds: float = 25.0
    retries: int = 1
    max_tokens: int = 220
    context_tokens: int = 3_000
    temperature: float = 0.2
    failures: int = 4
    rest_seconds: float = 30.0
    price_in: float = 0.0
    """Money for a million tokens sent, in whatever currency; 0 for a model of one's own."""
    price_out: float = 0.0

    def model_for(self, agent: str) -> str:
        """The model that speaks for an agent."""
        return self.agent_models.get(agent, self.model)

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """What so many tokens cost."""
        return (tokens_in * self.price_in + tokens_out * self.price_out) / 1_000_000


class Usage(msgspec.Struct):
    """Tokens of one call: the endpoint's own count, or ours (four characters a token) where it gives none."""

    tokens_in: int = 0
    tokens_out: int = 0
    finished: bool = False
    """The model came to its end by itself."""


class Model:
    """One endpoint. Safe to use from many tasks at once."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Loads the client library, which takes a second: make it off the event loop."""
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

        self.endpoint = endpoint
        self.breaker = Breaker(endpoint.failures, endpoint.rest_seconds)
        self._client: AsyncOpenAI = AsyncOpenAI(
            base_url=endpoint.base_url,
            api_key=endpoint.api_key or "none",
            organization="",
            project="",
            timeout=Timeout(endpoint.all_seconds, connect=min(3.0, endpoint.first_seconds)),
            # Waits between tries grow, with jitter; the library does that.
            max_retries=endpoint.retries,
            # A redirect could lead the key to another host.
            http_client=DefaultAsyncHttpxClient(follow_redirects=False, trust_env=False),
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()

    async def stream(
        self,
        messages: list[dict[str, str]],
        agent: str,
        usage: Usage,
        *,
        max_tokens: int | None = None,
        all_seconds: float | None = None,
    ) -> AsyncIterator[str]:
        """Pieces of the answer; `usage` is filled in on the way. ModelTrouble when it does not come.

        `max_tokens` and `all_seconds` take the place of the endpoint's. A third of the latter, where that is
        more than the endpoint's, may pass before the first word: a longer task takes longer to be read.
        """
        if not self.breaker.may_try():
            raise ModelTrouble("resting")
        usage.tokens_in = sum(len(message["content"]) for message in messages) // 4
        well: bool | None = False
        stream: Any = None
        try:
            # No timeout is open while a piece is out: it would cancel whoever is reading that piece.
            whole = all_seconds if all_seconds is not None else self.endpoint.all_seconds
            until = asyncio.get_running_loop().time() + whole
            first = max(self.endpoint.first_seconds, all_seconds / 3 if all_seconds is not None else 0.0)
            async with asyncio.timeout(min(first, whole)):
                stream = await self._begun(messages, agent, max_tokens or self.endpoint.max_tokens, whole)
                piece = await self._next(stream, usage)
            while piece is not None:
                if piece:
                    yield piece
                left = until - asyncio.get_running_loop().time()
                if left <= 0:
                    # What has come already would be read without a pause, in which a timeout could end it.
                    raise TimeoutError
                async with asyncio.timeout(min(self.endpoint.pause_seconds, left)):
                    piece = await self._next(stream, usage)
            if not usage.finished:
                raise ModelTrouble("broke_off")
            well = True
        except TimeoutError:
            raise ModelTrouble("slow") from None
        except GeneratorExit:
            # We have heard enough: no fault of the model's.
            well = True
            raise
        except asyncio.CancelledError:
            # Who asked has left, or has no time any more: that says nothing of the model.
            well = None
            raise
        finally:
            if well is not None:
                self.breaker.went(well=well)
            if stream is not None:
                with contextlib.suppress(Exception):
                    await stream.close()

    async def _begun(
        self, messages: list[dict[str, str]], agent: str, max_tokens: int, seconds: float
    ) -> Any:
        from openai import OpenAIError, Timeout

        create: Any = self._client.chat.completions.create
        try:
            return await create(
                model=self.endpoint.model_for(agent),
                messages=messages,
                stream=True,
                stream_options={"include_usage": True},
                max_tokens=max_tokens,
                temperature=self.endpoint.temperature,
                timeout=Timeout(seconds, connect=min(3.0, self.endpoint.first_seconds)),
            )
        except OpenAIError as error:
            raise ModelTrouble("refused", type(error).__name__) from None

    async def _next(self, stream: Any, usage: Usage) -> str | None:
        """The next piece; None at the end, an empty one for news that is no text."""
        try:
            chunk = await anext(stream)
        except StopAsyncIteration:
            return None
        except Exception as error:
            # The library passes on what JSON and HTTP make of a broken stream, whatever its class.
            raise ModelTrouble("broke_off", type(error).__name__) from None
        counted = getattr(chunk, "usage", None)
        if counted is not None:
            usage.tokens_in = _count(counted, "prompt_tokens", usage.tokens_in)
            usage.tokens_out = _count(counted, "completion_tokens", usage.tokens_out)
        choices = getattr(chunk, "choices", None)
        if not choices:
            return ""
        usage.finished = usage.finished or getattr(choices[0], "finish_reason", None) in ("stop", "length")
        piece = getattr(getattr(choices[0], "delta", None), "content", None)
        if not isinstance(piece, str):
            return ""
        usage.tokens_out += counted is None and max(1, len(piece) // 4)
        return piece


def _count(counted: object, name: str, otherwise: int) -> int:
    value = getattr(counted, name, None)
    return value if isinstance(value, int) and 0 <= value < 10_000_000 else otherwise
