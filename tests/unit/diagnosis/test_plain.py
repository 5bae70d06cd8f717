from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.diagnosis.plain import clean, prose, sentences, without_host_paths


@given(st.text(max_size=400), st.integers(1, 50))
def test_clean_text_is_short_and_printable(text: str, limit: int) -> None:
    found = clean(text, limit)
    assert len(found) <= limit
    assert "\x1b" not in found
    found.encode()


def test_colours_go() -> None:
    assert clean("\x1b[31mred\x1b[0m", 10) == "red"


def test_places_of_this_machine_are_not_told(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    told = without_host_paths(
        f"in {sys.prefix}/lib/x.py and {sys.base_prefix}/y, {tmp_path}/data.csv,"
        f" {tmp_path}; /tmp/ipykernel_33/55.py"
    )
    assert str(tmp_path) not in told
    assert sys.base_prefix not in told
    assert told.endswith("data.csv, your folder; this cell")


def test_a_folder_that_is_gone_names_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> str:
        raise FileNotFoundError

    monkeypatch.setattr("os.getcwd", gone)
    assert without_host_paths("plain") == "plain"


class TestProse:
    def test_short_code_goes_inline(self) -> None:
        assert prose("Try\n\n    global x\n\nThen go on.") == "Try `global x`. Then go on."

    def test_pictures_of_the_place_are_left_out(self) -> None:
        assert prose("It is open.\n\n    1: print(\n            ^\n") == "It is open."

    def test_long_code_goes_with_its_introduction(self) -> None:
        text = "Make a copy. Do it like this:\n\n    a = b\n    c = d\n    e = f\n\nGood."
        assert sentences(prose(text)) == "Make a copy. Good."


class TestSentences:
    def test_at_most_four(self) -> None:
        assert sentences("One. Two. Three. Four. Five.") == "One. Two. Three. Four."

    def test_talk_about_the_tool_is_left_out(self) -> None:
        assert sentences("You forgot it. Please report this example to us.") == "You forgot it."

    def test_no_first_person(self) -> None:
        assert sentences("I suspect that you forgot it") == "It looks as if you forgot it."

    def test_nothing_stays_nothing(self) -> None:
        assert sentences("") == ""
