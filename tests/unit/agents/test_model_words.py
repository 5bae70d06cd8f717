"""What happens to a model's words and to what it is told, without any model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.agents.llm.breaker import Breaker
from learnflow_ext.agents.llm.privacy import redacted
from learnflow_ext.agents.llm.tidy import Sentences, harmless, makes_sense


class TestRedaction:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("mail me: ben@school.example", "mail me: [address]"),
            ("open('/home/ben/x.txt')", "open('[home]/x.txt')"),
            ("https://me:pw@host/x", "https://host/x"),
            ("token = abcdef12345", "token = [secret]"),
            ("call +49 170 1234567 today", "call [number] today"),
            ("Ben asked BEN", "[name] asked [name]"),
            ("bench and max(1, 2)", "bench and max(1, 2)"),
        ],
    )
    def test_what_is_cut(self, text: str, kept: str) -> None:
        assert redacted(text, ("ben", "Max")) == kept

    def test_a_person_called_max_is_cut_and_the_function_is_not(self) -> None:
        assert redacted("Max wrote max(a)", ("Max",)) == "[name] wrote max(a)"

    @given(st.text(max_size=300))
    def test_any_text(self, text: str) -> None:
        assert "ada@x.org" not in redacted(f"{text} ada@x.org", ("ada",))


class TestSentences:
    @given(st.lists(st.text(alphabet="ab. \n!`", max_size=8), max_size=12))
    def test_nothing_is_lost_or_made_up(self, pieces: list[str]) -> None:
        cutter = Sentences()
        found = [sentence for piece in pieces for sentence in cutter.feed(piece)]
        assert "".join([*found, cutter.rest()]) == "".join(pieces)

    def test_a_block_is_one_sentence(self) -> None:
        cutter = Sentences()
        found = cutter.feed("Like so. ```python\n")
        assert found == ["Like so. "]
        assert cutter.feed("x = 1\nprint(x). y\n") == []
        assert cutter.feed("```\nNow you.") == ["```python\nx = 1\nprint(x). y\n```\n"]


class TestHarmless:
    def test_code_keeps_its_text(self) -> None:
        assert harmless("Use `a[1](2) < b` there.") == "Use `a[1](2) < b` there."

    def test_a_block_is_closed(self) -> None:
        assert harmless("```html\n<b>x</b>\n").rstrip().endswith("```")

    @pytest.mark.parametrize("text", ["!![x](y", "!`[x", "!\\[x", "]`(y)", "]\\(y)", "\\`[x", "!~~~[x"])
    def test_what_goes_brings_no_halves_together(self, text: str) -> None:
        shown = harmless(text)
        assert not any(whole in shown for whole in ("![", "](", "\\["))

    @given(st.text(alphabet="![](){}<>`~$\\/:.htp# \nab", max_size=60))
    def test_no_link_or_tag_is_left_outside_of_code(self, text: str) -> None:
        shown = harmless(text)
        if not shown.startswith("```"):
            # Code stands between the parts: halves on both sides of it are no link.
            prose = " ".join(shown.split("`")[::2])
            assert "](" not in prose
            assert "![" not in prose
            assert "<" not in prose.replace("&lt;", "")
            assert shown.count("`") % 2 == 0


@pytest.mark.parametrize(
    ("text", "fine"), [("Look at `x = [1]`.", True), ("\ufffd" * 9, False), ("x" * 200, False), ("", True)]
)
def test_sense(text: str, fine: bool) -> None:
    assert makes_sense(text) is fine


def test_breaker() -> None:
    now = [0.0]
    breaker = Breaker(2, 10, clock=lambda: now[0])
    breaker.went(well=False)
    assert breaker.may_try()
    breaker.went(well=False)
    assert not breaker.may_try()
    now[0] = 11
    assert breaker.may_try()
    assert not breaker.may_try()
    breaker.went(well=True)
    assert breaker.may_try()
