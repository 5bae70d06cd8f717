"""Votes, choices, calls of a model, and forgetting."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Row, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.alerts import Finding, Moment
from learnflow_ext.contracts.errors import NotFound
from learnflow_ext.contracts.events import Envelope, HelpVoted, TeacherAsked
from learnflow_ext.store import alerts, outbox, people, texts
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import HelpTurn, HelpVote, ModelCall, TutorChoice, User
from learnflow_ext.store.upsert import insert as upsert

LONGEST_MS = 2**31 - 1
IN_A_ROW = 2
"""Answers that did not help, after which a teacher is offered."""
MOST_SENT = 800
"""Characters of a text in an alert: all of them together must fit, however they are written as JSON."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One question of a student's, answered."""

    id: int
    user_id: int
    request_id: str
    course: str
    assignment: str
    question: str
    answer: str
    agent: str
    rung: int


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What a model took for one student in one course."""

    student: str
    calls: int
    tokens_in: int
    tokens_out: int
    cost: float


async def turn(conn: AsyncConnection, student: str, *, request_id: str = "", conversation: str = "") -> Turn:
    """The student's answer with that id, or their latest (of the conversation, if there is one in it).

    NotFound when there is none.
    """
    asked = (
        select(
            HelpTurn.id,
            HelpTurn.user_id,
            HelpTurn.request_id,
            HelpTurn.course,
            HelpTurn.assignment,
            HelpTurn.question,
            HelpTurn.answer,
            HelpTurn.agent,
            HelpTurn.rung,
        )
        .join(User, User.id == HelpTurn.user_id)
        .where(User.name == student, HelpTurn.answered_at.is_not(None))
        .order_by(HelpTurn.id.desc())
        .limit(1)
    )
    row: Row[int, int, str, str, str, str, str, str, int] | None = None
    if request_id:
        row = (await conn.execute(asked.where(HelpTurn.request_id == request_id))).one_or_none()
    else:
        if conversation:
            same = asked.where(HelpTurn.conversation == texts.clip(conversation, texts.NAME))
            row = (await conn.execute(same)).one_or_none()
        row = row or (await conn.execute(asked)).one_or_none()
    if row is None:
        raise NotFound("There is no answer of the tutor's yet.")
    return Turn(**row._asdict())


async def vote(conn: AsyncConnection, student: str, turn: Turn, *, helpful: bool) -> Envelope:
    """Keep whether an answer helped; a second vote on it takes the place of the first."""
    await people.ensure(conn, student)
    new = upsert(HelpVote).values(turn_id=turn.id, helpful=helpful, voted_at=now())
    await conn.execute(
        new.on_conflict_do_update(
            index_elements=["turn_id"],
            set_={"helpful": new.excluded.helpful, "voted_at": new.excluded.voted_at},
        )
    )
    return await outbox.record(
        conn,
        HelpVoted(
            course=turn.course,
            student=student,
            request_id=turn.request_id,
            helpful=helpful,
            agent=turn.agent,
            rung=turn.rung,
        ),
    )


async def unhelpful_in_a_row(conn: AsyncConnection, student: str) -> int:
    """How many of the student's latest votes say no; at most `IN_A_ROW` are counted."""
    count = 0
    for (helpful,) in await conn.execute(_VOTES, {"student": student}):
        if helpful:
            break
        count += 1
    return count


_VOTES = (
    select(HelpVote.helpful)
    .join(HelpTurn, HelpTurn.id == HelpVote.turn_id)
    .join(User, User.id == HelpTurn.user_id)
    .where(User.name == bindparam("student"))
    .order_by(HelpVote.turn_id.desc())
    .limit(IN_A_ROW)
)
"""Built once: each answer asks for it."""


async def ask_teacher(conn: AsyncConnection, event: TeacherAsked) -> Envelope:
    """Record that a teacher is wanted, and put it among the alerts."""
    user_id, at = await people.ensure(conn, event.student), now()
    error, _, message = event.error.partition(": ")
    finding = Finding(
        trigger=alerts.ASKED,
        at=at.timestamp(),
        assignment=event.assignment,
        exercise=texts.clip(event.cell_id or event.notebook, texts.NAME),
        error=texts.clip(error, texts.NAME),
        question=texts.clip(event.text, MOST_SENT),
        code=texts.clip(event.code, MOST_SENT),
        moments=(
            (
                Moment(
                    id="asked",
                    at=at.timestamp(),
                    kind="run",
                    error=error,
                    text=texts.clip(message, MOST_SENT),
                ),
            )
            if error
            else ()
        ),
    )
    await alerts.ask_teacher(conn, user_id, event.course, finding, at=at)
    return await outbox.record(conn, event)


