"""Where in a long message the request stands."""

from __future__ import annotations

import pytest

from learnflow_ext.agents.asking import ASKING, sentences, without_statement
from learnflow_ext.agents.classifier import message, shares
from learnflow_ext.agents.learning import load
from learnflow_ext.agents.triage import triage


def test_sentences_say_what_they_look_like_and_where_they_stand() -> None:
    told, code = sentences("it rained all day. could you set me a task? the dog is wet.")
    assert [each.text for each in told] == [
        "it rained all day.", "could you set me a task?", "the dog is wet.",
    ]  # fmt: skip
    assert [bool(each.looks & ASKING) for each in told] == [False, True, False]
    assert ["first" in told[0].looks, "last" in told[2].looks, code] == [True, True, False]


@pytest.mark.parametrize(
    "asking",
    ["wo liegt mein fehler", "me gustaria otra tarea", "pourriez-vous regarder", "potrebbe guardare?",
     "prosze o pomoc", "kun je helpen", "yardim eder misiniz?", "show me one", "i would like to know"],
)  # fmt: skip
def test_who_asks_is_seen_in_the_larger_languages(asking: str) -> None:
    (told,), _ = sentences(asking)
    assert told.looks & ASKING


@pytest.mark.parametrize("nothing", ["", " ... ", "?!"])
def test_a_text_without_words_has_no_sentence(nothing: str) -> None:
    assert sentences(nothing) == ([], False)


def test_lines_of_code_are_no_sentences() -> None:
    told, code = sentences("this is it:\ndef f(x):\n    return x\nf(3)\nis it all right?")
    assert [each.text for each in told] == ["this is it:", "is it all right?"]
    assert code


def test_what_a_pasted_statement_orders_is_not_the_student_s_wish() -> None:
    statement = '"write a function that returns the sum of all prices."'
    assert "write" not in without_statement(
        f"the task says {statement} and mine gives zero, i do not see why"
    )
    assert without_statement(f"please: {statement}") == f"please: {statement}"


def test_who_asks_counts_more_than_who_tells() -> None:
    text = (
        "We were at the lake on Sunday, the whole family, and the water was far too cold for me. "
        "Could you please give me another exercise about lists to practise? My uncle caught a fish there."
    )
    looks = {look: weight / 1000 for look, weight in load().looks.items()}
    before, asks, after = shares(message(text), looks)
    assert asks > 2 * max(before, after)


def test_a_request_is_found_in_the_middle_of_a_story() -> None:
    before = "We were at the lake on Sunday, the whole family, and the water was far too cold for me."
    after = (
        "My uncle caught a fish there, and we ate it in the evening by the fire, with potatoes and a song."
    )
    route = triage(f"{before} Could you give me another exercise about lists to practise? {after}")
    assert (route.intent, route.unsure) == ("exercise", False)
