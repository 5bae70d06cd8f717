"""The shipped course, and a way to ask the tutor as the service does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.agents.guard import Guard
from learnflow_ext.agents.tutor import Tutor
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk

COURSE = Path(__file__).parents[3] / "notebooks" / "python-basics"

Ask = Callable[..., tuple[str, ReplyChunk]]


@pytest.fixture(scope="session")
def course() -> Path:
    return COURSE


@pytest.fixture(scope="session")
def index(course: Path) -> CourseIndex:
    return CourseIndex.from_source(course)


@pytest.fixture(scope="session")
def guard(course: Path) -> Guard:
    return Guard.from_source(course)


@pytest.fixture(scope="session")
def tutor(course: Path) -> Tutor:
    return Tutor.from_source(course)


@pytest.fixture(scope="session")
def ask(tutor: Tutor) -> Ask:
    """`ask(text, context=…, **fields of HelpRequest)` -> (the whole Markdown, the last chunk)."""

    def asked(
        text: str = "", *, context: HelpContext | None = None, **fields: object
    ) -> tuple[str, ReplyChunk]:
        request = HelpRequest(text=text, **fields)  # type: ignore[arg-type]  # fields are spelt out by each test

        async def listen() -> list[ReplyChunk]:
            return [chunk async for chunk in tutor.answer(request, context or HelpContext())]

        chunks = asyncio.run(listen())
        assert [chunk.kind for chunk in chunks[:1]] == ["start"]
        assert chunks[-1].kind == "end"
        assert all(chunk.kind == "text" and chunk.text for chunk in chunks[1:-1])
        return "".join(chunk.text for chunk in chunks), chunks[-1]

    return asked
