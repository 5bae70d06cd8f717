"""Validate's program: what becomes of its answer, its faults, and what it may see."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import pytest

from learnflow_ext.contracts.errors import BadRequest, LearnFlowError, TooBusy, Unavailable, Unprocessable
from learnflow_ext.server.confine import Folder
from learnflow_ext.server.validate import Validator, safe_findings

LOG = logging.getLogger("test.validate")


def validator(work: Path, program: str, seconds: float = 20) -> Validator:
    (work / "a").mkdir(exist_ok=True)
    (work / "a" / "n.ipynb").write_text("{}")
    command = (sys.executable, "-I", "-c", program)
    return Validator(Folder(work), LOG, command=command, seconds=seconds)


def answer(value: str) -> str:
    return f"import json, os, sys; print(json.dumps({{'success': True, 'value': {value}}}))"


async def test_the_program_gets_a_copy_with_its_neighbours(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    check = validator(work, answer("{'seen': sorted(os.listdir(os.path.dirname(sys.argv[1])))}"))
    (work / "a" / "numbers.csv").write_text("1")
    (work / "a" / "nbgrader_config.ipynb").write_text("another notebook")
    (work / "a" / ".hidden").write_text("x")
    (tmp_path / "secret").write_text("x")
    (work / "a" / "link").symlink_to(tmp_path / "secret")
    (work / "a" / "sub").mkdir()
    assert await check.validate("a/n.ipynb") == {"seen": ["n.ipynb", "numbers.csv"]}


async def test_the_program_gives_a_cell_the_time_that_it_has_when_it_is_graded(tmp_path: Path) -> None:
    check = validator(tmp_path, answer("{'rest': sys.argv[2:]}"))
    assert await check.validate("a/n.ipynb", 20.0) == {"rest": ["--cell-timeout", "20"]}
    assert await check.validate("a/n.ipynb") == {"rest": []}


async def test_the_program_does_not_see_the_servers_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    found = await validator(tmp_path, answer("dict(os.environ)")).validate("a/n.ipynb")
    assert "JUPYTERHUB_API_TOKEN" not in found
    assert "PATH" in found


@pytest.mark.parametrize("path", ["a/n.txt", "../n.ipynb", "", ".a/n.ipynb"])
async def test_only_notebooks(tmp_path: Path, path: str) -> None:
    with pytest.raises(BadRequest):
        await validator(tmp_path, "").validate(path)


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "Z (zombie)" not in status.read_text()


class TestEndlessLoop:
    async def test_it_is_stopped_with_all_it_started(self, tmp_path: Path) -> None:
        program = (
            "import subprocess, sys, time, pathlib\n"
            f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
            f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid))\n"
            "time.sleep(60)"
        )
        with pytest.raises(Unprocessable, match="never ends"):
            await validator(tmp_path, program, seconds=2).validate("a/n.ipynb")
        pid = int((tmp_path / "pid").read_text())
        for _ in range(50):
            if not alive(pid):
                return
            await asyncio.sleep(0.1)
        raise AssertionError("the child lives on")


class TestProgramBreaks:
    async def test_a_sentence_and_a_line_in_the_log(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises(Unavailable, match="notebook is safe"):
            await validator(tmp_path, "raise ValueError('inside')").validate("a/n.ipynb")
        assert "inside" in caplog.text


async def test_one_at_a_time(tmp_path: Path) -> None:
    check = validator(tmp_path, "import time; time.sleep(1);" + answer("{}"))
    first = asyncio.create_task(check.validate("a/n.ipynb"))
    await asyncio.sleep(0.3)
    with pytest.raises(TooBusy):
        await check.validate("a/n.ipynb")
    assert await first == {}


def test_error_texts_are_made_safe_for_the_page() -> None:
    failed = [{"source": "s", "error": "<b>", "raw_error": "\x1b[31m<script>\x1b[0m"}, {"error": "<i>"}]
    found = safe_findings({"success": True, "value": {"failed": failed}})
    assert [each["error"] for each in found["failed"]] == ["&lt;script&gt;", "&lt;i&gt;"]


@pytest.mark.parametrize("report", [None, [], {}, {"success": True}, {"success": "yes", "value": {}}])
def test_an_answer_of_another_shape_is_no_answer(report: object) -> None:
    with pytest.raises(LearnFlowError):
        safe_findings(report)


def test_its_own_sentence_is_passed_on() -> None:
    with pytest.raises(Unprocessable, match="too old"):
        safe_findings({"success": False, "message": "The notebook is too old."})
