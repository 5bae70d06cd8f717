"""`learnflow up|down|status` on real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from learnflow_hub.classroom import fetch
from learnflow_hub.deployment import Deployment
from learnflow_hub.ports import ADDRESSES, HUBS, free_ports
from learnflow_hub.state import State
from typer.testing import CliRunner, Result

from learnflow_ext.cli.commands import app
from learnflow_ext.cli.where import CannotRun
from learnflow_ext.settings import load_config

pytestmark = pytest.mark.timeout(400)


def learnflow(config: Path, name: str, *more: str) -> Result:
    return CliRunner().invoke(app, [name, "--config", str(config), *more])


def running(folder: Path) -> list[psutil.Process]:
    """Every process that was started for this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A hub without courses, so that it is up soon."""
    (address,), (hub,) = free_ports(1, ADDRESSES), free_ports(1, HUBS)
    file = tmp_path / "jupyterhub_config.py"
    file.write_text(
        "from learnflow_hub import setup_learnflow\n"
        "c = get_config()\n"
        f"c.LearnFlow.state_dir = {str(tmp_path / 'state')!r}\n"
        f"c.JupyterHub.bind_url = 'http://127.0.0.1:{address}/school/'\n"
        f"c.JupyterHub.hub_port = {hub}\n"
        "c.JupyterHub.authenticator_class = 'learnflow_hub.authenticator.ClassroomAuthenticator'\n"
        "c.Authenticator.allowed_users = {'ada'}\n"
        "setup_learnflow(c)\n"
    )
    return file


def test_a_deployment_starts_says_how_it_is_and_ends_without_leftovers(config: Path) -> None:
    folder = config.parent
    try:
        nothing = learnflow(config, "status")
        assert (nothing.exit_code, nothing.stdout.count("not running")) == (1, 3), nothing
        assert learnflow(config, "down").stdout == "hub: does not run.\n"

        # In a process of its own, as from a terminal: what it starts outlives it.
        started = subprocess.run(
            [sys.executable, "-m", "learnflow_ext.cli", "up", "--config", str(config)],
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert started.returncode == 0, started.stderr + started.stdout
        assert "/school" in started.stdout.splitlines()[-1]
        told = learnflow(config, "status", "--json")
        states = {state["name"]: state for state in map(json.loads, told.stdout.splitlines())}
        assert (told.exit_code, sorted(states)) == (0, ["hub", "learnflow", "proxy"])
        assert all(state["running"] and state["healthy"] and state["since"] for state in states.values())

        again = learnflow(config, "up")
        assert (again.exit_code, "hub: runs already." in again.stdout) == (0, True)
        assert (folder / "state" / "hub" / "hub.log").stat().st_size > 0

        for process in running(folder):
            if "learnflow_ext.service" in process.cmdline():
                # Stopped, it takes connections and answers nothing: alive is not healthy.
                process.suspend()
        sick = learnflow(config, "status")
        assert (sick.exit_code, "unhealthy" in sick.stdout) == (1, True), sick.stdout
        for process in running(folder):
            process.resume()

        stopped = learnflow(config, "down")
        assert (stopped.exit_code, stopped.stdout) == (0, "hub: stopped.\n"), stopped.stderr
        assert running(folder) == []
        assert list((folder / "state" / "run").iterdir()) == []
    finally:
        for process in running(folder):
            os.kill(process.pid, signal.SIGKILL)


def healthy(config: Path) -> set[str]:
    """What `status` says is there and well."""
    told = map(json.loads, learnflow(config, "status", "--json").stdout.splitlines())
    return {state["name"] for state in told if state["healthy"]}


def test_of_two_who_start_a_part_at_the_same_moment_one_does(config: Path) -> None:
    folder = config.parent
    lines = config.read_text().splitlines()
    config.write_text("\n".join([*lines[:-1], "c.LearnFlowHub.apart = ['proxy']", lines[-1]]))
    command = [sys.executable, "-m", "learnflow_ext.cli", "up", "proxy", "--no-wait", "--config", str(config)]
    try:
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        assert sorted(each.communicate(timeout=60)[0] for each in both) == [
            "proxy: runs already.\n",
            "proxy: started.\n",
        ]
        assert learnflow(config, "down", "proxy").stdout == "proxy: stopped.\n"
        assert running(folder) == []
    finally:
        for process in running(folder):
            os.kill(process.pid, signal.SIGKILL)


def test_each_part_starts_and_stops_alone(config: Path) -> None:
    folder = config.parent
    lines = config.read_text().splitlines()
    config.write_text("\n".join([*lines[:-1], "c.LearnFlowHub.apart = ['proxy', 'service']", lines[-1]]))
    try:
        for part, running_now in (
            ("proxy", {"proxy"}),
            ("service", {"proxy", "learnflow"}),
            ("hub", {"proxy", "learnflow", "hub"}),
        ):
            started = subprocess.run(
                [sys.executable, "-m", "learnflow_ext.cli", "up", part, "--config", str(config)],
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert started.returncode == 0, started.stderr + started.stdout
            assert healthy(config) == running_now
        url = Deployment.of(config, load_config(config)).url
        assert b'"ready"' in (fetch(f"{url}/services/learnflow/health") or b"")
        # The hub is started again, and who is at work with the service notices nothing.
        assert learnflow(config, "down", "hub").stdout == "hub: stopped.\n"
        assert healthy(config) == {"proxy", "learnflow"}
        assert b'"ready"' in (fetch(f"{url}/services/learnflow/health") or b"")
        assert learnflow(config, "down").exit_code == 0
        assert running(folder) == []
    finally:
        for process in running(folder):
            os.kill(process.pid, signal.SIGKILL)


def test_what_cannot_start_is_said_in_a_sentence(config: Path, tmp_path: Path) -> None:
    for file, part, words in (
        (tmp_path / "no.py", "hub", "There is no"),
        (config, "chp", "no part 'chp'"),
        (config, "proxy", "the hub starts the proxy by itself"),
        (config, "service", "the hub starts the service by itself"),
        (config, "worker", "needs Kafka"),
    ):
        refused = learnflow(file, "up", part)
        assert isinstance(refused.exception, CannotRun)
        assert words in refused.exception.message
    state = State(tmp_path / "state")
    state.prepare()
    # As a demo does that runs on the same folder.
    lock = state.lock()
    failed = learnflow(config, "up")
    os.close(lock)
    assert failed.exit_code == 1
    assert "A classroom runs on" in failed.stderr
    state.marker.unlink()
    foreign = learnflow(config, "up")
    assert isinstance(foreign.exception, CannotRun)
    assert running(tmp_path) == []
