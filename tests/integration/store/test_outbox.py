"""Events are made in one place, whole, and nobody changes what is written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, exc, insert, select, text, update

from learnflow_ext.contracts.events import HelpAnswered, HelpAsked
from learnflow_ext.store import eventlog, insight, outbox, people, texts
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import LoggedEvent, OutboxEvent, Pseudonym


def asked(student: str = "ada", request_id: str = "r", course: str = "c") -> HelpAsked:
    return HelpAsked(course=course, student=student, request_id=request_id, text="wieso? 🐍", agent="tutor")


async def test_an_event_is_in_the_log_and_in_the_outbox_with_the_same_id(db: Database) -> None:
    async with db.begin() as conn:
        envelope = await outbox.record(conn, asked())
    async with db.connect() as conn:
        (row,) = await outbox.pending(conn, 10)
        (entry,) = await eventlog.tail(conn)
    assert row.envelope == envelope
    assert (entry.id, entry.sequence, entry.time) == (envelope.id, envelope.sequence, envelope.time)
    assert entry.data["text"] == "wieso? 🐍"
    assert "student" not in entry.data
    assert datetime.fromisoformat(envelope.time).tzinfo is not None


async def test_several_hundred_at_once_keep_their_order(db: Database) -> None:
    events = [asked(f"s{number % 7}", str(number)) for number in range(350)]
    async with db.begin() as conn:
        envelopes = await outbox.record_all(conn, events)
    assert [e.event for e in envelopes] == events
    assert [e.sequence for e in envelopes] == sorted(e.sequence for e in envelopes)
    async with db.connect() as conn:
        rows = await outbox.pending(conn, 1_000)
    assert [row.envelope for row in rows] == envelopes


async def test_the_oldest_go_first_and_delivered_ones_are_gone(db: Database) -> None:
    async with db.begin() as conn:
        sent = await outbox.record_all(conn, [asked(request_id=str(n)) for n in range(250)])
        await outbox.delete(conn, [e.sequence for e in sent[:240]])
        await outbox.delete(conn, [])
    async with db.connect() as conn:
        assert [r.envelope for r in await outbox.pending(conn, 3)] == sent[240:243]
        in_hand = {sent[240].sequence, sent[241].sequence, sent[244].sequence}
        rest = [r.envelope for r in await outbox.pending(conn, 3, skip=in_hand)]
        assert rest == [sent[242], sent[243], sent[245]]
        assert await outbox.size(conn) == 10


async def test_how_far_behind_the_relay_is(db: Database) -> None:
    async with db.begin() as conn:
        assert await insight.lag(conn) == insight.Lag(waiting=0, oldest_s=0.0)
        first, _ = await outbox.record_all(conn, [asked(request_id=str(n)) for n in range(2)])
        past = datetime.fromisoformat(first.time) - timedelta(minutes=5)
        await conn.execute(
            update(OutboxEvent).where(OutboxEvent.sequence == first.sequence).values(time=past)
        )
        behind = await insight.lag(conn)
        assert behind.waiting == 2 and 300 <= behind.oldest_s < 360
        await outbox.delete(conn, [first.sequence])
        behind = await insight.lag(conn)
    assert behind.waiting == 1 and behind.oldest_s < 60


async def test_numbers_are_never_used_again(db: Database) -> None:
    async with db.begin() as conn:
        first = await outbox.record(conn, asked())
        await outbox.delete(conn, [first.sequence])
    async with db.begin() as conn:
        assert (await outbox.record(conn, asked())).sequence > first.sequence


async def test_an_endless_event_is_refused(db: Database) -> None:
    event = HelpAnswered(
        course="c", student="ada", request_id="r", agent="a", intent="debug", text="x" * (texts.DATA + 1)
    )
    with pytest.raises(ValueError, match="characters"):
        async with db.begin() as conn:
            await outbox.record(conn, event)


async def test_no_events_are_no_work(db: Database) -> None:
    async with db.begin() as conn:
        assert await outbox.record_all(conn, []) == []


async def test_erasing_the_link_takes_what_has_not_travelled_yet_along(db: Database) -> None:
    async with db.begin() as conn:
        await outbox.record_all(conn, [asked("ada"), asked("ben")])
        ada = await people.ensure(conn, "ada")
        await conn.execute(delete(Pseudonym).where(Pseudonym.user_id == ada))
        rows = await outbox.pending(conn, 10)
        assert [row.envelope.event.student for row in rows if row.envelope] == ["ben"]
        assert len(await eventlog.tail(conn)) == 2


async def test_who_comes_back_after_erasure_gets_a_new_pseudonym(db: Database) -> None:
    async with db.begin() as conn:
        before = await people.pseudonym(conn, "ada")
        await conn.execute(delete(Pseudonym))
        assert await people.pseudonym(conn, "ada") != before


@pytest.mark.parametrize(("column", "value"), [("type", "org.learnflow.later.v9"), ("data", '{"text": 1}')])
async def test_a_row_this_code_cannot_read_is_handed_out_with_the_reason(
    db: Database, column: str, value: str
) -> None:
    async with db.begin() as conn:
        await outbox.record_all(conn, [asked(request_id="1"), asked(request_id="2")])
        first = select(OutboxEvent.sequence).order_by(OutboxEvent.sequence).limit(1).scalar_subquery()
        await conn.execute(update(OutboxEvent).where(OutboxEvent.sequence == first).values({column: value}))
        broken, fine = await outbox.pending(conn, 10)
    assert broken.envelope is None
    assert broken.error
    assert fine.envelope is not None


class TestConstraintsGuard:
    """Whoever writes, and whatever Python checked before."""

    @pytest.mark.parametrize(
        "sql",
        [
            "INSERT INTO users (name, created_at) VALUES ('', '2026-01-01')",
            "INSERT INTO users (name, created_at) VALUES ('ada', '2026-01-01')",
            f"INSERT INTO users (name, created_at) VALUES ('{'x' * 300}', '2026-01-01')",
            "INSERT INTO pseudonyms (user_id, pseudonym) VALUES (999, 'x')",
            "INSERT INTO progress VALUES (1, 1, -1, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            "INSERT INTO progress VALUES (1, 1, 1, 2, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            "INSERT INTO progress VALUES (1, 1, 0, 0, 0, 0, 5, NULL, NULL, NULL, NULL, NULL, NULL)",
            "INSERT INTO progress VALUES (1, 1, 0, 0, 0, 0, 5, 10, 'Genius', NULL, NULL, NULL, NULL)",
            "INSERT INTO progress VALUES (1, 99, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            "INSERT INTO exercises VALUES (9, 1, 'n', 'x', -1, 0)",
            "UPDATE submissions SET status = 'lost'",
            "UPDATE submissions SET status = 'graded'",
            "UPDATE submissions SET score = -1",
            "UPDATE submissions SET files_path = ''",
            "INSERT INTO grades VALUES (1, 99, 'n', 'x', 1, 1, '', '')",
            "INSERT INTO consumed VALUES ('g', 'e', 'maybe', '', '2026-01-01')",
            "DELETE FROM users",
        ],
    )
    async def test_nonsense_is_refused_by_the_database(self, db: Database, sql: str) -> None:
        from learnflow_ext.store import submissions

        async with db.begin() as conn:
            await submissions.create(conn, course="c", assignment="a", student="ada", files_path="/x", size=1)
        with pytest.raises((exc.IntegrityError, exc.DataError)):
            async with db.begin() as conn:
                await conn.execute(text(sql))


async def test_times_in_the_log_are_aware(db: Database) -> None:
    async with db.begin() as conn:
        await outbox.record(conn, asked())
    async with db.connect() as conn:
        moment = await conn.scalar(select(LoggedEvent.time))
    assert moment is not None
    assert moment.tzinfo is UTC
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 5


async def test_a_naive_time_never_reaches_a_table(db: Database) -> None:
    with pytest.raises(exc.StatementError, match="without a zone"):
        async with db.begin() as conn:
            user = await people.ensure(conn, "ada")
            await conn.execute(
                insert(LoggedEvent).values(
                    event_id="x",
                    time=datetime(2026, 1, 1),
                    topic="t",
                    type="t",
                    course="",
                    user_id=user,
                    data="",
                )
            )
