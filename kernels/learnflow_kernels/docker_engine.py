"""The container engine, as far as a runner needs it. Everything here blocks: it is called in threads."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import requests
from docker import APIClient

from learnflow_kernels.check import SandboxUnavailable
from learnflow_kernels.docker_box import DEADLINE_LABEL, OWNER_LABEL, BoxSpec

TIMEOUT_S = 60
"""For one answer of the engine's; creating a container on a busy machine takes seconds."""
FAILURES = (docker.errors.DockerException, requests.RequestException, OSError)
_GRACE_S = 60
_OLDEST = "1.40"
"""Of the engine's API; asking for the version itself needs none."""
USUAL_SOCKET = "unix:///var/run/docker.sock"


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _namespace() -> str:
    """Which table of processes our numbers belong to."""
    return os.readlink("/proc/self/ns/pid")


def _started(pid: int) -> str:
    """When a process began, in ticks since the machine did; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def own_name() -> str:
    """This process, told apart from every other that ever had its number: for `OWNER_LABEL`."""
    pid = os.getpid()
    return f"{_boot()}/{_namespace()}/{pid}/{_started(pid)}"


def is_leftover(owner: str, deadline: str, *, now: float) -> bool:
    """Whether a container outlived the process that made it, or its own time by a minute.

    A process in another container has numbers of its own there, and another machine its own boot: only what
    is surely over counts.
    """
    try:
        late = now > float(deadline) + _GRACE_S
    except ValueError:
        late = True
    boot, namespace, pid, started = (*owner.split("/"), "", "", "", "")[:4]
    if late or boot != _boot() or namespace != _namespace() or not pid.isdecimal():
        return late
    return _started(int(pid)) != started


class Engine:
    """An engine by its address, empty for `DOCKER_HOST` or the usual socket."""

    def __init__(self, url: str = "") -> None:
        self._url = url
        self._version = ""

    @contextlib.contextmanager
    def session(self) -> Iterator[APIClient]:
        """A client, for one job: the SDK keeps a connection for each address, so each container costs some.

        SandboxUnavailable when there is no engine, it may not be used, or it does not do what is asked.
        """
        url = self._url or os.environ.get("DOCKER_HOST") or USUAL_SOCKET
        try:
            if not self._version:
                self._version = _version_of(url)
            client = APIClient(base_url=url, version=self._version, timeout=TIMEOUT_S)
            try:
                yield client
            finally:
                client.close()
        except FAILURES as error:
            raise unavailable(error) from error

    def require_image(self, image: str) -> None:
        """SandboxUnavailable when there is no engine, or it does not have `image`."""
        with self.session() as api:
            try:
                api.inspect_image(image)
            except docker.errors.ImageNotFound as error:
                raise no_image(image) from error

    def lacks(self) -> list[str]:
        """Protections that this engine cannot give, each as the end of `without …`."""
        with self.session() as api:
            told = api.info()
        options = " ".join(told.get("SecurityOptions") or ())
        found = [] if "seccomp" in options else ["a filter of system calls"]
        return found if told.get("MemoryLimit") else [*found, "a memory limit"]

    def sweep(self) -> list[str]:
        """Remove containers of runners that are no more; their ids."""
        removed = []
        with self.session() as api:
            for found in api.containers(all=True, filters={"label": OWNER_LABEL}):
                labels = found.get("Labels") or {}
                owner, deadline = labels.get(OWNER_LABEL, ""), labels.get(DEADLINE_LABEL, "")
                if is_leftover(owner, deadline, now=time.time()):
                    remove(api, found["Id"])
                    removed.append(str(found["Id"]))
        return removed


def _version_of(url: str) -> str:
    """Of the engine's language; one of FAILURES when nobody answers."""
    scheme, _, path = url.partition("://")
    if scheme == "unix":
        # The SDK would leave a socket open when there is nothing to connect to.
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(path)
    client = APIClient(base_url=url, version=_OLDEST, timeout=TIMEOUT_S)
    try:
        return str(client.version(api_version=False)["ApiVersion"])
    finally:
        client.close()


def remove(api: APIClient, container: str) -> None:
    """Kill and remove it; fine when it is gone, or is just going."""
    with contextlib.suppress(docker.errors.APIError):
        api.remove_container(container, force=True, v=True)


@contextlib.contextmanager
def container(api: APIClient, spec: BoxSpec) -> Iterator[str]:
    """A container that is created, and gone afterwards; its id. SandboxUnavailable without the image."""
    try:
        made = api.create_container(**spec.container, host_config=api.create_host_config(**spec.host))
    except docker.errors.ImageNotFound as error:
        raise no_image(spec.container["image"]) from error
    try:
        yield str(made["Id"])
    finally:
        remove(api, made["Id"])


def no_image(image: str) -> SandboxUnavailable:
    """The sentence for an image that the engine does not have."""
    return SandboxUnavailable(
        f"Code runs in containers here, and the engine has no image {image!r}: build it from"
        " kernels/images/grader.Dockerfile, or `docker pull` it."
    )


def unavailable(error: Exception) -> SandboxUnavailable:
    """The sentence for an engine that does not do what is asked."""
    cause = getattr(error, "explanation", None) or str(error)
    return SandboxUnavailable(
        f"Code runs in containers here, and the container engine does not help: {str(cause)[:300]}. Is Docker"
        " installed (`apt-get install docker.io`) and started, and may this process use its socket?"
    )
