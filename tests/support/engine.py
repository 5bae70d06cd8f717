"""A container engine of the tests' own: its data, socket and processes never meet another engine's."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
from docker import DockerClient
from learnflow_kernels.owner import surely_dead, tag

READY_WITHIN_S = 90
PLACE, PREFIX = Path("/var/tmp"), "lf-engine-"
"""Where engines live; the name says whose each is."""
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"


def as_root() -> list[str]:
    """What to put before a command that only root may run."""
    return [] if os.geteuid() == 0 else ["sudo", "-n", "env", f"PATH={PATH}"]


@dataclass(frozen=True)
class Engine:
    """A running dockerd."""

    folder: Path
    log: Path

    @property
    def socket(self) -> Path:
        return self.folder / "docker.sock"

    @property
    def url(self) -> str:
        """For `DOCKER_HOST` and `base_url`."""
        return f"unix://{self.socket}"

    def beside(self, command: list[str]) -> list[str]:
        """`command` on the machine as its containers see it: in the engine's network, at their gateway."""
        pid = (self.folder / "docker.pid").read_text().strip()
        return [*as_root(), "nsenter", f"--net=/proc/{pid}/ns/net", *command]

    def containers(self) -> list[str]:
        """Ids of all there are, running or not."""
        client = self.client()
        try:
            return [str(container.id) for container in client.containers.list(all=True, ignore_removed=True)]
        finally:
            client.close()

    def client(self) -> DockerClient:
        """A client of this engine's; the caller closes it."""
        return DockerClient(base_url=self.url, timeout=300)


def _start(command: list[str], log: Path, *within: str) -> subprocess.Popen[bytes]:
    program = shutil.which(command[0], path=PATH)
    assert program, f"{command[0]} is missing: run `.ci/system-packages test`"
    with log.open("ab") as out:
        return subprocess.Popen(
            [*as_root(), *within, program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env={"PATH": PATH, "HOME": "/"},
        )


def _until(ready: object, process: subprocess.Popen[bytes], log: Path) -> None:
    assert callable(ready)
    deadline = time.monotonic() + READY_WITHIN_S
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"The engine did not start:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        if as_root():
            subprocess.run(["sudo", "-n", "kill", str(process.pid)], check=False)
        else:
            process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _remove(folder: Path) -> None:
    """Have it removed: images are so many files that it may take a minute, which nobody waits for."""
    command = ["setsid", "--fork", "rm", "-rf", "--one-file-system", str(folder)]
    subprocess.run(
        [*as_root(), *command],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _clear_after_the_killed() -> None:
    """End the engines of test runs that were killed, and remove what they left."""
    for folder in PLACE.glob(f"{PREFIX}*"):
        if not surely_dead(folder.name):
            continue
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if str(folder).encode() in path.read_bytes():
                    subprocess.run([*as_root(), "kill", "-9", path.parent.name], check=False)
        _unmount_below(folder)
        _remove(folder)


def _unmount_below(folder: Path) -> None:
    """What an engine that was killed leaves mounted, the innermost first."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in sorted((m for m in mounts if Path(m).is_relative_to(folder)), reverse=True):
        subprocess.run([*as_root(), "umount", "--lazy", mount], check=False, capture_output=True)


def _answers(path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as door:
        door.settimeout(5)
        door.connect(str(path))
        door.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
        return b" 200 " in door.recv(100)
    return False


@contextlib.contextmanager
def running_engine() -> Iterator[Engine]:
    """Start one; at the end its containers, processes and mounts are gone, and its files soon after.

    It has no default network, and a network namespace of its own for its bridges and its rules of the
    firewall: this machine's network stays as it is.
    """
    _clear_after_the_killed()
    # Not on a tmpfs: overlay on it may fail.
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{tag()}-", dir=PLACE))
    folder.chmod(0o711)
    log = folder / "engine.log"
    log.touch()
    engine = Engine(folder, log)
    containerd_socket = folder / "containerd.sock"
    # Started by us, because dockerd would use the machine's own containerd where there is one.
    containerd = _start(
        [
            "containerd",
            f"--address={containerd_socket}",
            f"--root={folder / 'containerd'}",
            f"--state={folder / 'containerd-state'}",
        ],
        log,
    )
    dockerd = None
    try:
        _until(containerd_socket.exists, containerd, log)
        dockerd = _start(
            [
                "dockerd",
                f"--containerd={containerd_socket}",
                f"--data-root={folder / 'data'}",
                f"--exec-root={folder / 'exec'}",
                f"--pidfile={folder / 'docker.pid'}",
                f"--host={engine.url}",
                f"--group={os.getegid()}",
                "--bridge=none",
                "--ip6tables=false",
                "--userland-proxy=false",
                "--shutdown-timeout=5",
            ],
            log,
            "unshare",
            "--net",
        )
        _until(lambda: _answers(engine.socket), dockerd, log)
        yield engine
        _remove_everything(engine)
    finally:
        if dockerd is not None:
            _stop(dockerd)
        _stop(containerd)
        _unmount_below(folder)
        _remove(folder)


def _remove_everything(engine: Engine) -> None:
    client = engine.client()
    try:
        for container in client.containers.list(all=True, ignore_removed=True):
            with contextlib.suppress(docker.errors.APIError):
                container.remove(force=True)
        for network in client.networks.list(filters={"type": "custom"}):
            with contextlib.suppress(docker.errors.APIError):
                network.remove()
    finally:
        client.close()
