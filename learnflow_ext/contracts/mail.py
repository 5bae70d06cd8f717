"""Mail to teachers about alerts: what each of them wants."""

from __future__ import annotations

from typing import Literal

import msgspec

from learnflow_ext.contracts.alerts import TRIGGERS, Trigger

Pace = Literal["off", "at_once", "daily"]
"""`daily` is one mail in the morning, and none on a day without alerts."""


class MailWish(msgspec.Struct, frozen=True, kw_only=True):
    """What one teacher or assistant wants to hear by mail about one course."""

    course: str
    user: str
    """The hub's user name."""
    address: str = ""
    """Where mail goes; empty only while `pace` is off."""
    pace: Pace = "off"
    triggers: tuple[Trigger, ...] = TRIGGERS
    """About these alone."""
    time_zone: str = "UTC"
    """Name in the IANA database, for instance `Europe/Berlin`."""
    quiet_from: int = 20
    """Hour of the day, 0 to 23, in `time_zone`; the same as `quiet_until` for no quiet hours."""
    quiet_until: int = 7
    """Hour at which they end, and at which the daily mail comes."""
