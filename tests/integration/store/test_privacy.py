"""Everything about a person is found, and forgotten, on either database."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import String, Text, cast, insert, select

from learnflow_ext.contracts.alerts import Finding
from learnflow_ext.contracts.events import ExerciseGenerated, HelpAsked, RunFinished, StruggleDetected
from learnflow_ext.contracts.grades import CellScore, CourseFile, GradeRecord
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.store import (
    alerts,
    courses,
    eventlog,
    grades,
    help,
    outbox,
    people,
    practice_reviews,
    practices,
    privacy,
    quizzes,
    submissions,
)
from learnflow_ext.store.base import Base
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import (
    AlertRow,
    HelpTurn,
    LoggedEvent,
    ModelCall,
    Note,
    RegradeRequest,
    Regrading,
    Submission,
    User,
)

SECRET = "my dog Rex died"
IMPERSONAL = {"error_patterns", "regradings", "results_released", "names_shown", "spent_tokens",
    "modules", "exercises", "topics", "exercise_topics", "quizzes", "notes", "consumed", "event_log_door",
    "lti_columns",
}  # fmt: skip
"""Tables whose rows belong to nobody. A note or regrading is its class's: only the author is a person."""


async def fill(db: Database, student: str, teacher: str) -> None:
    """One of nearly everything, for `student`; `teacher` posts a note and judges an alert."""
    async with db.begin() as conn:
        await courses.sync_assignment(conn, "c", "a", "A", [("n", "e", 2.0)])
        user_id = await people.ensure(conn, student)
        request = HelpRequest(text=SECRET, course="c", assignment="a", notebook=f"{SECRET}.ipynb")
        await help.asked(conn, student, request, request_id=f"r{ord(student[0])}")
        turn = await conn.scalar(select(HelpTurn.id).where(HelpTurn.user_id == user_id))
        await conn.execute(
            insert(ModelCall).values(
                turn_id=turn, user_id=user_id, course="c", agent="tutor", model="m", endpoint="e", prompt="1",
                sent=json.dumps([{"role": "user", "content": SECRET}]), outcome="answered", tokens_in=1,
                tokens_out=1, cost=0.0, duration_ms=1, called_at=now(),
            )
        )  # fmt: skip
        await outbox.record(
            conn,
            RunFinished(
                course="c", student=student, run_id="1", notebook="n", ok=False, duration_ms=1, message=SECRET
            ),
        )
        await conn.execute(
            insert(AlertRow).values(
                alert_id=f"alert-{student}", user_id=user_id, course="c", assignment="a", exercise="e",
                trigger="stuck", state="handled", verdict="helpful", finding=json.dumps({"said": SECRET}),
                raised_at=now(), marked_at=now(), marked_by=teacher,
            )
        )  # fmt: skip
        await quizzes.record(
            conn, student=student, course="c", assignment="a", question="q", choices=["12"], right=True
        )
        await conn.execute(
            insert(Note).values(course="c", text=f"to {student}'s class", posted_by=teacher, posted_at=now())
        )
        made = await submissions.create(
            conn, course="c", assignment="a", student=student, files_path=f"/kept/{student}", size=1
        )
        await grades.record_grade(
            conn,
            GradeRecord(
                submission_id=made.submission_id, course="c", assignment="a", student=student,
                status="graded", score=1, max_score=2,
                cells=(CellScore(notebook="n", name="e", score=1, max_score=2),),
                feedback=(CourseFile(path="n.html", content=f"<p>{SECRET}</p>".encode()),),
            ),
        )  # fmt: skip


@pytest.fixture
async def class_of_two(db: Database) -> Database:
    await fill(db, "ada", "turing")
    await fill(db, "bob", "turing")
    return db


async def export(db: Database, name: str) -> dict[str, list[dict[str, Any]]] | None:
    async with db.connect() as conn:
        return await privacy.export(conn, name)


async def erase(db: Database, name: str) -> privacy.Erased | None:
    return await db.retrying(lambda conn: privacy.erase(conn, name))


