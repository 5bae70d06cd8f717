"""What the test's side makes of the answers of a student's process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from learnflow_grading.trusted.frames import Channel
from learnflow_grading.trusted.student import Student, StudentGone, TooSlow


def asked(reply: dict[str, Any], ask: Callable[[Student], object]) -> tuple[Student, Any]:
    """Ask a process that answers `reply`: the student, and what came of it, or was raised."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        other = Channel(theirs)

        def answer() -> None:
            request = other.receive(seconds=10)
            other.send({"id": request["id"], "out": [], **reply})

        thread = threading.Thread(target=answer)
        thread.start()
        student = Student(Channel(ours), cell_seconds=10)
        try:
            return student, ask(student)
        except (TooSlow, StudentGone) as error:
            return student, error
        finally:
            thread.join(10)


QUESTIONS: dict[str, Callable[[Student], object]] = {
    "names": lambda student: student.names(["a", "c"]),
    "a class": lambda student: student.describe(3),
}


@pytest.mark.parametrize("what", QUESTIONS)
def test_no_time_to_answer_means_neither_that_there_is_nothing_nor_that_somebody_cheats(what: str) -> None:
    student, came = asked({"late": True}, QUESTIONS[what])
    assert isinstance(came, TooSlow)
    assert (student.timeouts, student.gone) == (1, "")


def test_an_answer_is_for_what_was_asked() -> None:
    assert asked({"names": {"a": 1, "b": 2}}, QUESTIONS["names"])[1] == {"a": 1}
    assert asked({"class": {"name": "Point"}}, QUESTIONS["a class"])[1] == {"name": "Point"}


@pytest.mark.parametrize("said", [None, [], "a"])
def test_nonsense_says_nothing(said: object) -> None:
    assert asked({"names": said}, QUESTIONS["names"])[1] == {}
    student, came = asked({"class": said}, QUESTIONS["a class"])
    assert isinstance(came, StudentGone)
    assert student.gone == "broken"
