"""A one-host deployment as its configuration says it: its parts, where each listens, which process it is."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import urllib.parse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import psutil
from jupyterhub.utils import subdomain_hook_idna, subdomain_hook_legacy
from traitlets.config import Config

from learnflow_ext.settings import (
    SERVICE_NAME,
    LearnFlow,
    LearnFlowGrading,
    LearnFlowKafka,
    LearnFlowPractice,
)

from .apart import Apart
from .classroom import fetch
from .names import formgrader_service
from .ports import LOOPBACK
from .processes import is_alive, tree
from .services import service_path
from .state import State
from .traits import LearnFlowHub

Part = Literal["proxy", "hub", "service", "worker"]
"""What is started by itself: the hub, with its formgraders, and with proxy and service where these are not
apart (`c.LearnFlowHub.apart`); a worker."""
PARTS: tuple[Part, ...] = ("proxy", "hub", "service", "worker")
"""In the order of starting."""
DEFAULT_BIND_URL = "http://:8000"
DEFAULT_HUB_PORT = 8081


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Where everything of one configuration is."""

    config_file: Path
    state: State
    bind_url: str
    """The proxy's, as the configuration says it."""
    hub_port: int
    courses: tuple[str, ...]
    worker_roles: tuple[str, ...]
    """What a worker is needed for."""
    starts_service: bool
    """False where something else than `learnflow up` starts LearnFlow's service, and sees to it."""
    apart: frozenset[Part] = frozenset()
    """What runs beside the hub."""
    subdomain_host: str = ""
    """The hub's own address where each user and service has one too; "" where all share one."""
    subdomain_hook: Callable[..., str] = subdomain_hook_idna
    """What makes these of names, as JupyterHub does."""

    @classmethod
    def of(cls, config_file: Path, config: Config) -> Deployment:
        """The deployment that `config`, read from `config_file`, describes."""
        settings, hub = LearnFlow(config=config), LearnFlowHub(config=config)
        carries = ("relay", "progress", "struggle") if LearnFlowKafka(config=config).bootstrap_servers else ()
        grades = () if LearnFlowGrading(config=config).workers else ("grading",)
        practice = LearnFlowPractice(config=config)
        makes = ("generation",) if practice.enabled and not practice.in_service else ()
        return cls(
            config_file=config_file.resolve(),
            state=State(settings.state_path),
            bind_url=str(_said(config, "bind_url", DEFAULT_BIND_URL)),
            hub_port=int(_said(config, "hub_port", DEFAULT_HUB_PORT)),
            courses=tuple(settings.courses),
            worker_roles=(*carries, *grades, *makes),
            starts_service=not hub.service_address,
            subdomain_host=_with_scheme(str(_said(config, "subdomain_host", ""))),
            subdomain_hook=_hook(_said(config, "subdomain_hook", "")),
            apart=frozenset(part for part in hub.apart if part == "proxy" or not hub.service_address),
        )

    @property
    def parts(self) -> tuple[Part, ...]:
        """Those that the configuration needs: a worker only where events travel on Kafka, or where the
        service grades nothing, or makes no exercises, itself."""
        wanted = {"hub", *self.apart, *(["worker"] if self.worker_roles else [])}
        return tuple(part for part in PARTS if part in wanted)

    @property
    def address(self) -> tuple[str, int]:
        """Where the proxy listens on this machine."""
        parsed = urllib.parse.urlsplit(self.bind_url)
        host = parsed.hostname or ""
        port = parsed.port or (443 if parsed.scheme == "https" else 80)
        return (LOOPBACK if host in ("", "*", "0.0.0.0", "::") else host), port  # noqa: S104 - compared only

    @property
    def base_path(self) -> str:
        """What every address begins with, without the `/` at its end."""
        return urllib.parse.urlsplit(self.bind_url).path.rstrip("/")

    @property
    def url(self) -> str:
        """The classroom's address on this machine."""
        scheme = urllib.parse.urlsplit(self.bind_url).scheme or "http"
        return f"{scheme}://{self.address[0]}:{self.address[1]}{self.base_path}"

    def environment(self, part: Part) -> dict[str, str]:
        """Variables for the process that runs `part`: for the service what the hub would tell it."""
        if part != "service":
            return dict(os.environ)
        apart, prefix = Apart.of(self.state), f"{self.base_path}{service_path('')}"
        host = ""
        if self.subdomain_host:
            own = urllib.parse.urlsplit(self.subdomain_host)
            name = self.subdomain_hook(SERVICE_NAME, own.hostname, kind="service")
            host = f"{own.scheme}://{name}{f':{own.port}' if own.port else ''}"
        return {
            **os.environ,
            "LEARNFLOW_STATE": str(self.state.root),
            "JUPYTERHUB_SERVICE_NAME": SERVICE_NAME,
            "JUPYTERHUB_API_TOKEN": apart.service_token,
            "JUPYTERHUB_API_URL": f"http://{LOOPBACK}:{self.hub_port}{self.base_path}/hub/api",
            "JUPYTERHUB_BASE_URL": f"{self.base_path}/",
            "JUPYTERHUB_SERVICE_PREFIX": prefix,
            "JUPYTERHUB_SERVICE_URL": apart.service_address,
            "JUPYTERHUB_CLIENT_ID": f"service-{SERVICE_NAME}",
            "JUPYTERHUB_HOST": self.subdomain_host,
            "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{host}{prefix}oauth_callback",
            "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps([f"access:services!service={SERVICE_NAME}"]),
        }

    def run_file(self, part: Part) -> Path:
        """Which process runs `part`."""
        return self.state.root / "run" / f"{part}.json"

    def log_file(self, part: Part) -> Path:
        """What the process that runs `part` says; the hub's own log lies beside it."""
        return self.state.hub / f"{'keeper' if part == 'hub' else part}.log"

    def note(self, part: Part, process: psutil.Process) -> None:
        """Write down that `process` runs `part`."""
        file = self.run_file(part)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        waiting = file.with_suffix(".new")
        waiting.write_text(json.dumps({"pid": process.pid, "started": process.create_time()}))
        waiting.replace(file)

    def process(self, part: Part) -> psutil.Process | None:
        """The process that runs `part`; None when it does not run. Process ids are given anew: time tells."""
        try:
            noted = json.loads(self.run_file(part).read_text())
            process = psutil.Process(int(noted["pid"]))
            same = abs(process.create_time() - float(noted["started"])) < 0.1
        except (OSError, ValueError, KeyError, TypeError, psutil.Error):
            return None
        return process if same and is_alive(process) else None


