"""Questions and answers: each step is kept with its event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import NotFound
from learnflow_ext.contracts.events import (
    CodeSubmitted,
    ConceptRequested,
    DebugRequested,
    Envelope,
    Event,
    HelpAnswered,
    HelpAsked,
)
from learnflow_ext.contracts.help import (
    MAX_CELL_CHARS,
    AgentName,
    Diagnosis,
    Fingerprint,
    HelpRequest,
    Intent,
)
from learnflow_ext.store import outbox, patterns, people, progress, texts, upsert
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import HelpError, HelpTurn, Pseudonym, User

LONGEST_MS = 2**31 - 1
SHOWN = 12
"""Earlier answers that the leak gate looks at together with a new one."""


async def asked(conn: AsyncConnection, student: str, request: HelpRequest, *, request_id: str) -> Envelope:
    """Keep a question, count it in progress, and record `HelpAsked`.

    `request_id` is ours, at most 64 characters, and new: IntegrityError otherwise. The caller has checked
    that the student belongs to the course named.
    """
    user_id = await people.ensure(conn, student)
    moment = now()
    course = texts.clip(request.course, texts.NAME)
    assignment = texts.clip(request.assignment, texts.NAME)
    notebook = texts.clip(request.notebook, texts.PATH)
    cell_id = texts.clip(request.cell_id, texts.NAME)
    question = texts.clip(request.text, texts.QUESTION)
    exception = texts.clip(request.error.exception, texts.NAME) if request.error else ""
    await conn.execute(
        insert(HelpTurn).values(
            request_id=request_id,
            user_id=user_id,
            course=course,
            assignment=assignment,
            notebook=notebook,
            cell_id=cell_id,
            conversation=texts.clip(request.conversation, texts.NAME),
            question=question,
            exception=exception,
            asked_agent=request.agent,
            asked_at=moment,
            agent="",
            intent="",
            answer="",
            rung=0,
            withheld=False,
            first_words_ms=0,
            last_word_ms=0,
        )
    )
    await progress.apply_activity_in(conn, user_id, course, assignment, at=moment, questions=1)
    return await outbox.record(
        conn,
        HelpAsked(
            course=course,
            student=student,
            request_id=request_id,
            text=question,
            agent=request.agent,
            notebook=notebook,
            assignment=assignment,
            cell_id=cell_id,
            exception=exception,
        ),
    )


async def routed(
    conn: AsyncConnection,
    request_id: str,
    *,
    agent: AgentName,
    intent: Intent,
    diagnosis: Diagnosis | None = None,
    fingerprint: Fingerprint | None = None,
    concept: str = "",
    lines: int = 0,
) -> Envelope | None:
    """Keep who is to answer, and record the event of that agent's topic.

    `diagnosis` and its `fingerprint` go with debug, `concept` with concepts, `lines` (of code) with review.
    None for agents without a topic. NotFound for a question we do not know.
    """
    turn = await _turn(conn, request_id)
    await conn.execute(
        update(HelpTurn).where(HelpTurn.request_id == request_id).values(agent=agent, intent=intent)
    )
    if fingerprint is not None:
        await conn.execute(
            upsert.insert(HelpError)
            .values(
                turn_id=turn.id,
                fingerprint=texts.clip(fingerprint.key, 16),
                exception=texts.clip(fingerprint.exception, texts.NAME),
                message=texts.clip(fingerprint.message, texts.LINE),
                construct=texts.clip(fingerprint.construct, 32),
            )
            .on_conflict_do_nothing()
        )
        await patterns.note(
            conn, turn.course, fingerprint, known=diagnosis.known if diagnosis is not None else False
        )
    event: Event
    match agent:
        case "debug":
            event = DebugRequested(
                course=turn.course,
                student=turn.student,
                request_id=request_id,
                exception=texts.clip(diagnosis.exception, texts.NAME) if diagnosis else turn.exception,
                line=_line(diagnosis),
                known=diagnosis.known if diagnosis else False,
            )
        case "concepts":
            event = ConceptRequested(
                course=turn.course,
                student=turn.student,
                request_id=request_id,
                concept=texts.clip(concept, texts.NAME),
            )
        case "review":
            event = CodeSubmitted(
                course=turn.course,
                student=turn.student,
                request_id=request_id,
                assignment=turn.assignment,
                lines=lines,
            )
        case _:
            return None
    return await outbox.record(conn, event)


async def answered(
    conn: AsyncConnection,
    request_id: str,
    *,
    agent: AgentName,
    intent: Intent,
    text: str,
    rung: int = 0,
    withheld: bool = False,
    first_words_ms: int = 0,
    last_word_ms: int = 0,
) -> Envelope | None:
    """Keep an answer, or the sentence that stood in for it, and record `HelpAnswered`.

    None when the question was answered before: the first answer stays. NotFound for an unknown question.
    """
    turn = await _turn(conn, request_id)
    if turn.answered_at is not None:
        return None
    answer = texts.clip(text, texts.ANSWER)
    first, last = (min(max(ms, 0), LONGEST_MS) for ms in (first_words_ms, last_word_ms))
    await conn.execute(
        update(HelpTurn)
        .where(HelpTurn.request_id == request_id)
        .values(
            agent=agent,
            intent=intent,
            answer=answer,
            rung=rung,
            withheld=withheld,
            first_words_ms=first,
            last_word_ms=last,
            answered_at=now(),
        )
    )
    return await outbox.record(
        conn,
        HelpAnswered(
            course=turn.course,
            student=turn.student,
            request_id=request_id,
            agent=agent,
            intent=intent,
            text=answer,
            rung=rung,
            withheld=withheld,
            first_words_ms=first,
            last_word_ms=last,
        ),
    )


async def shown(
    conn: AsyncConnection, student: str, course: str, assignment: str, *, limit: int = SHOWN
) -> list[str]:
    """The latest answers that the student got about the assignment, at most `limit`, oldest first."""
    rows = await conn.execute(
        select(HelpTurn.answer)
        .join(User, User.id == HelpTurn.user_id)
        .where(
            User.name == student,
            HelpTurn.course == texts.clip(course, texts.NAME),
            HelpTurn.assignment == texts.clip(assignment, texts.NAME),
            HelpTurn.answer != "",
        )
        .order_by(HelpTurn.id.desc())
        .limit(limit)
    )
    return [answer for (answer,) in rows][::-1]


async def asked_since(conn: AsyncConnection, student: str, moments: Sequence[datetime]) -> list[int]:
    """How many questions the student asked since each of the moments."""
    counts = [func.count().filter(HelpTurn.asked_at >= moment) for moment in moments]
    row = await conn.execute(
        select(*counts)
        .select_from(HelpTurn)
        .join(User, User.id == HelpTurn.user_id)
        .where(User.name == student, HelpTurn.asked_at >= min(moments))
    )
    return [int(count) for count in row.one()]


def _line(diagnosis: Diagnosis | None) -> int | None:
    """The diagnosis is the student's claim: a line that no cell has is no line."""
    if diagnosis is None or diagnosis.line is None or not 1 <= diagnosis.line <= MAX_CELL_CHARS:
        return None
    return diagnosis.line


async def _turn(
    conn: AsyncConnection, request_id: str
) -> Row[int, int, str, int | None, str, str, str, datetime | None]:
    """Held until the transaction ends, with the student's turn (see `people.ensure`): it is answered once.

    Who has a pseudonym need not be asked for again by what is recorded next.
    """
    row = (
        await conn.execute(
            select(
                HelpTurn.id,
                User.id.label("user_id"),
                User.name.label("student"),
                Pseudonym.user_id.label("travels"),
                HelpTurn.course,
                HelpTurn.assignment,
                HelpTurn.exception,
                HelpTurn.answered_at,
            )
            .join(User, User.id == HelpTurn.user_id)
            .outerjoin(Pseudonym, Pseudonym.user_id == User.id)
            .where(HelpTurn.request_id == request_id)
            .with_for_update(key_share=True, of=(HelpTurn, User))
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such question.")
    if row.travels is not None:
        people.has_turn(conn, row.student, row.user_id)
    return row
