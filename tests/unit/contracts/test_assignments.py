"""What a notebook says of its assignment: read, or refused in a sentence."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.agents.context import Policy
from learnflow_ext.contracts.assignments import POLICIES, TOPICS, Said, said, together
from learnflow_ext.exercises.families import FAMILIES


def test_topics_and_policies_are_those_of_the_service() -> None:
    assert set(TOPICS) == set(FAMILIES)
    assert get_args(Policy) == POLICIES


def test_what_is_said_is_read_and_the_rest_left_alone() -> None:
    assert said({}) == said({"learnflow": {}}) == said({"learnflow": {"topic": "", "x": 1}}) == Said()
    assert said({"learnflow": {"topic": "files", "tutor": "off"}}) == Said(topic="files", tutor="off")


@pytest.mark.parametrize(
    ("ours", "sentence"),
    [
        ({"topic": "cooking"}, "topic in the notebook's metadata is 'cooking'; it can be basics, "),
        (
            {"tutor": False},
            "tutor in the notebook's metadata is False; it can be off, concepts, hints, open.",
        ),
        ({"tutor": ["off"]}, "it can be off"),
        ("off", "must be a list of keys and values"),
    ],
)
def test_what_does_not_fit_is_refused(ours: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as refused:
        said({"learnflow": ours})
    assert sentence in str(refused.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_metadata_is_read_or_refused(ours: object) -> None:
    try:
        found = said({"learnflow": ours})
    except ValueError:
        return
    assert found.tutor in ("", *POLICIES)


def test_of_several_notebooks_the_strictest_tutor_counts() -> None:
    both = together([Said(), Said(tutor="open", topic="files"), Said(tutor="concepts", topic="errors")])
    assert both == Said(topic="files", tutor="concepts")
    assert together([]) == Said()
