"""A proved hint in the chat's words: which step is told, what stands behind it, and how long it may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.agents.context import HelpContext, ProvedHint
from learnflow_ext.agents.debug import DebugFindings, compose
from learnflow_ext.agents.proved import NOT_YET, SOLVED
from learnflow_ext.agents.proved import compose as proved
from learnflow_ext.agents.reply import MAX_WORDS, words
from learnflow_ext.contracts.help import CellError, Diagnosis, HelpRequest

HINT = ProvedHint(line=4, concept="loops", rungs=("the idea", "the place", "the question", "the example"))


def findings(exception: str = "AssertionError", cause: str = "They differ.") -> DebugFindings:
    diagnosis = Diagnosis(
        exception=exception, message="", line=2, source_line="x", cause=cause, concept="", known=True
    )
    return DebugFindings(diagnosis=diagnosis)


@pytest.mark.parametrize("rung", range(1, 5))
def test_the_step_that_is_due_and_behind_it_all_below(rung: int) -> None:
    found = findings()
    reply = proved(HINT, found, compose(found, rung), rung)
    for step in range(rung, 0, -1):
        assert reply.rung == step and reply.paragraphs[0] == NOT_YET
        assert [text for text in HINT.rungs if text in reply.paragraphs] == [HINT.rungs[step - 1]]
        assert reply.weaker is not None
        reply = reply.weaker
    assert reply.text == compose(found, rung).text


def test_outside_of_a_ladder_a_question_is_asked() -> None:
    assert "the question" in proved(HINT, findings(), compose(findings())).paragraphs


def test_a_crash_keeps_its_cause() -> None:
    found = findings("NameError", "Python does not know the name 'totl'.")
    text = proved(HINT, found, compose(found, 1), 1).text
    assert "**NameError in line 2**" in text and "`totl`" in text and "the idea" in text


def test_who_is_done_is_told_so() -> None:
    reply = proved(ProvedHint(solved=True), findings(), compose(findings(), 1), 1)
    assert reply.paragraphs == SOLVED and reply.rung == 0


@given(st.integers(0, 9), st.integers(1, 300), st.integers(1, 140))
def test_no_hint_is_too_long(rung: int, cause: int, said: int) -> None:
    found = findings("ValueError", "word " * cause)
    hint = ProvedHint(rungs=tuple(f"{step} " + "word " * said for step in "abcd"))
    reply = proved(hint, found, compose(found, rung), rung)
    assert words(reply.text) <= MAX_WORDS and words(reply.paragraphs[0]) <= 10


def test_where_only_ideas_are_allowed_no_attempt_is_looked_at() -> None:
    from learnflow_ext.agents.course_index import CourseIndex
    from learnflow_ext.agents.tutor import Tutor
    from learnflow_ext.agents.tutor import compose as composed

    request = HelpRequest(error=CellError(exception="AssertionError", message="", code="assert False"))
    plan = Tutor(CourseIndex()).plan(request, HelpContext(policy="concepts"))
    assert not plan.may_be_hinted
    assert "the idea" not in composed(plan, 1, HINT).text
