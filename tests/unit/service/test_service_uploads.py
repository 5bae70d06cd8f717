"""Submissions: hostile names and bytes are refused with a sentence, and nothing is kept half."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.contracts.errors import LearnFlowError, TooLarge, Unprocessable
from learnflow_ext.contracts.grades import CourseFile, FileSet
from learnflow_ext.service import uploads

CELL: dict[str, object] = {
    "cell_type": "code",
    "source": ["x = 1"],
    "metadata": {},
    "outputs": [],
    "execution_count": None,
}
MIB = 2**20


def notebook(**changes: Any) -> bytes:
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [CELL], **changes}
    ).encode()


def files(**contents: bytes) -> FileSet:
    return named({f"{name}.ipynb": content for name, content in contents.items()})


def named(contents: dict[str, bytes]) -> FileSet:
    return FileSet(files=tuple(CourseFile(path=path, content=content) for path, content in contents.items()))


def check(submission: FileSet, notebooks: tuple[str, ...] = ("first",), max_bytes: int = MIB) -> None:
    uploads.check(submission, notebooks=notebooks, max_bytes=max_bytes)


ATTACKS = (
    "../first.ipynb",
    "a/../../b.txt",
    "/etc/passwd",
    "//host/share",
    "a//b",
    "./first.ipynb",
    "a/./b",
    "",
    "a/",
    ".hidden",
    "a/.ssh/id",
    "..",
    "C:\\windows",
    "c:file",
    "a\\..\\b",
    "nul\x00byte",
    "line\nbreak",
    "bell\x07",
    "right\u202eleft",
    "lone\ud800",
    "~root*",
    "what?.txt",
    " space",
    "space ",
    "x" * 201,
    "ä" * 100,
    "/".join("abcdefghi"),
    "nbgrader_config.py",
    "sub/NBGrader_Config.py",
    "gradebook.db",
)


class TestNames:
    @pytest.mark.parametrize("path", ATTACKS)
    def test_odd_paths_are_refused(self, path: str) -> None:
        with pytest.raises(Unprocessable) as refused:
            uploads.safe_path(path)
        assert refused.value.message.endswith(".")
        assert refused.value.message.isprintable()

    @pytest.mark.parametrize("path", ["first.ipynb", "data/marks.csv", "bilder/Größe 1.png", "a-b_c.d"])
    def test_ordinary_paths_are_taken(self, path: str) -> None:
        assert str(uploads.safe_path(path)) == path

    @given(st.text(max_size=300))
    def test_whatever_is_taken_stays_inside(self, path: str) -> None:
        try:
            safe = uploads.safe_path(path)
        except Unprocessable as refused:
            assert refused.message.isprintable()
            assert len(refused.message) < 300
            return
        root = Path("/kept/here")
        assert (root / safe).resolve().is_relative_to(root)
        assert (root / safe) != root
        assert str(safe) == path

    @given(st.lists(st.sampled_from(["..", ".", "", "a", "b.ipynb", "~", "\\", "%2e%2e"]), max_size=6))
    def test_no_way_up(self, parts: list[str]) -> None:
        path = "/".join(parts)
        try:
            safe = uploads.safe_path(path)
        except Unprocessable:
            return
        assert ".." not in safe.parts
        assert not safe.is_absolute()

    def test_the_same_file_twice(self) -> None:
        submission = named({"first.ipynb": notebook(), "FIRST.ipynb": notebook()})
        with pytest.raises(Unprocessable, match="twice"):
            check(submission)

    def test_a_file_that_is_a_folder_too(self) -> None:
        submission = named({"first.ipynb": notebook(), "data": b"", "data/x.csv": b""})
        with pytest.raises(Unprocessable, match="both a file and a folder"):
            check(submission)


class TestNotebooks:
    def test_a_good_one(self) -> None:
        check(named({"first.ipynb": notebook(), "data/marks.csv": b"1;2"}))

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"not json",
            notebook()[:-5],
            b"\xff\xfe\x00",
            b"null",
            b"[]",
            b'{"cells": []}',
            b'"' + b"a" * 100,
            b"[" * 100_000,
            notebook(cells=[{"cell_type": "code"}]),
            notebook(cells="no"),
            notebook(nbformat="4"),
            notebook(nbformat=3),
            notebook(nbformat=5),
        ],
    )
    def test_broken_ones_are_refused_by_name(self, content: bytes) -> None:
        with pytest.raises(Unprocessable, match=r"first\.ipynb"):
            check(files(first=content))

    def test_a_missing_one_is_named(self) -> None:
        with pytest.raises(Unprocessable, match=r"The notebook second\.ipynb is missing"):
            check(files(first=notebook()), notebooks=("first", "second"))

    @given(st.binary(max_size=200))
    def test_any_bytes_get_a_sentence(self, content: bytes) -> None:
        with pytest.raises(LearnFlowError) as refused:
            check(files(first=content))
        assert refused.value.status == 422


class TestSize:
    def test_too_many_bytes(self) -> None:
        with pytest.raises(TooLarge, match="at most 1 MiB"):
            check(named({"first.ipynb": notebook(), "big.bin": b"0" * MIB}))

    def test_too_many_files(self) -> None:
        with pytest.raises(TooLarge, match="at most 200 files"):
            check(named({f"{number}.txt": b"" for number in range(201)}))


class TestKeep:
    async def test_everything_is_there(self, tmp_path: Path) -> None:
        folder = await uploads.keep(named({"first.ipynb": b"{}", "data/a b.csv": b"1"}), tmp_path / "kept")
        assert folder.parent == tmp_path / "kept"
        assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
            "first.ipynb",
            "data/a b.csv",
        }
        assert (tmp_path / "kept").stat().st_mode & 0o077 == 0

    async def test_two_submissions_do_not_meet(self, tmp_path: Path) -> None:
        one = await uploads.keep(named({"a.txt": b"1"}), tmp_path)
        two = await uploads.keep(named({"a.txt": b"2"}), tmp_path)
        assert one != two

    async def test_nothing_is_left_when_writing_fails(self, tmp_path: Path) -> None:
        # The second cannot be written: the first is a file where it needs a folder.
        with pytest.raises(OSError, match="a"):
            await uploads.keep(named({"a": b"1", "a/b": b"2"}), tmp_path)
        assert os.listdir(tmp_path) == []

    async def test_an_unsafe_name_is_refused_here_as_well(self, tmp_path: Path) -> None:
        with pytest.raises(Unprocessable):
            await uploads.keep(named({"../out": b"1"}), tmp_path / "kept")
        assert not (tmp_path / "out").exists()

    async def test_discard_and_sweep(self, tmp_path: Path) -> None:
        kept = await uploads.keep(named({"a.txt": b"1"}), tmp_path)
        left, under_way = tmp_path / ".incoming-left", tmp_path / ".incoming-new"
        left.mkdir()
        os.utime(left, (0, 0))
        # Another replica is writing it.
        under_way.mkdir()
        assert uploads.sweep(tmp_path) == 1
        assert sorted(os.listdir(tmp_path)) == sorted([kept.name, under_way.name])
        under_way.rmdir()
        await uploads.discard(kept)
        assert os.listdir(tmp_path) == []
        assert uploads.sweep(tmp_path / "none") == 0
