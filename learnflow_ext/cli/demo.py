"""`learnflow demo`: a whole classroom on this machine, for trying it out."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from learnflow_hub.classroom import Classroom
    from learnflow_hub.state import State

TEACHERS = ("teacher",)
STUDENTS = ("ada", "ben", "chen")
ADMINS = ("admin",)
LOGIN_SECONDS = 120
"""For the hub and its services to start; a first start compiles Python files and may be slow."""
COURSE_SECONDS = 180
PACKAGES = ("nativeauthenticator", "jupyterhub_traefik_proxy", "nbgrader", "ipykernel", "psutil")
CANNOT_RUN = 2


def demo(
    reset: Annotated[
        bool, typer.Option("--reset", help="Delete everything an earlier demo kept, and start afresh.")
    ] = False,
    new_passwords: Annotated[
        bool, typer.Option("--new-passwords", help="Give every demo account a new password; keep the rest.")
    ] = False,
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="Port to use; when taken, one near it. 0: any free one."),
    ] = 8000,
    state: Annotated[
        Path | None,
        typer.Option(
            help="Folder for all it keeps. Default: .learnflow, in a checkout or else in your home."
        ),
    ] = None,
    database_url: Annotated[
        str,
        typer.Option(
            envvar="LEARNFLOW_DATABASE_URL",
            metavar="URL",
            help="Keep the record in this database, for instance postgresql+psycopg://learnflow@localhost/"
            "learnflow. Default: an SQLite file in the state folder. --reset does not touch it.",
        ),
    ] = "",
    browser: Annotated[
        bool | None,
        typer.Option("--browser/--no-browser", help="Open the login page. Default: when there is a desktop."),
    ] = None,
    class_size: Annotated[
        int,
        typer.Option(
            "--class",
            min=0,
            max=5000,
            help="Fill the course with so many made-up students, four weeks of them, for the dashboard.",
        ),
    ] = 0,
    kafka: Annotated[
        str,
        typer.Option(
            envvar="LEARNFLOW_KAFKA",
            metavar="HOST:PORT",
            help="Let events travel on this Kafka. Default: within the service. Missing topics are made.",
        ),
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON when it is ready, and nothing else.")
    ] = False,
) -> None:
    """Start a classroom on this machine: hub, course, tutor, grading, and demo accounts.

    It listens on 127.0.0.1 only. Ctrl-C stops it, and all it started; the next start goes on where it was.
    """
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        fail(
            f"The demo needs more packages ({', '.join(missing)}). Install them with:"
            " pip install 'learnflow-ext[kernels,grading,hub]'"
        )
    from learnflow_hub.state import State, StateUnusable
    from learnflow_kernels.check import SandboxUnavailable, require_sandbox

    def say(text: str) -> None:
        if not as_json:
            print(text, flush=True)

    folder = State((state or default_state()).expanduser().resolve())
    try:
        folder.check()
        folder.prepare()
        lock = folder.lock()
        if reset:
            say(f"Deleting what is in {folder.root}…")
            folder.clear()
            folder.prepare()
        say("Checking the sandbox…")
        require_sandbox()
    except (StateUnusable, SandboxUnavailable) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or folder.root}: {error.strerror}. Name another folder with --state.")
    if database_url:
        say(f"The record is kept in {ready_database(database_url)}.")
    if class_size:
        from learnflow_ext.cli.made_class import seed

        say(f"Writing four weeks of {class_size} made-up students…")
        say(seed(folder.root, class_size, database_url))
    if kafka:
        say(f"Events travel on {ready_kafka(kafka)}.")
        # The hub's configuration takes it from here.
        os.environ["LEARNFLOW_KAFKA"] = kafka
    passwords = make_passwords(folder, renew=new_passwords)
    stop = run_until_told(
        folder,
        lock,
        passwords,
        environment={"LEARNFLOW_DATABASE_URL": database_url},
        port=port,
        browser=browser,
        say=say,
        as_json=as_json,
    )
    raise typer.Exit(stop)


def default_state() -> Path:
    """`.learnflow` in the current folder when that is a checkout, else in the home folder."""
    return Path(".learnflow") if Path("jupyterhub_config.py").is_file() else Path.home() / ".learnflow"


def ready_database(url: str) -> str:
    """Its name, with its tables up to date. DatabaseUnavailable or SchemaMismatch says what is wrong, now."""
    # Late: nothing else here needs a database.
    import asyncio

    from learnflow_ext.store.database import Database

    db = Database(url)
    asyncio.run(db.upgrade())
    return db.name


def make_passwords(folder: State, *, renew: bool) -> dict[str, str]:
    """New passwords, left for the hub to store, where nobody has seen any yet or `renew`; else none."""
    from learnflow_hub.accounts import generate_passwords, write_new_accounts

    if folder.passwords_shown.exists() and not renew:
        return {}
    passwords = generate_passwords((*TEACHERS, *STUDENTS, *ADMINS))
    write_new_accounts(folder.new_accounts, passwords)
    return passwords


def run_until_told(
    folder: State,
    lock: int,
    passwords: dict[str, str],
    *,
    environment: Mapping[str, str],
    port: int,
    browser: bool | None,
    say: Callable[[str], None],
    as_json: bool,
) -> int:
    """Run the classroom until a signal comes, or the hub ends; the exit code. Nothing it started is left."""
    from learnflow_hub.bundle import config_file
    from learnflow_hub.classroom import Classroom, NotStarted, stop_signals
    from learnflow_hub.ports import free_port_from
    from learnflow_hub.services import service_path

    told = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        told.set()

    for number in stop_signals():
        signal.signal(number, on_signal)

    chosen = free_port_from(port)
    if port and chosen != port:
        say(f"Port {port} is taken; using {chosen}.")
    room = Classroom(config_file(), folder, chosen, environment=environment)
    problem = ""
    try:
        say("Starting the hub…")
        room.start(keep_open=(lock,))
        if room.wait_for("/hub/login", LOGIN_SECONDS, unless=told.is_set):
            say("Preparing the course…")
            health = room.wait_for(
                service_path("health"), COURSE_SECONDS, enough=assignments_ready, unless=told.is_set
            )
            if health:
                announce(room, folder, passwords, as_json=as_json)
                folder.passwords_shown.touch()
                open_browser(room.url, browser)
        while room.running() and not told.wait(2):
            room.reap()
        if not told.is_set():
            problem = f"The hub stopped by itself. Its log: {folder.log}"
    except NotStarted as error:
        problem = str(error)
    finally:
        if told.is_set():
            say("\nStopping…")
        room.stop()
    if problem:
        print(problem, file=sys.stderr)
        return 1
    say(f"Stopped. Everything is kept in {folder.root}; `learnflow demo` goes on from there.")
    return 0


def assignments_ready(health: bytes) -> bool:
    """Whether the service, by its own account, has released what it can: students find their assignments."""
    return bool(json.loads(health)["releases"] != "running")


def announce(room: Classroom, folder: State, passwords: dict[str, str], *, as_json: bool) -> None:
    """Print where to go and who can sign in."""
    from learnflow_hub.services import service_path

    dashboard = room.url + service_path("")
    if as_json:
        ready = {"url": room.url, "dashboard": dashboard, "state": str(folder.root), "passwords": passwords}
        print(json.dumps(ready), flush=True)
        return
    lines = [
        "",
        f"The classroom is open:  {room.url}",
        f"Teachers' dashboard:    {dashboard}",
        f"Everything is kept in:  {folder.root}",
        "",
    ]
    if passwords:
        lines.append("Accounts (the passwords are shown only now):")
        for role, names in (("teacher", TEACHERS), ("student", STUDENTS), ("admin", ADMINS)):
            lines += [f"  {name:<8} {role:<8} {passwords[name]}" for name in names]
    else:
        lines.append(f"Accounts: {', '.join((*TEACHERS, *STUDENTS, *ADMINS))}.")
        lines.append("Their passwords were printed at the first start.")
        lines.append("For new ones: learnflow demo --new-passwords (or --reset, which deletes everything).")
    print("\n".join([*lines, "", "Ctrl-C stops it."]), flush=True)


def ready_kafka(address: str) -> str:
    """Its name, with our topics made. KafkaUnavailable says what is wrong, now and not in a log."""
    # Late: nothing else here needs Kafka.
    import asyncio

    from learnflow_ext.events import kafka_topics
    from learnflow_ext.events.kafka_client import KafkaCluster

    states = asyncio.run(kafka_topics.create(KafkaCluster(bootstrap=address)))
    return f"Kafka at {address}, {len(states)} topics"


def open_browser(url: str, wanted: bool | None) -> None:
    """Show the login page when that is wanted, or when somebody seems to sit at a desktop."""
    desktop = sys.stdout.isatty() and any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if desktop if wanted is None else wanted:
        webbrowser.open(url)


def fail(sentence: str) -> NoReturn:
    """Say why it cannot run, and leave."""
    print(sentence, file=sys.stderr)
    raise typer.Exit(CANNOT_RUN)
