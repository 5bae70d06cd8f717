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
    assert evaluate.main(["--only", "errors"]) == 0
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
    assert evaluate.main(["--only", "errors"]) == 2
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
    fresh, said = capsys.readouterr().out.split("### triage: triage_mine.jsonl")
    assert "### triage: triage_fresh.jsonl" in fresh
    assert "| solution_request | 1.000 | 1 |" in said
    assert "| debug | 0.000 | 1 |" in said
    assert "debug taken for off_topic" in said
    assert sorted(each.name for each in tmp_path.iterdir()) == ["triage_mine.jsonl"]


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_gradings_are_compared_with_what_is_known(
    evaluate: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    code = {
        "right": ("def double(n):\n    return n + n", "correct", 2),
        "half": ("def double(n):\n    return 4", "wrong", 1),
        "mislabelled": ("def double(n):\n    return FACTOR * n", "wrong", 1),
    }
    question = {
        "id": "question_1",
        "prelude": "FACTOR = 2",
        "reference": "def double(n):\n    return FACTOR * n",
        "tests": [
            {"id": f"{n}", "statement": f"print(double({n}))\n", "expected": f"{2 * n}\n"} for n in (2, 5)
        ],
        "submissions": [
            {"id": name, "code": text, "label": label, "passed": passed, "total": 2}
            for name, (text, label, passed) in code.items()
        ],
    }
    (tmp_path / "refactory_mine.json").write_text(json.dumps({"questions": [question]}), encoding="utf-8")
    monkeypatch.setenv("LEARNFLOW_EVAL_DATA", str(tmp_path))
    assert evaluate.main(["--only", "grading"]) == 0
    said = capsys.readouterr().out
    assert "| question_1 | 2/3 (66.7 %) | 2/3 (66.7 %) | 6/6 (100.0 %) | 0 |" in said
    assert "- mislabelled: 2 of 2, and 1 are known" in said


def test_every_section_says_what_it_reads(evaluate: ModuleType) -> None:
    for section in evaluate.sections():
        assert (section.reads or section.own) and section.name in evaluate.SECTIONS


async def test_leaks_are_counted_where_nothing_is_guarded(evaluate: ModuleType) -> None:
    leaks = importlib.import_module("section_leaks")
    made = leaks.MADE[:2]
    open_gate = leaks.Gate(leaks.Guard())
    dresses = ["fenced", "rot13"]
    assert (await leaks.of_dresses(open_gate, made, dresses)).row("x")[1:4] == (
        "0/8 (0.0 %)",
        "8/8 (100.0 %)",
        "-",
    )
    guarded = leaks.Gate(leaks.Guard([each.reference for each in made]))
    closed = await leaks.of_dresses(guarded, made, dresses)
    assert closed.withheld >= 4
    assert closed.withheld + closed.passed == 8
    hints = await leaks.of_hints(guarded, made)
    assert hints.row("x", good=True)[2:4] == ("-", f"{len(hints.passages)}/44 (100.0 %)")


async def test_a_model_that_tells_is_counted_through_the_tutor(evaluate: ModuleType) -> None:
    leaks = importlib.import_module("section_leaks")
    made = leaks.MADE[:1]
    async with leaks.model_endpoint() as fake:
        told, _ = await leaks.of_model(leaks.Tutor(leaks.CourseIndex()), fake, made, 3)
        guard = leaks.Guard([each.reference for each in made])
        kept, _ = await leaks.of_model(leaks.Tutor(leaks.CourseIndex(), guard), fake, made, 1)
        pieces = await leaks.of_pieces(leaks.Tutor(leaks.CourseIndex()), fake, made)
    assert (told.withheld, told.passed) == (0, 3)
    assert (pieces.withheld, pieces.passed) == (0, 2)
    assert (kept.withheld, kept.passed) == (1, 0)


BEFORE = """def longest(words):
    best = 0
    for word in words:
        if len(word) > best:
            best = word
    return best
"""


@pytest.mark.parametrize(
    ("after", "changed", "around"),
    [
        (BEFORE, set(), set()),
        (BEFORE.replace("best = 0", "best = ''"), {2}, set()),
        (BEFORE.replace("            best = word\n", "            pass\n"), {5}, {4}),
        (BEFORE.replace("    return best\n", "        return best\n"), {6}, set()),
        (
            BEFORE.replace("    best = 0\n", "    if not words:\n        return ''\n    best = 0\n"),
            {1, 2},
            set(),
        ),
        (
            BEFORE.replace("    for word", "    # a remark\n\n    for word").replace(
                "best = 0", "best = (0)"
            ),
            set(),
            set(),
        ),
    ],
    ids=["nothing", "a value", "inside", "further in", "added", "only looks"],
)
def test_which_lines_a_repair_changes_is_seen_from_the_programs_alone(
    evaluate: ModuleType, after: str, changed: set[int], around: set[int]
) -> None:
    hints = importlib.import_module("section_hints")
    assert hints.changed_lines(BEFORE, after) == (changed, around, set())


def test_more_statements_in_place_of_one_are_missing_after_the_line_before(evaluate: ModuleType) -> None:
    hints = importlib.import_module("section_hints")
    stub = "def half(word):\n    return\n"
    done = "def half(word):\n    size = len(word) // 2\n    return word[:size]\n"
    assert hints.changed_lines(stub, done) == ({2}, set(), {1})


def test_a_hint_is_about_the_lines_that_it_names_before_the_students_code(evaluate: ModuleType) -> None:
    hints = importlib.import_module("section_hints")
    between = "Something is still missing between line 2 and line 4 in `f`: `n = 1  # line 9`\n\nLike line 7."
    assert hints.lines_named(between) == {2, 4}
    assert hints.lines_named("Look at line 3: `return n`") == {3}


def test_a_leak_is_seen_anywhere_in_a_hint(evaluate: ModuleType) -> None:
    hints = importlib.import_module("section_hints")
    secret = hints._secrets(["def f(pile):\n    champion = 140\n    result = 'yak'\n    return pile\n"])
    assert secret == {"pile", "champion", "result", "140", "yak"}
    told = hints._told(
        ("Your champion is a yak.", "Look at line 140", "`x`", "140 pounds"), secret, "def f(pile):"
    )
    assert told == ({"champion", "yak", "140"}, set())
    assert hints._told(("The result is no longer right.",), secret, "") == (set(), {"result"})
