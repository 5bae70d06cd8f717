"""Questions and answers, step by step."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import exc, select

from learnflow_ext.contracts.errors import NotFound
from learnflow_ext.contracts.events import CodeSubmitted, ConceptRequested, DebugRequested, HelpAnswered
from learnflow_ext.contracts.help import AgentName, CellError, Diagnosis, HelpRequest
from learnflow_ext.store import courses, eventlog, help, progress, tutoring
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import HelpTurn

REQUEST = HelpRequest(
    text="why?",
    course="c",
    assignment="a",
    notebook="c/a/n.ipynb",
    error=CellError(exception="NameError", message="name 'x' is not defined"),
)


def diagnosis(line: int | None = 3) -> Diagnosis:
    return Diagnosis(
        exception="NameError", message="m", line=line, source_line="", cause="c", concept="names", known=True
    )


async def ask(db: Database, request: HelpRequest = REQUEST, request_id: str = "r1") -> None:
    async with db.begin() as conn:
        await courses.ensure(conn, "c", "a")
        await help.asked(conn, "ada", request, request_id=request_id)


async def test_a_question_is_kept_counted_and_told(db: Database) -> None:
    await ask(db)
    async with db.connect() as conn:
        (entry,) = await eventlog.tail(conn, topic="learning.requests")
        standing = (await progress.of_student(conn, "ada", "c")).assignments[0]
    assert (entry.student, entry.course, entry.data["text"]) == ("ada", "c", "why?")
    assert entry.data["exception"] == "NameError"
    assert standing.questions == 1


async def test_a_question_outside_any_course_is_kept_too(db: Database) -> None:
    await ask(db, HelpRequest(text="hello"))
    async with db.connect() as conn:
        (entry,) = await eventlog.tail(conn, course="")
    assert entry.data["text"] == "hello"


async def test_the_same_request_id_twice_is_refused(db: Database) -> None:
    await ask(db)
    with pytest.raises(exc.IntegrityError):
        await ask(db)


async def test_a_question_of_a_megabyte_is_cut(db: Database) -> None:
    await ask(db, HelpRequest(text="x" * 2**20, course="y" * 10_000, cell_id="z" * 10_000))
    async with db.connect() as conn:
        row = (await conn.execute(select(HelpTurn))).one()
    assert len(row.question) == 8_000
    assert len(row.course) == 255


@pytest.mark.parametrize(
    ("agent", "type_"),
    [
        ("debug", DebugRequested.TYPE),
        ("concepts", ConceptRequested.TYPE),
        ("review", CodeSubmitted.TYPE),
    ],
)
async def test_routing_is_told_on_the_agents_topic(db: Database, agent: AgentName, type_: str) -> None:
    await ask(db)
    async with db.begin() as conn:
        envelope = await help.routed(
            conn, "r1", agent=agent, intent="debug", diagnosis=diagnosis(), concept="names", lines=4
        )
    assert envelope is not None
    assert envelope.type == type_
    assert (envelope.event.student, envelope.event.course) == ("ada", "c")


async def test_agents_without_a_topic_are_only_noted(db: Database) -> None:
    await ask(db)
    async with db.begin() as conn:
        assert await help.routed(conn, "r1", agent="progress", intent="progress") is None
        assert await conn.scalar(select(HelpTurn.agent)) == "progress"


@pytest.mark.parametrize(("claimed", "kept"), [(3, 3), (None, None), (0, None), (-1, None), (10**30, None)])
async def test_a_line_that_no_cell_has_is_no_line(
    db: Database, claimed: int | None, kept: int | None
) -> None:
    await ask(db)
    async with db.begin() as conn:
        envelope = await help.routed(conn, "r1", agent="debug", intent="debug", diagnosis=diagnosis(claimed))
    assert envelope is not None
    assert isinstance(envelope.event, DebugRequested)
    assert envelope.event.line == kept


async def test_a_diagnosis_is_not_needed(db: Database) -> None:
    await ask(db)
    async with db.begin() as conn:
        envelope = await help.routed(conn, "r1", agent="debug", intent="debug")
    assert envelope is not None
    assert isinstance(envelope.event, DebugRequested)
    assert (envelope.event.exception, envelope.event.known) == ("NameError", False)


async def test_the_first_answer_stays_and_is_told_once(db: Database) -> None:
    await ask(db)
    async with db.begin() as conn:
        first = await help.answered(
            conn,
            "r1",
            agent="debug",
            intent="debug",
            text="x" * 10**5,
            rung=2,
            first_words_ms=40,
            last_word_ms=90,
        )
    async with db.begin() as conn:
        assert await help.answered(conn, "r1", agent="tutor", intent="debug", text="second") is None
    assert first is not None
    assert isinstance(first.event, HelpAnswered)
    assert len(first.event.text) == 20_000
    async with db.connect() as conn:
        row = (await conn.execute(select(HelpTurn))).one()
        assert len(await eventlog.tail(conn, topic="learning.responses")) == 1
    assert (row.agent, row.rung, row.first_words_ms, row.last_word_ms) == ("debug", 2, 40, 90)
    assert row.answered_at >= row.asked_at


async def test_an_unknown_question_can_be_neither_routed_nor_answered(db: Database) -> None:
    async with db.begin() as conn:
        with pytest.raises(NotFound):
            await help.routed(conn, "nope", agent="debug", intent="debug")
        with pytest.raises(NotFound):
            await help.answered(conn, "nope", agent="debug", intent="debug", text="")


async def answer(db: Database, request_id: str, text: str, request: HelpRequest = REQUEST) -> None:
    await ask(db, request, request_id)
    async with db.begin() as conn:
        await help.answered(conn, request_id, agent="debug", intent="debug", text=text)


async def told(db: Database, student: str = "ada") -> help.Told:
    async with db.connect() as conn:
        return await help.told(conn, student, "c", "a")


class TestWhatAStudentWasTold:
    ELSEWHERE = HelpRequest(text="why?", course="c", assignment="b")

    async def test_is_told_apart_by_assignment_and_kept_apart_by_student(self, db: Database) -> None:
        await answer(db, "r1", "one")
        await answer(db, "r2", "two", self.ELSEWHERE)
        await answer(db, "r3", "three", HelpRequest(text="hello"))
        await answer(db, "r4", "four")
        found = await told(db)
        assert (found.here, found.elsewhere) == (("one", "four"), ("two", "three"))
        assert found.in_order == ("one", "two", "three", "four")
        assert await told(db, "ben") == help.Told()

    async def test_is_a_window_that_other_questions_do_not_fill(self, db: Database) -> None:
        await answer(db, "first", "one")
        for place in range(4 * help.SHOWN + 1):
            await answer(db, f"r{place}", f"{place}", self.ELSEWHERE)
        found = await told(db)
        assert found.here == ("one",)
        assert len(found.elsewhere) == help.SHOWN
        assert found.elsewhere[-1] == f"{4 * help.SHOWN}"
        assert found.in_order == ("one", *found.elsewhere)

    async def test_is_bounded_in_size(self, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(help, "MOST_SHOWN", 10)
        for text in ("a" * 6, "b" * 6, "c" * 4):
            await answer(db, text, text)
        assert (await told(db)).here == ("b" * 6, "c" * 4)

    async def test_is_forgotten_with_all_other_words(self, db: Database) -> None:
        await answer(db, "r1", "one")
        async with db.begin() as conn:
            await tutoring.forget(conn, now() + timedelta(seconds=1))
        assert (await told(db)).here == ()


class TestTwoAnswersUnderWay:
    async def test_the_second_keeps_nothing_before_it_knows_the_first(self, db: Database) -> None:
        before = await told(db)
        await ask(db, request_id="r1")
        await ask(db, TestWhatAStudentWasTold.ELSEWHERE, "r2")
        async with db.begin() as conn:
            assert await help.tell(conn, "r1", "one", since=before, known=()) == ()
            seen = await help.tell(conn, "r2", "two", since=before, known=())
            assert [(piece.here, piece.text) for piece in seen] == [(False, "one")]
            assert await help.tell(conn, "r1", "one more", since=before, known=()) == ()
            grown = await help.tell(conn, "r2", "two", since=before, known=seen)
            assert [piece.text for piece in grown] == ["one more"]
            assert await help.tell(conn, "r2", "two", since=before, known=grown) == grown
            (back,) = await help.tell(conn, "r1", "all", since=before, known=())
            assert back.text == "two"
        async with db.connect() as conn:
            kept = {
                name: said for name, said in await conn.execute(select(HelpTurn.request_id, HelpTurn.answer))
            }
        assert kept == {"r1": "one more", "r2": "two"}

    async def test_of_many_at_one_moment_one_is_first(self, db: Database) -> None:
        before = await told(db)
        names = [f"r{place}" for place in range(6)]
        for name in names:
            await ask(db, request_id=name)

        async def tell(name: str) -> bool:
            found = await db.retrying(lambda conn: help.tell(conn, name, name, since=before, known=()))
            return found == ()

        assert sum(await asyncio.gather(*map(tell, names))) == 1

    async def test_what_was_under_way_when_the_question_came_is_seen_too(self, db: Database) -> None:
        await ask(db, request_id="r1")
        before = await told(db)
        assert before.here == ()
        await ask(db, request_id="r2")
        async with db.begin() as conn:
            await help.tell(conn, "r1", "one", since=help.Told(), known=())
            assert [piece.text for piece in await help.tell(conn, "r2", "two", since=before, known=())] == [
                "one"
            ]
            await help.answered(conn, "r1", agent="debug", intent="debug", text="one, and the end")
            (piece,) = await help.tell(conn, "r2", "two", since=before, known=())
        assert piece.text == "one, and the end"
        assert (await told(db)).here == ("one, and the end",)

    async def test_an_answer_that_a_crash_broke_off_was_told_all_the_same(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await ask(db, request_id="r1")
        async with db.begin() as conn:
            await help.tell(conn, "r1", "one", since=help.Told(), known=())
        monkeypatch.setattr(help, "UNDER_WAY", timedelta(seconds=-1))
        assert (await told(db)).here == ("one",)

    async def test_who_was_erased_is_told_nothing_more(self, db: Database) -> None:
        async with db.begin() as conn:
            with pytest.raises(NotFound):
                await help.tell(conn, "nope", "one", since=help.Told(), known=())
