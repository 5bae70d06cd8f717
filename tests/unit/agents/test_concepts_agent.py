"""The concepts agent: the course's words, lines read aloud, and an honest "not in this course"."""

from __future__ import annotations

import pytest

from learnflow_ext.agents import concepts
from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.agents.line_reader import read_line
from learnflow_ext.agents.reply import MAX_WORDS, Reply, words
from learnflow_ext.contracts.help import HelpRequest

CODE = """def total_of(prices):
    total = 0
    for price in prices:
        total += price
    return total
"""


def reply(index: CourseIndex, text: str, **fields: str) -> Reply:
    return concepts.compose(concepts.analyse(HelpRequest(text=text, **fields), index))  # type: ignore[arg-type]  # texts only


class TestAnIdea:
    def test_is_explained_with_the_courses_example(self, index: CourseIndex) -> None:
        text = reply(index, "what is a list?").text
        assert text.startswith("**Lists**")
        assert "```python\nshopping" in text
        assert "This is from *Lists* in *Loops and lists*." in text
        assert words(text) <= MAX_WORDS

    def test_of_signs_is_explained_where_the_course_tells_them_apart(self, index: CourseIndex) -> None:
        text = reply(index, "what's the difference between = and ==").text
        assert "One `=` gives a value to a name; two of them, `==`,\ncompare." in text

    def test_is_cited(self, index: CourseIndex) -> None:
        citation = reply(index, "what is a list?").citations[0]
        assert (citation.notebook, citation.cell_id) == (
            "02-loops-and-lists/02-loops-and-lists.ipynb",
            "lists",
        )

    def test_has_a_shorter_version_below_it(self, index: CourseIndex) -> None:
        below = reply(index, "what is a list?").weaker
        assert below is not None and "```" not in below.text and below.rung == 1

    def test_that_the_course_lacks_is_said_to_be_missing(self, index: CourseIndex) -> None:
        text = reply(index, "what is inheritance?").text
        assert "nothing about that" in text
        assert "- Names" in text

    def test_without_a_course_says_so(self) -> None:
        assert "nothing for me to read" in reply(CourseIndex(), "what is a list?").text

    @pytest.mark.parametrize("section", range(40))
    def test_every_section_makes_a_whole_answer(self, index: CourseIndex, section: int) -> None:
        lessons = [each for each in index.sections if each.kind == "lesson"]
        asked = lessons[section % len(lessons)]
        text = reply(index, f"explain {asked.title}").text
        assert words(text) <= MAX_WORDS
        assert text.count("```") % 2 == 0


class TestAnExercise:
    def test_of_the_assignment_at_hand_is_meant(self, index: CourseIndex) -> None:
        answer = reply(index, "i dont understand exercise 2", assignment="02-loops-and-lists")
        assert answer.text.startswith("**Exercise 2: square numbers** asks for this:")
        assert len(answer.citations) >= 2

    def test_with_a_number_of_several_is_not_guessed(self, index: CourseIndex) -> None:
        assert concepts.analyse(HelpRequest(text="explain exercise 2"), index).exercise is None

    def test_with_a_number_of_its_own_is_found_anywhere(self, index: CourseIndex) -> None:
        found = concepts.analyse(HelpRequest(text="explain exercise 5"), index).exercise
        assert found is None or "5" in found.title

    def test_that_does_not_exist_falls_back_to_the_words(self, index: CourseIndex) -> None:
        assert concepts.analyse(HelpRequest(text="exercise 99 about lists"), index).sections


class TestALine:
    def test_is_read_aloud(self, index: CourseIndex) -> None:
        text = reply(index, "what does line 3 mean?", code=CODE).text
        assert text.startswith("**Line 3.** It begins a loop: it takes the items of `prices`")
        assert "Read again: *The `for` loop" in text

    def test_of_code_in_the_message(self, index: CourseIndex) -> None:
        assert "`x`" in reply(index, "explain line 1\n```python\nx = 1\n```").text

    def test_without_code_asks_for_it(self, index: CourseIndex) -> None:
        assert "cannot see the code" in reply(index, "what does line 3 mean?").text

    def test_that_is_not_there_says_so(self, index: CourseIndex) -> None:
        assert "no good words for line 99" in reply(index, "what does line 99 do", code=CODE).text

    def test_is_not_read_where_only_ideas_are_allowed(self, index: CourseIndex) -> None:
        request = HelpRequest(text="what does line 3 mean?", code=CODE)
        found = concepts.analyse(request, index, look_at_code=False)
        assert (found.line, found.read) == (None, ())


class TestACell:
    def test_is_read_line_by_line(self, index: CourseIndex) -> None:
        text = reply(index, "explain this code", code=CODE).text
        assert "**Line 1:** It builds a function called `total_of`" in text
        assert "**Line 4:**" in text

    def test_that_cannot_be_read_gets_the_courses_words(self, index: CourseIndex) -> None:
        assert words(reply(index, "explain this code", code="def (").text) > 10

    def test_does_not_hide_an_idea(self, index: CourseIndex) -> None:
        assert "`while`" in reply(index, "what is this while loop", code=CODE).text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x = 1", "gives the name `x` to `1`"),
        ("x = []", "gives the name `x` to an empty list"),
        ("x = y + 1", "works out `y + 1`, and gives it the name `x`"),
        ("x[0] = 2", "puts `2` into `x`, at the place `0`"),
        ("x += 2", "changes `x`"),
        ("for a in b: pass", "takes the items of `b`"),
        ("while a < 3: pass", "as long as `a` is less than `3`"),
        ("while True: pass", "as long as `True` is true"),
        ("if a == 3: pass", "only if `a` is equal to `3`"),
        ("def f(): pass", "nothing goes into it"),
        ("def f(a, b): pass", "`a` and `b`"),
        ("return", "gives back `None`"),
        ("return a", "gives back `a`"),
        ("return f'{a}!'", "curly brackets"),
        ("print(a)", "shows `a` on the screen"),
        ("print()", "shows nothing"),
        ("a.append(3)", "puts `3` at the end of `a`"),
        ("a.upper()", "a copy of `a` in capital letters"),
        ("a.weird(1)", "uses `weird` of `a` with `1`"),
        ("f(1)(2)", "uses `f(1)` with `2`"),
        ("mine(1)", "uses the function `mine` with `1`"),
        ("n = len(a)", "counts how many items"),
        ("'text'", "says what the function is for"),
        ("a + 1", "works out `a + 1`"),
        ("import math", "fetches `import math`"),
        ("from math import pi", "fetches"),
        ("assert a == 1", "is a check"),
        ("pass", "does nothing"),
        ("break", "leaves the loop"),
        ("continue", "skips the rest"),
        ("raise ValueError", "error on purpose"),
        ("raise", "passes the error on"),
        ("# note", "a comment"),
        ("", "an empty line"),
        ("%matplotlib inline", "does nothing"),
    ],
)
def test_a_statement_has_words(line: str, said: str) -> None:
    sentence = read_line(f"first = 1\n{line}\nlast = 1", 2)
    assert sentence is not None and said in sentence


@pytest.mark.parametrize(("code", "line"), [("x = 1", 0), ("x = 1", 2), ("x = (", 1), ("class A: pass", 1)])
def test_a_line_without_words_has_none(code: str, line: int) -> None:
    assert read_line(code, line) is None


def test_else_is_read() -> None:
    sentence = read_line("if a:\n    pass\nelse:\n    pass", 3)
    assert sentence is not None and "not true" in sentence
    assert read_line("try:\n    pass\nfinally:\n    pass", 3) is None
