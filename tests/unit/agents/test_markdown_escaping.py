"""Student-controlled text stays text, whatever is in it."""

from __future__ import annotations

import re

import mistune
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from learnflow_ext.agents import markdown

HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("`*_[]()<>#!|~$\\&;:/.-+=\"'\n\t 1a@"),
        st.characters(codec="utf-8"),
    ),
    max_size=120,
)
PIECES = st.lists(
    st.sampled_from(
        [
            "<img src=x onerror=alert(1)>",
            "![x](http://evil.example/a.png)",
            "[click](javascript:alert(1))",
            "http://evil.example",
            "www.evil.example",
            "a@evil.example",
            "```",
            "`",
            "'",
            '"',
            " ",
            "\n",
            "\n\n",
            "# x",
            "- x",
            "1. x",
            "> x",
            "|a|b|\n|-|-|",
            "$$x$$",
            "&lt;b&gt;",
            "\\",
            "**b**",
            "~~s~~",
            "<!--",
            "total",
            "\u202e",
        ]
    ),
    max_size=12,
).map("".join)

strict = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
generous = mistune.create_markdown(
    escape=False, plugins=["url", "strikethrough", "table", "footnotes", "task_lists", "math"]
)


def kinds(text: str) -> set[str]:
    """What a strict reader makes of a paragraph."""
    return {
        token.type
        for block in strict.parse(text)
        for token in ([block, *(block.children or [])])
        if token.type not in {"text", "paragraph_open", "paragraph_close", "inline", "text_special"}
    }


def tags(text: str) -> set[str]:
    """The elements a generous renderer makes, links and formulas included."""
    return set(re.findall(r"<\s*/?\s*([a-zA-Z]+)", str(generous(text))))


@given(st.one_of(HOSTILE, PIECES))
@example("1. [x](http://e)")
@example("- a")
@example("'`'")
@example("`a``b`")
@example("#")
@example("`<b>`<script>")
@example("'a''b'")
@example("see 'a' _b_ 'c' <d>")
def test_a_sentence_shows_letters_and_code_and_nothing_else(text: str) -> None:
    paragraph = markdown.plain(text)
    assert kinds(paragraph) <= {"code_inline"}
    assert tags(paragraph) <= {"p", "code"}


@given(st.one_of(HOSTILE, PIECES))
def test_a_code_span_is_one_code_span(text: str) -> None:
    span = markdown.code(text)
    assert kinds(f"so {span} is") <= {"code_inline"}
    assert tags(f"so {span} is") <= {"p", "code"}
    assert "\n" not in span


@given(st.one_of(HOSTILE, PIECES))
def test_a_class_name_is_letters(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9]+", markdown.identifier(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Python does not know the name 'my_list'.", "Python does not know the name `my_list`."),
        ("you don't need it, isn't it", "you don't need it, isn't it"),
        ("is my_list, or other_list?", "is `my_list`, or `other_list`?"),
        ("2. now", "2\\. now"),
        ("", ""),
    ],
)
def test_ordinary_sentences_stay_readable(text: str, shown: str) -> None:
    assert markdown.plain(text) == shown


def test_long_sentences_go_from_the_end() -> None:
    text = "One short sentence. " + "word " * 100 + "end."
    assert markdown.plain(text, max_words=20) == "One short sentence."
    assert markdown.plain("word " * 100, max_words=5) == "word word word word word …"


def test_a_span_with_nothing_to_see_says_so() -> None:
    assert markdown.code("\u200b\n") == "(empty)"


def test_backticks_inside_a_span_survive() -> None:
    assert markdown.code("a `b` c") == "``a `b` c``"
    assert markdown.code("x" * 200, 10) == "`xxxxxxxxx…`"
