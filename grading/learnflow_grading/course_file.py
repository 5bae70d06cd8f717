"""A small SQLite file beside a course, which only graders read: opened, and kept whole."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

WAIT_SECONDS = 30.0
"""How long one process waits while another writes."""


@contextlib.contextmanager
def opened(root: Path, file: Path, tables: str) -> Iterator[sqlite3.Connection]:
    """A connection to `file` below the course's `root`, with `tables`; both folders are made when missing.

    What was begun is kept when nothing was raised, and undone otherwise. `tables` is SQL that may run any
    number of times. Blocks for milliseconds, or until another process has written; sqlite3.Error then.
    """
    # Each by itself: `parents` would give the course's own folder to everybody.
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    db = sqlite3.connect(file, timeout=WAIT_SECONDS, isolation_level=None)
    with contextlib.closing(db):
        db.executescript(tables)
        try:
            yield db
        except BaseException:
            if db.in_transaction:
                db.rollback()
            raise
        if db.in_transaction:
            db.commit()
