"""Who is asking, and what the hub says they may do.

*Who* comes from a token: the `Authorization` header of a server, or the cookie HubOAuth keeps for a browser.
*What* comes from hub groups, which the service looks up with its own token. The two are kept apart so that
nothing in a token, however it was made, can widen what its owner may do.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import msgspec
from jupyterhub.services.auth import HubOAuth
from jupyterhub.utils import url_path_join
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.web import HTTPError, RequestHandler

from learnflow_ext.contracts.errors import Forbidden, NotFound, NotSignedIn, Unavailable
from learnflow_ext.service import logs
from learnflow_ext.service.oauth import SealedOAuth
from learnflow_ext.settings import SERVICE_NAME

CACHE_SECONDS = 20
"""How long an answer of the hub is believed; the promise is at most 30."""
HUB_TIMEOUT_SECONDS = 10
_TOKEN = re.compile(r"(?:token|bearer)\s", re.IGNORECASE)
_CLEAN_TOKEN = re.compile(r"(?:token|bearer) +[\x21-\x7e]{1,1024}", re.IGNORECASE)

log = logs.get("learnflow.auth")
Model = TypeVar("Model")

HUB_SILENT = "The hub does not answer right now, so we cannot tell who you are. Please try again in a moment."


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody the hub vouches for."""

    name: str
    """The hub's user name."""
    groups: frozenset[str] = frozenset()
    admin: bool = False
    """Administers the hub; gives no right to see a course."""

    def teaches(self, course: str) -> bool:
        """Whether they are a teacher of `course`."""
        return f"formgrade-{course}" in self.groups

    def assists(self, course: str) -> bool:
        """Whether they help to grade `course`."""
        return f"assistant-{course}" in self.groups

    def grades(self, course: str) -> bool:
        """Whether they see everybody's work in `course`: its assistants and teachers."""
        return self.teaches(course) or self.assists(course)

    def studies(self, course: str) -> bool:
        """Whether they are a student of `course`."""
        return f"nbgrader-{course}" in self.groups

    def belongs(self, course: str) -> bool:
        """Whether `course` is theirs in any role."""
        return self.grades(course) or self.studies(course)


class _HubUser(msgspec.Struct, frozen=True):
    """What we need of the hub's user model; anything else in it is ignored."""

    name: str
    groups: tuple[str, ...] = ()
    admin: bool = False


class _HubGroup(msgspec.Struct, frozen=True):
    """As `_HubUser`, of a group."""

    users: tuple[str, ...] = ()


