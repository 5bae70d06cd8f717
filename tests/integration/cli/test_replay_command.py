"""`learnflow events replay`: what is kept of progress, held against the events."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.cli.made_class import COURSE, seed
from learnflow_ext.cli.replay import _replayed
from learnflow_ext.store import courses, quizzes
from learnflow_ext.store.courses import AssignmentInfo
from learnflow_ext.store.database import Database

Run = Callable[..., Any]


@pytest.fixture
def a_class(state: Path) -> Path:
    """The class that `learnflow demo --class 12` makes, over four weeks."""
    assert seed(state, 12) == "12 students have worked for four weeks. The teacher's dashboard shows them."
    return state


def test_a_class_is_made_once(learnflow: Run, a_class: Path) -> None:
    assert "There is a made-up class already" in seed(a_class, 30)
    found = json.loads(learnflow("events", "replay", COURSE, "--state", str(a_class), "--json").out)
    assert found["students"] == 12


def test_what_is_kept_is_what_the_events_come_to(learnflow: Run, a_class: Path) -> None:
    ended = learnflow("events", "replay", COURSE, "--state", str(a_class))
    assert ended.code == 0, ended.out
    assert f"{COURSE}: what is kept of 12 students is what " in ended.out
    found = json.loads(learnflow("events", "replay", COURSE, "--state", str(a_class), "--json").out)
    assert found["events"] > 40 and found["differences"] == []


def test_what_somebody_changed_by_hand_is_named(learnflow: Run, a_class: Path) -> None:
    with sqlite3.connect(a_class / "learnflow.sqlite") as db:
        changed = db.execute(
            "UPDATE progress SET best_score = 0, level = 'Beginner' WHERE best_score > 0 AND user_id ="
            " (SELECT id FROM users WHERE name = 'aisha')"
        ).rowcount
    db.close()
    assert changed
    ended = learnflow("events", "replay", COURSE, "--state", str(a_class))
    assert ended.code == 1
    assert "aisha, 01-first-steps: mastery " in ended.out
    assert "bruno" not in ended.out


def test_who_is_at_work_meanwhile_makes_no_difference(a_class: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{a_class}/learnflow.sqlite"
    read = courses.assignments

    async def read_late(conn: AsyncConnection, course: str) -> tuple[AssignmentInfo, ...]:
        """The events were read, and somebody answers a question."""
        db = Database(url)
        await db.open()
        async with db.begin() as writing:
            await quizzes.record(
                writing,
                student="aisha",
                course=COURSE,
                assignment="01-first-steps",
                question="said meanwhile",
                choices=["1"],
                right=False,
            )
        await db.close()
        return await read(conn, course)

    with monkeypatch.context() as patched:
        patched.setattr(courses, "assignments", read_late)
        found = asyncio.run(_replayed(Database(url), COURSE))
    assert found.differences == []
    again = asyncio.run(_replayed(Database(url), COURSE))
    assert (again.events, again.differences) == (found.events + 1, [])


def test_a_course_that_nobody_knows(learnflow: Run, state: Path) -> None:
    ended = learnflow("events", "replay", "<b>", "--state", str(state))
    assert (ended.code, ended.out) == (2, "")
    assert "Nothing is known of a course" in ended.err


def test_an_event_of_a_form_that_is_unknown_is_named(learnflow: Run, state: Path) -> None:
    with sqlite3.connect(state / "learnflow.sqlite") as db:
        db.execute("INSERT INTO users (name, created_at) VALUES ('ada', '2026-01-01 00:00:00.000000')")
        db.execute(
            "INSERT INTO event_log (event_id, time, topic, type, course, user_id, data) VALUES ('e-1',"
            " '2026-01-01 00:00:00.000000', 'progress.events', 'org.learnflow.submission.graded.v1', 'c', 1,"
            """ '{"score": "much"}')"""
        )
    db.close()
    ended = learnflow("events", "replay", "c", "--state", str(state))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Event e-1 in the log, number 1, cannot be read by this version: ")
