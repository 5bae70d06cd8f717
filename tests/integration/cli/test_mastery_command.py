"""`learnflow mastery`: the same rows come back with a chance, and bad files are named by line."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
HEAD = "student,skill,correct\n"


def rows(count: int, flipped_from: int | None = None) -> str:
    lines = []
    for number in range(count):
        right = (number * 7919) % 3 != 0
        if flipped_from is not None and number >= flipped_from:
            right = not right
        lines.append(f"s{number % 5},k{number % 3},{int(right)}\n")
    return HEAD + "".join(lines)


def chances(out: str) -> list[float]:
    return [float(row["p_correct"]) for row in csv.DictReader(out.splitlines())]


def test_rows_come_back_in_order_with_a_chance(learnflow: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('when,student,skill,correct\n1,"a, b",loops,1\n2,"a, b",loops,0\n')
    ended = learnflow("mastery", "a.csv")
    found = list(csv.DictReader(ended.out.splitlines()))
    assert ended.code == 0
    assert [(row["when"], row["student"], row["correct"]) for row in found] == [
        ("1", "a, b", "1"),
        ("2", "a, b", "0"),
    ]
    assert all(0 < float(row["p_correct"]) < 1 for row in found)


@pytest.mark.parametrize("fit", [True, False])
def test_flipping_the_future_changes_no_earlier_row(learnflow: Run, tmp_path: Path, fit: bool) -> None:
    (tmp_path / "train.csv").write_text(rows(200))
    options = ("--fit", "train.csv") if fit else ()
    (tmp_path / "a.csv").write_text(rows(100))
    (tmp_path / "b.csv").write_text(rows(100, flipped_from=60))
    first, second = (chances(learnflow("mastery", *options, name).out) for name in ("a.csv", "b.csv"))
    assert first[:61] == second[:61]
    assert first[61:] != second[61:]


def test_skills_and_students_never_seen_in_fitting(learnflow: Run, tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(rows(50))
    (tmp_path / "a.csv").write_text(HEAD + "new,unheard of,1\nnew,unheard of,1\n")
    assert len(chances(learnflow("mastery", "--fit", "train.csv", "a.csv").out)) == 2


def test_only_a_head_gives_only_a_head(learnflow: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD)
    ended = learnflow("mastery", "a.csv")
    assert (ended.code, ended.out) == (0, "student,skill,correct,p_correct\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1 must name the columns"),
        (b"student,skill\n", "correct is missing"),
        (b"student,skill,correct,correct\n", "names a column twice"),
        (HEAD.encode() + b"a,b,1\na,b,2\n", 'line 3 says "2"'),
        (HEAD.encode() + b"a,b,1\na,b\n", "line 3 has 2 cells"),
        (HEAD.encode() + b",b,1\n", "line 2 has no student"),
        (HEAD.encode() + b"a,b,nan\n", 'line 2 says "nan"'),
        (HEAD.encode() + b'a,"b,1\n', "is no CSV"),
        (HEAD.encode() + b"a,b\0,1\n", "line 2"),
        (HEAD.encode() + b"a,\xff,1\n", "is not UTF-8"),
    ],
)
def test_a_bad_file_is_named_by_its_line_and_nothing_is_printed(
    learnflow: Run, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    ended = learnflow("mastery", "a.csv")
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err and "Traceback" not in ended.err


def test_a_bad_training_file_and_none_at_all(learnflow: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows(3))
    (tmp_path / "train.csv").write_text(HEAD + "a,b,x\n")
    assert "train.csv, line 2" in learnflow("mastery", "--fit", "train.csv", "a.csv").err
    assert learnflow("mastery", "nowhere.csv").code == 2
    assert learnflow("mastery", str(tmp_path)).code == 2
