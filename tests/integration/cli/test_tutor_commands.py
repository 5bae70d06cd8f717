"""`learnflow explain`, `triage`, `ask` and `review`: what people see, and lines for programs."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
FAILS = "total = 0\ncount = 0\nprint(total / count)\n"
REFERENCE = "def mean(values):\n    total = sum(values)\n    return total / len(values)\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], str]:
    def make(name: str, text: str) -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return make


Write = Callable[[str, str], str]


@pytest.fixture
def exercise(write: Write) -> tuple[str, ...]:
    return (
        *("--statement", write("statement.md", "# The mean\n\nWrite `mean(values)`.")),
        *("--tests", write("tests.txt", "assert mean([1, 2]) == 1.5\n")),
        *("--reference", write("reference.py", REFERENCE)),
    )


class TestExplain:
    def test_each_file_is_run_and_explained(self, learnflow: Run, write: Write) -> None:
        files = [write("a.py", FAILS), write("b.py", "while True print(1)"), write("c.py", "print('fine')")]
        ended = learnflow("explain", *files, "--json")
        first, second, third = (json.loads(line) for line in ended.out.splitlines())
        assert ended.code == 1
        assert list(first) == ["file", "exception", "message", "line", "cause", "concept", "rungs"]
        assert (first["exception"], first["line"], first["concept"]) == ("ZeroDivisionError", 3, "division")
        assert "`count` is `0`" in first["cause"]
        assert len(first["rungs"]) == len(set(first["rungs"])) == 4
        assert (second["exception"], second["line"]) == ("SyntaxError", 1)
        assert (third["exception"], third["rungs"]) == (None, [])

    def test_a_file_that_cannot_be_read_does_not_stop_the_others(
        self, learnflow: Run, write: Write, tmp_path: Path
    ) -> None:
        large = write("large.py", "x = 1\n" * 200_000)
        files = [write("a.py", FAILS), "nowhere.py", str(tmp_path), large, write("c.py", "print('fine')")]
        ended = learnflow("explain", *files, "--json")
        lines = [json.loads(line) for line in ended.out.splitlines()]
        assert (ended.code, [line["file"] for line in lines]) == (1, files)
        assert lines[0]["exception"] == "ZeroDivisionError"
        assert [line["cause"] for line in lines[1:4]] == [
            "nowhere.py cannot be read: No such file or directory.",
            f"{tmp_path} cannot be read: Is a directory.",
            f"{large} is larger than 1000 kB.",
        ]
        assert (lines[4]["cause"], lines[4]["rungs"]) == ("", [])
        assert learnflow("explain", "nowhere.py", str(tmp_path)).code == 2

    def test_a_file_that_runs_is_fine(self, learnflow: Run, write: Write) -> None:
        ended = learnflow("explain", write("c.py", "print('fine')"))
        assert ended.code == 0
        assert "runs to its end" in ended.out

    def test_an_endless_loop_is_a_limit(self, learnflow: Run, write: Write) -> None:
        ended = learnflow("explain", write("d.py", "while True:\n    pass"), "--json")
        assert ended.code == 1
        assert "5 seconds" in json.loads(ended.out)["cause"]

    def test_a_program_that_does_not_end_is_explained_by_its_loop(self, learnflow: Run, write: Write) -> None:
        files = [
            write("quiet.py", "x = 1\nwhile x > 0:\n    x = x + 1\n"),
            write("loud.py", "i = 0\nwhile i < 5:\n    print(i)\n"),
        ]
        ended = learnflow("explain", *files, "--json")
        quiet, loud = (json.loads(line) for line in ended.out.splitlines())
        assert ended.code == 1
        for found, says in ((quiet, "makes `x` larger"), (loud, "changes `i`")):
            assert (found["exception"], found["line"], found["concept"]) == (None, 2, "loops")
            assert says in found["cause"]
            assert len(found["rungs"]) == len(set(found["rungs"])) == 4

    def test_odd_files_are_explained_too(self, learnflow: Run, write: Write, tmp_path: Path) -> None:
        Path(tmp_path, "latin.py").write_bytes(b'x = "\xe9"\nprint(x + 1)\n')
        Path(tmp_path, "bom.py").write_bytes(b"\xef\xbb\xbfprint(1 / 0)\n")
        files = [
            *(str(tmp_path / name) for name in ("latin.py", "bom.py")),
            write("null.py", "x = 1\0\n"),
            write("ends.py", "import os\nos._exit(3)\n"),
            write("hostile.py", "class A(BaseException):\n    def __str__(self): raise A\nraise A()\n"),
        ]
        ended = learnflow("explain", *files, "--json")
        found = [json.loads(line) for line in ended.out.splitlines()]
        said = [(each["exception"], each["line"]) for each in found]
        assert said == [
            ("TypeError", 2),
            ("ZeroDivisionError", 1),
            ("SyntaxError", None),
            ("ProgramEnded", None),
            ("A", 3),
        ]
        assert all(len(set(each["rungs"])) == 4 for each in found)

    def test_a_folder_cannot_be_explained(self, learnflow: Run, tmp_path: Path) -> None:
        assert learnflow("explain", str(tmp_path)).code == 2

    def test_a_missing_file_cannot_be_explained(self, learnflow: Run) -> None:
        assert learnflow("explain", "nowhere.py").code == 2


class TestTriage:
    def test_lines_in_lines_out(self, learnflow: Run, write: Write) -> None:
        lines: list[dict[str, Any]] = [
            {"text": "why does it crash"},
            {"text": "", "traceback": "Traceback (most recent call last):\nValueError: no"},
            {"text": "was ist eine liste", "traceback": None, "id": 7},
        ]
        file = write("messages.jsonl", "\n".join(map(json.dumps, lines)) + "\n\n")
        ended = learnflow("triage", file)
        found = [json.loads(line) for line in ended.out.splitlines()]
        assert [each["intent"] for each in found] == ["debug", "debug", "concept"]
        assert [each["text"] for each in found] == [each["text"] for each in lines]
        assert all(set(each) == {"text", "intent", "confidence"} for each in found)
        assert all(0 <= each["confidence"] <= 1 for each in found)

    def test_from_a_pipe(self, learnflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        piped = io.TextIOWrapper(io.BytesIO('{"text": "gib mir die lösung"}\n'.encode()))
        monkeypatch.setattr(sys, "stdin", piped)
        assert json.loads(learnflow("triage").out)["intent"] == "solution_request"

    @pytest.mark.parametrize("line", ["nonsense", "[]", '{"txt": "x"}', '{"text": 3}'])
    def test_a_line_that_is_none(self, learnflow: Run, write: Write, line: str) -> None:
        ended = learnflow("triage", write("messages.jsonl", f'{{"text": "hi"}}\n{line}\n'))
        assert (ended.code, len(ended.out.splitlines())) == (2, 1)
        assert "Line 2" in ended.err


class TestAsk:
    def test_code_is_run_and_its_error_explained(
        self, learnflow: Run, write: Write, exercise: tuple[str, ...]
    ) -> None:
        code = write("mine.py", "def mean(values):\n    return sum(values) / count\nmean([1])\n")
        ended = learnflow("ask", "why does it fail?", "--code", code, *exercise, "--json")
        found = json.loads(ended.out)
        assert list(found) == ["intent", "agent", "rung", "text", "withheld"]
        assert (found["intent"], found["agent"], found["rung"]) == ("debug", "debug", 3)
        assert "NameError in line 2" in found["text"]
        assert found["withheld"] is False

    def test_the_solution_is_not_told(self, learnflow: Run, exercise: tuple[str, ...]) -> None:
        found = json.loads(learnflow("ask", "just give me the solution", *exercise, "--json").out)
        assert found["intent"] == "solution_request"
        assert "total / len(values)" not in found["text"]

    def test_the_ladder_can_be_tried_out(self, learnflow: Run, write: Write) -> None:
        code = write("mine.py", FAILS)
        texts = [learnflow("ask", "why?", "--code", code, "--rung", str(rung)).out for rung in (1, 4)]
        assert "Look at line 3" not in texts[0]
        assert "```python" in texts[1]

    def test_an_idea_of_the_course(self, learnflow: Run) -> None:
        ended = learnflow("ask", "what is a list?")
        assert ended.code == 0
        assert "**Lists**" in ended.out

    def test_an_exercise_of_the_course(self, learnflow: Run) -> None:
        refused = learnflow("ask", "why?", "--exercise", "no-such-thing")
        assert refused.code == 2
        name = refused.err.partition("It has: ")[2].split(",")[0]
        assert learnflow("ask", "give me the answer", "--exercise", name).code == 0

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--tests", "t.txt"),
            ("--reference", "r.py"),
            ("--policy", "everything"),
            ("--course", "nowhere"),
            ("--code", "nowhere.py"),
            ("--exercise", "x", "--statement", "s.md"),
        ],
    )
    def test_half_an_exercise_cannot_be_asked_about(self, learnflow: Run, arguments: tuple[str, ...]) -> None:
        ended = learnflow("ask", "why?", *arguments)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.strip()


class TestReview:
    def test_what_is_good_and_what_to_think_about(self, learnflow: Run, write: Write) -> None:
        code = "list = [3, 1]\nlist = list.sort()\n"
        ended = learnflow("review", write("a.py", code), write("b.py", "def f(:"), "--json")
        first, second = (json.loads(line) for line in ended.out.splitlines())
        assert ended.code == 1
        assert first["suggestions"]
        assert len(first["suggestions"]) <= 3
        assert all(each["line"] in (1, 2) and each["why"] for each in first["suggestions"])
        assert (first["readable"], second["readable"]) == (True, False)

    def test_a_file_that_cannot_be_read_does_not_stop_the_others(self, learnflow: Run, write: Write) -> None:
        ended = learnflow("review", "nowhere.py", write("a.py", "def f(bag=[]):\n    return bag\n"), "--json")
        first, second = (json.loads(line) for line in ended.out.splitlines())
        assert (ended.code, first["readable"]) == (1, False)
        assert "cannot be read" in first["text"]
        assert [each["rule"] for each in second["suggestions"]] == ["B006"]
        assert learnflow("review", "nowhere.py").code == 2

    def test_nothing_to_think_about(self, learnflow: Run, write: Write) -> None:
        ended = learnflow("review", write("a.py", "height = 3\nprint(height)\n"))
        assert ended.code == 0
        assert "**Good:**" in ended.out
