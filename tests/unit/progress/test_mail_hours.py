"""When a mail may go out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.contracts.mail import MailWish
from learnflow_ext.progress.mail_hours import again, due, zones

BERLIN = MailWish(course="c", user="t", pace="at_once", time_zone="Europe/Berlin")
DAILY = MailWish(course="c", user="t", pace="daily", time_zone="Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"))


def test_by_day_at_once() -> None:
    assert due(at("2026-11-24 12:00"), BERLIN) == at("2026-11-24 12:00")
    assert due(at("2026-11-24 07:00"), BERLIN) == at("2026-11-24 07:00")


def test_by_night_in_the_morning() -> None:
    assert due(at("2026-11-24 20:00"), BERLIN) == at("2026-11-25 07:00")
    assert due(at("2026-11-25 06:59"), BERLIN) == at("2026-11-25 07:00")


def test_once_a_day_the_next_morning() -> None:
    assert due(at("2026-11-24 12:00"), DAILY) == at("2026-11-25 07:00")
    assert due(at("2026-11-24 06:00"), DAILY) == at("2026-11-24 07:00")


def test_the_morning_is_at_seven_also_when_the_clocks_change() -> None:
    assert due(at("2026-03-28 22:00"), BERLIN) == at("2026-03-29 07:00")
    assert due(at("2026-10-24 22:00"), BERLIN) == at("2026-10-25 07:00")


def test_tries_again_later_and_later_and_not_by_night() -> None:
    assert [again(at("2026-11-24 12:00"), tries, BERLIN) for tries in (1, 2, 3)] == [
        at("2026-11-24 12:01"),
        at("2026-11-24 12:04"),
        at("2026-11-24 12:16"),
    ]
    assert again(at("2026-11-24 19:59"), 1, BERLIN) == at("2026-11-25 07:00")


def test_zones() -> None:
    assert "Pacific/Auckland" in zones()
    assert not {"", "Mars/Base", "../etc/passwd", "Europe/Berlin\n"} & {*zones()}


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2028, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
    st.integers(0, 23),
    st.integers(0, 23),
    st.sampled_from(["at_once", "daily"]),
)
def test_never_in_quiet_hours_never_early_never_later_than_a_day(
    moment: datetime, zone: str, start: int, end: int, pace: str
) -> None:
    wish = MailWish(
        course="c", user="t", pace="daily" if pace == "daily" else "at_once",
        time_zone=zone, quiet_from=start, quiet_until=end,
    )  # fmt: skip
    found = due(moment, wish)
    assert moment <= found <= moment + timedelta(hours=25)
    hour = found.astimezone(ZoneInfo(zone)).hour
    if found.astimezone(ZoneInfo(zone)).utcoffset() == moment.astimezone(ZoneInfo(zone)).utcoffset():
        assert hour not in {(start + n) % 24 for n in range((end - start) % 24)}
