"""`learnflow run`: Python files in a sandbox, each in its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import typer
from learnflow_kernels.choice import runner_for

from learnflow_ext.cli.where import CannotRun
from learnflow_ext.contracts.runner import RunLimits, RunResult

FOUND_A_PROBLEM = 1


def run(
    files: list[Path] = typer.Argument(metavar="FILE.py…", help="The programs. None sees the others."),
    timeout: float = typer.Option(5.0, min=0.1, max=3600, help="Seconds each may take, its start included."),
    memory: int = typer.Option(256, min=64, help="Memory of each, in MB."),
    as_json: bool = typer.Option(
        False, "--json", help="One JSON object a line: file, stdout, stderr, error, limit, duration_ms."
    ),
) -> None:
    """Run Python files in a sandbox: no network, no other file, within limits.

    Exit code 1 when one of them failed or met a limit.
    """
    sources = [_source(file) for file in files]
    failed = asyncio.run(_all(files, sources, RunLimits(wall_s=timeout, memory_mb=memory), as_json=as_json))
    if failed:
        raise typer.Exit(FOUND_A_PROBLEM)


def _source(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise CannotRun(f"{file} cannot be read: {error.strerror}.") from error


async def _all(files: list[Path], sources: list[str], limits: RunLimits, *, as_json: bool) -> bool:
    """Run one after the other, telling of each as it ends; whether any failed."""
    failed = False
    async with runner_for(len(files)) as runner:
        for file, source in zip(files, sources, strict=True):
            result = await runner.run([source], limits=limits)
            failed = failed or result.error is not None or result.limit is not None
            if as_json:
                typer.echo(msgspec.json.encode(_line(file, result)).decode())
            else:
                _show(file, result, named=len(files) > 1)
    return failed


def _line(file: Path, result: RunResult) -> dict[str, object]:
    return {
        "file": str(file),
        "stdout": result.stdout,
        "stderr": result.stderr,
        "error": result.error,
        "limit": result.limit,
        "duration_ms": result.duration_ms,
    }


def _show(file: Path, result: RunResult, *, named: bool) -> None:
    if named:
        typer.echo(f"== {file}")
    typer.echo(_printable(result.stdout), nl=False)
    typer.echo(_printable(result.stderr), nl=False, err=True)
    if result.error is not None:
        typer.echo(_printable(result.error.traceback or result.error.message), err=True)
        if result.error.diagnosis is not None and result.limit is None:
            typer.echo(_printable(result.error.diagnosis.cause), err=True)
    if result.message:
        typer.echo(_printable(result.message), err=True)


def _printable(text: str) -> str:
    """Without what a terminal would obey: nobody trusts these programs."""
    return "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text)
