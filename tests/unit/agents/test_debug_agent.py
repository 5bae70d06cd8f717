"""The debug agent: place, cause, question; nothing corrected; nothing of the student's read as markup."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from learnflow_ext.agents import debug
from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.agents.reply import MAX_WORDS, words
from learnflow_ext.contracts.help import CellError, Diagnosis, HelpRequest, Variable


def diagnosis(**changes: object) -> Diagnosis:
    fields: dict[str, object] = {
        "exception": "NameError",
        "message": "name 'prnt' is not defined",
        "line": 3,
        "source_line": "prnt(total)",
        "cause": "Python does not know the name 'prnt'.",
        "concept": "names",
        "known": True,
        **changes,
    }
    return Diagnosis(**fields)  # type: ignore[arg-type]  # the fields above have the right types


def answer(error: CellError, index: CourseIndex) -> str:
    return debug.compose(debug.analyse(HelpRequest(error=error), index)).text


class TestAnErrorWithADiagnosis:
    error = CellError(
        exception="NameError",
        message="name 'prnt' is not defined",
        code="total = 1\n\nprnt(total)",
        line=3,
        diagnosis=diagnosis(),
        variables=(Variable(name="total", type="int", value="1"),),
    )

    def test_begins_with_exception_and_line(self, index: CourseIndex) -> None:
        assert answer(self.error, index).splitlines()[0] == "**NameError in line 3**"

    def test_gives_cause_place_values_and_a_question(self, index: CourseIndex) -> None:
        text = answer(self.error, index)
        assert "Python does not know the name `prnt`." in text
        assert "Look at line 3: `prnt(total)`." in text
        assert "`total` was `1`" in text
        assert text.count("**Ask yourself:**") == 1

    def test_cites_the_section_that_teaches_the_concept(self, index: CourseIndex) -> None:
        reply = debug.compose(debug.analyse(HelpRequest(error=self.error), index))
        assert [citation.title for citation in reply.citations] == ["First steps: Names"]
        assert reply.citations[0].notebook == "01-first-steps/01-first-steps.ipynb"
        assert "Read again: *Names* in *First steps*." in reply.text

    def test_cites_nothing_that_is_not_released(self, index: CourseIndex) -> None:
        findings = debug.analyse(
            HelpRequest(error=self.error), index, HelpContext(released=frozenset({"02-loops-and-lists"}))
        )
        assert all(section.assignment == "02-loops-and-lists" for section in findings.sections)

    def test_steps_down_the_ladder_without_the_question(self, index: CourseIndex) -> None:
        reply = debug.compose(debug.analyse(HelpRequest(error=self.error), index))
        assert reply.rung == 3
        assert reply.weaker is not None and reply.weaker.rung == 2
        assert reply.weaker.weaker is not None and reply.weaker.weaker.rung == 1
        assert "Ask yourself" not in reply.weaker.text
        assert "prnt" not in reply.weaker.weaker.text


@pytest.mark.parametrize(
    ("line", "title"),
    [(None, "**NameError**"), (0, "**NameError**"), (-3, "**NameError**"), (10**9, "**NameError**")],
)
def test_a_line_that_is_none_is_not_named(index: CourseIndex, line: int | None, title: str) -> None:
    error = CellError(exception="NameError", message="", diagnosis=diagnosis(line=line))
    assert answer(error, index).splitlines()[0] == title


class TestAnErrorAsText:
    def test_from_the_kernel_without_a_diagnosis(self, index: CourseIndex) -> None:
        error = CellError(
            exception="ZeroDivisionError",
            message="division by zero",
            code="a = 0\nprint(1 / a)",
            line=2,
            traceback="Cell In[1], line 2\n----> 2 print(1 / a)\nZeroDivisionError: division by zero",
        )
        assert answer(error, index).startswith("**ZeroDivisionError in line 2**")

    @pytest.mark.parametrize(
        "text",
        [
            "NameError: name 'prnt' is not defined",
            "what is this\nTraceback (most recent call last):\n  Cell In[3], line 1\nNameError: name "
            "'prnt' is not defined",
        ],
    )
    def test_pasted_into_the_chat(self, index: CourseIndex, text: str) -> None:
        reply = debug.compose(debug.analyse(HelpRequest(text=text, code="prnt(1)"), index))
        assert reply.text.startswith("**NameError")
        assert "`prnt`" in reply.text

    def test_only_a_kind(self, index: CourseIndex) -> None:
        reply = debug.compose(debug.analyse(HelpRequest(text="IndexError"), index))
        assert reply.text.startswith("**IndexError**")


class TestNoError:
    def test_and_no_code_asks_for_them(self, index: CourseIndex) -> None:
        text = debug.compose(debug.analyse(HelpRequest(text="it does not work"), index)).text
        assert "**Explain**" in text
        assert "what did you expect" in text

    def test_but_code_that_python_cannot_read(self, index: CourseIndex) -> None:
        request = HelpRequest(text="why?", code="x = 1\nfor y in [1, 2]\n    print(y)")
        assert debug.compose(debug.analyse(request, index)).text.startswith("**SyntaxError in line 2**")

    def test_but_code_pasted_in_a_fence(self, index: CourseIndex) -> None:
        request = HelpRequest(text="why?\n```python\nprint('a'\n```")
        assert debug.compose(debug.analyse(request, index)).text.startswith("**SyntaxError")

    def test_but_a_slip_is_pointed_at(self, index: CourseIndex) -> None:
        code = "def total(prices):\n    s = 0\n    for p in prices:\n        s = s + p\n        return s"
        text = debug.compose(debug.analyse(HelpRequest(text="wrong result", code=code), index)).text
        assert "Look at line 5" in text
        assert "first round" in text

    @pytest.mark.parametrize(
        "text",
        [
            "why does my loop never end?",
            "my cell keeps running and running",
            "it doesn't stop",
            "i think its an infinite loop??",
            "meine schleife hört nicht auf",
            "mi programa no termina",
            "la boucle ne s'arrête jamais",
        ],
    )
    def test_because_it_does_not_end(self, index: CourseIndex, text: str) -> None:
        alone = debug.compose(debug.analyse(HelpRequest(text=text), index))
        assert "Interrupt Kernel" in alone.text
        assert "I cannot see the code" in alone.text
        code = "n = 3\nwhile n > 0:\n    print(n)"
        shown = debug.compose(debug.analyse(HelpRequest(text=text, code=code), index))
        assert "Interrupt Kernel" in shown.text
        assert "Look at line 2" in shown.text
        assert "No line of the loop changes `n`" in shown.text
        idea = debug.compose(debug.analyse(HelpRequest(text=text, code=code), index), rung=1)
        assert "line 2" not in idea.text

    @pytest.mark.parametrize(
        "text",
        [
            "when does a function end?",
            "stop giving me hints",
            "the end is wrong",
            "I want to finish this exercise",
            "my print ends with a comma",
            "I can't finish exercise 2, what is wrong?",
            "I am not finished yet, is it right so far?",
            "why is the last item not at the end?",
            "I don't understand the end of line 3",
            "the line does not end with a colon, why is that wrong?",
            "I am stuck on the loop exercise",
            "it keeps printing None",
            "it keeps running into an error",
        ],
    )
    def test_not_because_the_word_end_is_said(self, index: CourseIndex, text: str) -> None:
        code = "n = 3\nwhile n > 0:\n    n = n - 1"
        for shown in ("", code):
            found = debug.analyse(HelpRequest(text=text, code=shown), index)
            assert "Interrupt Kernel" not in debug.compose(found).text

    @pytest.mark.parametrize(
        "text",
        [
            "I can't end the loop",
            "I cannot stop it",
            "it never ever finishes",
            "my cell won't stop",
            "the program isnt ending",
            "does my loop not stop?",
            "it keeps printing the same number",
            "I'm stuck in the while loop",
        ],
    )
    def test_but_because_of_other_words_for_it(self, index: CourseIndex, text: str) -> None:
        assert "Interrupt Kernel" in debug.compose(debug.analyse(HelpRequest(text=text), index)).text

    @pytest.mark.parametrize(
        ("code", "may"),
        [
            ("x = 1\nprint(x)", False),
            ("def f(x):\n    print(x)\nf(3)", False),
            ("for x in y:\n    print(x)", True),
            ("n = int(input())", True),
            ("count_down(3)", True),
            ("while True", True),
        ],
    )
    def test_nor_where_nothing_could_take_long(self, index: CourseIndex, code: str, may: bool) -> None:
        found = debug.analyse(HelpRequest(text="why does it never end?", code=code), index)
        assert found.endless is (may and found.diagnosis is None)

    def test_and_nothing_odd_gives_a_method(self, index: CourseIndex) -> None:
        text = debug.compose(
            debug.analyse(HelpRequest(text="wrong result", code="x = 1\nprint(x)"), index)
        ).text
        assert "on paper" in text


HOSTILE = st.lists(
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "![i](http://e.example/x.png)",
            "[a](http://e.example)",
            "http://e.example",
            "`",
            "```\n",
            "\n\n# big\n\n",
            "|a|\n|-|\n",
            "**",
            "'",
            "word ",
            "prnt",
        ]
    ),
    max_size=15,
).map("".join)


@settings(max_examples=80, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_an_error_full_of_markup_shows_as_text(index: CourseIndex, a: str, b: str, c: str, d: str) -> None:
    error = CellError(
        exception=a,
        message=b,
        code=c,
        diagnosis=diagnosis(exception=a, message=b, source_line=c, cause=d),
        variables=(Variable(name=a, type=b, value=c),) * 3,
    )
    text = answer(error, index)
    tokens = [
        token.type
        for block in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
        for token in [block, *(block.children or [])]
    ]
    forbidden = {
        "html_block",
        "html_inline",
        "image",
        "link_open",
        "heading_open",
        "fence",
        "table_open",
        "hr",
    }
    assert not forbidden & set(tokens)
    assert words(text) <= MAX_WORDS
    assert text.startswith("**")


def test_ideas_only_has_nothing_of_the_cell(index: CourseIndex) -> None:
    error = CellError(exception="NameError", message="", diagnosis=diagnosis())
    text = debug.compose_idea(debug.analyse(HelpRequest(error=error), index)).text
    assert text.startswith("**NameError**")
    assert "prnt" not in text
    nothing = debug.compose_idea(debug.analyse(HelpRequest(text="why"), index)).text
    assert "only explain ideas" in nothing


def test_an_unknown_kind_still_gets_an_answer(index: CourseIndex) -> None:
    error = CellError(
        exception="BananaError",
        message="no",
        diagnosis=diagnosis(exception="BananaError", concept="", known=False),
    )
    text = answer(error, index)
    assert text.startswith("**BananaError in line 3**")
    assert "Ask yourself" in text
