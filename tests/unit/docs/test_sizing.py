"""The sizing guide computes: its tables by its formulas, its measured figures as where they were measured."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from learnflow_ext.service.practice_queue import MAX_WAITING

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "admins/sizing.md").read_text(encoding="utf-8")
SERVER_MIB, KERNEL_MIB = 125, 100


def number(text: str) -> float:
    """`1,000 s` and `10.8 GiB` as numbers."""
    (found,) = re.findall(r"[\d,]+(?:\.\d+)?", text)
    return float(found.replace(",", ""))


def table(first: str, last: str) -> list[list[float]]:
    """Rows of the table whose head begins and ends with these columns."""
    head = rf"^\| {first} \|.*\| {last} \|\n\|[-|]+\|\n((?:\|.*\|\n)+)"
    (rows,) = re.findall(head, PAGE, re.M)
    return [[number(cell) for cell in row.strip("|").split("|")] for row in rows.splitlines()]


def test_the_longest_wait_is_what_the_formula_says() -> None:
    assert "longest wait = students x submissions / slots x seconds" in PAGE
    rows = table("students", "longest wait")
    assert {row[0] for row in rows} == {100, 1000, 10_000}
    for students, submissions, slots, seconds, wait in rows:
        assert wait == math.floor(students * submissions / slots * seconds + 0.5)


def test_the_slots_are_what_the_formula_says_turned_around() -> None:
    assert "slots = students x submissions x seconds / wait" in PAGE
    for students, submissions, seconds, wait, slots in table("students", "slots"):
        assert slots == math.ceil(students * submissions * seconds / wait)
    for students, slots in ((1000, 17), (10_000, 67)):
        assert [students, slots] in [[row[0], row[-1]] for row in table("students", "slots")]
        assert f"**{slots} slots**" in PAGE


def test_memory_is_that_of_those_at_work() -> None:
    rows = table("enrolled", "servers and kernels")
    assert [row[0] for row in rows] == [100, 1000, 10_000]
    for enrolled, at_once, gib in rows:
        assert at_once == enrolled / 2
        assert gib == round(at_once * (SERVER_MIB + KERNEL_MIB) / 1024, 1)


def test_spread_over_an_hour_one_slot_does() -> None:
    (students, seconds, hour, busy) = re.findall(r"`([\d,]+) x (\d+) / ([\d,]+) = ([\d.]+)`", PAGE)[0]
    assert round(number(students) * number(seconds) / number(hour), 1) == number(busy)


def test_who_makes_exercises_is_what_the_formula_says() -> None:
    assert "workers = exercises a minute x seconds / 60" in PAGE
    for at_work, exercises, seconds, workers in table("at work", "workers"):
        assert exercises == at_work / 10
        assert workers == math.ceil(exercises * seconds / 60)
    assert f"**{workers:.0f} workers** that make exercises" in PAGE
    (class_of, needed) = re.findall(
        r"a class of (\d+) that is told to ask \*now\* takes (\d+) workers", PAGE
    )[0]
    assert int(needed) == math.ceil(int(class_of) / MAX_WAITING)


@pytest.mark.parametrize(
    ("row", "page", "planned"),
    [
        (r"\| an idle student's server \| ([\d.]+) MiB", "performance.md", SERVER_MIB),
        (r"\| sandboxed kernel, with libraries \|.*\| ([\d.]+) MiB", "kernels.md", KERNEL_MIB),
    ],
)
def test_what_is_planned_with_is_about_what_was_measured(row: str, page: str, planned: float) -> None:
    assert f"| {planned} MiB |" in PAGE
    (measured,) = re.findall(row, (DOCS / page).read_text(encoding="utf-8"))
    assert 0.8 * planned <= float(measured) <= 1.1 * planned
