"""Who seems stuck, and what teachers are told and tell."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from learnflow_ext.store import texts
from learnflow_ext.store.base import Base, BigId, UtcDateTime
from learnflow_ext.store.models.rules import not_empty, not_negative, one_of


class Note(Base):
    """What a teacher told the whole class."""

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_course", "course", "id"), *not_empty("course", "text"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course: Mapped[str] = mapped_column(String(texts.NAME))
    text: Mapped[str] = mapped_column(String(texts.PATH))
    posted_by: Mapped[str] = mapped_column(String(texts.NAME))
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AlertRow(Base):
    """Somebody seems stuck. A held one was found, and not told because enough was told that hour."""

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("alert_id"),
        Index("ix_alerts_course", "course", "state", "raised_at"),
        Index("ix_alerts_user", "user_id", "course", "raised_at"),
        one_of("state", ("held", "open", "handled")),
        *not_empty("alert_id", "course", "trigger"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    alert_id: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    course: Mapped[str] = mapped_column(String(texts.NAME))
    assignment: Mapped[str] = mapped_column(String(texts.NAME))
    exercise: Mapped[str] = mapped_column(String(texts.NAME))
    trigger: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[str] = mapped_column(String(16))
    """helpful or false; empty before a teacher judged it, and where it was only handled."""
    finding: Mapped[str] = mapped_column(String(texts.ANSWER))
    """A `contracts.alerts.Finding` as JSON."""
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    marked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    marked_by: Mapped[str] = mapped_column(String(texts.NAME))


class MailWish(Base):
    """What a teacher or assistant wants to hear of a course by mail."""

    __tablename__ = "mail_wishes"
    __table_args__ = (
        one_of("pace", ("off", "at_once", "daily")),
        *not_empty("course", "time_zone"),
        CheckConstraint("quiet_from BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23", name="hours_exist"),
        CheckConstraint("pace = 'off' OR address <> ''", name="address_known"),
    )

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    course: Mapped[str] = mapped_column(String(texts.NAME), primary_key=True)
    address: Mapped[str] = mapped_column(String(texts.NAME))
    pace: Mapped[str] = mapped_column(String(16))
    triggers: Mapped[str] = mapped_column(String(texts.NAME))
    """With blanks between them."""
    time_zone: Mapped[str] = mapped_column(String(64))
    quiet_from: Mapped[int]
    quiet_until: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    """Alerts from before are not mailed."""


class Mail(Base):
    """One alert to one teacher: written once, so that it is mailed once.

    It has no key to `alerts`: what was mailed stays known when a student asks anew, which replaces the alert.
    """

    __tablename__ = "mails"
    __table_args__ = (
        Index("ix_mails_due", "state", "due_at"),
        Index("ix_mails_batch", "batch"),
        one_of("state", ("waiting", "sending", "sent", "failed", "dropped")),
        *not_negative("tries"),
        *not_empty("course", "alert_id"),
    )

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    alert_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    course: Mapped[str] = mapped_column(String(texts.NAME))
    state: Mapped[str] = mapped_column(String(16))
    """`sending` from its claim on; `dropped` when the alert was dealt with before."""
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int]
    """Failures."""
    batch: Mapped[str] = mapped_column(String(32))
    """Of the last mail that it was in; empty before."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
