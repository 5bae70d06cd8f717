"""Texts and times from outside are made fit to be stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from learnflow_ext.store.base import UtcDateTime
from learnflow_ext.store.clock import iso
from learnflow_ext.store.runs import believable
from learnflow_ext.store.texts import clip

SQLITE = make_url("sqlite://").get_dialect()()
POSTGRES = make_url("postgresql://").get_dialect()()


def test_a_long_text_is_cut_and_shows_it() -> None:
    assert clip("abcdef", 4) == "abc…"


def test_a_short_text_stays_as_it_is() -> None:
    assert clip("größer 🐍", 20) == "größer 🐍"


@given(st.text(st.characters(), max_size=40), st.integers(min_value=1, max_value=30))
def test_whatever_comes_out_fits_and_can_be_written_anywhere(text: str, limit: int) -> None:
    cut = clip(text, limit)
    assert len(cut) <= limit
    assert "\0" not in cut
    assert cut.encode().decode() == cut


@pytest.mark.parametrize("hostile", ["\ud800", "a\udfffb", "\0", "\ud800" * 50])
def test_lone_surrogates_and_nul_are_replaced(hostile: str) -> None:
    assert "\ufffd" in clip(hostile, 10)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), SQLITE)


def test_a_time_comes_back_as_it_went_in() -> None:
    kind = UtcDateTime()
    there = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    kept = kind.process_bind_param(there, SQLITE)
    assert kept == datetime(2026, 3, 1, 10, 0, 0, 123456)
    assert kind.process_result_value(kept, SQLITE) == there
    assert kind.process_bind_param(None, SQLITE) is None
    assert kind.process_result_value(None, SQLITE) is None


def test_a_database_with_zones_gets_and_gives_zones() -> None:
    there = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    kept = UtcDateTime().process_bind_param(there, POSTGRES)
    assert kept is not None
    assert kept.tzinfo is UTC
    assert UtcDateTime().process_result_value(there, POSTGRES) == there


def test_times_are_written_with_microseconds_so_that_texts_sort() -> None:
    assert iso(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05.000000Z"
    assert iso(None) == ""


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1e300, 0.0, 4e18])
def test_an_unbelievable_clock_is_replaced_by_ours(seconds: float) -> None:
    received = datetime(2026, 1, 1, tzinfo=UTC)
    assert believable(seconds, received) == received


def test_a_clock_some_minutes_off_is_believed() -> None:
    received = datetime(2026, 1, 1, tzinfo=UTC)
    told = received - timedelta(minutes=5)
    assert believable(told.timestamp(), received) == told
