"""What all commands of `learnflow` stand below."""

from __future__ import annotations

import typer

from learnflow_ext import __version__


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"learnflow {__version__}")
        raise typer.Exit


def root() -> typer.Typer:
    """A `learnflow` without any command yet."""
    app = typer.Typer(
        no_args_is_help=True,
        help="LearnFlow: a classroom on JupyterHub.",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def learnflow(
        version: bool = typer.Option(
            False, "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ) -> None:
        """LearnFlow: a classroom on JupyterHub."""

    return app
