"""Validate: the visible tests of a notebook, run by a program of its own in a sandboxed kernel."""

from __future__ import annotations

import asyncio
import html
import json
import logging
import os
import signal
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

from learnflow_ext.contracts.errors import BadRequest, TooBusy, Unavailable, Unprocessable
from learnflow_ext.contracts.paths import split_path
from learnflow_ext.server.confine import Folder, is_ordinary
from learnflow_ext.server.runs import strip_ansi

MAX_FILES_BYTES = 20 << 20
MAX_REPORT_BYTES = 4 << 20
CELLS = 24
"""So many times as long as a cell a whole notebook may run at least, as in grading."""
BROKEN = "The check could not run just now. Your notebook is safe. Try again."
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME", "USER", "LOGNAME")
"""Nothing else: the server's environment holds its token."""


class Validator:
    """Runs `python -I -m learnflow_grading.validate FILE` on a copy of the student's folder."""

    def __init__(
        self,
        folder: Folder,
        log: logging.Logger,
        *,
        command: tuple[str, ...] = (sys.executable, "-I", "-m", "learnflow_grading.validate"),
        seconds: float = 120.0,
    ) -> None:
        self._folder = folder
        self._log = log
        self._command = command
        self._seconds = seconds
        self._running = asyncio.Semaphore(1)

    async def validate(self, path: str, cell_seconds: float | None = None) -> dict[str, Any]:
        """nbgrader's findings: `{}` when all is well, else with `failed`, `changed`, `type_changed`.

        A cell may run for `cell_seconds`; None for the program's own limit.
        Unprocessable with a sentence when the notebook cannot be checked at all; TooBusy while another check
        of the same student runs; Unavailable when the check itself breaks.
        """
        parts = split_path(path.strip("/"))
        if not parts or not parts[-1].endswith(".ipynb"):
            raise BadRequest("Only notebooks can be validated.")
        if self._running.locked():
            raise TooBusy("Another notebook is being validated. Try again when it is done.")
        async with self._running:
            with tempfile.TemporaryDirectory(prefix="validate-") as spare:
                copy = await asyncio.to_thread(self._copy, parts, Path(spare))
                return safe_findings(await self._run(copy, cell_seconds))

    def _copy(self, parts: tuple[str, ...], spare: Path) -> Path:
        """The notebook and its neighbours, where the student's kernel cannot change them any more."""
        target = Folder(spare)
        target.write_new([parts[-1]], self._folder.read(parts, MAX_FILES_BYTES))
        left = MAX_FILES_BYTES
        for name, status in self._folder.names(parts[:-1]).items():
            if name.endswith(".ipynb") or name.startswith(".") or status.st_size > left:
                continue
            if not is_ordinary(status):
                continue
            content = self._folder.read([*parts[:-1], name], left)
            left -= len(content)
            target.write_new([name], content)
        return spare / parts[-1]

    async def _run(self, notebook: Path, cell_seconds: float | None) -> Any:
        run_id = uuid.uuid4().hex[:12]
        more = () if cell_seconds is None else ("--cell-timeout", f"{cell_seconds:g}")
        seconds = max(self._seconds, CELLS * (cell_seconds or 0))
        process = await asyncio.create_subprocess_exec(
            *self._command,
            str(notebook),
            *more,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=notebook.parent,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(seconds):
                report, trouble = await process.communicate()
        except TimeoutError:
            self._log.warning("validate %s took longer than %s s", run_id, seconds)
            raise Unprocessable(
                f"The notebook did not finish within {seconds:.0f} seconds. "
                "Is there a loop in it that never ends?"
            ) from None
        finally:
            await _end(process)
        try:
            return json.loads(report[:MAX_REPORT_BYTES])
        except ValueError:
            self._log.error(
                "validate %s ended with %s and no report: %s",
                run_id,
                process.returncode,
                trouble[-4000:].decode(errors="replace"),
            )
            raise Unavailable(BROKEN) from None


async def _end(process: asyncio.subprocess.Process) -> None:
    """Whatever the check started goes with it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    await process.wait()


def safe_findings(report: Any) -> dict[str, Any]:
    """The findings of `learnflow_grading.validate`, fit for nbgrader's front end.

    That puts `error` into the page as HTML, so what stands there is made here, from the plain text.
    Unprocessable with the program's sentence when the notebook could not be validated.
    """
    if not isinstance(report, dict) or not isinstance(report.get("success"), bool):
        raise Unavailable(BROKEN)
    if not report["success"]:
        raise Unprocessable(str(report.get("message", BROKEN)))
    findings = report.get("value")
    if not isinstance(findings, dict):
        raise Unavailable(BROKEN)
    failed = [
        {"source": str(each.get("source", "")), "error": html.escape(_plain(each))}
        for each in findings.get("failed", [])
    ]
    return {**findings, "failed": failed} if failed else findings


def _plain(failure: dict[str, Any]) -> str:
    return strip_ansi(str(failure.get("raw_error") or failure.get("error") or ""))
