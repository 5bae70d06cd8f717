"""A small hub that speaks the part of JupyterHub's API which the service uses, on a real port."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

COURSE = "python-basics"
PREFIX = "/services/learnflow/"
ACCESS = "access:services!service=learnflow"
SERVICE_TOKEN = "the-services-own-token"


@dataclass
class Hub:
    """Users, groups and tokens of a hub that runs in this process."""

    port: int = 0
    groups: dict[str, set[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    admins: set[str] = field(default_factory=set)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    fixed: bool = False
    """Lets nobody change groups, as a hub that was started with other settings."""
    broken: bool = False
    """Answers 503 to everything."""
    asked: list[str] = field(default_factory=list)
    service_url: str = ""
    """Where a browser is sent back to after the login."""
    signs_in: str = "teacher"
    """Whose browser it is."""

    def add(self, name: str, *groups: str, admin: bool = False) -> str:
        """A user in `groups`; their token."""
        self.names.add(name)
        if admin:
            self.admins.add(name)
        for group in groups:
            self.groups.setdefault(group, set()).add(name)
        return self.token(name)

    def token(self, name: str, *, kind: str = "user", scopes: tuple[str, ...] = (ACCESS,)) -> str:
        """A new token that belongs to `name`."""
        token = f"token-of-{len(self.tokens)}-{kind}"
        self.tokens[token] = {"name": name, "kind": kind, "scopes": list(scopes)}
        return token


class _HubHandler(RequestHandler):
    def prepare(self) -> None:
        hub: Hub = self.settings["hub"]
        hub.asked.append(self.request.path)
        if hub.broken:
            raise HTTPError(503)

    @property
    def hub(self) -> Hub:
        found: Hub = self.settings["hub"]
        return found

    def bearer(self) -> str:
        return self.request.headers.get("Authorization", "").partition(" ")[2]

    def require_service(self) -> None:
        if self.bearer() != SERVICE_TOKEN:
            raise HTTPError(403)


class _Self(_HubHandler):
    def get(self) -> None:
        model = self.hub.tokens.get(self.bearer())
        if model is None:
            raise HTTPError(403)
        self.write(json.dumps(model))


class _User(_HubHandler):
    def get(self, name: str) -> None:
        self.require_service()
        if name not in self.hub.names:
            raise HTTPError(404)
        groups = sorted(group for group, members in self.hub.groups.items() if name in members)
        self.write({"name": name, "groups": groups, "admin": name in self.hub.admins, "kind": "user"})


class _Group(_HubHandler):
    def get(self, name: str) -> None:
        self.require_service()
        if name not in self.hub.groups:
            raise HTTPError(404)
        self.write({"name": name, "users": sorted(self.hub.groups[name])})


class _Members(_HubHandler):
    """As the real hub: it knows the group and everybody named, or nothing is done."""

    def members(self, name: str) -> tuple[set[str], set[str]]:
        self.require_service()
        if self.hub.fixed:
            raise HTTPError(403)
        if name not in self.hub.groups:
            raise HTTPError(404)
        users = set(json.loads(self.request.body)["users"])
        if users - self.hub.names:
            raise HTTPError(400)
        return self.hub.groups[name], users

    def post(self, name: str) -> None:
        members, users = self.members(name)
        members |= users
        self.write("{}")

    def delete(self, name: str) -> None:
        members, users = self.members(name)
        members -= users
        self.write("{}")


class _Authorize(_HubHandler):
    """The login page of a hub where everybody is signed in already."""

    def get(self) -> None:
        query = urlencode({"code": "the-code", "state": self.get_query_argument("state")})
        self.redirect(f"{self.hub.service_url}{self.get_query_argument('redirect_uri')}?{query}")


class _Token(_HubHandler):
    def post(self) -> None:
        self.write({"access_token": self.hub.token(self.hub.signs_in)})


@asynccontextmanager
async def running_hub(port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[Hub]:
    """A hub with two students and a teacher of one course, somebody of others, and an admin."""
    state = Hub()
    state.add("ada", f"nbgrader-{COURSE}")
    state.add("ben", f"nbgrader-{COURSE}")
    state.add("teacher", f"formgrade-{COURSE}")
    state.add("eve", "nbgrader-other", "formgrade-elsewhere")
    state.add("root", admin=True)
    app = Application(
        [
            ("/hub/api/user", _Self),
            ("/hub/api/users/(.+)", _User),
            ("/hub/api/groups/(.+)/users", _Members),
            ("/hub/api/groups/(.+)", _Group),
            ("/hub/api/oauth2/authorize", _Authorize),
            ("/hub/api/oauth2/token", _Token),
        ],
        hub=state,
        log_function=lambda handler: None,
    )
    sockets = bind_sockets(port, host)
    server = HTTPServer(app)
    server.add_sockets(sockets)
    state.port = sockets[0].getsockname()[1]
    yield state
    server.stop()
    await server.close_all_connections()


def environment(hub: Hub) -> dict[str, str]:
    """What the hub tells a managed service."""
    return {
        "JUPYTERHUB_API_TOKEN": SERVICE_TOKEN,
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{hub.port}/hub/api",
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:0",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_HOST": f"http://127.0.0.1:{hub.port}",
        "JUPYTERHUB_CLIENT_ID": "service-learnflow",
    }
