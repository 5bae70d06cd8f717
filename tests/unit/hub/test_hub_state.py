"""The state folder: whose it is, who runs on it, and what a reset leaves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from learnflow_hub.state import State, StateUnusable


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A prepared folder."""
    state = State(tmp_path / "state")
    state.prepare()
    return state


def test_nobody_else_on_the_machine_looks_in(state: State) -> None:
    for folder in (state.root, state.hub, state.users):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_preparing_twice_keeps_what_is_there(state: State) -> None:
    (state.hub / "kept").write_text("x")
    state.prepare()
    assert (state.hub / "kept").read_text() == "x"


def test_a_folder_left_open_is_closed_again(state: State) -> None:
    state.root.chmod(0o777)
    state.prepare()
    assert state.root.stat().st_mode & 0o777 == 0o700


class TestWhoseFolder:
    def test_a_missing_an_empty_and_our_own_one_will_do(self, tmp_path: Path, state: State) -> None:
        (tmp_path / "empty").mkdir()
        State(tmp_path / "missing").check()
        State(tmp_path / "empty").check()
        state.check()

    def test_somebodys_files_are_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.tex").write_text("years of work")
        with pytest.raises(StateUnusable, match="is no LearnFlow folder"):
            State(tmp_path).check()

    def test_a_file_in_its_place_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StateUnusable, match="cannot be used: Not a directory"):
            State(tmp_path / "file").check()


class TestOneClassroomAtATime:
    def test_a_second_one_is_refused(self, state: State) -> None:
        descriptor = state.lock()
        try:
            with pytest.raises(StateUnusable, match="already"):
                state.lock()
        finally:
            os.close(descriptor)

    def test_it_is_free_again_when_the_first_is_gone(self, state: State) -> None:
        os.close(state.lock())
        os.close(state.lock())

    def test_a_hub_that_outlives_its_starter_still_holds_it(self, state: State) -> None:
        descriptor = state.lock()
        inherited = os.dup(descriptor)
        os.close(descriptor)
        with pytest.raises(StateUnusable):
            state.lock()
        os.close(inherited)


def test_a_reset_deletes_everything_and_follows_no_link(state: State, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    (state.users / "ada").mkdir()
    (state.root / "learnflow.sqlite").write_text("")
    (state.root / "link").symlink_to(outside)
    descriptor = state.lock()
    state.clear()
    os.close(descriptor)
    assert sorted(entry.name for entry in state.root.iterdir()) == ["learnflow-lock", "learnflow-state"]
    assert (outside / "precious").exists()
    state.check()
