"""Names that become folders."""

from __future__ import annotations

import glob
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learnflow_grading.names import check_file, check_name

from learnflow_ext.contracts.errors import BadRequest


@pytest.mark.parametrize("name", ["ada", "ada.lovelace", "ps-1", "Übung_2", "ada@school.org", "week 1"])
def test_ordinary_names_pass(name: str) -> None:
    assert check_name(name, "student") == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".git", "a/b", "a*", "a?", "[a]", "{a}", "a\n", " a", "a ", "-a", "~"]
)
def test_names_that_are_more_than_a_folder_are_refused(name: str) -> None:
    with pytest.raises(BadRequest, match="cannot be used"):
        check_name(name, "student")


def test_nbgrader_allows_no_plus_in_an_assignment() -> None:
    assert check_name("a+b", "student") == "a+b"
    with pytest.raises(BadRequest):
        check_name("a+b", "assignment")


@given(st.text(max_size=40))
def test_a_name_that_passes_is_one_plain_folder(name: str) -> None:
    try:
        check_name(name, "student")
    except BadRequest:
        return
    assert PurePosixPath(name).parts == (name,)
    assert glob.escape(name) == name
    assert "{" not in name


@given(st.text(max_size=60))
def test_a_file_that_passes_stays_inside(path: str) -> None:
    try:
        checked = check_file(path)
    except BadRequest:
        return
    assert not checked.is_absolute()
    assert ".." not in checked.parts


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a\x00b", "a\\b", "/".join("a" * 9)]
)
def test_paths_that_leave_the_assignment_are_refused(path: str) -> None:
    with pytest.raises(BadRequest):
        check_file(path)