@dataclass(frozen=True, kw_only=True)
class PartState:
    """One part as it was found."""

    name: str
    part: Part
    """Which part it runs in."""
    running: bool
    healthy: bool
    since: float | None
    """When its process began, in seconds since the epoch; None when it does not run."""
    detail: str = ""


def look(deployment: Deployment) -> list[PartState]:
    """Each part, asked where it answers. Blocks for a few seconds at most for each that does not."""
    roots = [deployment.process(part) for part in deployment.parts if part != "worker"]
    began = _listening(each for root in roots if root is not None for each in tree(root.pid))
    ports = _ports(deployment.state)
    if "service" in deployment.apart and roots != [None] * len(roots):
        ports[SERVICE_NAME] = Apart.of(deployment.state).service_port
    health = f"{deployment.base_path}{service_path('health')}"
    found = [
        _part("hub", deployment.hub_port, began, f"{deployment.base_path}/hub/health"),
        _part(
            "proxy",
            deployment.address[1],
            began,
            None,
            host=deployment.address[0],
            part="proxy" if "proxy" in deployment.apart else "hub",
        ),
        *(
            [
                _part(
                    SERVICE_NAME,
                    ports.get(SERVICE_NAME),
                    began,
                    health,
                    part="service" if "service" in deployment.apart else "hub",
                )
            ]
            if deployment.starts_service
            else ()
        ),
        *(
            _part(formgrader_service(course), ports.get(formgrader_service(course)), began, None)
            for course in deployment.courses
        ),
    ]
    if "worker" in deployment.parts:
        worker = deployment.process("worker")
        since = worker.create_time() if worker is not None else None
        found.append(
            PartState(
                name="worker",
                part="worker",
                running=since is not None,
                healthy=since is not None,
                since=since,
            )
        )
    return found


def _part(
    name: str,
    port: int | None,
    began: dict[int, float],
    health: str | None,
    *,
    host: str = LOOPBACK,
    part: Part = "hub",
) -> PartState:
    since = began.get(port or 0)
    if port is None or since is None:
        return PartState(name=name, part=part, running=False, healthy=False, since=None)
    if health is not None:
        body = fetch(f"http://{LOOPBACK}:{port}{health}")
        said = "" if body is not None else f"{health} does not answer 200"
        return PartState(
            name=name, part=part, running=True, healthy=body is not None, since=since, detail=said
        )
    answers = _answers(host, port)
    said = "" if answers else f"port {port} takes no connection"
    return PartState(name=name, part=part, running=True, healthy=answers, since=since, detail=said)


def _answers(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=3):
        return True
    return False


def _listening(processes: Iterable[psutil.Process]) -> dict[int, float]:
    """Port -> when the process that listens on it began."""
    found: dict[int, float] = {}
    for process in processes:
        with contextlib.suppress(psutil.Error):
            for each in process.net_connections("tcp"):
                if each.status == psutil.CONN_LISTEN:
                    found[each.laddr.port] = process.create_time()
    return found


def _ports(state: State) -> dict[str, int]:
    try:
        found = json.loads(state.ports.read_text())
    except (OSError, ValueError):
        return {}
    return {name: port for name, port in found.items() if isinstance(port, int)}


def _with_scheme(host: str) -> str:
    """As JupyterHub reads it, which takes a name alone for one with HTTPS."""
    return host if not host or "://" in host else f"https://{host}"


def _hook(said: Any) -> Callable[..., str]:
    """What `c.JupyterHub.subdomain_hook` names: a function of the admin's, or one of JupyterHub's."""
    if callable(said):
        return cast("Callable[..., str]", said)
    # With a name that it does not know the hub refuses to start.
    hook: Callable[..., str] = subdomain_hook_legacy if said == "legacy" else subdomain_hook_idna
    return hook


def _said(config: Config, name: str, otherwise: Any) -> Any:
    return config.JupyterHub[name] if name in config.JupyterHub else otherwise
