"""Questions and answers: each step is kept with its event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Integer, Row, Select, bindparam, func, insert, select, update
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
"""Earlier answers about the same assignment that the leak gate looks at together with a new one, and as many
about anything else."""
MOST_SHOWN = 60_000
"""Characters of either of them; the oldest answers beyond that are left out."""
UNDER_WAY = timedelta(minutes=10)
"""A question that was asked longer ago is not being answered any more."""
_LOOKED_AT = 4 * SHOWN
OLDER = 240
"""Answers before those, about anything, of which the leak gate looks at what may be code."""
MOST_OLDER = 400_000
"""Characters of them together."""


class Place(msgspec.Struct, frozen=True):
    """What a question was about; each empty when it named none."""

    course: str
    assignment: str
    cell_id: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a student was told up to a moment, and what to look at to see what was told since."""

    here: tuple[str, ...] = ()
    """About the same course and assignment, oldest first."""
    elsewhere: tuple[str, ...] = ()
    """About anything else, oldest first."""
    in_order: tuple[str, ...] = ()
    """Both, oldest first."""
    places: tuple[Place, ...] = ()
    """Of the answers elsewhere, the latest first."""
    older: tuple[str, ...] = ()
    """What came before all that, about anything, oldest first. Empty unless it was asked for."""
    newest: int = 0
    """The student's latest question; 0 for none."""
    under_way: frozenset[int] = frozenset()
    """Questions that were being answered."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """What another answer told the student meanwhile, as far as it has come."""

    id: int
    place: Place
    here: bool
    """Whether it is about the same course and assignment."""
    text: str


# Built once, since each question asks for all of them: to build them takes as long as to ask.
_ASK = insert(HelpTurn)
# What is to be changed are the columns that are given.
_ROUTE = _ANSWER = update(HelpTurn).where(HelpTurn.id == bindparam("turn"))
_ERROR = upsert.insert(HelpError).on_conflict_do_nothing()
_LATEST = (
    select(
        HelpTurn.id,
        HelpTurn.course,
        HelpTurn.assignment,
        HelpTurn.cell_id,
        HelpTurn.answer,
        HelpTurn.asked_at,
        HelpTurn.answered_at,
    )
    .join(User, User.id == HelpTurn.user_id)
    .where(User.name == bindparam("student"))
    .order_by(HelpTurn.id.desc())
)
_TOLD = _LATEST.limit(_LOOKED_AT)
_TOLD_OLDER = (
    select(HelpTurn.id, HelpTurn.answer)
    .join(User, User.id == HelpTurn.user_id)
    .where(
        User.name == bindparam("student"),
        HelpTurn.answer != "",
        HelpTurn.id < bindparam("before"),
    )
    .order_by(HelpTurn.id.desc())
    .limit(OLDER)
)
_TOLD_BEFORE = _LATEST.where(
    HelpTurn.course == bindparam("course"),
    HelpTurn.assignment == bindparam("assignment"),
    HelpTurn.answer != "",
    HelpTurn.id < bindparam("before"),
).limit(bindparam("most", type_=Integer))
_MEANWHILE = (
    select(HelpTurn.id, HelpTurn.course, HelpTurn.assignment, HelpTurn.cell_id, HelpTurn.answer)
    .where(
        HelpTurn.user_id == bindparam("user_id"),
        (HelpTurn.id > bindparam("newest")) | HelpTurn.id.in_(bindparam("under_way", expanding=True)),
        HelpTurn.id != bindparam("turn"),
        HelpTurn.answer != "",
    )
    .order_by(HelpTurn.id.desc())
    .limit(_LOOKED_AT)
)
_TURN = (
    select(
        HelpTurn.id,
        User.id.label("user_id"),
        User.name.label("student"),
        Pseudonym.user_id.label("travels"),
        HelpTurn.course,
        HelpTurn.assignment,
        HelpTurn.exception,
        HelpTurn.agent,
        HelpTurn.answered_at,
    )
    .join(User, User.id == HelpTurn.user_id)
    .outerjoin(Pseudonym, Pseudonym.user_id == User.id)
    .where(HelpTurn.request_id == bindparam("request_id"))
    .with_for_update(key_share=True, of=(HelpTurn, User))
)


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
        _ASK,
        {
            "request_id": request_id,
            "user_id": user_id,
            "course": course,
            "assignment": assignment,
            "notebook": notebook,
            "cell_id": cell_id,
            "conversation": texts.clip(request.conversation, texts.NAME),
            "question": question,
            "exception": exception,
            "asked_agent": request.agent,
            "asked_at": moment,
            "agent": "",
            "intent": "",
            "answer": "",
            "rung": 0,
            "withheld": False,
            "first_words_ms": 0,
            "last_word_ms": 0,
        },
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


async def is_asked(conn: AsyncConnection, request_id: str) -> bool:
    """Whether that question is kept."""
    found = await conn.scalar(select(HelpTurn.id).where(HelpTurn.request_id == request_id))
    return found is not None


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
    None for agents without a topic, and for a question that was routed before: the first route stays.
    NotFound for one we do not know.
    """
    turn = await _turn(conn, request_id)
    if turn.agent:
        return None
    await conn.execute(_ROUTE, {"turn": turn.id, "agent": agent, "intent": intent})
    if fingerprint is not None:
        await conn.execute(
            _ERROR,
            {
                "turn_id": turn.id,
                "fingerprint": texts.clip(fingerprint.key, 16),
                "exception": texts.clip(fingerprint.exception, texts.NAME),
                "message": texts.clip(fingerprint.message, texts.LINE),
                "construct": texts.clip(fingerprint.construct, 32),
            },
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
        _ANSWER,
        {
            "turn": turn.id,
            "agent": agent,
            "intent": intent,
            "answer": answer,
            "rung": rung,
            "withheld": withheld,
            "first_words_ms": first,
            "last_word_ms": last,
            "answered_at": now(),
        },
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


async def told(
    conn: AsyncConnection, student: str, course: str, assignment: str, *, older: bool = False
) -> Told:
    """The latest answers that the student got: `SHOWN` about the assignment, and as many about anything else.

    With `older` also those before. What is being answered is not among them: `tell` sees it.
    """
    place = (texts.clip(course, texts.NAME), texts.clip(assignment, texts.NAME))
    rows = (await conn.execute(_TOLD, {"student": student})).all()
    since = now() - UNDER_WAY
    under_way = frozenset(row.id for row in rows if row.answered_at is None and row.asked_at >= since)
    said = [row for row in rows if row.answer and row.id not in under_way]
    here = [row for row in said if (row.course, row.assignment) == place]
    if len(here) < SHOWN and len(rows) == _LOOKED_AT:
        given = {"student": student, "course": place[0], "assignment": place[1]}
        further = {**given, "before": rows[-1].id, "most": SHOWN - len(here)}
        here += (await conn.execute(_TOLD_BEFORE, further)).all()
    elsewhere = [row for row in said if (row.course, row.assignment) != place]
    places = (Place(row.course, row.assignment, row.cell_id) for row in elsewhere[:SHOWN])
    kept = [
        _bounded({row.id: row.answer for row in latest}, SHOWN, MOST_SHOWN) for latest in (here, elsewhere)
    ]
    before: dict[int, str] = {}
    if older and len(said) > len(kept[0]) + len(kept[1]):
        latest = kept[0].keys() | kept[1].keys()
        before = {row.id: row.answer for row in said if row.id not in latest}
        if len(rows) == _LOOKED_AT:
            earlier = await conn.execute(_TOLD_OLDER, {"student": student, "before": rows[-1].id})
            before |= {row.id: row.answer for row in earlier if row.id not in latest}
    return Told(
        here=tuple(kept[0].values()),
        elsewhere=tuple(kept[1].values()),
        in_order=tuple(answer for _, answer in sorted((kept[0] | kept[1]).items())),
        older=tuple(_bounded(before, OLDER, MOST_OLDER).values()),
        places=tuple(dict.fromkeys(places)),
        newest=rows[0].id if rows else 0,
        under_way=under_way,
    )


def _bounded(latest: Mapping[int, str], most: int, characters: int) -> dict[int, str]:
    """The first of them, which came last, no more than allowed, in the order of time."""
    kept: dict[int, str] = {}
    room = characters
    for turn, answer in islice(latest.items(), most):
        room -= len(answer)
        if room < 0 and kept:
            break
        kept[turn] = answer
    return dict(reversed(kept.items()))


async def tell(
    conn: AsyncConnection, request_id: str, answer: str, *, since: Told, known: Sequence[Piece]
) -> tuple[Piece, ...]:
    """Keep how far an answer has come, before the student sees it, unless they were told more than is
    `known`.

    `since` is what `told` said when the question came, and `known` what the last call returned; it returns
    what other answers told the student since then, by their questions' ids. Where that differs from
    `known`, nothing was kept. Nobody else can keep anything for the student between the look and the
    writing.

    NotFound for a question we do not know.
    """
    turn = await _turn(conn, request_id)
    rows = await conn.execute(
        _MEANWHILE,
        {
            "user_id": turn.user_id,
            "newest": since.newest,
            "under_way": list(since.under_way),
            "turn": turn.id,
        },
    )
    here = (turn.course, turn.assignment)
    found = [
        Piece(
            id=row.id,
            place=Place(row.course, row.assignment, row.cell_id),
            here=(row.course, row.assignment) == here,
            text=row.answer,
        )
        for row in rows
    ]
    pieces = tuple(found[::-1])
    if pieces == tuple(known) and turn.answered_at is None:
        await conn.execute(_ANSWER, {"turn": turn.id, "answer": texts.clip(answer, texts.ANSWER)})
    return pieces


async def asked_since(conn: AsyncConnection, student: str, moments: Sequence[datetime]) -> list[int]:
    """How many questions the student asked since each of the moments."""
    spans = {f"since_{place}": moment for place, moment in enumerate(moments)}
    row = await conn.execute(_counts(len(moments)), {"student": student, "first": min(moments), **spans})
    return [int(count) for count in row.one()]


@lru_cache
def _counts(spans: int) -> Select[*tuple[Any, ...]]:
    time = HelpTurn.__table__.c.asked_at.type
    since = [bindparam(f"since_{place}", type_=time) for place in range(spans)]
    return (
        select(*(func.count().filter(HelpTurn.asked_at >= moment) for moment in since))
        .select_from(HelpTurn)
        .join(User, User.id == HelpTurn.user_id)
        .where(User.name == bindparam("student"), HelpTurn.asked_at >= bindparam("first", type_=time))
    )


def _line(diagnosis: Diagnosis | None) -> int | None:
    """The diagnosis is the student's claim: a line that no cell has is no line."""
    if diagnosis is None or diagnosis.line is None or not 1 <= diagnosis.line <= MAX_CELL_CHARS:
        return None
    return diagnosis.line


async def _turn(
    conn: AsyncConnection, request_id: str
) -> Row[int, int, str, int | None, str, str, str, str, datetime | None]:
    """Held until the transaction ends, with the student's turn (see `people.ensure`): it is answered once.

    Who has a pseudonym need not be asked for again by what is recorded next.
    """
    row = (await conn.execute(_TURN, {"request_id": request_id})).one_or_none()
    if row is None:
        raise NotFound("There is no such question.")
    if row.travels is not None:
        people.has_turn(conn, row.student, row.user_id)
    return row
