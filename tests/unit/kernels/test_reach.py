from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from learnflow_kernels.reach import closed_ancestor, parent_dirs, passable, reach_prefix

STRANGER = 54_321


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder only its owner may enter, in one everybody may; and we take ourselves for root."""
    base = Path(mkdtemp())
    base.chmod(0o755)
    (base / "closed" / "a" / "b").mkdir(parents=True)
    (base / "closed" / "a" / "c").mkdir()
    (base / "closed").chmod(0o700)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    yield base / "closed"
    (base / "closed").chmod(0o755)


@pytest.mark.parametrize(
    ("mode", "owner", "group", "expected"),
    [
        (0o700, 1, 1, False),
        (0o701, 1, 1, True),
        (0o710, 1, STRANGER, True),
        (0o701, 1, STRANGER, False),
        (0o100, STRANGER, 1, True),
        (0o077, STRANGER, 1, False),
    ],
)
def test_who_may_pass(mode: int, owner: int, group: int, expected: bool) -> None:
    assert passable(mode, owner, group, STRANGER) is expected


def test_the_outermost_closed_folder_is_found(closed: Path) -> None:
    assert closed_ancestor(closed / "a" / "b", STRANGER) == closed
    assert closed_ancestor(Path("/usr/bin"), STRANGER) is None


def test_parents_between_two_folders() -> None:
    assert parent_dirs(Path("/r/a/b/c"), Path("/r")) == [Path("/r/a"), Path("/r/a/b")]


class TestPrefix:
    def test_nothing_is_needed_where_all_is_open(self, closed: Path) -> None:
        assert reach_prefix([Path("/usr"), Path("/etc")], STRANGER) == []

    def test_only_what_is_needed_is_shown_of_a_closed_folder(self, closed: Path) -> None:
        argv = reach_prefix([closed / "a" / "b", closed / "a" / "c", closed / "a" / "b"], STRANGER)
        assert argv[-1] == "--"
        assert argv.count("--tmpfs") == 1
        assert argv.count("--dir") == 1
        bound = [argv[i + 1] for i, word in enumerate(argv) if word == "--bind"]
        assert bound == [str(closed / "a" / "b"), str(closed / "a" / "c")]

    def test_a_folder_inside_another_needs_no_mount_of_its_own(self, closed: Path) -> None:
        argv = reach_prefix([closed / "a", closed / "a" / "b"], STRANGER)
        assert argv.count("--bind") == 1

    def test_only_root_can_open_a_way(self, closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert reach_prefix([closed / "a"], 0) == []
        monkeypatch.setattr("os.geteuid", lambda: 1000)
        assert reach_prefix([closed / "a"], STRANGER) == []
