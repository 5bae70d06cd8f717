"""`setup_learnflow(c)`: the one call that turns a JupyterHub into a LearnFlow classroom.

Everything it writes into `c` is a default of ours or an addition to the admin's own lists; what the file sets
before the call is kept. The service reads the same file, so nothing here touches disk or network unless
the hub itself is what starts.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import urllib.parse
from pathlib import Path
from typing import Any

from traitlets.config import Config

from learnflow_ext.contracts.assignments import TEACHES
from learnflow_ext.contracts.other_ai import OTHER_AI_ENV
from learnflow_ext.settings import (
    SERVICE_NAME,
    LearnFlow,
    LearnFlowJwt,
    LearnFlowLti,
    LearnFlowMail,
    LearnFlowModel,
    LearnFlowOtherAI,
    manages_groups,
)

from .apart import PROXY_USER, Apart
from .landing import landing_page
from .names import USERNAME_PATTERN, course_id, formgrader_service
from .ports import SERVICES, free_ports, kept_ports
from .roles import course_groups, roles
from .services import External, passed_on, service_url, services
from .state import State
from .teaching import teaches
from .traits import LearnFlowHub

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SPAWNER = "learnflow_hub.spawner.ConfinedSpawner"
PROXY = "learnflow_hub.proxy.LocalTraefikProxy"
SHORTEST_TOKEN = 32
AUTHENTICATOR = "learnflow_hub.authenticator.ClassroomAuthenticator"


def setup_learnflow(c: Config, config_file: str | os.PathLike[str] | None = None) -> None:
    """Register the service, the formgraders, roles, spawner, proxy and the rest in `c`. Call it last.

    `config_file` is the file that the service reads its traits from; None means the file that calls.
    ValueError (a sentence) when a setting cannot work.
    """
    # The loaders of traitlets run a configuration file with its own path as `__file__`.
    calling = config_file if config_file is not None else sys._getframe(1).f_globals["__file__"]
    file = Path(calling).resolve()
    settings = LearnFlow(config=c)
    hub = LearnFlowHub(config=c)
    courses = [course_id(name) for name in settings.courses]
    state = State(settings.state_path)
    starting, base = _hub_is_starting(), _base_path(c)
    external = _external(hub, base)
    if starting:
        # Databases, secrets and submissions made by the hub and its services are nobody else's business.
        os.umask(0o077)
        state.prepare()
    apart = Apart.of(state) if hub.apart and starting else None
    if apart is not None and "service" in hub.apart and external is None:
        external = External(address=apart.service_address, token=apart.service_token, base=base)

    names = [SERVICE_NAME, *(formgrader_service(course) for course in courses)]
    if starting:
        # Servers that go on running while the hub is started again look for the service where it was.
        ports = kept_ports(state.ports, names, SERVICES)
    else:
        ports = dict(zip(names, free_ports(len(names), SERVICES), strict=True))
    if settings.service_port:
        ports[SERVICE_NAME] = settings.service_port

    _hub_files(c, state)
    if apart is not None and "proxy" in hub.apart:
        c.LocalTraefikProxy.should_start = False
        c.LocalTraefikProxy.traefik_api_url = apart.proxy_api
        c.LocalTraefikProxy.traefik_api_username = PROXY_USER
        c.LocalTraefikProxy.traefik_api_password = apart.proxy_token
    variables = (*hub.service_variables, LearnFlowMail(config=c).url_env)
    environment = passed_on(variables, LearnFlowJwt(config=c), LearnFlowModel(config=c))
    c.JupyterHub.services.extend(
        services(
            settings,
            file,
            ports,
            idle_seconds=hub.idle_minutes * 60,
            environment=environment,
            external=external,
            # What signs the hub's word about a launch, which the authenticator reads from the entry.
            token=secrets.token_hex(SHORTEST_TOKEN) if LearnFlowLti(config=c).passes_back else "",
        )
    )
    managed = manages_groups(c)
    enrols = settings.teachers_enrol and not managed
    c.JupyterHub.load_roles.extend(roles(courses, teachers_enrol=enrols, culls=hub.idle_minutes > 0))
    if not managed:
        # Empty ones too: only an admin could make them later.
        own = c.JupyterHub.load_groups if "load_groups" in c.JupyterHub else {}
        groups = [group for course in courses for group in course_groups(course)]
        c.JupyterHub.load_groups = {**{group: {"users": []} for group in groups}, **own}
    _default(c.JupyterHub, "default_url", landing_page)
    _default(c.JupyterHub, "tornado_settings", {"headers": SECURITY_HEADERS, "slow_spawn_timeout": 0})
    _default(c.Authenticator, "username_pattern", USERNAME_PATTERN)
    _default(c.ClassroomAuthenticator, "new_accounts_file", str(state.new_accounts))

    _default(c.JupyterHub, "spawner_class", SPAWNER)
    _default(c.ConfinedSpawner, "users_dir", str(state.users))
    _default(c.Spawner, "default_url", "/lab")
    _default(c.Spawner, "http_timeout", 60)
    url = external.url if external is not None else service_url(ports[SERVICE_NAME], base)
    told: dict[str, Any] = {"LEARNFLOW_URL": url, TEACHES: teaches}
    c.Spawner.environment.update(told | _other_ai(LearnFlowOtherAI(config=c)))


def _other_ai(settings: LearnFlowOtherAI) -> dict[str, str]:
    """What students' servers are told of other AI: nothing where nothing is allowed."""
    if not settings.allow:
        return {}
    said = {
        "allow": sorted(settings.allow),
        "magics": settings.magics,
        "mcp_servers": settings.mcp_servers,
    }
    return {OTHER_AI_ENV: json.dumps(said)}


def _base_path(c: Config) -> str:
    """What every address of the hub begins with, without a `/` at its end; "" where that is nothing."""
    hub = c.JupyterHub
    path = urllib.parse.urlsplit(hub["bind_url"]).path if "bind_url" in hub else hub.get("base_url", "")
    return str(path).rstrip("/")


def _external(hub: LearnFlowHub, base: str) -> External | None:
    """The service that others start; None when the hub does. ValueError when the hub lacks its token."""
    if not hub.service_address:
        return None
    token = os.environ.get(hub.service_token_env, "")
    # The service and its workers read this file too, without the hub's environment.
    if len(token) < SHORTEST_TOKEN and _hub_is_starting():
        raise ValueError(
            f"LearnFlow's service at {hub.service_address} and the hub need a token in common: put 32 random"
            f" bytes (`openssl rand -hex 32`) into the variable {hub.service_token_env} of the hub, and into"
            " JUPYTERHUB_API_TOKEN of the service."
        )
    return External(address=hub.service_address, token=token, base=base)


def _hub_files(c: Config, state: State) -> None:
    """Where the hub and its proxy keep their own files."""
    _default(c.JupyterHub, "db_url", state.database_url)
    _default(c.JupyterHub, "cookie_secret_file", str(state.cookie_secret))
    _default(c.JupyterHub, "proxy_class", PROXY)
    _default(c.JupyterHub, "template_paths", [str(Path(__file__).with_name("templates"))])
    _default(c.LocalTraefikProxy, "static_config_file", str(state.hub / "traefik.toml"))
    _default(c.LocalTraefikProxy, "dynamic_config_file", str(state.hub / "routes.toml"))


def _default(section: Config, name: str, value: Any) -> None:
    """Set `name` unless the file has already."""
    if name not in section:
        section[name] = value


def _hub_is_starting() -> bool:
    """True when it is the hub that reads the configuration, not the service or a command."""
    app = sys.modules.get("jupyterhub.app")
    return app is not None and bool(app.JupyterHub.initialized())
