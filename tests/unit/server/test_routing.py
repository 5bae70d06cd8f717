"""Whom a chat message is for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnflow_ext.server.routing import addressed, question

NAMES = {"tutor": "T", "debug": "D", "concepts": "C"}


@pytest.mark.parametrize(
    ("body", "whom", "rest"),
    [
        ("@Debug why?", "D", "why?"),
        ("@debug: why?", "D", "why?"),
        ("  @DEBUG, why?", "D", "why?"),
        ("@Debug", "D", ""),
        ("@Concepts\nlists", "C", "lists"),
        ("why? @Debug", "T", "why? @Debug"),
        ("@Debugger why?", "T", "@Debugger why?"),
        ("@Nobody why?", "T", "@Nobody why?"),
        ("@", "T", "@"),
        ("@property does what?", "T", "@property does what?"),
        ("mail@Debug x", "T", "mail@Debug x"),
        ("", "T", ""),
    ],
)
def test_a_leading_name(body: str, whom: str, rest: str) -> None:
    assert addressed(body, NAMES, None, "T") == whom
    assert question(body, NAMES) == rest


def test_the_name_wins_over_the_picker() -> None:
    assert addressed("@Debug why?", NAMES, "C", "T") == "D"
    assert addressed("why?", NAMES, "C", "T") == "C"


@settings(deadline=None)
@given(st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text())))
def test_whatever_the_picker_says_it_is_one_of_ours(chosen: object) -> None:
    assert addressed("why?", NAMES, chosen, "T") in NAMES.values()


@settings(deadline=None)
@given(st.text())
def test_any_text_is_for_one_of_ours(body: str) -> None:
    assert addressed(body, NAMES, None, "T") in NAMES.values()
    assert question(body, NAMES) in body