async def tables_with(db: Database, words: str) -> set[str]:
    """Tables where a text holds `words`."""
    found = set()
    async with db.connect() as conn:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, String | Text):
                    wanted = select(table.c[column.name]).where(cast(column, Text).contains(words))
                    if (await conn.execute(wanted)).first():
                        found.add(table.name)
    return found


def test_every_table_is_somebodys_or_known_to_be_nobodys() -> None:
    """Who adds a table decides here which it is."""
    nobodys = {t.name for t in Base.metadata.sorted_tables if privacy.belongs(t, 1) is None}
    assert nobodys == IMPERSONAL


class TestExport:
    async def test_says_all_and_is_readable(self, class_of_two: Database) -> None:
        found = await export(class_of_two, "ada")
        assert found is not None
        written = json.dumps(found)
        assert "bob" not in written
        assert [row["name"] for row in found["users"]] == ["ada"]
        assert len(found["pseudonyms"]) == 1
        assert found["help_turns"][0]["question"] == SECRET
        assert found["model_calls"][0]["sent"] == [{"role": "user", "content": SECRET}]
        assert found["alerts"][0]["finding"] == {"said": SECRET}
        assert found["feedback_files"][0]["content"] == f"<p>{SECRET}</p>"
        assert found["grades"][0]["score"] == 1
        assert found["quiz_answers"][0]["first_choices"] == ["12"]
        assert (found["submissions"][0]["course"], found["submissions"][0]["assignment"]) == ("c", "a")
        assert found["event_log"][0]["data"]["text"] == SECRET
        assert len(found["outbox"]) == len(found["event_log"])
        moment = datetime.fromisoformat(found["help_turns"][0]["asked_at"])
        assert moment.utcoffset() is not None

    async def test_says_what_a_teacher_did_without_the_students_it_was_about(
        self, class_of_two: Database
    ) -> None:
        async with class_of_two.begin() as conn:
            await people.ensure(conn, "turing")
            module = await courses.ensure(conn, "c", "a")
            await conn.execute(
                insert(Regrading).values(module_id=module, started_by="turing", started_at=now())
            )
            number = await conn.scalar(select(Submission.number).order_by(Submission.number).limit(1))
            await conn.execute(
                insert(RegradeRequest).values(
                    submission_number=number, reason=SECRET, asked_at=now(), state="declined",
                    answer="It is right as it is.", answered_by="turing", answered_at=now(),
                )
            )  # fmt: skip
            made = ExerciseGenerated(
                course="c", student="ada", name="loop-1-1", title=SECRET, topic="basics", difficulty=1
            )
            await practices.given(conn, made, assignment="a", made_of="{}", waits=True)
            (one,) = await practice_reviews.waiting(conn, "c", 9)
            await practice_reviews.decide(conn, "c", one.number, "turing", refused_because="Too long.")
        found = await export(class_of_two, "turing")
        assert found is not None
        assert [row["assignment"] for row in found["regradings_started"]] == ["a"]
        assert [row["answer"] for row in found["regrade_requests_answered"]] == ["It is right as it is."]
        assert [row["posted_by"] for row in found["notes"]] == ["turing", "turing"]
        assert [row["verdict"] for row in found["alerts_judged"]] == ["helpful", "helpful"]
        assert [(row["course"], row["reason"]) for row in found["exercises_read"]] == [("c", "Too long.")]
        assert SECRET not in json.dumps(found)

    async def test_of_somebody_unknown_is_nothing(self, db: Database) -> None:
        assert await export(db, "nobody") is None


async def test_the_name_of_a_notebook_does_not_travel_with_an_alert_either(db: Database) -> None:
    async with db.begin() as conn:
        user_id = await people.ensure(conn, "ada")
        for exercise in (f"{SECRET}.ipynb", "test-ends"):
            finding = Finding(trigger="same_error", at=1.0, exercise=exercise, error="NameError", failures=3)
            await alerts.raise_alert(conn, user_id, "ada", "c", finding, at=now())
    async with db.connect() as conn:
        sent = [each.envelope.event for each in await outbox.pending(conn, 10) if each.envelope is not None]
    assert [each.exercise for each in sent if isinstance(each, StruggleDetected)] == ["", "test-ends"]


