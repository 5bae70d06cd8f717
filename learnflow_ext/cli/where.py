"""Which deployment a command is about: options shared by the commands, and how they are resolved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import typer
from traitlets import TraitError
from traitlets.config import Config, Configurable

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.settings import (
    LearnFlow,
    LearnFlowGrading,
    LearnFlowKafka,
    LearnFlowModel,
    LearnFlowPractice,
    LearnFlowStruggle,
    LearnFlowTutor,
    load_config,
)
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
KafkaOption = Annotated[
    str | None,
    typer.Option(
        "--kafka", metavar="HOST:PORT", help="Kafka's brokers; wins over the configuration's address."
    ),
]

Section = TypeVar("Section", bound=Configurable)


class CannotRun(LearnFlowError):
    """A command lacks what it needs; exit code 2."""

    code = "cannot_run"


def settings(config: Path | None) -> LearnFlow:
    """The settings in `config`, or in this folder's configuration. CannotRun when there is none."""
    return _configured(LearnFlow, config, "--config FILE, --state DIR or --database-url URL")


def places(config: Path | None, state: Path | None, url: str | None) -> LearnFlow:
    """Where a deployment keeps everything: its state folder and its database. CannotRun when none is said."""
    found = LearnFlow(state_dir=str(state)) if state is not None else settings(config)
    if url:
        found.database_url = url
    return found


def kafka_settings(config: Path | None, address: str | None) -> LearnFlowKafka:
    """How to reach Kafka: as configured, at `address` if given. CannotRun when neither names a broker."""
    if address and config is None and not DEFAULT_CONFIG.is_file():
        return LearnFlowKafka(bootstrap_servers=address)
    found = _configured(LearnFlowKafka, config, "--config FILE or --kafka HOST:PORT")
    if address:
        found.bootstrap_servers = address
    if not found.bootstrap_servers:
        raise CannotRun(
            "This classroom carries events within the service, without Kafka. To use one, set "
            "c.LearnFlowKafka.bootstrap_servers, or name it with --kafka HOST:PORT."
        )
    return found


def grading_settings(config: Path | None, state: Path | None) -> LearnFlowGrading:
    """How submissions are graded; as it is without a configuration where only `state` was named."""
    if state is not None and config is None:
        return LearnFlowGrading()
    return _configured(LearnFlowGrading, config, "--config FILE or --state DIR")


def model_settings(config: Path | None) -> tuple[LearnFlowModel, LearnFlowPractice]:
    """Where the language model is, and how it writes exercises. CannotRun without a configuration."""
    return (
        _configured(LearnFlowModel, config, "--config FILE"),
        _configured(LearnFlowPractice, config, "--config FILE"),
    )


def struggle_settings(config: Path | None) -> tuple[LearnFlowStruggle, LearnFlow, LearnFlowTutor]:
    """When alerts are raised, and the courses whose exams forbid it. CannotRun without a configuration."""
    return (
        _configured(LearnFlowStruggle, config, "--config FILE"),
        _configured(LearnFlow, config, "--config FILE"),
        _configured(LearnFlowTutor, config, "--config FILE"),
    )


def _configured(section: type[Section], config: Path | None, options: str) -> Section:
    path = config or DEFAULT_CONFIG
    found = configuration(path, options)
    try:
        return section(config=found)
    except TraitError as error:
        raise CannotRun(f"{path} fails: {type(error).__name__}: {error}") from error


def configuration(path: Path, options: str = "--config FILE") -> Config:
    """What the configuration at `path` sets. CannotRun, which names the `options` to say where it is."""
    try:
        return load_config(path)
    except FileNotFoundError as error:
        if path.is_file():
            raise CannotRun(f"{path} names a file that is not there: {error}.") from error
        raise CannotRun(f"There is no {path}. Say where the classroom is: {options}.") from error
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
