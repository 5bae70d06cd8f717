"""`learnflow doctor`: how well students' code is kept in its place here."""

from __future__ import annotations

import msgspec
import typer
from learnflow_kernels.doctor import exit_code, findings
from learnflow_kernels.machine import examine

_MARKS = {"strong": "ok     ", "weak": "weak   ", "missing": "MISSING"}


def doctor(
    as_json: bool = typer.Option(False, "--json", help="One JSON object: facts and findings."),
) -> None:
    """Say which protections are strong, weak or missing on this machine, and how to get them.

    Run it as the user that the hub runs as. Exit code 0 when nothing is missing, 1 when something is, 2 when
    no kernel can start.
    """
    facts = examine()
    found = findings(facts)
    if as_json:
        typer.echo(msgspec.json.encode({"facts": facts, "findings": found}).decode())
    else:
        for finding in found:
            typer.echo(f"{_MARKS[finding.level]}  {finding.name}: {finding.text}")
            if finding.advice:
                typer.echo(f"         {finding.advice}")
    code = exit_code(found)
    if code:
        raise typer.Exit(code)
