"""What released notebooks say of their assignments in their metadata, read again when they change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from learnflow_ext.contracts.assignments import Said, said, together
from learnflow_ext.service import logs

log = logs.get("learnflow.notebooks")


class _Notebook(msgspec.Struct):
    metadata: dict[str, Any] = {}


class NotebookSays:
    """Looks at the notebooks that each course has given out: a teacher's draft holds nothing yet."""

    def __init__(self, releases: Mapping[str, Path] | None = None) -> None:
        """`releases` has each course's folder, with a folder an assignment in it; none need exist."""
        self._releases = dict(releases or {})
        self._known: dict[Path, tuple[tuple[int, int], Said]] = {}

    def of(self, course: str) -> dict[str, Said]:
        """By assignment; only those that say something. Blocks on disk for a moment.

        A notebook that says what cannot be understood, which no release lets through, has the tutor off.
        """
        folder = self._releases.get(course)
        if folder is None:
            return {}
        found: dict[str, list[Said]] = {}
        for path in sorted(folder.glob("*/*.ipynb")):
            each = self._read(course, path)
            if each != Said():
                found.setdefault(path.parent.name, []).append(each)
        return {assignment: together(notebooks) for assignment, notebooks in found.items()}

    def _read(self, course: str, path: Path) -> Said:
        try:
            status = path.stat()
            version = (status.st_mtime_ns, status.st_size)
            kept = self._known.get(path)
            if kept is not None and kept[0] == version:
                return kept[1]
            found = said(msgspec.json.decode(path.read_bytes(), type=_Notebook).metadata)
        except FileNotFoundError:
            return Said()
        except (OSError, ValueError) as error:
            log.error("a notebook's metadata cannot be read", course=course, file=path.name, error=str(error))
            found = Said(tutor="off")
            if isinstance(error, OSError):
                return found
        self._known[path] = (version, found)
        return found