class TestErase:
    async def test_name_and_texts_are_nowhere(self, db: Database) -> None:
        # No name that made-up ids may hold by chance, as "ada" is three hexadecimal digits.
        await fill(db, "lovelace", "turing")
        erased = await erase(db, "lovelace")
        assert erased is not None
        assert await tables_with(db, SECRET) == set()
        # Of the class's notes only the text is left, and that is the teacher's.
        assert await tables_with(db, "lovelace") == {"notes"}
        assert erased.files == ("/kept/lovelace",)
        assert erased.deleted["pseudonyms"] == 1
        assert await export(db, "lovelace") is None

    async def test_the_log_keeps_its_rows_and_is_readable(self, db: Database) -> None:
        await fill(db, "ada", "turing")
        async with db.connect() as conn:
            before = await eventlog.tail(conn)
        erased = await erase(db, "ada")
        assert erased is not None
        async with db.connect() as conn:
            after = await eventlog.tail(conn)
        assert [(e.sequence, e.id, e.time, e.type) for e in after] == [
            (e.sequence, e.id, e.time, e.type) for e in before
        ]
        assert {e.student for e in after} == {erased.name}
        assert erased.redacted == len([e for e in before if SECRET in json.dumps(e.data)])

    async def test_names_of_their_own_and_traces_to_their_cells_go_and_what_python_calls_it_stays(
        self, db: Database
    ) -> None:
        ran = [
            RunFinished(
                course="c", student="ada", run_id=f"{len(name)}", notebook="n.ipynb", ok=False, duration_ms=1,
                assignment=folder, cell_id="ada-was-here", exception=name,
            )
            for name, folder in (("NameError", "a"), ("AdaLovelaceError", "letters to Ada"))
        ]  # fmt: skip
        stuck = StruggleDetected(
            course="c", student="ada", alert_id="1", trigger="failures", exercise="ada.ipynb",
            exception="AdaLovelaceError", failures=3,
        )  # fmt: skip
        async with db.begin() as conn:
            await courses.ensure(conn, "c", "a")
            await courses.ensure(conn, "another", "letters to Ada")
            await outbox.record_all(conn, [*ran, stuck])
        await erase(db, "ada")
        async with db.connect() as conn:
            left = [each.data for each in await eventlog.tail(conn)]
        assert [(each["exception"], each.get("cell_id", "")) for each in left] == [
            ("NameError", ""),
            ("", ""),
            ("", ""),
        ]
        assert [each.get("assignment") for each in left[:2]] == ["a", ""]
        assert await tables_with(db, "AdaLovelace") == await tables_with(db, "ada-was-here") == set()
        assert await tables_with(db, "ada.ipynb") == set()

    async def test_nothing_of_theirs_travels_any_more_and_all_of_the_others_does(
        self, class_of_two: Database
    ) -> None:
        async with class_of_two.begin() as conn:
            ada, bob = await people.pseudonym(conn, "ada"), await people.pseudonym(conn, "bob")
        async with class_of_two.connect() as conn:
            waiting = [p.sequence for p in await outbox.pending(conn, 100) if p.pseudonym == bob]
        await erase(class_of_two, "ada")
        async with class_of_two.connect() as conn:
            assert [p.sequence for p in await outbox.pending(conn, 100)] == waiting
        async with class_of_two.begin() as conn:
            assert await people.behind(conn, ada) is None

    async def test_others_are_not_touched(self, class_of_two: Database) -> None:
        before = await export(class_of_two, "bob")
        await erase(class_of_two, "ada")
        assert await export(class_of_two, "bob") == before

    async def test_a_teachers_notes_stay_unsigned(self, class_of_two: Database) -> None:
        made = ExerciseGenerated(
            course="c", student="ada", name="loop-1-1", title="Loops", topic="basics", difficulty=1
        )
        async with class_of_two.begin() as conn:
            await people.ensure(conn, "turing")
            await practices.given(conn, made, assignment="a", made_of="{}", waits=True)
            (one,) = await practice_reviews.waiting(conn, "c", 9)
            await practice_reviews.decide(conn, "c", one.number, "turing", refused_because=SECRET)
        erased = await erase(class_of_two, "turing")
        assert erased is not None
        found = await export(class_of_two, "ada")
        assert found is not None
        assert [(row["reason"], row["decided_by"]) for row in found["practice_reviews"]] == [(SECRET, "")]
        assert erased.unsigned == 5
        assert await tables_with(class_of_two, "turing") == set()
        assert await tables_with(class_of_two, "to ada") == {"notes"}

    async def test_twice_is_harmless_and_who_comes_back_is_somebody_new(self, db: Database) -> None:
        await fill(db, "ada", "turing")
        async with db.begin() as conn:
            old = await people.pseudonym(conn, "ada")
        await erase(db, "ada")
        assert await erase(db, "ada") is None
        async with db.begin() as conn:
            assert await people.pseudonym(conn, "ada") != old
        again = await erase(db, "ada")
        assert again is not None
        assert again.redacted == 0

    async def test_what_fails_half_way_takes_all_back(self, db: Database) -> None:
        await fill(db, "ada", "turing")
        before = await export(db, "ada")

        async def fails() -> None:
            async with db.begin() as conn:
                await privacy.erase(conn, "ada")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await fails()
        assert await export(db, "ada") == before

    async def test_more_events_than_one_page(self, db: Database) -> None:
        events = [
            HelpAsked(course="c", student="ada", request_id=str(n), text=SECRET, agent="tutor")
            for n in range(privacy.AT_ONCE + 1)
        ]
        async with db.begin() as conn:
            await outbox.record_all(conn, events)
        erased = await erase(db, "ada")
        assert erased is not None
        assert erased.redacted == len(events)
        assert await tables_with(db, SECRET) == set()

    async def test_of_an_event_that_this_code_does_not_know_nothing_is_left(self, db: Database) -> None:
        async with db.begin() as conn:
            user_id = await people.ensure(conn, "ada")
            await conn.execute(
                insert(LoggedEvent).values(
                    event_id="x", time=now(), topic="t", type="org.learnflow.diary.written.v9", course="c",
                    user_id=user_id, data=json.dumps({"page": SECRET}),
                )
            )  # fmt: skip
        await erase(db, "ada")
        assert await tables_with(db, SECRET) == set()


