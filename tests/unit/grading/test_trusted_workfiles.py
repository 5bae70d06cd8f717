"""The files that tests and a student's code both see, without a sandbox."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, cast

import pytest
from learnflow_grading.trusted.student import Student
from learnflow_grading.trusted.workfiles import WorkFiles


class Code:
    """In the place of a student's process: remembers what it was given, and has written `wrote`."""

    def __init__(self) -> None:
        self.touched = 0
        self.given: dict[str, bytes] = {}
        self.wrote: dict[str, bytes] = {}

    def simple(self, op: str, **more: Any) -> dict[str, Any]:
        if op == "put":
            self.given |= {name: base64.b64decode(data) for name, data in more["files"]}
        return {"files": [[name, base64.b64encode(data).decode()] for name, data in self.wrote.items()]}


class TestFloodOfFiles:
    def test_what_a_test_writes_beside_it_is_handed_over_and_watched(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        for number in range(4000):
            (tmp_path / f"{number}.txt").touch()
        code = Code()
        files = WorkFiles(cast("Student", code))
        files.shared = True
        files.pull()
        theirs = {f"mine{number}.txt": b"1 2" for number in range(8)}
        for name, data in theirs.items():
            (tmp_path / name).write_bytes(data)
        files.push()
        assert {name: code.given.get(name) for name in theirs} == theirs
        code.wrote = dict.fromkeys(theirs, b"")
        files.pull(keep=True)
        assert code.touched == len(theirs)
        assert {name: (tmp_path / name).read_bytes() for name in theirs} == theirs
