"""One uid for each user of a hub that runs as root, remembered in a file.

The uids belong to no account of the machine. A uid is never given to a second user, not even after the
first is deleted: files with the old owner may still lie somewhere. Nor does another classroom on the same
machine give it to one of its users: each begins at a place of its own, drawn when its first user comes.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from pathlib import Path

import psutil

LOWEST_UID = 200_000
"""No uid below this is one of ours. Earlier versions gave all classrooms the same ones, from here on."""
BLOCK = 4096
"""Uids between two classrooms' first ones: more users than one machine serves."""
BLOCKS_FROM = 0x7000_0000
BLOCKS = (0x7FFE_0000 - BLOCKS_FROM) // BLOCK
"""Numbers that neither distributions, directories nor containers give out (systemd's UIDS-GIDS.md)."""


def free_block() -> int:
    """First uid of a block in which no process of this machine runs, one of some 65 000 by chance."""
    used = {process.info["uids"].real for process in psutil.process_iter(["uids"]) if process.info["uids"]}
    while True:
        first = BLOCKS_FROM + BLOCK * secrets.randbelow(BLOCKS)
        if used.isdisjoint(range(first, first + BLOCK)):
            return first


class UidRegistry:
    """Who has which uid. Safe for several threads and processes; blocks for a few milliseconds."""

    def __init__(self, folder: Path, first_uid: int = 0) -> None:
        """`folder` holds `uids.json`; `first_uid` goes to its first user, 0 takes that of a free block."""
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
                known[name] = max(known.values()) + 1 if known else self._first_uid or free_block()
                self._write(known)
            return known[name]

    def _read(self) -> dict[str, int]:
        try:
            text = self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        known = json.loads(text)
        lowest = self._first_uid or LOWEST_UID
        if not isinstance(known, dict) or not all(
            isinstance(uid, int) and uid >= lowest for uid in known.values()
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
