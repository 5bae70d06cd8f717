"""`learnflow doctor` on this machine, and on one without bubblewrap."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]


def test_it_names_each_protection(learnflow: Command) -> None:
    code, out, _ = learnflow("doctor")
    assert code in (0, 1)
    for name in ("sandbox", "user ids", "system calls", "memory of notebooks", "disk"):
        assert f"{name}: " in out


def test_for_programs(learnflow: Command) -> None:
    code, out, _ = learnflow("doctor", "--json")
    told = json.loads(out)
    assert told["facts"]["complaint"] == ""
    assert {"name", "level", "text", "advice"} == set(told["findings"][0])
    assert code == (1 if "missing" in {one["level"] for one in told["findings"]} else 0)


def test_without_bubblewrap(learnflow: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, _ = learnflow("doctor")
    assert code == 2
    assert "apt-get install bubblewrap" in out