class TestAnotherWritesMeanwhile:
    """Who waits for the person's turn while they are erased must not write to what is left of them."""

    @pytest.mark.parametrize("kind", ["consumer", "writer"])
    async def test_it_finds_nobody(self, db: Database, kind: str) -> None:
        await fill(db, "ada", "turing")
        async with db.begin() as conn:
            old = await people.pseudonym(conn, "ada")
        began = asyncio.Event()

        async def meanwhile() -> object:
            began.set()
            async with db.begin() as conn:
                if kind == "consumer":
                    return await people.behind(conn, old)
                return await people.ensure(conn, "ada")

        async with db.begin() as conn:
            erased = await privacy.erase(conn, "ada")
            other = asyncio.create_task(meanwhile())
            await began.wait()
            # It may reach the lock or not: either way it must end well. This makes the first likely.
            await asyncio.sleep(0.5)
        assert erased is not None
        found = await asyncio.wait_for(other, 30)
        async with db.connect() as conn:
            nobody = await conn.scalar(select(User.id).where(User.name == erased.name))
        assert nobody is not None
        if kind == "consumer":
            assert found is None
        else:
            assert found != nobody


async def test_sqlites_file_holds_nothing_of_it_either(path: Path) -> None:
    db = Database(f"sqlite+aiosqlite:///{path}")
    await db.open()
    await fill(db, "ada", "turing")
    await erase(db, "ada")
    await db.close()
    held = await asyncio.to_thread(
        lambda: [f.name for f in path.parent.iterdir() if SECRET.encode() in f.read_bytes()]
    )
    assert held == []
