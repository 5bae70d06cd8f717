"""The answer to "give me an exercise": what is being made, while it is made, and that it is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import partial

from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.tutor import Plan
from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk
from learnflow_ext.exercises.choosing import Choice, spoken
from learnflow_ext.exercises.exercise import MAX_DIFFICULTY
from learnflow_ext.service import logs
from learnflow_ext.service.practice import Practices, said_of
from learnflow_ext.service.practice_kept import exercise_of
from learnflow_ext.store.practices import PracticeRow

SIGN_OF_LIFE_SECONDS = 3.0
"""The chat gives an answer up that is silent for ten."""
PATIENCE_SECONDS = 9.0
STILL_AT_IT = (
    "Still at it: you get none that has a fault or is too like one that you had, so it may take longer.\n\n"
)
"""Also while a model writes its first."""
BEHIND = (
    " A language model tries to write you one more now: if it passes the same checks, your teacher reads it "
    "first, and this chat tells you what was decided."
)

log = logs.get("learnflow.practice")


async def practised(
    practices: Practices,
    student: str,
    request: HelpRequest,
    context: HelpContext,
    plan: Plan,
    request_id: str,
) -> AsyncGenerator[ReplyChunk]:
    """Chunks from `start` to `end`; that of kind `end` names the exercise, or none where none was made.

    One that a teacher let through meanwhile comes first: then none is made.
    """
    chunk = partial(ReplyChunk, agent=plan.agent, intent=plan.intent, request_id=request_id)
    yield chunk(kind="start")
    news = await practices.news(student, request.course)
    refused = [one for one in news if one.state == "refused"]
    # The chat looks by itself too: who notes it first says it.
    unheard = await practices.told(student, [one.name for one in refused])
    for one in refused:
        if one.name in unheard:
            yield chunk(kind="text", text=f"{said_of(one)}\n\n")
    there = next((one for one in news if one.state == "given"), None)
    if there is not None:
        yield chunk(kind="text", text=f"{said_of(there)} Ask again for another one.")
        yield chunk(kind="end", practice=there.name)
        return
    choice = await practices.choice(
        student, request.course, request.text, request.assignment, context.progress
    )
    yield chunk(kind="text", text=f"{announced(choice)}\n\n")
    making = asyncio.create_task(
        practices.make(student, request.course, choice, request_id=request_id, policy=context.policy)
    )
    try:
        waited = 0.0
        while not (await asyncio.wait({making}, timeout=SIGN_OF_LIFE_SECONDS))[0]:
            waited += SIGN_OF_LIFE_SECONDS
            yield chunk(kind="text", text=STILL_AT_IT if waited == PATIENCE_SECONDS else "")
        made = await making
    except LearnFlowError as error:
        log.warning("none was made", topic=choice.topic, difficulty=choice.difficulty, why=error.message)
        yield chunk(kind="text", text=error.message)
        yield chunk(kind="end")
        return
    finally:
        making.cancel()
    row = made.row
    if row.state == "waiting":
        yield chunk(kind="text", text=said_of(row))
        yield chunk(kind="end", awaited=row.name)
        return
    yield chunk(kind="text", text=given(row, choice) + (BEHIND if made.behind else ""))
    yield chunk(kind="end", practice=row.name, awaited=made.behind)


def announced(choice: Choice) -> str:
    """What is being made, and why that, before it is there."""
    why = {
        "open": f", which is what *{choice.title}* is about",
        "weakest": f": in *{choice.title}* there is most to win for you",
        "first": ", where the course begins",
    }.get(choice.why, "")
    return (
        f"I am making you an exercise on **{spoken(choice.topic)}**, step {choice.difficulty} of "
        f"{MAX_DIFFICULTY}{why}. Its solution and its tests are run before you get it, so it takes a moment."
    )


def given(row: PracticeRow, choice: Choice) -> str:
    """That it is there, and what to do with it. The link follows from whoever writes the file."""
    counts = (
        f"What you reach counts for *{choice.title}*."
        if choice.title
        else "No assignment of your course is on this, so it counts for none: it is for you."
    )
    wrote = (
        "A language model wrote it; its solution and tests were run here, and no person has read it. "
        if exercise_of(row.made_of).model
        else ""
    )
    return (
        f"**{row.title}** is ready. {wrote}Solve it in its notebook, then press **Check** above it: I try "
        f"your answer with values that the notebook does not show. {counts} `harder` or "
        "`easier` gets you another one."
    )
