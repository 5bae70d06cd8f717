"""`learnflow up|down|status`: every part of a one-host deployment, together or one by one."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from learnflow_ext.cli.where import DEFAULT_CONFIG, CannotRun, ConfigOption, configuration

if TYPE_CHECKING:
    import psutil
    from learnflow_hub.deployment import Deployment, Part, PartState

FOUND_A_PROBLEM = 1
READY_SECONDS = 180
STOP_SECONDS = 60
"""For a part to end by itself, before what is left of it is killed."""

PartsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[proxy|hub|service|worker]…",
        help="hub: with its formgraders, and with proxy and service unless c.LearnFlowHub.apart names these; "
        "worker: carries events on Kafka, grades and makes exercises where the service does not. Default: "
        "all that the configuration needs.",
    ),
]


def up(
    parts: PartsArgument = None,
    config: ConfigOption = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until everything answers, and say so.")
    ] = True,
) -> None:
    """Start a deployment on this machine, apart from this terminal. What runs already goes on running.

    Logs and process ids lie in the state folder (hub/*.log, run/*.json). Exit code 1 when a part did not
    start.
    """
    deployment = _deployment(config)
    for part in _wanted(deployment, parts):
        with _turn(deployment):
            if deployment.process(part) is not None:
                typer.echo(f"{part}: runs already.")
                continue
            process = _start(deployment, part)
        typer.echo(f"{part}: started.")
        if wait and not _ready(deployment, part, process):
            typer.echo(f"{part}: did not start. {_last_words(deployment, part)}", err=True)
            raise typer.Exit(FOUND_A_PROBLEM)
    if wait:
        typer.echo(f"The classroom is open: {deployment.url}")


def down(parts: PartsArgument = None, config: ConfigOption = None) -> None:
    """Stop a deployment that `up` started, in order: workers, a service apart, the hub with all its servers
    and services, a proxy apart.

    Exit code 0 also when nothing ran.
    """
    import psutil
    from learnflow_hub.processes import kill_all, tree

    deployment = _deployment(config)
    for part in reversed(_wanted(deployment, parts)):
        process = deployment.process(part)
        if process is None:
            typer.echo(f"{part}: does not run.")
        else:
            below = tree(process.pid)
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
            _until(partial(_ended, process), STOP_SECONDS)
            left = kill_all(below)
            if left:
                raise CannotRun(
                    f"{part}: {len(left)} process(es) cannot be stopped: {[p.pid for p in left]}."
                )
            typer.echo(f"{part}: stopped.")
        deployment.run_file(part).unlink(missing_ok=True)


def status(
    config: ConfigOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="A JSON object a line: name, running, healthy, since, detail.")
    ] = False,
) -> None:
    """Say what runs, since when, and whether it is healthy. Exit code 1 when anything is not."""
    from learnflow_hub.deployment import look

    found = look(_deployment(config))
    for each in found:
        since = _moment(each.since)
        if as_json:
            fields = {"name": each.name, "running": each.running, "healthy": each.healthy}
            typer.echo(json.dumps({**fields, "since": since or None, "detail": each.detail}))
        else:
            told = f"since {since}" if since else ""
            typer.echo(f"{each.name:<28} {_word(each):<12} {told}  {each.detail}".rstrip())
    if not all(each.healthy for each in found):
        raise typer.Exit(FOUND_A_PROBLEM)


def _ended(process: psutil.Process) -> bool | None:
    from learnflow_hub.processes import is_alive

    return None if is_alive(process) else True


def _moment(since: float | None) -> str:
    return "" if since is None else datetime.fromtimestamp(since, UTC).isoformat(timespec="seconds")


def _word(part: PartState) -> str:
    if not part.running:
        return "not running"
    return "healthy" if part.healthy else "unhealthy"


def _deployment(config: Path | None) -> Deployment:
    from learnflow_hub.deployment import Deployment

    path = config or DEFAULT_CONFIG
    return Deployment.of(path, configuration(path))


def _wanted(deployment: Deployment, names: list[str] | None) -> list[Part]:
    from learnflow_hub.deployment import PARTS

    wanted = names or list(deployment.parts)
    for name in wanted:
        if name not in PARTS:
            raise CannotRun(f"There is no part {name[:40]!r}: {', '.join(PARTS)}. The hub starts all others.")
        if name in ("proxy", "service") and name not in deployment.parts:
            raise CannotRun(
                f"Here the hub starts the {name} by itself. Name it in c.LearnFlowHub.apart to have it apart."
                if name == "proxy" or deployment.starts_service
                else "c.LearnFlowHub.service_address says that something else starts the service."
            )
        if name not in deployment.parts:
            raise CannotRun(
                "A worker needs Kafka (c.LearnFlowKafka.bootstrap_servers), or a service that grades nothing "
                "(c.LearnFlowGrading.workers = 0) or makes no exercises (c.LearnFlowPractice.in_service = "
                "False): here the service does it all."
            )
    return [part for part in PARTS if part in wanted]


@contextlib.contextmanager
def _turn(deployment: Deployment) -> Iterator[None]:
    """Of two `up` at the same moment one starts a part, and the other finds that it runs."""
    from learnflow_hub.state import StateUnusable

    try:
        deployment.state.check()
        deployment.state.prepare()
        folder = os.open(deployment.state.hub, os.O_RDONLY | os.O_DIRECTORY)
    except StateUnusable as error:
        raise CannotRun(str(error)) from error
    except OSError as error:
        raise CannotRun(f"{error.filename or deployment.state.root}: {error.strerror}.") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _start(deployment: Deployment, part: Part) -> subprocess.Popen[bytes]:
    """Start `part` in a session of its own; what it says goes to its log."""
    import psutil

    config = str(deployment.config_file)
    roles = ",".join(deployment.worker_roles)
    command = {
        "proxy": ["-m", "learnflow_hub.proxy_keeper", config],
        "hub": ["-m", "learnflow_hub.keeper", config],
        "service": ["-m", "learnflow_ext.cli", "service", "--config", config],
        "worker": ["-m", "learnflow_ext.cli", "worker", "--roles", roles, "--config", config],
    }[part]
    try:
        environment = deployment.environment(part)
        log = deployment.log_file(part).open("wb")
    except ValueError as error:
        raise CannotRun(str(error)) from error
    except OSError as error:
        raise CannotRun(f"{error.filename or deployment.state.root}: {error.strerror}.") from error
    with log:
        process = subprocess.Popen(
            [sys.executable, *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            umask=0o077,
        )
    if part != "hub":
        # The hub's keeper does so itself, once it holds the lock: of two that start at once one gives up.
        with contextlib.suppress(psutil.NoSuchProcess):
            deployment.note(part, psutil.Process(process.pid))
    return process


def _ready(deployment: Deployment, part: Part, process: subprocess.Popen[bytes]) -> bool:
    """Whether `part` got ready; False as soon as its process ended."""
    from learnflow_hub.deployment import look

    def ready() -> bool | None:
        if process.poll() is not None:
            return False
        mine = [each for each in look(deployment) if each.part == part]
        return True if all(each.healthy for each in mine) else None

    return bool(_until(ready, READY_SECONDS))


def _last_words(deployment: Deployment, part: Part) -> str:
    log = deployment.log_file(part)
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else f"It is not ready after {READY_SECONDS} s. Logs: {deployment.state.hub}"


def _until(done: Callable[[], bool | None], seconds: float) -> bool | None:
    """What `done()` says once that is not None; None when time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        said = done()
        if said is not None:
            return said
        time.sleep(0.3)
    return None
