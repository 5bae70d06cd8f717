"""A student who asks in several chats, over several replicas, is in one conversation as far as the gate
goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from model_endpoint import Endpoint, model_endpoint
from served import ASSIGNMENT, Client, chunks, exercise, until
from stub_hub import COURSE, Hub
from traitlets.config import Config

from learnflow_ext.agents import tutor as tutors
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.store import help

SOLUTION = """def longest(words):
    ### BEGIN SOLUTION
    champion = ""
    for candidate in words:
        if len(candidate) > len(champion):
            champion = candidate
    return champion
    ### END SOLUTION
"""
TESTS = """assert longest(["tea", "platypus", "ox"]) == "platypus"
### BEGIN HIDDEN TESTS
assert longest([]) == ""
### END HIDDEN TESTS
"""
SAYS = {
    "the beginning": 'It begins with `champion = ""`. Then comes `for candidate in words:`.',
    "the end": (
        "In the loop stands `if len(candidate) > len(champion):`. Below it `champion = candidate`. "
        "The last line is `return champion`."
    ),
    "first lines": 'It begins with `best = ""`. Then comes `for w in words:`.',
    "last lines": (
        "In the loop stands `best = w if len(w) > len(best) else best`. The last line is `return best`."
    ),
}
"""The reference and another program that passes, in two pieces each: neither piece alone gives it away."""
PIECES = [("the beginning", "the end"), ("first lines", "last lines")]

Asker = Callable[[], Awaitable[Client]]


@pytest.fixture
async def endpoint(tmp_path: Path, config: Config) -> AsyncIterator[Endpoint]:
    """A model that tells what it is asked for, and an exercise that it can tell."""
    path = tmp_path / "course" / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    statement = "Complete `longest`: the longest of the words, `''` for none."
    path.write_text(exercise("longest", statement, SOLUTION, TESTS), encoding="utf-8")
    config.LearnFlowTutor.hint_seconds = 0.0
    config.LearnFlowTutor.questions_per_minute = 1_000
    async with model_endpoint() as endpoint:
        endpoint.answers = dict(SAYS)
        config.LearnFlowModel.base_url = endpoint.url
        config.LearnFlowModel.model = "tells"
        config.LearnFlowModel.first_seconds = 30.0
        config.LearnFlowModel.all_seconds = 60.0
        yield endpoint


@pytest.fixture
async def replicas(endpoint: Endpoint, start: Any, hub: Hub) -> AsyncIterator[list[Client]]:
    """Two, on one database."""
    found = [Client(await start(), hub) for _ in range(2)]
    yield found
    for client in found:
        client.http.close()


async def told(client: Client, piece: str, who: str = "ada", **more: str) -> tuple[str, bool]:
    """What the student reads, and whether something was withheld."""
    request = HelpRequest(
        text=f"what about {piece}?",
        agent="debug",
        code="x = 1",
        course=COURSE,
        assignment=ASSIGNMENT,
        cell_id="answer",
        conversation="one",
    )
    request = msgspec.structs.replace(request, **more)
    answer = chunks(await client("api/help", who, body=request))
    assert answer[-1].kind == "end"
    return "".join(chunk.text for chunk in answer), answer[-1].withheld


def spoken(piece: str, text: str) -> bool:
    """Whether the whole piece was said."""
    return text.endswith(SAYS[piece])


async def test_pieces_one_after_the_other(replicas: list[Client], hub: Hub) -> None:
    one, other = replicas
    for who, (first, second) in zip(("ada", "ben"), PIECES, strict=True):
        hub.add(f"{who}s-friend", f"nbgrader-{COURSE}")
        assert spoken(first, (await told(one, first, who))[0])
        assert spoken(second, (await told(other, second, f"{who}s-friend"))[0]), "who was not told the rest"
        text, withheld = await told(other, second, who, conversation="two")
        assert withheld and text.endswith(tutors.STOPPED)
        # Nor from a notebook outside of the course, or another assignment of it.
        for place in ({"course": "", "assignment": ""}, {"assignment": "02-loops"}):
            text, withheld = await told(other, second, who, conversation="three", cell_id="", **place)
            assert withheld and text.endswith(tutors.STOPPED), (place, text)


async def test_pieces_with_many_answers_between(replicas: list[Client], hub: Hub) -> None:
    """About the same work, about other work, and more of them than are read whole."""
    one, other = replicas
    for place, (first, second) in enumerate(PIECES):
        who = f"patient-{place}"
        hub.add(who, f"nbgrader-{COURSE}")
        assert spoken(first, (await told(one, first, who))[0])
        async with one.service.parts.db.begin() as conn:
            for number in range(60):
                assignment = ASSIGNMENT if number % 2 else "02-loops"
                request = HelpRequest(text="a list?", course=COURSE, assignment=assignment)
                name = f"{who}-{number}"
                said = f"A list has items, as in `box_{number} = [{number}]`. What is `len(box_{number})`?"
                await help.asked(conn, who, request, request_id=name)
                await help.answered(conn, name, agent="concepts", intent="concept", text=said)
        text, withheld = await told(other, second, who)
        assert withheld and text.endswith(tutors.STOPPED)


async def test_pieces_at_the_same_moment(replicas: list[Client], endpoint: Endpoint, hub: Hub) -> None:
    """Both answers are under way before either has said a word of its piece."""
    for place, (pieces, clients) in enumerate(product(PIECES, (replicas, replicas[:1] * 2))):
        hub.add(f"student-{place}", f"nbgrader-{COURSE}")
        endpoint.thinks, before = asyncio.Event(), len(endpoint.asked)

        async def both_are_asked(before: int = before) -> bool:
            return len(endpoint.asked) == before + 2

        asking = [
            asyncio.create_task(told(client, piece, f"student-{place}", conversation=piece))
            for client, piece in zip(clients, pieces, strict=True)
        ]
        await until(both_are_asked)
        endpoint.thinks.set()
        said = [text for text, _ in await asyncio.gather(*asking)]
        assert not all(map(spoken, pieces, said))
        assert any(text.endswith(tutors.STOPPED) for text in said)
