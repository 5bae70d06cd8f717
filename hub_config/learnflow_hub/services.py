"""The hub's managed services, as data: the classroom's own, a formgrader a course, the idle culler."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from learnflow_ext.settings import SERVICE_NAME, LearnFlow, LearnFlowJwt, LearnFlowModel

from .names import formgrader_service
from .ports import LOOPBACK
from .roles import CULLER

END_WITH_HUB = ("setpriv", "--pdeathsig", "TERM")
"""Programs that the hub starts end with it, also when it is killed: the next hub starts its own."""
START_TIMEOUT_S = 60
"""How long the hub waits for a service to listen before it goes on without it."""


def service_path(below: str) -> str:
    """Path of the classroom's service on the hub's address, and `below` that; empty for its start page."""
    return f"/services/{SERVICE_NAME}/{below}"


def service_url(port: int, base: str = "") -> str:
    """Where the classroom's service answers on this machine, without the proxy; `base` is what every address
    of the hub begins with, without a `/` at its end."""
    return f"http://{LOOPBACK}:{port}{base}{service_path('')}"


PASSED_ON = (
    *("PGPASSWORD", "PGPASSFILE", "PGSSLMODE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"),
    *("https_proxy", "http_proxy", "no_proxy", "LEARNFLOW_KAFKA", "LEARNFLOW_COOKIE_SECRET", "TZ"),
)
"""Variables of the hub that the service gets, besides those that its settings name: how it reaches its
database and the world. The hub itself passes nothing on."""


def passed_on(settings: Iterable[str], jwt: LearnFlowJwt, model: LearnFlowModel) -> dict[str, str]:
    """Variables of the hub's environment for the classroom's service, and for nobody else: secrets are in it.

    `settings` are names that the admin adds.
    """
    names = (*PASSED_ON, jwt.secret_env, model.api_key_env, *settings)
    return {name: os.environ[name] for name in names if name in os.environ}


@dataclass(frozen=True, kw_only=True)
class External:
    """The classroom's service where something else than the hub starts it."""

    address: str
    """As the hub's proxy sees it, without a path."""
    token: str
    """What its replicas show to the hub."""
    base: str = ""
    """What every address of the hub begins with, without a `/` at its end."""

    @property
    def url(self) -> str:
        """Where students' servers find it."""
        return f"{self.address.rstrip('/')}{self.base}{service_path('')}"

    def entry(self) -> dict[str, Any]:
        """Its entry in `c.JupyterHub.services`."""
        return {
            "name": SERVICE_NAME,
            "url": self.address,
            "api_token": self.token,
            "oauth_no_confirm": True,
        }


def services(
    settings: LearnFlow,
    config_file: Path,
    ports: Mapping[str, int],
    *,
    idle_seconds: int,
    environment: Mapping[str, str] | None = None,
    external: External | None = None,
    token: str = "",
) -> list[dict[str, Any]]:
    """Entries for `c.JupyterHub.services`.

    `ports` maps the name of each service with a URL to its port; `idle_seconds` 0 leaves the culler out.
    `environment` is for the classroom's own service alone, which the hub starts unless it is `external`; with
    `token`, which it shows to the hub, instead of one that the hub makes and tells nobody.
    """
    # The hub passes no HOME on, and not every uid has an account to look one up in.
    common = {"PATH": search_path(), "HOME": os.environ.get("HOME", "/")}
    formgrader_config = grading_file("formgrader_config.py") if settings.courses else None
    entries: list[dict[str, Any]] = [
        external.entry()
        if external is not None
        else {
            "name": SERVICE_NAME,
            "url": f"http://{LOOPBACK}:{ports[SERVICE_NAME]}",
            "command": [
                *END_WITH_HUB,
                sys.executable,
                "-m",
                "learnflow_ext.service",
                "--config",
                str(config_file),
            ],
            # The example configuration takes its state folder and its database from here.
            "environment": {
                **(environment or {}),
                **common,
                "LEARNFLOW_STATE": str(settings.state_path),
                "LEARNFLOW_DATABASE_URL": settings.database_url,
            },
            "oauth_no_confirm": True,
            "timeout": START_TIMEOUT_S,
            **({"api_token": token} if token else {}),
        }
    ]
    entries += [
        {
            "name": formgrader_service(course),
            "url": f"http://{LOOPBACK}:{ports[formgrader_service(course)]}",
            "command": [
                *END_WITH_HUB,
                sys.executable,
                "-m",
                "learnflow_hub.singleuser",
                str(formgrader_config),
            ],
            "environment": {
                **common,
                "HOME": str(settings.state_path / "formgraders" / course),
                "PYTHONSAFEPATH": "1",
                "LEARNFLOW_COURSE": course,
                "LEARNFLOW_COURSE_ROOT": str(settings.course_root(course)),
                "LEARNFLOW_EXCHANGE_ROOT": str(settings.exchange_root),
            },
            "oauth_no_confirm": True,
            "display": False,
            "timeout": START_TIMEOUT_S,
        }
        for course in settings.courses
    ]
    if idle_seconds:
        entries.append(
            {
                "name": CULLER,
                "command": [
                    *END_WITH_HUB,
                    sys.executable,
                    "-m",
                    "jupyterhub_idle_culler",
                    f"--timeout={idle_seconds}",
                ],
                "environment": dict(common),
                "display": False,
            }
        )
    return entries


def grading_file(name: str) -> Path:
    """A file of the grading package, which this one configures and never imports.

    FileNotFoundError when it is missing: a formgrader without its configuration would be an open server.
    """
    spec = importlib.util.find_spec("learnflow_grading")
    file = Path(next(iter(spec.submodule_search_locations or ()), "")) / name if spec else Path(name)
    if not file.is_file():
        raise FileNotFoundError(f"LearnFlow is not completely installed: {file} is missing.")
    return file


def search_path() -> str:
    """PATH for what the hub starts: this environment's programs (alembic, traefik), then the system's."""
    return f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
