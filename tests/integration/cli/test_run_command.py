"""`learnflow run`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

FIELDS = ["file", "stdout", "stderr", "error", "limit", "duration_ms"]


@pytest.fixture
def programs(tmp_path: Path) -> list[str]:
    for name, text in (
        ("fine.py", "print('gr\u00fc\u00df')"),
        ("broken.py", "x = 1\nprint(y)"),
        ("endless.py", "while True: pass"),
        ("latin.py", "print('caf\udce9')"),
    ):
        (tmp_path / name).write_bytes(text.encode(errors="surrogateescape"))
    return ["fine.py", "broken.py", "endless.py", "latin.py"]


def test_one_object_a_line(learnflow: Callable[..., tuple[int, str, str]], programs: list[str]) -> None:
    code, out, _ = learnflow("run", *programs, "--json", "--timeout", "3")
    fine, broken, endless, latin = (json.loads(line) for line in out.splitlines())
    assert [list(line) for line in (fine, broken)] == [FIELDS, FIELDS]
    assert (fine["file"], fine["stdout"], fine["error"], fine["limit"]) == (
        "fine.py",
        "gr\u00fc\u00df\n",
        None,
        None,
    )
    assert (broken["error"]["exception"], broken["error"]["line"]) == ("NameError", 2)
    assert (endless["limit"], endless["error"]) == ("time", None)
    assert latin["error"] is None
    assert code == 1


def test_for_people(learnflow: Callable[..., tuple[int, str, str]], programs: list[str]) -> None:
    assert learnflow("run", "fine.py")[:2] == (0, "gr\u00fc\u00df\n")
    code, out, err = learnflow("run", "broken.py")
    assert (code, out) == (1, "")
    assert "NameError" in err
    assert "y" in err
    code, _, err = learnflow("run", "endless.py", "--timeout", "1.5")
    assert code == 1
    assert "longer than 1.5 seconds" in err


def test_a_program_does_not_steer_the_terminal(
    learnflow: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "evil.py").write_text("print('\\x1b]0;pwned\\x07')")
    assert "\x1b" not in learnflow("run", "evil.py")[1]


def test_a_file_that_is_not_there(
    learnflow: Callable[..., tuple[int, str, str]], programs: list[str]
) -> None:
    code, out, err = learnflow("run", "fine.py", "none.py")
    assert (code, out) == (2, "")
    assert "none.py cannot be read" in err
