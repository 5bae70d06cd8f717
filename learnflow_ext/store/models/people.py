"""People, by the hub's names, and what links them to the stream."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from learnflow_ext.store import texts
from learnflow_ext.store.base import Base, BigId, UtcDateTime
from learnflow_ext.store.models.rules import not_empty


class User(Base):
    """A person, by the hub's name."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("name"), *not_empty("name"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(texts.NAME))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Attendance(Base):
    """When somebody last did something in a course; see `store.attendance`."""

    __tablename__ = "attendance"
    __table_args__ = tuple(not_empty("course"))

    course: Mapped[str] = mapped_column(String(texts.NAME), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    last_activity: Mapped[datetime] = mapped_column(UtcDateTime)


class TimeZone(Base):
    """Where somebody's days begin and end, by their browser; see `store.time_zones`."""

    __tablename__ = "time_zones"
    __table_args__ = tuple(not_empty("time_zone"))

    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    time_zone: Mapped[str] = mapped_column(String(64))
    """A name of the IANA database."""


class Pseudonym(Base):
    """The one link between a person and the stream: random, and gone when the row is."""

    __tablename__ = "pseudonyms"
    __table_args__ = (UniqueConstraint("pseudonym"), *not_empty("pseudonym"))

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(64))
