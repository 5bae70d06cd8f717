"""One uid for each user of a hub that runs as root, remembered in a file.

The uids belong to no account of the machine. A uid is never given to a second user, not even after the
first is deleted: files with the old owner may still lie somewhere.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

FIRST_UID = 200_000


class UidRegistry:
    """Who has which uid. Safe for several threads and processes; blocks for a few milliseconds."""

    def __init__(self, folder: Path, first_uid: int = FIRST_UID) -> None:
        """`folder` holds `uids.json`; `first_uid` goes to the first user."""
        self._file = folder / "uids.json"
        self._lock = folder / "uids.lock"
        self._first_uid = first_uid

    def uid_of(self, name: str) -> int:
        """The uid of `name`, given now if they have none yet.

        ValueError when the file is damaged: guessing would hand one user's files to another.
        """
        with self._lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self._read()
            if name not in known:
                known[name] = max(known.values(), default=self._first_uid - 1) + 1
                self._write(known)
            return known[name]

    def _read(self) -> dict[str, int]:
        try:
            text = self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        known = json.loads(text)
        if not isinstance(known, dict) or not all(
            isinstance(uid, int) and uid >= self._first_uid for uid in known.values()
        ):
            raise ValueError(f"{self._file} is damaged; restore it from a backup.")
        if len(set(known.values())) != len(known):
            raise ValueError(f"{self._file} gives one uid to two users; restore it from a backup.")
        return known

    def _write(self, known: dict[str, int]) -> None:
        draft = self._file.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(known, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)
