"""Exercises that the language model writes: who may have one, the hand that writes, and what it took."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from learnflow_ext.agents.context import Policy
from learnflow_ext.agents.llm.author import Author
from learnflow_ext.agents.llm.model import Model, ModelTrouble
from learnflow_ext.exercises.answers import MOST_CHARS, exercise_in
from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.writers import Silent, Wish
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.speaking import Speaking
from learnflow_ext.settings import LearnFlowPractice
from learnflow_ext.store import tutoring
from learnflow_ext.store.database import Database

TRIES = 3
"""A refusal's reasons go back to the model twice."""


def named(wish: Wish) -> str:
    """The name of what is written for `wish`."""
    return f"written-{wish.topic.replace('_', '-')}-{wish.difficulty}-{wish.seed}"


class ModelWriter:
    """The model's hand. Made on the event loop of the model's client; it may be asked from another."""

    tries = TRIES

    def __init__(self, author: Author) -> None:
        self.author = author
        self._loop = asyncio.get_running_loop()
        self._asking: asyncio.Task[str] | None = None
        self._stopped = False
        self._wrote: list[str] = []

    def named(self, wish: Wish) -> str:
        """For a file, so without the model's name."""
        return named(wish)

    async def write(self, wish: Wish, refused: Sequence[tuple[str, ...]]) -> Exercise:
        """As `Writer.write`; without `refused` a new conversation begins."""
        del self._wrote[len(refused) :]
        told = {"topic": wish.topic.replace("_", " "), "difficulty": wish.difficulty, "story": wish.story}
        earlier = list(zip(self._wrote, refused, strict=True))
        asked = asyncio.run_coroutine_threadsafe(self._asked(told, earlier), self._loop)
        try:
            answer = await asyncio.wrap_future(asked)
        except ModelTrouble as trouble:
            raise Silent(trouble.reason) from None
        # What is far too long is not sent back.
        self._wrote.append(answer if 0 < len(answer) <= MOST_CHARS else "(left out)")
        return exercise_in(answer, wish, name=self.named(wish), model=self.author.name)

    async def _asked(self, told: dict[str, object], earlier: list[tuple[str, tuple[str, ...]]]) -> str:
        if self._stopped:
            raise ModelTrouble("slow")
        self._asking = asyncio.ensure_future(self.author.answer(told, earlier))
        return await self._asking

    async def stop(self) -> None:
        """Ask no more, and end what is asked now, so that what it took is known. On the model's loop."""
        self._stopped = True
        if self._asking is not None:
            self._asking.cancel()
            # Whoever asked has heard how it went.
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._asking


class Writing:
    """Lends the model's hand to students."""

    def __init__(
        self, db: Database, metrics: Metrics, model: Model | None, settings: LearnFlowPractice
    ) -> None:
        """Without a `model` nothing is ever written."""
        self._db = db
        self._model = model
        self._settings = settings
        self._speaking = Speaking(db, metrics, model)

    @property
    def has_model(self) -> bool:
        """Whether there is one."""
        return self._model is not None

    async def writer(self, student: str, policy: Policy, *, all_seconds: float) -> ModelWriter | None:
        """The hand that may write for `student` under `policy`; None where none may."""
        if self._model is None or policy == "off":
            return None
        async with self._db.connect() as conn:
            on, _ = await tutoring.choice(conn, student)
        return hand(self._model, self._settings, all_seconds) if on else None

    async def keep(self, request_id: str, writer: ModelWriter) -> None:
        """End its work, count its calls, and charge them to the question they were made for."""
        await writer.stop()
        if writer.author.calls:
            await self._speaking.keep(request_id, *writer.author.calls)


def hand(model: Model, settings: LearnFlowPractice, all_seconds: float) -> ModelWriter:
    """A hand of `model`. Call it on the loop that the model is used on."""
    author = Author(model, max_tokens=settings.model_tokens, all_seconds=all_seconds, most_chars=MOST_CHARS)
    return ModelWriter(author)
