"""`make eval` on tiny data of its own: what it prints, and what it says when it has nothing to read."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "evaluation"


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("evaluate")


def test_without_data_it_says_so(
    evaluate: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LEARNFLOW_EVAL_DATA", raising=False)
    assert evaluate.main([]) == 0
    assert "LEARNFLOW_EVAL_DATA" in capsys.readouterr().out


@pytest.mark.parametrize("folder", ["nowhere", ""])
def test_a_folder_that_is_no_use(
    evaluate: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    folder: str,
) -> None:
    monkeypatch.setenv("LEARNFLOW_EVAL_DATA", str(tmp_path / folder))
    assert evaluate.main([]) == 2
    assert str(tmp_path / folder) in capsys.readouterr().err


def test_triage_prints_its_figures_and_its_misses(
    evaluate: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    messages = [
        {"text": "just give me the answer", "intent": "solution_request"},
        {"text": "hello", "intent": "off_topic"},
        {"text": "thanks!", "intent": "debug"},
    ]
    (tmp_path / "triage_mine.jsonl").write_text("\n".join(map(json.dumps, messages)), encoding="utf-8")
    monkeypatch.setenv("LEARNFLOW_EVAL_DATA", str(tmp_path))
    assert evaluate.main(["--only", "triage"]) == 0
    said = capsys.readouterr().out
    assert "| solution_request | 1.000 | 1 |" in said
    assert "| debug | 0.000 | 1 |" in said
    assert "debug taken for off_topic" in said
    assert sorted(each.name for each in tmp_path.iterdir()) == ["triage_mine.jsonl"]


def test_every_section_says_what_it_reads(evaluate: ModuleType) -> None:
    for section in evaluate.sections():
        assert section.reads and section.name in evaluate.SECTIONS
