"""`learnflow review`: what the review agent says about Python files. They are read, not run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import typer

from learnflow_ext.cli.course import printable, texts_of
from learnflow_ext.cli.where import CannotRun

FOUND_A_PROBLEM = 1


def review(
    files: list[Path] = typer.Argument(metavar="FILE.py…", help="The programs."),
    as_json: bool = typer.Option(
        False, "--json", help="One JSON object a line: file, readable, praise, suggestions, text."
    ),
) -> None:
    """Look over Python files as the tutor does: what is good, and at most three things to think about.

    Exit code 1 when there is something to think about, or a file that cannot be read; 2 when none can.
    """
    if asyncio.run(_all(files, texts_of(files), as_json=as_json)):
        raise typer.Exit(FOUND_A_PROBLEM)


async def _all(files: list[Path], sources: list[str | CannotRun], *, as_json: bool) -> bool:
    """One after the other, telling of each as it ends; whether there is anything to think about."""
    # Late: the agents and the sandboxes are of no use to the other commands.
    from learnflow_kernels.choice import runner_for

    from learnflow_ext.agents import review as agent
    from learnflow_ext.contracts.help import HelpRequest

    found_something = False
    async with runner_for(len(files)) as runner:
        for file, source in zip(files, sources, strict=True):
            if isinstance(source, CannotRun):
                findings, text, readable = agent.ReviewFindings(lines=0), source.message, False
            else:
                findings = agent.analyse(HelpRequest(agent="review", code=source))
                findings = await agent.with_linter(findings, runner)
                text = agent.compose(findings).text
                readable = findings.unreadable_line is None and not findings.too_long
            found_something = found_something or bool(findings.remarks) or not readable
            if as_json:
                typer.echo(msgspec.json.encode(_line(file, findings, text, readable)).decode())
            else:
                typer.echo(f"== {file}\n{printable(text)}\n" if len(files) > 1 else printable(text))
    return found_something


def _line(file: Path, findings: Any, text: str, readable: bool) -> dict[str, object]:
    return {
        "file": str(file),
        "readable": readable,
        "praise": findings.praise,
        "suggestions": [
            {name: getattr(each, name) for name in ("line", "kind", "rule", "why", "question")}
            for each in findings.remarks
        ],
        "text": text,
    }
