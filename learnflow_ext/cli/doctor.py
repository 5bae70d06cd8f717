"""`learnflow doctor`: how well students' code is kept in its place here."""

from __future__ import annotations

import asyncio

import msgspec
import typer
from learnflow_kernels.doctor import exit_code, findings
from learnflow_kernels.machine import examine

from learnflow_ext.cli.where import ConfigOption, configuration

_MARKS = {"strong": "ok     ", "weak": "weak   ", "missing": "MISSING"}


def doctor(
    config: ConfigOption = None,
    as_json: bool = typer.Option(False, "--json", help="One JSON object: facts and findings."),
) -> None:
    """Say which protections are strong, weak or missing on this machine, and how to get them.

    Run it as the user that the hub runs as. With --config it also asks the database, Kafka and the model
    that the file names, and looks at clocks and the hub's address. Exit code 0 when nothing is missing, 1
    when something is, 2 when no kernel can start.
    """
    facts = examine()
    found = findings(facts)
    if config is not None:
        # Loaded when it is needed: `--help` should not wait for it.
        from learnflow_ext.service import deployment

        found += asyncio.run(deployment.examine(configuration(config)))
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
