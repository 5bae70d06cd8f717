"""The `learnflow` command."""

import typer

from learnflow_ext.cli.demo import demo

app = typer.Typer(no_args_is_help=True, help="LearnFlow: a classroom on JupyterHub.")


@app.callback()
def root() -> None:
    """LearnFlow: a classroom on JupyterHub."""


app.command()(demo)


def main() -> None:
    """Entry point of the `learnflow` command."""
    app()