class People:
    """The hub's users and their groups, each remembered for at most `CACHE_SECONDS`."""

    def __init__(
        self,
        hub_auth: HubOAuth,
        *,
        clock: Callable[[], float] = time.monotonic,
        seconds: float = CACHE_SECONDS,
    ) -> None:
        """`hub_auth` gives the API's address and the service's own token."""
        self._auth = hub_auth
        self._clock = clock
        self._seconds = seconds
        self._known: dict[str, tuple[float, Person]] = {}
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}
        self._asking: dict[str, asyncio.Task[Person]] = {}
        self._watchers: dict[str, set[Callable[[], None]]] = {}
        self._changes = 0
        """How often something was forgotten: what was asked for before is not kept after."""

    async def find(self, name: str) -> Person:
        """The person called `name`. NotSignedIn when the hub knows nobody, Unavailable when it is silent."""
        now = self._clock()
        if (known := self._known.get(name)) and now - known[0] < self._seconds:
            return known[1]
        task = self._asking.get(name)
        if task is None:
            # One question to the hub however many requests of the same person wait for it.
            task = asyncio.create_task(self._ask(name))
            self._asking[name] = task
            task.add_done_callback(self._asked)
        changes = self._changes
        person = await asyncio.shield(task)
        if changes != self._changes:
            return person
        self._known = {key: value for key, value in self._known.items() if now - value[0] < self._seconds}
        self._known[name] = (now, person)
        return person

    async def members(self, group: str) -> frozenset[str]:
        """The names in a hub group; empty when there is no such group. Unavailable when the hub is silent."""
        now = self._clock()
        if (known := self._groups.get(group)) and now - known[0] < self._seconds:
            return known[1]
        changes = self._changes
        try:
            found = await self._get(_HubGroup, "groups", group)
        except NotFound:
            found = _HubGroup()
        if changes == self._changes:
            self._groups[group] = (now, frozenset(found.users))
        return frozenset(found.users)

    def forget(self, names: Iterable[str], groups: Iterable[str]) -> None:
        """Ask the hub again about these people and groups: they were changed just now."""
        self._changes += 1
        for group in groups:
            self._groups.pop(group, None)
        for name in names:
            self._known.pop(name, None)
            self._asking.pop(name, None)
            for changed in tuple(self._watchers.get(name, ())):
                changed()

    def watch(self, name: str, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` each time when `name` is forgotten, until what this returns is called."""
        self._watchers.setdefault(name, set()).add(changed)

        def end() -> None:
            watchers = self._watchers.get(name, set())
            watchers.discard(changed)
            if not watchers:
                self._watchers.pop(name, None)

        return end

    def _asked(self, task: asyncio.Task[Person]) -> None:
        self._asking = {name: other for name, other in self._asking.items() if other is not task}

    async def _ask(self, name: str) -> Person:
        try:
            user = await self._get(_HubUser, "users", name)
        except NotFound as error:
            raise NotSignedIn("The hub does not know you any more. Please sign in again.") from error
        return Person(name=user.name, groups=frozenset(user.groups), admin=user.admin)

    async def _get(self, kind: type[Model], *path: str) -> Model:
        """What the hub's API says at `path`. NotFound, or Unavailable when it says nothing of use."""
        auth = self._auth
        request = HTTPRequest(
            url_path_join(auth.api_url, *(quote(part, safe="@") for part in path)),
            headers={"Authorization": f"token {auth.api_token}"},
            request_timeout=HUB_TIMEOUT_SECONDS,
            client_key=auth.keyfile or None,
            client_cert=auth.certfile or None,
            ca_certs=auth.client_ca or None,
        )
        try:
            answer = await AsyncHTTPClient().fetch(request)
            return msgspec.json.decode(answer.body, type=kind)
        except HTTPClientError as error:
            if error.code == 404:
                raise NotFound("The hub knows nothing of that name.") from error
            log.error("the hub refused or failed", path=path, status=error.code)
            raise Unavailable(HUB_SILENT, retry_after=5) from error
        except (OSError, msgspec.MsgspecError) as error:
            log.error("the hub gave no usable answer", path=path, error=str(error))
            raise Unavailable(HUB_SILENT, retry_after=5) from error


def make_hub_auth(environment: Mapping[str, str]) -> SealedOAuth:
    """HubOAuth as the hub's environment for a managed service says. ValueError when that is not there."""
    missing = [
        name
        for name in ("JUPYTERHUB_API_TOKEN", "JUPYTERHUB_API_URL", "JUPYTERHUB_SERVICE_PREFIX")
        if not environment.get(name)
    ]
    if missing:
        raise ValueError(
            f"{', '.join(missing)} not set: the hub starts this service, "
            "see setup_learnflow(c) in jupyterhub_config.py."
        )
    prefix = environment["JUPYTERHUB_SERVICE_PREFIX"]
    auth = SealedOAuth(
        api_url=environment["JUPYTERHUB_API_URL"],
        api_token=environment["JUPYTERHUB_API_TOKEN"],
        base_url=prefix,
        hub_prefix=url_path_join(environment.get("JUPYTERHUB_BASE_URL") or "/", "hub") + "/",
        hub_host=environment.get("JUPYTERHUB_HOST", ""),
        oauth_client_id=environment.get("JUPYTERHUB_CLIENT_ID") or f"service-{SERVICE_NAME}",
        oauth_redirect_uri=environment.get("JUPYTERHUB_OAUTH_CALLBACK_URL")
        or url_path_join(prefix, "oauth_callback"),
        cache_max_age=CACHE_SECONDS,
    )
    if not auth.access_scopes:
        # An empty set would let every token of the hub in.
        auth.access_scopes = {f"access:services!service={SERVICE_NAME}"}
    if not any(name.lower() == "samesite" for name in auth.cookie_options):
        # What newer browsers take for granted. The way back from the hub is a link followed, which has them.
        auth.cookie_options = {**auth.cookie_options, "samesite": "Lax"}
    return auth


class Narrowing(Protocol):
    """What a token of an outside client says, once it was verified."""

    @property
    def name(self) -> str:
        """The hub's user name."""
        ...

    def narrow(self, person: Person) -> Person:
        """`person` with the rights that the token leaves them; never more."""
        ...


class Outside(Protocol):
    """Checks tokens of outside clients."""

    @property
    def on(self) -> bool:
        """Whether any are taken."""
        ...

    def looks_like_one(self, token: str) -> bool:
        """Whether `token` cannot be one of the hub's."""
        ...

    async def read(self, token: str, method: str) -> Narrowing:
        """What it says; raises a refusal."""
        ...


async def identify(
    handler: RequestHandler, auth: HubOAuth, people: People, outside: Outside | None = None
) -> Person:
    """Who sent this request.

    NotSignedIn without usable credentials, Forbidden when the token does not reach this service or the
    request was not sent by one of our pages, Unavailable when the hub is silent.
    """
    header = handler.request.headers.get("Authorization", "")
    by_token = _TOKEN.match(header) is not None
    if by_token and outside is not None and outside.on:
        token = header.partition(" ")[2].strip()
        if outside.looks_like_one(token):
            claims = await outside.read(token, handler.request.method or "")
            return claims.narrow(await people.find(claims.name))
    if by_token and not _CLEAN_TOKEN.fullmatch(header):
        raise NotSignedIn("The token in the Authorization header is not one of this hub.")
    try:
        async with asyncio.timeout(HUB_TIMEOUT_SECONDS):
            model = await auth.get_user(handler, sync=False)
    except (HTTPError, TimeoutError) as error:
        raise Unavailable(HUB_SILENT, retry_after=5) from error
    if by_token and not getattr(handler, "_token_authenticated", False):
        raise NotSignedIn("The token in the Authorization header is not one of this hub, or has expired.")
    if model is None:
        _refuse_forgery(handler, auth)
        raise NotSignedIn("Please sign in: this address answers only to people of this hub.")
    return await people.find(_name_of(model, auth))


def _name_of(model: dict[str, Any], auth: HubOAuth) -> str:
    """The user's name, once it is sure that the token is a user's and good for this service."""
    if model.get("kind", "user") != "user":
        # A service may be called like a user; it is nobody's student.
        raise Forbidden("This token belongs to a service, and only people can use LearnFlow.")
    if not auth.check_scopes(auth.access_scopes, {"scopes": model.get("scopes", ())}):
        raise Forbidden("This token may not be used for LearnFlow.")
    return str(model["name"])


def _refuse_forgery(handler: RequestHandler, auth: HubOAuth) -> None:
    """Forbidden when there is a cookie that was not accepted because our page's proof is missing."""
    if handler.get_signed_cookie(auth.cookie_name) is None:
        return
    try:
        auth.check_xsrf_cookie(handler)
    except HTTPError as error:
        raise Forbidden(
            "This request did not come from one of our pages. Reload the page and try again."
        ) from error
