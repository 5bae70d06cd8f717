"""The `learnflow` command. Exit codes: 0 fine, 1 found a problem, 2 cannot run."""

from __future__ import annotations

import logging
import os
import sys
import traceback
import uuid

import structlog
import typer

from learnflow_ext import __version__
from learnflow_ext.cli import courses, db, events, privacy, topics
from learnflow_ext.cli.ask import ask
from learnflow_ext.cli.autograde import autograde
from learnflow_ext.cli.backup import backup, restore
from learnflow_ext.cli.demo import demo
from learnflow_ext.cli.doctor import doctor
from learnflow_ext.cli.explain import explain
from learnflow_ext.cli.generate import generate
from learnflow_ext.cli.hint import hint
from learnflow_ext.cli.mastery import mastery
from learnflow_ext.cli.points import points_command
from learnflow_ext.cli.regrade import regrade
from learnflow_ext.cli.review import review
from learnflow_ext.cli.run import run
from learnflow_ext.cli.service import service
from learnflow_ext.cli.triage import triage
from learnflow_ext.cli.up import down, status, up
from learnflow_ext.cli.worker import worker
from learnflow_ext.contracts.errors import LearnFlowError

CANNOT_RUN = 2

app = typer.Typer(
    no_args_is_help=True,
    help="LearnFlow: a classroom on JupyterHub.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo)
app.command()(service)
app.command()(worker)
app.command()(up)
app.command()(down)
app.command()(status)
app.command()(run)
app.command()(explain)
app.command()(triage)
app.command()(ask)
app.command()(hint)
app.command()(generate)
app.command()(review)
app.command()(mastery)
app.command()(autograde)
app.command()(regrade)
app.command("points")(points_command)
app.command()(doctor)
app.command()(backup)
app.command()(restore)
app.add_typer(courses.app, name="course")
app.add_typer(db.app, name="db")
app.add_typer(events.app, name="events")
app.add_typer(topics.app, name="topics")
app.add_typer(privacy.app, name="privacy")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"learnflow {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """LearnFlow: a classroom on JupyterHub."""


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


def main() -> None:
    """Entry point of the `learnflow` command: what goes wrong ends in a sentence, never in a traceback."""
    _quiet_logs()
    try:
        app()
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
