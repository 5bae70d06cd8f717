"""Which course and assignment a notebook's path tells."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnflow_ext.contracts.paths import place_of, split_path

NAMES = st.text("abXY09 -_+äß漢", min_size=1, max_size=20)


@settings(deadline=None)
@given(NAMES, NAMES, st.lists(NAMES, min_size=1, max_size=3))
def test_a_notebook_in_an_assignment(course: str, assignment: str, rest: list[str]) -> None:
    assert place_of("/".join([course, assignment, *rest])) == (course, assignment)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_plain_names_or_none(path: str) -> None:
    course, assignment = place_of(path)
    assert bool(course) == bool(assignment)
    for name in (course, assignment):
        assert "/" not in name
        assert not name.startswith(".")


@settings(deadline=None)
@given(st.lists(st.sampled_from(["..", ".", "", "a", ".b", "c\\d", "e\n", "\0"]), max_size=5))
def test_a_split_path_never_leads_outside(parts: list[str]) -> None:
    found = split_path("/".join(parts))
    assert all(part in ("a",) for part in found)


@pytest.mark.parametrize(
    "path", ["", "x.ipynb", "py/x.ipynb", "../py/one/x.ipynb", "/", "py//x.ipynb", "py/.git/x"]
)
def test_outside_any_assignment(path: str) -> None:
    assert place_of(path) == ("", "")


def test_a_leading_slash_does_not_matter() -> None:
    assert place_of("/py/one/x.ipynb") == ("py", "one")


def test_a_path_without_end_is_none() -> None:
    assert split_path("a/" * 300 + "b") == ()
