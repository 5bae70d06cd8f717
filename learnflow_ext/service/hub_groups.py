"""A course's people in the hub's groups, by its REST API, with somebody's token."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from jupyterhub.utils import url_path_join
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from learnflow_ext.contracts.errors import Conflict, Forbidden, Unavailable
from learnflow_ext.service.rosters import GROUPS, Change, Role, group

TIMEOUT_SECONDS = 30
LOOKED_UP_AT_ONCE = 8
SCOPES = "admin:users, admin:groups"


class _Group(msgspec.Struct):
    users: list[str] = []


class _Said(msgspec.Struct):
    message: str = ""


class HubGroups:
    """The groups of one course."""

    def __init__(
        self, api_url: str, token: str, course: str, *, tls: Mapping[str, Any] | None = None
    ) -> None:
        """`api_url` is the hub's, such as `http://127.0.0.1:8000/hub/api`.

        `tls` are options of Tornado's HTTPRequest, for a hub that asks its services for a certificate.
        """
        self._tls = dict(tls or {})
        self._api_url = api_url
        self._token = token
        self._course = course

    async def members(self) -> dict[Role, list[str]]:
        """Who is in the course by role; nobody where there is no such group."""
        found: dict[Role, list[str]] = {}
        for role in GROUPS:
            status, body = await self._ask("GET", "groups", group(role, self._course))
            found[role] = msgspec.json.decode(body, type=_Group).users if status == 200 else []
        return found

    async def apply(self, changes: Iterable[Change]) -> None:
        """Make `changes`. People whom the hub does not know yet are made, so that they may sign in.

        Forbidden when the token may not do it, Conflict with the hub's own words when the hub refuses it,
        Unavailable when the hub is silent. Half of it may be done by then; all of it may be done again.
        """
        needed = [change for change in changes if change.needed]
        await self._make_users([change.user for change in needed if change.role])
        for role in sorted({change.role for change in needed if change.role}):
            # A group that is there answers 409.
            await self._ask("POST", "groups", group(role, self._course), body={}, also=(409,))
        await self.move(needed)

    async def move(self, changes: Iterable[Change]) -> None:
        """As `apply`, among people whom the hub knows and groups that are there: the scope `groups` of these
        groups is enough. Conflict where the hub knows neither."""
        needed = [change for change in changes if change.needed]
        for role in GROUPS:
            joins = [change.user for change in needed if change.role == role and role not in change.was]
            leaves = [change.user for change in needed if change.role != role and role in change.was]
            if joins:
                await self._users(role, "POST", joins)
            if leaves:
                await self._users(role, "DELETE", leaves)

    async def known(self, names: Iterable[str]) -> frozenset[str]:
        """Those of `names` whom the hub knows: they signed in once, or an admin made their account."""
        at_once = asyncio.Semaphore(LOOKED_UP_AT_ONCE)

        async def status(name: str) -> int:
            async with at_once:
                return (await self._ask("GET", "users", name))[0]

        wanted = list(names)
        found = await asyncio.gather(*map(status, wanted))
        return frozenset(name for name, code in zip(wanted, found, strict=True) if code == 200)

    async def _users(self, role: Role, method: str, names: list[str]) -> None:
        await self._ask(method, "groups", group(role, self._course), "users", body={"users": names})

    async def _make_users(self, names: list[str]) -> None:
        if names:
            # 409 when all are there; some that are there are passed over.
            await self._ask("POST", "users", body={"usernames": names}, also=(409,))

    async def _ask(
        self, method: str, *path: str, body: Any = None, also: tuple[int, ...] = ()
    ) -> tuple[int, bytes]:
        """Status and body; 404 is an answer to GET, and `also` are answers too."""
        request = HTTPRequest(
            url_path_join(self._api_url, *(quote(part, safe="@") for part in path)),
            method=method,
            headers={"Authorization": f"token {self._token}", "Content-Type": "application/json"},
            body=None if body is None else msgspec.json.encode(body),
            allow_nonstandard_methods=True,
            follow_redirects=False,
            request_timeout=TIMEOUT_SECONDS,
            **self._tls,
        )
        try:
            answer = await AsyncHTTPClient().fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as error:
            raise Unavailable(f"The hub does not answer at {self._api_url}.", retry_after=5) from error
        if 200 <= answer.code < 300 or answer.code in also or (method == "GET" and answer.code == 404):
            return answer.code, answer.body
        if answer.code in (401, 403):
            raise Forbidden(f"The hub's token is not good, or may not do that: it needs the scopes {SCOPES}.")
        if answer.code == 599 or answer.code >= 500:
            raise Unavailable(f"The hub does not answer at {self._api_url}.", retry_after=5)
        raise Conflict(f"The hub refuses it: {_words(answer.body) or answer.reason}.")


def _words(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Said).message[:300].rstrip(".")
    except msgspec.MsgspecError:
        return ""
