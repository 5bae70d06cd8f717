"""`learnflow explain`: run Python files in the sandbox, and explain how each fails."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import typer

from learnflow_ext.agents import debug
from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.cli.course import CourseOption, course_dir, printable, texts_of
from learnflow_ext.cli.where import CannotRun
from learnflow_ext.contracts.help import CellError, Diagnosis, HelpRequest
from learnflow_ext.contracts.runner import RunResult
from learnflow_ext.diagnosis import endless
from learnflow_ext.diagnosis.place import line_text

FOUND_A_PROBLEM = 1
RUNGS = (1, 2, 3, 4)


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """How one file fails; the fields are empty for one that does not."""

    file: str
    exception: str | None
    """Class name; None where nothing failed, and where only a limit stopped it."""
    message: str
    line: int | None
    """From 1; None where the error has no place in the file. Without an error: the loop that does not end."""
    cause: str
    """In a beginner's words; for a file that met a limit or cannot be read, the sentence about that."""
    concept: str
    rungs: tuple[str, ...]
    """The four hints, as Markdown, from the weakest up; none where nothing failed."""


def explain(
    files: list[Path] = typer.Argument(metavar="FILE.py…", help="The programs. None sees the others."),
    course: CourseOption = None,
    as_json: bool = typer.Option(
        False, "--json", help="One JSON object a line: file, exception, message, line, cause, concept, rungs."
    ),
) -> None:
    """Run Python files, each in a sandbox of its own, and explain their errors as the tutor does.

    Exit code 1 when one of them failed, met a limit, or cannot be read; 2 when none can be read.
    """
    sources = texts_of(files)
    if asyncio.run(_all(files, sources, CourseIndex.from_source(course_dir(course)), as_json=as_json)):
        raise typer.Exit(FOUND_A_PROBLEM)


async def _all(
    files: list[Path], sources: list[str | CannotRun], index: CourseIndex, *, as_json: bool
) -> bool:
    """Explain one after the other, telling of each as it ends; whether any failed."""
    from learnflow_kernels.choice import runner_for

    failed = False
    async with runner_for(len(files)) as runner:
        for file, source in zip(files, sources, strict=True):
            if isinstance(source, CannotRun):
                found, failed = _unread(str(file), source.message), True
            else:
                result = await runner.run([source])
                found = explained(str(file), source, result, index)
                failed = failed or result.error is not None or result.limit is not None
            typer.echo(msgspec.json.encode(found).decode() if as_json else _shown(found))
    return failed


def _unread(file: str, why: str) -> Explained:
    return Explained(file=file, exception=None, message="", line=None, cause=why, concept="", rungs=())


def explained(file: str, source: str, result: RunResult, index: CourseIndex) -> Explained:
    """What the debug agent makes of a run."""
    if result.limit in ("time", "output", "memory") and result.error is None:
        return _out_of_time(file, source, result, index)
    if result.error is None or result.limit is not None:
        return Explained(
            file=file,
            exception=result.error.exception if result.error is not None else None,
            message=result.error.message if result.error is not None else "",
            line=result.error.line if result.error is not None else None,
            cause=result.message,
            concept="",
            rungs=(),
        )
    request = HelpRequest(code=source, error=msgspec.structs.replace(result.error, code=source))
    findings = debug.analyse(request, index)
    diagnosis = findings.diagnosis
    assert diagnosis is not None
    return Explained(
        file=file,
        exception=diagnosis.exception,
        message=diagnosis.message,
        line=diagnosis.line,
        cause=diagnosis.cause,
        concept=diagnosis.concept,
        rungs=tuple(debug.compose(findings, rung).text for rung in RUNGS),
    )


def _out_of_time(file: str, source: str, result: RunResult, index: CourseIndex) -> Explained:
    """A program that did not end by itself: the loop that its text shows as endless, if it shows one."""
    line, why = endless.out_of_time(source)
    cause = f"{result.message} {why}".strip()
    diagnosis = Diagnosis(
        exception="KeyboardInterrupt",
        message="",
        line=line,
        source_line=line_text(source, line),
        cause=cause,
        concept="loops",
        known=bool(why),
    )
    error = CellError(exception=diagnosis.exception, message="", line=line, code=source, diagnosis=diagnosis)
    findings = debug.analyse(HelpRequest(code=source, error=error), index)
    texts = (debug.compose(findings, rung).text for rung in RUNGS)
    return Explained(
        file=file,
        exception=None,
        message="",
        line=line,
        cause=cause,
        concept="loops",
        rungs=tuple(text.replace("**KeyboardInterrupt", "**Stopped", 1) for text in texts),
    )


def _shown(found: Explained) -> str:
    if found.exception is None:
        return f"== {found.file}\n{found.cause or 'It runs to its end.'}\n"
    place = f", line {found.line}" if found.line is not None else ""
    return printable(f"== {found.file}{place}\n{found.exception}: {found.message}\n\n{found.cause}\n")
