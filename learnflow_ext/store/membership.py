"""The record of who put whom into a course. The hub's groups say who is in it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from learnflow_ext.contracts.events import MembershipChanged
from learnflow_ext.store import outbox, people
from learnflow_ext.store.database import Database


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """One person's change."""

    user: str
    role: str
    """Empty for whoever is out."""
    was: tuple[str, ...]


async def record(db: Database, course: str, moved: Iterable[Moved], *, by: str) -> None:
    """Write down that the teacher `by` made these changes; all of them, or none."""
    events = list(moved)
    # By itself: a transaction that writes for several people takes them in the order of their names.
    signature = await db.retrying(lambda conn: people.pseudonym(conn, by))
    await db.retrying(
        lambda conn: outbox.record_all(
            conn,
            [
                MembershipChanged(
                    course=course, student=each.user, role=each.role, was=", ".join(each.was), by=signature
                )
                for each in events
            ],
        )
    )
