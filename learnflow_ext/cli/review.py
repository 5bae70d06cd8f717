"""`learnflow review`: what the review agent says about Python files. Nothing is run."""

from __future__ import annotations

from pathlib import Path

import msgspec
import typer

from learnflow_ext.cli.course import printable, text_of

FOUND_A_PROBLEM = 1


def review(
    files: list[Path] = typer.Argument(metavar="FILE.py…", help="The programs."),
    as_json: bool = typer.Option(
        False, "--json", help="One JSON object a line: file, readable, praise, suggestions, text."
    ),
) -> None:
    """Look over Python files as the tutor does: what is good, and at most three things to think about.

    Exit code 1 when there is something to think about, or a file that Python cannot read.
    """
    # Late: the agents are of no use to the other commands.
    from learnflow_ext.agents import review as agent
    from learnflow_ext.contracts.help import HelpRequest

    found_something = False
    for file in files:
        findings = agent.analyse(HelpRequest(agent="review", code=text_of(file)))
        text = agent.compose(findings).text
        readable = findings.unreadable_line is None
        found_something = found_something or bool(findings.remarks) or not readable
        if as_json:
            line = {
                "file": str(file),
                "readable": readable,
                "praise": findings.praise,
                "suggestions": [
                    {"line": each.line, "kind": each.kind, "why": each.why, "question": each.question}
                    for each in findings.remarks
                ],
                "text": text,
            }
            typer.echo(msgspec.json.encode(line).decode())
        else:
            typer.echo(f"== {file}\n{printable(text)}\n" if len(files) > 1 else printable(text))
    if found_something:
        raise typer.Exit(FOUND_A_PROBLEM)