async def choice(conn: AsyncConnection, student: str) -> tuple[bool, bool]:
    """(a model may be asked, the notice was shown); yes and no where nothing was chosen."""
    row = (
        await conn.execute(
            select(TutorChoice.model, TutorChoice.told)
            .join(User, User.id == TutorChoice.user_id)
            .where(User.name == student)
        )
    ).one_or_none()
    return (bool(row.model), bool(row.told)) if row is not None else (True, False)


async def choose(conn: AsyncConnection, student: str, *, model: bool, told: bool = True) -> None:
    """Keep the student's choice."""
    user_id = await people.ensure(conn, student)
    new = upsert(TutorChoice).values(user_id=user_id, model=model, told=told, updated_at=now())
    await conn.execute(
        new.on_conflict_do_update(
            index_elements=["user_id"],
            set_={name: getattr(new.excluded, name) for name in ("model", "told", "updated_at")},
        )
    )


async def told(conn: AsyncConnection, student: str) -> None:
    """Keep that the notice was shown; what the student chose stays as it is."""
    user_id = await people.ensure(conn, student)
    new = upsert(TutorChoice).values(user_id=user_id, model=True, told=True, updated_at=now())
    await conn.execute(
        new.on_conflict_do_update(
            index_elements=["user_id"],
            set_={name: getattr(new.excluded, name) for name in ("told", "updated_at")},
        )
    )


async def called(
    conn: AsyncConnection,
    request_id: str,
    *,
    agent: str,
    model: str,
    endpoint: str,
    prompt: str,
    sent: str,
    outcome: str,
    tokens_in: int,
    tokens_out: int,
    cost: float,
    duration_ms: int,
) -> None:
    """Keep one call of a model. Nothing happens for a question that we do not know."""
    row = (
        await conn.execute(
            select(HelpTurn.id, HelpTurn.user_id, HelpTurn.course).where(HelpTurn.request_id == request_id)
        )
    ).one_or_none()
    if row is None:
        return
    await conn.execute(
        insert(ModelCall).values(
            turn_id=row.id,
            user_id=row.user_id,
            course=row.course,
            agent=texts.clip(agent, 32),
            model=texts.clip(model, texts.NAME),
            endpoint=texts.clip(endpoint, texts.LINE),
            prompt=texts.clip(prompt, 32),
            sent=texts.clip(sent, texts.ANSWER),
            outcome=texts.clip(outcome, 32),
            tokens_in=min(tokens_in, LONGEST_MS),
            tokens_out=min(tokens_out, LONGEST_MS),
            cost=cost,
            duration_ms=min(duration_ms, LONGEST_MS),
            called_at=now(),
        )
    )


async def sent(conn: AsyncConnection, turn: Turn) -> tuple[str, str, str] | None:
    """(endpoint, model, messages as JSON) of what was sent for an answer; None when nothing was."""
    row = (
        await conn.execute(
            select(ModelCall.endpoint, ModelCall.model, ModelCall.sent).where(ModelCall.turn_id == turn.id)
        )
    ).one_or_none()
    return (row.endpoint, row.model, row.sent) if row is not None else None


async def accounts(conn: AsyncConnection, course: str) -> list[Account]:
    """What a model took in a course, by student, in order of their names."""
    rows = await conn.execute(
        select(
            User.name,
            func.count(),
            func.sum(ModelCall.tokens_in),
            func.sum(ModelCall.tokens_out),
            func.sum(ModelCall.cost),
        )
        .join(User, User.id == ModelCall.user_id)
        .where(ModelCall.course == course)
        .group_by(User.name)
        .order_by(User.name)
    )
    return [
        Account(student=name, calls=calls, tokens_in=int(into), tokens_out=int(out), cost=float(cost))
        for name, calls, into, out, cost in rows
    ]


async def forget(conn: AsyncConnection, before: datetime) -> int:
    """Delete the words of questions and answers from before then; how many were. Counts and votes stay."""
    old = HelpTurn.asked_at < before
    worded = await conn.execute(
        update(HelpTurn)
        .where(old, (HelpTurn.question != "") | (HelpTurn.answer != ""))
        .values(question="", answer="")
    )
    await conn.execute(
        update(ModelCall).where(ModelCall.called_at < before, ModelCall.sent != "").values(sent="")
    )
    return int(worded.rowcount)
