"""Which deployment a command is about: options shared by the commands, and how they are resolved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.settings import LearnFlow, load_config
from learnflow_ext.store.database import Database

DEFAULT_CONFIG = Path("jupyterhub_config.py")
DATABASE_FILE = "learnflow.sqlite"

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The deployment's jupyterhub_config.py. Default: the one in this folder.",
    ),
]
StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state", metavar="DIR", help="The folder of an embedded deployment, as the demo names it."
    ),
]
UrlOption = Annotated[
    str | None,
    typer.Option("--database-url", metavar="URL", help="The database itself; wins over the others."),
]


class CannotRun(LearnFlowError):
    """A command lacks what it needs; exit code 2."""

    code = "cannot_run"


def settings(config: Path | None) -> LearnFlow:
    """The settings in `config`, or in this folder's configuration. CannotRun when there is none."""
    path = config or DEFAULT_CONFIG
    try:
        return LearnFlow(config=load_config(path))
    except FileNotFoundError as error:
        if path.is_file():
            raise CannotRun(f"{path} names a file that is not there: {error}.") from error
        raise CannotRun(
            f"There is no {path}. Say where the classroom is: --config FILE, --state DIR or "
            "--database-url URL."
        ) from error
    except Exception as error:
        # The configuration is a program of the admin's: whatever it raises is theirs to read.
        raise CannotRun(f"{path} fails: {type(error).__name__}: {error}") from error


def database(config: Path | None, state: Path | None, url: str | None) -> Database:
    """The database that the options mean; not opened. CannotRun when they mean none."""
    if url:
        return Database(url)
    if state is not None:
        return Database(f"sqlite+aiosqlite:///{state.expanduser().resolve() / DATABASE_FILE}")
    return Database(settings(config).resolved_database_url)
