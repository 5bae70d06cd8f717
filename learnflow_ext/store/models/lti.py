"""Where a learning platform wants to be told grades, and what it was told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from learnflow_ext.contracts.lti import LONGEST_URL
from learnflow_ext.store import texts
from learnflow_ext.store.base import Base, BigId, UtcDateTime
from learnflow_ext.store.models.rules import not_empty, not_negative, one_of


class LtiPlace(Base):
    """From which course of a platform a student came last into a course of ours. All of it is personal."""

    __tablename__ = "lti_places"
    __table_args__ = (*not_empty("course", "issuer", "client_id", "context", "subject", "lineitems"),)

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    course: Mapped[str] = mapped_column(String(texts.NAME), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(texts.NAME))
    client_id: Mapped[str] = mapped_column(String(texts.NAME))
    deployment: Mapped[str] = mapped_column(String(texts.NAME))
    context: Mapped[str] = mapped_column(String(texts.NAME))
    """The platform's id of the course."""
    subject: Mapped[str] = mapped_column(String(texts.NAME))
    """The platform's id of the person."""
    lineitems: Mapped[str] = mapped_column(String(LONGEST_URL))
    """Address of the course's gradebook columns."""
    scopes: Mapped[str] = mapped_column(String(texts.PATH))
    """With blanks between them."""
    launched_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LtiColumn(Base):
    """The column of a platform's gradebook that an assignment has there."""

    __tablename__ = "lti_columns"
    __table_args__ = (*not_empty("lineitems", "url"),)

    lineitems: Mapped[str] = mapped_column(String(LONGEST_URL), primary_key=True)
    module_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True
    )
    url: Mapped[str] = mapped_column(String(LONGEST_URL))


class LtiScore(Base):
    """What the platform knows of one student's grade in one assignment, and whether it must be told more."""

    __tablename__ = "lti_scores"
    __table_args__ = (
        Index("ix_lti_scores_due", "state", "due_at"),
        Index("ix_lti_scores_module", "module_id"),
        one_of("state", ("waiting", "told", "failed")),
        *not_negative("tries", "told_score", "told_max"),
    )

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    module_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str] = mapped_column(String(16))
    graded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it was graded last."""
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When to look at it next, while it waits."""
    tries: Mapped[int]
    """How often the platform refused it."""
    note: Mapped[str] = mapped_column(String(texts.LINE))
    """Why it waits or failed; empty for nothing special."""
    told_score: Mapped[float | None]
    told_max: Mapped[float | None]
    """What it was told last; NULL before anything was, and while nobody knows: it may be under way."""
    told_as_of: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The time that went with what it has for sure; NULL before anything was told."""
