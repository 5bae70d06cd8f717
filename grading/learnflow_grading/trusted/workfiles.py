"""The files around tests: the teacher's, and copies of what the student's code wrote."""

from __future__ import annotations

import base64
import contextlib
import os
import sys
import tempfile
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path, PurePosixPath
from typing import Any

from .files import MAX_COPIED, stamps
from .student import Student


class WorkFiles:
    """The working folder of one submission's tests."""

    def __init__(self, student: Student) -> None:
        self._student = student
        self._stamps: dict[str, tuple[int, int]] = {}
        self._written: dict[str, bytes] = {}
        """What tests have written, by name."""
        self._spoiled: set[str] = set()
        """What of that a student's code has changed since."""
        self._trusted: set[str] = set()
        self.shared = False
        """Whether the test that runs just now uses files; else nothing is copied either way."""

    def lay_out(self, files: list[list[str]]) -> None:
        """Write the teacher's files, (path, base64) each, and let tests import these and no student's."""
        library = tempfile.mkdtemp()
        sys.path[:] = [library, *(path for path in sys.path if path not in ("", ".", os.getcwd()))]
        for name, data in files:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                continue
            content = base64.b64decode(data)
            for place in (Path(), Path(library)) if name.endswith(".py") else (Path(),):
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                (place / path).write_bytes(content)
            self._trusted.add(path.as_posix())
        self._stamps = dict(stamps())
        sys.meta_path.insert(0, _TeachersOnly(self._trusted))

    def pull(self, keep: bool = False) -> None:
        """Copy what the student's code wrote, for tests that read files; the teacher's files stay, and with
        `keep` those that tests wrote."""
        if not self.shared:
            return
        files = self._student.simple("changes").get("files")
        if type(files) is not list:
            return
        for entry in files[:200]:
            if type(entry) is not list or len(entry) != 2 or not all(type(part) is str for part in entry):
                continue
            path = PurePosixPath(entry[0])
            if (
                path.is_absolute()
                or any(part.startswith((".", "__pycache__")) for part in path.parts)
                or ".." in path.parts
                or len(path.parts) > 8
                or path.as_posix() in self._trusted
            ):
                continue
            with contextlib.suppress(OSError, ValueError):
                content = base64.b64decode(entry[1])[:MAX_COPIED]
                if self._written.get(str(path), content) != content:
                    self._student.touched += 1
                    self._spoiled.add(str(path))
                    if keep:
                        continue
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                if not Path(path).is_symlink():
                    Path(path).write_bytes(content)
        self._stamps = dict(stamps())

    def push(self) -> None:
        """Give the student's code what the test wrote."""
        if not self.shared:
            return
        changed = [(name, stamp) for name, stamp in stamps() if self._stamps.get(name) != stamp]
        self._stamps.update(changed)
        written = {name: Path(name).read_bytes() for name, (_, size) in changed if size <= MAX_COPIED}
        self._written |= written
        self._spoiled -= written.keys()
        if written:
            files = [[name, base64.b64encode(data).decode("ascii")] for name, data in written.items()]
            self._student.simple("put", files=files)

    def put_back(self) -> None:
        """What a student's code changed of what tests wrote is as it was, for that code as well."""
        for name in self._spoiled:
            with contextlib.suppress(OSError):
                Path(name).write_bytes(self._written[name])
        self._spoiled.clear()


class _TeachersOnly:
    """Lets no test import a file that a student's code wrote: it would run here."""

    def __init__(self, trusted: set[str]) -> None:
        self._trusted, self._here = trusted, os.getcwd()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: Any = None
    ) -> ModuleSpec | None:
        """None: others find it. ImportError for a student's."""
        spec = PathFinder.find_spec(name, path, target)
        for place in () if spec is None else (spec.origin, *(spec.submodule_search_locations or ())):
            if place is None or not os.path.isabs(str(place)):
                continue
            inside = os.path.relpath(os.path.realpath(str(place)), self._here)
            if not inside.startswith("..") and inside not in self._trusted:
                raise ImportError(f"{name} is a student's file, and does not run here")
        return None
