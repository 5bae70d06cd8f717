"""A folder that a hostile kernel writes to at the same time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from learnflow_ext.contracts.errors import (
    BadRequest,
    Conflict,
    LearnFlowError,
    NotFound,
    TooLarge,
    Unavailable,
)
from learnflow_ext.server.confine import MAX_PARTS, Folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "inner").write_text("secret")
    return tmp_path / "work"


@pytest.fixture
def folder(work: Path) -> Folder:
    return Folder(work)


def test_a_file_is_written_and_read(folder: Folder, work: Path) -> None:
    folder.write(["a.txt"], b"one")
    folder.write(["a.txt"], b"two")
    folder.append(["a.txt"], b"!")
    assert folder.read(["a.txt"], 10) == b"two!"
    assert [path.name for path in work.iterdir()] == ["a.txt"]


def test_write_new_never_replaces(folder: Folder, work: Path) -> None:
    assert folder.write_new(["a", "b", "c.txt"], b"one") is True
    assert folder.write_new(["a", "b", "c.txt"], b"two") is False
    assert (work / "a/b/c.txt").read_bytes() == b"one"
    assert (work / "a/b/c.txt").stat().st_nlink == 1
    assert len(list((work / "a/b").iterdir())) == 1


def test_limits(folder: Folder, work: Path) -> None:
    (work / "big").write_bytes(b"x" * 11)
    with pytest.raises(TooLarge, match="big is too large"):
        folder.read(["big"], 10)
    assert len(folder.read(["big"], 11)) == 11


@pytest.mark.parametrize("name", ["link", "loop", "pipe", "hard", "folder/inner"])
def test_only_ordinary_files_are_read(folder: Folder, work: Path, name: str) -> None:
    (work / "link").symlink_to(work.parent / "secret")
    (work / "loop").symlink_to("loop")
    os.mkfifo(work / "pipe")
    os.link(work.parent / "secret", work / "hard")
    (work / "folder").symlink_to(work.parent / "outside")
    assert folder.names([]) == {}
    with pytest.raises((NotFound, Conflict)):
        folder.read(name.split("/"), 100)
    with pytest.raises((NotFound, Conflict)):
        folder.append(name.split("/"), b"more")
    assert (work.parent / "secret").read_text() == "secret"


def test_writing_replaces_a_link_and_not_what_it_points_to(folder: Folder, work: Path) -> None:
    (work / "link").symlink_to(work.parent / "secret")
    folder.write(["link"], b"mine")
    assert (work.parent / "secret").read_text() == "secret"
    assert (work / "link").read_bytes() == b"mine"
    assert not (work / "link").is_symlink()


@pytest.mark.parametrize("parts", [[".."], ["..", "secret"], ["a/b"], ["\0"], [""], ["."], []])
def test_names_that_lead_elsewhere_are_refused(folder: Folder, parts: list[str]) -> None:
    for act in (
        lambda: folder.read(parts, 9),
        lambda: folder.write(parts, b""),
        lambda: folder.remove(parts),
    ):
        with pytest.raises(BadRequest):
            act()


def test_moving_and_removing(folder: Folder, work: Path) -> None:
    folder.make(["box"])
    folder.write(["box", "a"], b"1")
    folder.move(["box", "a"], ["b"])
    assert folder.read(["b"], 9) == b"1"
    folder.write(["c"], b"2")
    with pytest.raises(Conflict, match="already"):
        folder.move(["b"], ["c"])
    with pytest.raises(NotFound):
        folder.move(["none"], ["d"])
    (work / "link").symlink_to(work.parent / "secret")
    with pytest.raises(NotFound):
        folder.move(["link"], ["d"])
    with pytest.raises(NotFound):
        folder.remove(["link"])
    folder.write(["box", "a"], b"1")
    with pytest.raises(Conflict, match="not empty"):
        folder.remove(["box"])
    folder.remove(["box", "a"])
    folder.remove(["box"])
    with pytest.raises(NotFound):
        folder.remove(["box"])
    with pytest.raises(Conflict):
        folder.make(["b", "below a file"])
    with pytest.raises(Conflict):
        folder.make(["d"])
        folder.write(["d"], b"over a folder")


def test_copying_a_folder_leaves_links_out(folder: Folder, work: Path) -> None:
    folder.write_new(["a", "sub", "f"], b"1")
    (work / "a" / "link").symlink_to(work.parent / "outside")
    folder.copy_tree(["a"], ["b"], 100)
    assert sorted(str(path.relative_to(work / "b")) for path in (work / "b").rglob("*")) == ["sub", "sub/f"]
    folder.write(["a", "big"], b"x" * 200)
    with pytest.raises(TooLarge):
        folder.copy_tree(["a"], ["c"], 100)


def test_status(folder: Folder, work: Path) -> None:
    folder.write(["f"], b"1")
    (work / "l").symlink_to("f")
    assert folder.status([]) is not None
    assert folder.status(["f"]) is not None
    assert folder.status(["l"]) is None
    assert folder.status(["none"]) is None
    assert folder.status(["f", "below"]) is None


class TestKernelSwapsAFolderForALink:
    """The kernel turns `box` into a link and back as fast as it can, while the server reads and writes."""

    @contextmanager
    def swapping(self, work: Path) -> Iterator[None]:
        (work / "box").mkdir()
        (work / "box" / "inner").write_text("mine")
        (work / "trap").symlink_to(work.parent / "outside")
        stop = threading.Event()

        def swap() -> None:
            while not stop.is_set():
                os.rename(work / "box", work / "away")
                os.rename(work / "trap", work / "box")
                os.rename(work / "box", work / "trap")
                os.rename(work / "away", work / "box")

        thread = threading.Thread(target=swap)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def test_nothing_outside_is_ever_read_or_written(self, folder: Folder, work: Path) -> None:
        read = 0
        with self.swapping(work):
            for count in range(3000):
                try:
                    assert folder.read(["box", "inner"], 100) == b"mine"
                    read += 1
                    folder.write(["box", f"new{count % 5}"], b"mine")
                except LearnFlowError:
                    continue
        assert read
        assert [path.name for path in (work.parent / "outside").iterdir()] == ["inner"]

    def test_a_file_swapped_for_a_link_is_never_followed(self, folder: Folder, work: Path) -> None:
        (work / "f").write_text("mine")
        (work / "trap").symlink_to(work.parent / "secret")
        stop = threading.Event()

        def swap() -> None:
            while not stop.is_set():
                os.rename(work / "f", work / "away")
                os.rename(work / "trap", work / "f")
                os.rename(work / "f", work / "trap")
                os.rename(work / "away", work / "f")

        thread = threading.Thread(target=swap)
        thread.start()
        for _ in range(3000):
            try:
                assert folder.read(["f"], 100) == b"mine"
            except NotFound:
                continue
        stop.set()
        thread.join()


class TestDiskIsFull:
    def test_the_old_content_stays_and_a_sentence_says_why(
        self, folder: Folder, work: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder.write(["a"], b"old")

        def full(fd: int, data: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(Unavailable, match="no space left on device"):
            folder.write(["a"], b"new")
        with pytest.raises(Unavailable, match="b could not be written"):
            folder.write_new(["b"], b"new")
        monkeypatch.undo()
        assert folder.read(["a"], 9) == b"old"
        assert [path.name for path in work.iterdir()] == ["a"]


class TestFarDown:
    @pytest.fixture
    def deep(self, work: Path) -> list[str]:
        parts = ["d"] * (MAX_PARTS + 20)
        (work / "/".join(parts)).mkdir(parents=True)
        return parts

    def test_what_lies_too_deep_is_not_opened(self, folder: Folder, deep: list[str]) -> None:
        assert folder.names(deep[:MAX_PARTS]) != {}
        with pytest.raises(NotFound, match="deep"):
            folder.names(deep)
        with pytest.raises(NotFound, match="deep"):
            folder.write_new([*deep, "x"], b"x")
        assert (folder.refused(deep[:MAX_PARTS]), folder.refused(deep)) == (0, MAX_PARTS + 1)

    def test_nor_is_it_copied(self, folder: Folder, deep: list[str]) -> None:
        folder.copy_tree(["d"], ["copy"], 1000)
        assert folder.status(["copy", *deep[: MAX_PARTS - 2]]) is not None


def test_the_first_part_that_is_something_else(folder: Folder, work: Path) -> None:
    (work / "a" / "b").mkdir(parents=True)
    (work / "a" / "link").symlink_to(work.parent / "outside")
    (work / "a" / "file").touch()
    os.mkfifo(work / "a" / "pipe")
    for path, count in (
        ("a/b", 0),
        ("a/none/below", 0),
        ("a/file", 0),
        ("a/file/below", 0),
        ("a/link", 2),
        ("a/link/inner", 2),
        ("a/pipe", 2),
        ("a/../..", 2),
        ("a/\0", 0),
    ):
        assert folder.refused(path.split("/")) == count, path


def test_names_that_are_no_text_are_left_out(folder: Folder, work: Path) -> None:
    for name in (b"\xff.txt", "gr\u00fc\u00df".encode()):
        (work / os.fsdecode(name)).touch()
    assert list(folder.names([])) == ["gr\u00fc\u00df"]
