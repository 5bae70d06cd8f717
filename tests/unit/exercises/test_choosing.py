"""Which exercise is made for which wish."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.exercises.choosing import Known, choose, shift_in, topics_in, wants_practice
from learnflow_ext.exercises.families import FAMILIES

COURSE = (
    Known(assignment="01", title="First steps", topics=("basics",), share=0.95),
    Known(assignment="02", title="Loops and lists", topics=("control_flow", "data_structures"), share=0.5),
    Known(assignment="03", title="Functions", topics=("functions",)),
)


@pytest.mark.parametrize(
    ("words", "topics"),
    [
        ("give me something on loops", ("control_flow",)),
        ("Give me an exercise on for-loops!", ("control_flow",)),
        ("something with lists and loops please", ("data_structures", "control_flow")),
        ("I'd like to practise dictionaries", ("data_structures",)),
        ("an exercise about functions", ("functions",)),
        ("try/except", ("errors",)),
        ("classes and inheritance", ("objects",)),
        ("reading csv files", ("files",)),
        ("control_flow", ("control_flow",)),
        ("Data structures", ("data_structures",)),
        ("Eine Übung zu Schleifen", ("control_flow",)),
        ("First steps", ("basics",)),
        ("harder one please", ()),
        ("something for me if you can", ()),
        ("", ()),
        ("reloops enlisted", ()),
    ],
)
def test_topics_are_heard_in_the_words(words: str, topics: tuple[str, ...]) -> None:
    assert topics_in(words) == topics


def test_every_topic_with_families_can_be_asked_for_by_its_own_name() -> None:
    for topic in FAMILIES:
        assert topics_in(f"something on {topic}") == (topic,)
        assert topics_in(topic.replace("_", " ")) == (topic,)


def test_words_go_before_the_work_at_hand() -> None:
    choice = choose("something on functions", COURSE, at_hand="02", last=("basics", 4))
    assert (choice.topic, choice.difficulty, choice.why) == ("functions", 1, "words")
    assert (choice.assignment, choice.title) == ("03", "Functions")


def test_without_a_topic_it_is_that_of_the_open_assignment_as_hard_as_its_points_allow() -> None:
    choice = choose("give me an exercise", COURSE, at_hand="01")
    assert (choice.topic, choice.difficulty, choice.why) == ("basics", 5, "open")


def test_else_it_is_the_weakest_topic_that_has_evidence() -> None:
    choice = choose("give me an exercise", COURSE)
    assert (choice.topic, choice.difficulty, choice.why) == ("control_flow", 3, "weakest")


def test_whoever_has_no_points_yet_begins_with_the_first_topic() -> None:
    fresh = tuple(Known(assignment=each.assignment, title=each.title, topics=each.topics) for each in COURSE)
    choice = choose("give me an exercise", fresh)
    assert (choice.topic, choice.difficulty, choice.why) == ("basics", 1, "first")


def test_harder_and_easier_go_from_the_last_exercise() -> None:
    last = ("functions", 3)
    assert choose("harder one please", COURSE, at_hand="01", last=last).difficulty == 4
    assert choose("an easier one", COURSE, last=last).topic == "functions"
    assert choose("an easier one", COURSE, last=last).difficulty == 2
    # On another topic the last one says nothing: from what the points allow.
    assert choose("harder, on loops", COURSE, last=last).difficulty == 4


def test_harder_stops_at_the_hardest() -> None:
    assert choose("harder", COURSE, last=("basics", 5)).difficulty == 5
    assert choose("too hard", COURSE, last=("basics", 1)).difficulty == 1


def test_a_topic_that_no_assignment_teaches_counts_for_none() -> None:
    choice = choose("something on files", COURSE)
    assert (choice.topic, choice.difficulty, choice.assignment, choice.title) == ("files", 1, "", "")


@pytest.mark.parametrize(
    ("words", "practice"),
    [
        ("harder one please", True),
        ("give me something on loops", True),
        ("can you help me?", True),
        ("what should I practise next?", True),
        ("What should I do next?", False),
        ("which assignment is due?", False),
        ("is there homework left?", False),
    ],
)
def test_the_courses_own_work_is_told_apart_from_practice(words: str, practice: bool) -> None:
    assert wants_practice(words) is practice


@given(
    st.text(max_size=80),
    st.lists(
        st.builds(
            Known,
            assignment=st.sampled_from(["a", "b", "c"]),
            title=st.text(max_size=8),
            topics=st.lists(st.sampled_from(list(FAMILIES)), max_size=2).map(tuple),
            share=st.none() | st.floats(0, 1),
        ),
        max_size=4,
    ),
    st.sampled_from(["", "a", "b"]),
    st.none() | st.tuples(st.sampled_from(list(FAMILIES)), st.integers(1, 5)),
)
def test_whatever_is_said_there_are_families_for_it(
    text: str, course: list[Known], at_hand: str, last: tuple[str, int] | None
) -> None:
    choice = choose(text, course, at_hand=at_hand, last=last)
    assert choice.topic in FAMILIES
    assert 1 <= choice.difficulty <= 5
    assert shift_in(text) in (-1, 0, 1)
    if choice.assignment:
        assert choice.topic in next(
            each for each in course if each.assignment == choice.assignment
        ).topics or any(
            choice.topic in each.topics for each in course if each.assignment == choice.assignment
        )
