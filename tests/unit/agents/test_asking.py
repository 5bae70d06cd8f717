"""Where in a long message the request stands."""

from __future__ import annotations

import pytest

from learnflow_ext.agents.asking import ASKS, CLOSES, TELLS, weighted
from learnflow_ext.agents.triage import triage


def test_who_asks_counts_more_than_who_tells_and_the_end_a_little_more() -> None:
    told = weighted("it rained all day. could you set me a task? the dog is wet.")
    assert told == [
        ("it rained all day.", TELLS),
        ("could you set me a task?", ASKS),
        ("the dog is wet.", TELLS + CLOSES),
    ]


@pytest.mark.parametrize("nothing", ["", " ... ", "?!"])
def test_a_text_without_words_has_no_sentence(nothing: str) -> None:
    assert weighted(nothing) == []


def test_a_request_is_found_in_the_middle_of_a_story() -> None:
    before = "We were at the lake on Sunday, the whole family, and the water was far too cold for me."
    after = (
        "My uncle caught a fish there, and we ate it in the evening by the fire, with potatoes and a song."
    )
    route = triage(f"{before} Could you give me another exercise about lists to practise? {after}")
    assert (route.intent, route.unsure) == ("exercise", False)
