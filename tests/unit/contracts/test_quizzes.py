"""Quiz keys and answers held against them: what is told, what never is, and what a teacher reads."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.contracts.quizzes import (
    MAX_KEY_BYTES,
    MOST_CHOICES,
    Choice,
    Question,
    judge,
    look_through,
    placed,
    read,
    shown,
)

texts = st.text(min_size=1, max_size=20)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    names = draw(st.lists(texts, min_size=2, max_size=MOST_CHOICES, unique=True))
    right = draw(st.lists(st.booleans(), min_size=len(names), max_size=len(names)).filter(any))
    choices = tuple(
        Choice(text=text, right=is_right, reason=f"reason {place}")
        for place, (text, is_right) in enumerate(zip(names, right, strict=True))
    )
    return Question(id="q", question="?", choices=choices)


def chosen(question: Question) -> st.SearchStrategy[set[str]]:
    fitting = st.sets(st.sampled_from([choice.text for choice in question.choices]), min_size=1)
    return fitting if len(question.right) > 1 else fitting.map(lambda many: {min(many)})


class TestJudging:
    @given(st.data(), questions())
    def test_only_the_whole_right_set_is_right(self, data: st.DataObject, question: Question) -> None:
        picked = data.draw(chosen(question))
        found = judge(question, picked)
        assert found.right == (picked == question.right)
        assert set(found.choices) == picked

    @given(st.data(), questions())
    def test_nothing_is_told_of_what_was_not_chosen(self, data: st.DataObject, question: Question) -> None:
        picked = data.draw(chosen(question))
        assert {one.choice for one in judge(question, picked).reasons} <= picked

    @given(st.data(), questions())
    def test_a_wrong_answer_does_not_say_what_is_right(self, data: st.DataObject, question: Question) -> None:
        found = judge(question, data.draw(chosen(question)))
        if not found.right:
            assert not {one.choice for one in found.reasons} & question.right
            assert found.reasons or found.incomplete

    @given(st.data(), questions())
    def test_order_and_doubles_do_not_matter(self, data: st.DataObject, question: Question) -> None:
        picked = data.draw(chosen(question))
        again = data.draw(st.permutations([*picked, *picked]))
        assert judge(question, again) == judge(question, picked)

    @given(questions(), texts)
    def test_a_choice_that_does_not_exist_is_refused(self, question: Question, other: str) -> None:
        if other not in {choice.text for choice in question.choices}:
            with pytest.raises(ValueError, match="Fetch the assignment again"):
                judge(question, [other])

    def test_everything_at_once_is_no_answer_where_one_is_right(self) -> None:
        question = Question(
            id="q",
            question="?",
            choices=(Choice(text="a", right=True, reason="r"), Choice(text="b", reason="s")),
        )
        with pytest.raises(ValueError, match="Choose one"):
            judge(question, ["a", "b"])


@given(questions())
def test_what_is_shown_has_no_key(question: Question) -> None:
    wire = msgspec.json.encode(shown(question, "c", "a")).decode()
    assert "reason" not in wire
    assert "right" not in msgspec.json.decode(wire)
    assert all("right" not in str(key) for key in msgspec.json.decode(wire))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("%quiz names", "names"),
        ("  %quiz   a-1 \n", "a-1"),
        ("%quiz", ""),
        ("%quiz a b", None),
        ("Take the %quiz names", None),
        ("%quizzes", None),
        ("%quiz a\nand more", None),
        ("", None),
    ],
)
def test_a_cell_that_stands_for_a_question(source: str, name: str | None) -> None:
    assert placed(source) == name


GOOD = """
- id: one
  question: Which?
  choices:
    - {text: "12", right: true, reason: Because.}
    - {text: "30", reason: Because not.}
"""


class TestReadingAKey:
    def test_a_good_one(self) -> None:
        (question,) = read(GOOD.encode())
        assert question.right == {"12"}
        assert not shown(question, "c", "a").several

    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            ("id: one", "id: One!", "needs an `id`"),
            ("question: Which?", "text: Which?", "`text`, which is no part of a question"),
            ("question: Which?", "question: ' '", "nothing in `question`"),
            ("right: true, ", "", "No choice is right"),
            ('text: "30",', 'text: "30", right: true,', "Every choice is right"),
            ("right: true", "right: maybe", "`right` of choice 1 is true or false"),
            (", reason: Because not.", "", "Choice 2 has no `reason`"),
            ("reason: Because.", "reason: ''", "Choice 1 has no `reason`"),
            ('text: "30"', "text: 30", "put numbers"),
            ('text: "30"', 'text: "12"', "the same text"),
            ("reason: Because.", "because: Because.", "`because`, which is no part of a choice"),
            ('    - {text: "30", reason: Because not.}\n', "", "a list of 2 to 10 `choices`"),
            ("question: Which?", f"question: {'x' * 1001}", "At most 1000 characters"),
            ("question: Which?", 'question: "a\\0b"', "cannot be shown"),
        ],
    )
    def test_a_mistake_is_a_sentence(self, old: str, new: str, sentence: str) -> None:
        assert old in GOOD
        with pytest.raises(ValueError, match=sentence):
            read(GOOD.replace(old, new).encode())

    def test_all_mistakes_are_found_and_whole_questions_kept(self) -> None:
        text = GOOD + GOOD + GOOD.replace("one", "two").replace("right: true, ", "")
        found, mistakes = look_through(text.encode())
        assert [question.id for question in found] == ["one"]
        assert [name for name, _ in mistakes] == ["one", "two"]
        assert "same id" in mistakes[0][1]

    @pytest.mark.parametrize(
        "text",
        [b"", b"[", b"a: 1", b"- 1", b"- {}", b"\xff\xfe", b"[" * 5000, b"x" * (MAX_KEY_BYTES + 1), b"null"],
    )
    def test_no_key_at_all_is_a_sentence(self, text: bytes) -> None:
        with pytest.raises(ValueError, match=r"[.:]"):
            read(text)

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
    def test_anything_for_a_choice_is_survived(self, value: object) -> None:
        raw = [{"id": "a", "question": "?", "choices": [value, {"text": value, "reason": value}]}]
        _, mistakes = look_through(msgspec.yaml.encode(raw))
        assert mistakes
