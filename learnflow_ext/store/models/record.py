"""The record: the log, what waits for the bus, and what was dealt with already."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from learnflow_ext.contracts.events import PointsGiven, SubmissionGraded
from learnflow_ext.store import texts
from learnflow_ext.store.base import Base, BigId, UtcDateTime
from learnflow_ext.store.models.rules import bounded_data, not_empty, one_of

POINTS_TYPES = (SubmissionGraded.TYPE, PointsGiven.TYPE)
"""Events that give or change points."""
_ABOUT_POINTS = text(f"type IN ({', '.join(repr(name) for name in POINTS_TYPES)})")


class LoggedEvent(Base):
    """The audit trail: every event, in full. A trigger refuses any change to what is written (`store.door`).

    On PostgreSQL it is one table a month (`store.partitions`), with `time` in both keys: there a key must
    hold the column that divides. The outbox and `consumed` keep ids unique.
    """

    __tablename__ = "event_log"
    __table_args__ = (
        UniqueConstraint("event_id").ddl_if(dialect="sqlite"),
        UniqueConstraint("event_id", "time").ddl_if(dialect="postgresql"),
        Index("ix_event_log_course", "course", "sequence"),
        Index("ix_event_log_course_user", "course", "user_id", "sequence"),
        Index("ix_event_log_user", "user_id", "sequence"),
        Index("ix_event_log_topic", "topic", "sequence"),
        # A class runs a thousand cells while it is graded once.
        Index(
            "ix_event_log_points",
            "course",
            "sequence",
            postgresql_where=_ABOUT_POINTS,
            sqlite_where=_ABOUT_POINTS,
        ),
        *not_empty("event_id", "topic", "type"),
        bounded_data(),
        {"sqlite_autoincrement": True},
    )

    sequence: Mapped[int] = mapped_column(BigId, primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36))
    time: Mapped[datetime] = mapped_column(UtcDateTime)
    topic: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(128))
    course: Mapped[str] = mapped_column(String(texts.NAME))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    data: Mapped[str] = mapped_column(Text)
    """The event's fields but course and student, as JSON."""


class OpenDoor(Base):
    """While its one row is there, the transaction that wrote it may change the log; see `store.door`.

    `must_close` names a row that cannot exist, and is checked at commit: a door left open undoes everything.
    """

    __tablename__ = "event_log_door"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("must_close = 2", name="never_satisfied"),
        one_of("purpose", ("redact", "expire")),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    purpose: Mapped[str] = mapped_column(String(16))
    must_close: Mapped[int] = mapped_column(
        BigId, ForeignKey("event_log_door.id", deferrable=True, initially="DEFERRED")
    )


class OutboxEvent(Base):
    """An event that the bus has not confirmed yet. It stands alone, so that the log may be partitioned.

    The key to `pseudonyms` says: whoever erases the link takes what has not travelled yet along.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("event_id"),
        *not_empty("event_id", "topic", "type"),
        bounded_data(),
    )

    sequence: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(String(36))
    time: Mapped[datetime] = mapped_column(UtcDateTime)
    topic: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(128))
    course: Mapped[str] = mapped_column(String(texts.NAME))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("pseudonyms.user_id", ondelete="CASCADE"))
    data: Mapped[str] = mapped_column(Text)


class Consumed(Base):
    """What a consumer group has dealt with: written with the effect, so that a double has none."""

    __tablename__ = "consumed"
    __table_args__ = (one_of("outcome", ("done", "dead")), *not_empty("consumer", "event_id"))

    consumer: Mapped[str] = mapped_column(String(64), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(8))
    error: Mapped[str] = mapped_column(String(texts.LINE))
    """Why it is dead; empty when done."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class AnsweredRequest(Base):
    """A request that came with an `Idempotency-Key`; see `store.once`."""

    __tablename__ = "answered_requests"
    __table_args__ = (
        Index("ix_answered_requests_age", "created_at"),
        Index("ix_answered_requests_user", "user_id"),
        *not_empty("slot", "fingerprint"),
    )

    slot: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Digest of person, address and key."""
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Digest of what was asked for."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    held_until: Mapped[datetime] = mapped_column(UtcDateTime)
    """Until then somebody is believed to be at work on it, while there is no answer."""
    holder: Mapped[str] = mapped_column(Text, server_default="")
    """Who that is: the id of a `store.presence`; empty where it is not known."""
    status: Mapped[int | None]
    """The answer's; NULL while there is none."""
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Its body, compressed with zlib."""


class SpentToken(Base):
    """A token of an outside client that was good for one use, and had it; see `store.spent`."""

    __tablename__ = "spent_tokens"
    __table_args__ = (Index("ix_spent_tokens_age", "good_until"), *not_empty("mark"))

    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Digest of issuer and `jti`: says nothing of a person."""
    good_until: Mapped[datetime] = mapped_column(UtcDateTime)
