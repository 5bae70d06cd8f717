"""Which names may become folders, groups and services."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learnflow_hub.names import UnusableName, course_id, user_folder_name


@pytest.mark.parametrize("name", ["ada", "a", "7", "ada.lovelace", "ada@school.example", "a_b-c", "x" * 64])
def test_ordinary_names_are_their_own_folder(name: str) -> None:
    assert user_folder_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", ".ssh", "a/b", "../ada", "a..b", "Ada", "ada ", "-rf", "ada\n", "ada\0"),
        *("a" * 65, "é", "uids.json"),
    ],
)
def test_names_that_climb_hide_or_clash_are_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(UnusableName, match="cannot be used here"):
        user_folder_name(name)


@given(st.text(max_size=80))
def test_an_accepted_name_stays_one_plain_folder_below_its_parent(name: str) -> None:
    try:
        folder = Path("/users") / user_folder_name(name)
    except UnusableName:
        return
    assert folder.parent == Path("/users")
    assert folder.resolve() == folder
    assert not folder.name.startswith((".", "-"))


@pytest.mark.parametrize("name", ["python-basics", "a", "cs101", "1"])
def test_course_ids(name: str) -> None:
    assert course_id(name) == name


@pytest.mark.parametrize("name", ["", "Python", "a/b", "a_b", "-a", "a-", "x" * 49, "..", "a b", "ä"])
def test_course_ids_that_could_not_name_a_group_are_refused(name: str) -> None:
    with pytest.raises(UnusableName, match="no course id"):
        course_id(name)
