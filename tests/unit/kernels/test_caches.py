"""The list of fonts that kernels find in their homes: made once, by nobody's code but matplotlib's."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from learnflow_kernels import caches
from learnflow_kernels.check import SandboxUnavailable


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """How often a list was made; here without a sandbox."""
    names: list[str] = []

    def make() -> tuple[str, bytes]:
        names.append("fontlist-v9.json")
        return names[-1], b'{"made": %d}' % len(names)

    monkeypatch.setattr(caches, "_make", make)
    monkeypatch.setattr(caches, "_key", lambda: "key")
    caches._kept.cache_clear()
    yield names
    caches._kept.cache_clear()


def test_it_is_made_once_and_found_by_the_next_process(made: list[str], tmp_path: Path) -> None:
    first = caches.font_list(tmp_path)
    assert first is not None and json.loads(first.read_bytes()) == {"made": 1}
    assert first.stat().st_mode & 0o777 == 0o644, "also with the hub's umask"
    caches._kept.cache_clear()
    assert caches.font_list(tmp_path) == first
    assert len(made) == 1
    assert [path.name for path in first.parent.iterdir()] == [first.name]


def test_it_is_made_anew_for_other_fonts(
    made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = caches.font_list(tmp_path)
    monkeypatch.setattr(caches, "_key", lambda: "another key")
    caches._kept.cache_clear()
    second = caches.font_list(tmp_path)
    assert second is not None and second != first


def test_a_new_font_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "_FONTS", (tmp_path,))
    (tmp_path / "serif").mkdir()
    before = caches._key()
    (tmp_path / "serif" / "new.ttf").write_bytes(b"")
    os.utime(tmp_path / "serif", ns=(1, 1))
    assert before and caches._key() != before


def test_a_folder_that_is_emptied_is_filled_again(made: list[str], tmp_path: Path) -> None:
    first = caches.font_list(tmp_path)
    assert first is not None
    first.unlink()
    assert caches.font_list(tmp_path) == first
    assert first.is_file()


def test_a_link_and_a_strange_name_are_nobody_s_list(made: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "key"
    folder.mkdir()
    (folder / "fontlist-v1.json").symlink_to("/etc/passwd")
    (folder / "fontlist-v1.json.py").write_text("")
    found = caches.font_list(tmp_path)
    assert found is not None and found.name == "fontlist-v9.json"


class TestItCannotBeMade:
    @pytest.mark.parametrize("error", [SandboxUnavailable("none"), ValueError("odd"), TimeoutError()])
    def test_kernels_start_without_and_it_is_tried_once(
        self, made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        tries: list[int] = []

        def fail() -> tuple[str, bytes]:
            tries.append(1)
            raise error

        monkeypatch.setattr(caches, "_make", fail)
        assert caches.font_list(tmp_path) is None
        assert caches.font_list(tmp_path) is None
        assert len(tries) == 1

    def test_a_place_that_cannot_be_written_is_no_fault(self, made: list[str], tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        assert caches.font_list(tmp_path / "file") is None
        assert made == []

    def test_without_matplotlib_there_is_none(
        self, made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(caches, "_key", lambda: "")
        assert caches.font_list(tmp_path) is None
        assert made == []


def test_what_the_hub_gives_comes_first(
    made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caches, "_SHARED", (tmp_path / "none", tmp_path))
    (tmp_path / "other.json").write_text("")
    (tmp_path / "fontlist-v3.json").write_text("")
    assert caches.files_in_home() == {
        Path("/home/student/.cache/matplotlib/fontlist-v3.json"): tmp_path / "fontlist-v3.json"
    }
    assert made == []
