"""What beginners say beside their questions, and questions that bring no code: an answer that helps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from learnflow_ext.agents.triage import triage
from learnflow_ext.contracts.help import CellError, Diagnosis, ReplyChunk


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("im so dumb i cant do this", "no sign that you cannot"),
        ("I hate python", "no sign that you cannot"),
        ("how do i hand in", "**Submit**"),
        ("where can i submit", "**Submit**"),
        ("when is the deadline", "your teacher does"),
        ("who are you", "a program, not a person"),
        ("can you help me?", "tell me a little more"),
        ("help", "tell me a little more"),
    ],
)
def test_has_a_fitting_word(ask: Callable[..., tuple[str, ReplyChunk]], message: str, said: str) -> None:
    text, _ = ask(message)
    assert said in text


def test_help_right_after_an_error_is_about_the_error() -> None:
    error = CellError(exception="NameError", message="name 'x' is not defined", code="print(x)", line=1)
    assert triage("help", error).agent == "debug"


class TestNoCodeToSee:
    @pytest.mark.parametrize(
        ("message", "kind"),
        [
            ("it says nameerror whats that", "NameError"),
            ("i get a Type Error", "TypeError"),
            ("wat do i do with raise NotImplementedError", "NotImplementedError"),
        ],
    )
    def test_an_error_that_is_only_named(
        self, ask: Callable[..., tuple[str, ReplyChunk]], message: str, kind: str
    ) -> None:
        text, last = ask(message, agent="debug")
        assert text.startswith(f"**{kind}**")
        assert "press **Explain**" in text
        assert last.citations

    def test_a_none_that_came_out(self, ask: Callable[..., tuple[str, ReplyChunk]]) -> None:
        text, _ = ask("it prints none insted of the result", agent="debug")
        assert '`None` means "nothing"' in text

    def test_a_slip_in_the_code_comes_before_that(self, ask: Callable[..., tuple[str, ReplyChunk]]) -> None:
        text, _ = ask("why None", agent="debug", code="def f(x):\n    print(x * 2)\ny = f(3)\nprint(y)")
        assert "line 2" in text


@pytest.mark.parametrize(
    ("cause", "asked"),
    [
        ("The line needs a colon.", "which sign do they all end with"),
        ("The bracket was never closed.", "how many brackets open"),
        ("A quotation mark is missing.", "the same sign at both ends"),
        ("Python could not read this.", "where would a careful reader stop"),
    ],
)
def test_a_syntax_error_is_asked_about_as_it_fits(
    ask: Callable[..., tuple[str, ReplyChunk]], cause: str, asked: str
) -> None:
    diagnosis = Diagnosis(
        exception="SyntaxError",
        message="invalid syntax",
        line=1,
        source_line="x",
        cause=cause,
        concept="syntax",
        known=True,
    )
    text, _ = ask(error=CellError(exception="SyntaxError", message="", code="x", line=1, diagnosis=diagnosis))
    assert asked in text


def test_the_paragraph_that_answers_is_told(ask: Callable[..., tuple[str, ReplyChunk]]) -> None:
    text, _ = ask("whats the diffrence betwen print and retrun")
    assert "`return` gives something back to the **program**" in text
