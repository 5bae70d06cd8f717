"""A whole classroom as a child process: the hub and all that it starts, until the last process is gone."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from .ports import HUBS, LOOPBACK, free_ports
from .processes import is_alive, kill_all, tree
from .services import search_path
from .state import State

STOP_SECONDS = 30.0
"""How long the hub may take to stop its servers and services before all that is left is killed."""
SERVICE_STOP_SECONDS = 10.0
"""How long a service may take by itself, before the hub is asked to stop it."""
STARTS = 3
"""How often the hub is started when one of its own ports was taken between choosing and using it."""
TAKEN = b"address already in use"
"""As Python and as Traefik say it, but for capitals."""
_PR_SET_CHILD_SUBREAPER = 36


class NotStarted(RuntimeError):
    """The hub ended, or did not get ready in time; the text says what to look at."""


class Classroom:
    """Runs the hub on one port of the loopback address. Use `start`, `wait_for`, and always `stop`."""

    def __init__(
        self, config: Path, state: State, port: int | None, *, environment: Mapping[str, str] | None = None
    ) -> None:
        """`config` is a jupyterhub_config.py that takes its state folder from LEARNFLOW_STATE; `environment`
        is what else it reads. Without a `port` the configuration says where the hub listens, and `url` is
        empty.
        """
        self.url = "" if port is None else f"http://{LOOPBACK}:{port}"
        self._config = config
        self._environment = dict(environment or {})
        self._state = state
        self._port = port
        self._hub: subprocess.Popen[bytes] | None = None
        self._keep_open: tuple[int, ...] = ()
        self._starts = 0

    def start(self, keep_open: tuple[int, ...] = ()) -> None:
        """Start the hub and return at once. `keep_open` are file descriptors that live as long as it does."""
        become_subreaper()
        self._keep_open = keep_open
        self._starts += 1
        addresses = []
        if self._port is not None:
            hub_port = next(port for port in free_ports(2, HUBS) if port != self._port)
            addresses = [f"--JupyterHub.bind_url={self.url}", f"--JupyterHub.hub_port={hub_port}"]
        with contextlib.suppress(FileNotFoundError):
            self._state.log.replace(self._state.log.with_suffix(".before.log"))
        with self._state.log.open("ab") as log:
            self._hub = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "jupyterhub"),
                    f"--config={self._config}",
                    *addresses,
                ],
                env={
                    **os.environ,
                    "LEARNFLOW_STATE": str(self._state.root),
                    "PATH": search_path(),
                    **self._environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A Ctrl-C in the terminal reaches us alone; we then stop everything in order.
                start_new_session=True,
                umask=0o077,
                pass_fds=keep_open,
            )

    def wait_for(
        self,
        path: str,
        seconds: float,
        *,
        enough: Callable[[bytes], bool] = lambda body: True,
        unless: Callable[[], bool] = lambda: False,
    ) -> bytes | None:
        """Wait until `path` answers 200 with a body that is `enough`; that body, or None once `unless`.

        NotStarted when the hub ends meanwhile, or after `seconds`.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if unless():
                return None
            lost = self._starts < STARTS and self._lost_a_port()
            if lost or not self.running():
                if not lost:
                    raise NotStarted(f"The hub stopped while it was starting. Its log: {self._state.log}")
                self.stop()
                self.start(self._keep_open)
            body = fetch(self.url + path)
            if body is not None and enough(body):
                return body
            time.sleep(0.15)
        raise NotStarted(f"{self.url}{path} was not ready in {seconds:.0f} s. The log: {self._state.log}")

    def _lost_a_port(self) -> bool:
        return TAKEN in self._state.log.read_bytes().lower()

    def reap(self) -> None:
        """Let go of the orphans that ended; as their new parent we must. Call it now and then."""
        for process in psutil.Process().children():
            ours = self._hub is not None and process.pid == self._hub.pid
            if not ours and not is_alive(process):
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(process.pid, os.WNOHANG)

    def running(self) -> bool:
        """Whether the hub is."""
        return self._hub is not None and self._hub.poll() is None

    def stop(self) -> None:
        """Stop the hub, and whatever is left of what it started. Right to call at any time, and twice."""
        if self._hub is not None:
            if self.running():
                self._stop_services(self._hub.pid)
                self._hub.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._hub.wait(STOP_SECONDS)
        # As subreaper we inherit all that lost its parent, so nothing is missed here.
        for _ in range(3):
            left = [process for process in psutil.Process().children(recursive=True) if is_alive(process)]
            if not left:
                break
            kill_all(left)
        self.reap()

    @staticmethod
    def _stop_services(hub: int) -> None:
        """Ask all services at once; the hub would go from one to the next, seconds apart."""
        services = [process for process in tree(hub)[1:] if _is_service(process, hub)]
        for process in services:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        deadline = time.monotonic() + SERVICE_STOP_SECONDS
        while any(is_alive(process) for process in services) and time.monotonic() < deadline:
            time.sleep(0.02)


def _is_service(process: psutil.Process, hub: int) -> bool:
    """Whether the hub itself started this Python program; users' servers are below a sandbox's."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.ppid() == hub and process.name().startswith("python"))
    return False


def fetch(url: str) -> bytes | None:
    """What `url`, on this machine, answers with status 200; None for any other answer, and for none."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            return bytes(answer.read()) if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None


def become_subreaper() -> None:
    """Inherit the orphans among our descendants, instead of PID 1. OSError when the system refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def stop_signals() -> tuple[signal.Signals, ...]:
    """The signals that ask a classroom to stop: Ctrl-C, `kill`, and the terminal that closes."""
    return signal.SIGINT, signal.SIGTERM, signal.SIGHUP
