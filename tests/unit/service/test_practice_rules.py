"""What a course says of practice in `course.yaml`."""

from __future__ import annotations

import pytest

from learnflow_ext.service.practice_rules import PracticeRules, parse


def test_topics_by_assignment() -> None:
    assert parse(b"assignments: [{name: a, topic: files}, {name: b}]") == PracticeRules(topics={"a": "files"})


@pytest.mark.parametrize("topic", ["cooking", "7", "[functions, files]", "{functions: yes}"])
def test_a_topic_that_there_is_not_is_told_whatever_it_is_made_of(topic: str) -> None:
    with pytest.raises(ValueError, match=r"^topic of assignment a is .*; it can be basics, .*\.$"):
        parse(f"assignments: [{{name: a, topic: {topic}}}]".encode())
