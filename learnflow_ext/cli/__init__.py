"""The `learnflow` command. Exit codes: 0 fine, 1 found a problem, 2 cannot run."""

from __future__ import annotations

import logging
import os
import sys
import traceback
import uuid

import structlog
import typer

from learnflow_ext.contracts.errors import LearnFlowError

CANNOT_RUN = 2


def _debugging() -> bool:
    return bool(os.environ.get("LEARNFLOW_DEBUG"))


def _quiet_logs() -> None:
    """Log lines go to stderr, and only to who asks: the commands' sentences say what a user needs."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.INFO if _debugging() else logging.CRITICAL
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _said(error: Exception) -> str:
    """The sentence of the first error in a group that has one: of several jobs, one could not go on."""
    while isinstance(error, ExceptionGroup):
        theirs = error.subgroup(LearnFlowError)
        if theirs is None:
            return ""
        error = theirs.exceptions[0]
    return error.message if isinstance(error, LearnFlowError) else ""


def _app(arguments: list[str]) -> typer.Typer:
    """All commands; or the one that is asked for, where loading all would take longer than what it does."""
    if arguments[:1] == ["autograde"]:
        from learnflow_ext.cli.autograde import autograde
        from learnflow_ext.cli.root import root

        alone = root()
        alone.command()(autograde)
        return alone
    from learnflow_ext.cli.commands import app

    return app


def main() -> None:
    """Entry point of the `learnflow` command: what goes wrong ends in a sentence, never in a traceback."""
    _quiet_logs()
    try:
        _app(sys.argv[1:])()
    except LearnFlowError as error:
        typer.echo(error.message, err=True)
        sys.exit(CANNOT_RUN)
    except Exception as error:
        if said := _said(error):
            typer.echo(said, err=True)
            sys.exit(CANNOT_RUN)
        # The boundary of the process. The detail is for who asks for it.
        error_id = uuid.uuid4().hex[:8]
        typer.echo(
            f"Something went wrong inside LearnFlow (error {error_id}). Run it again with LEARNFLOW_DEBUG=1 "
            "to see the details, and report them.",
            err=True,
        )
        if _debugging():
            traceback.print_exc()
        sys.exit(CANNOT_RUN)
