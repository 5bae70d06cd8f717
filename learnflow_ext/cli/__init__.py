"""The `learnflow` command."""

import typer

app = typer.Typer(no_args_is_help=True, help="LearnFlow: a classroom on JupyterHub.")


@app.callback()
def root() -> None:
    """LearnFlow: a classroom on JupyterHub."""


def main() -> None:
    """Entry point of the `learnflow` command."""
    app()
