"""A learning platform on a real port that keeps to LTI 1.3 and Assignment and Grade Services 2.0, strictly.

It signs launches with an RSA key of its own, gives tokens only for a signed request that is right in each
claim, and refuses what is sent in the wrong form, without the scope, or out of order.
"""

from __future__ import annotations

import asyncio
import functools
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

CLIENT_ID, DEPLOYMENT, CONTEXT = "tool-at-school", "1", "42"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
LINEITEM, READ, SCORE = (f"{AGS}scope/{each}" for each in ("lineitem", "lineitem.readonly", "score"))
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
LINEITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
CONTAINER_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
PAGE = 2
"""Columns on one page."""


@functools.cache
def private_key(whose: str = "") -> rsa.RSAPrivateKey:
    """The same each time for the same name: making one takes long."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey, file: Path) -> Path:
    """`key` in a file, as openssl writes it."""
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return file


@dataclass
class Column:
    """A line item."""

    id: str
    body: dict[str, Any]
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The latest of each person."""
    history: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Platform:
    """What it knows, and how it behaves from now on."""

    port: int = 0
    key: rsa.RSAPrivateKey = field(default_factory=lambda: private_key("platform"))
    tool_key: Any = None
    """The tool's public key, as its administrator typed it in."""
    redirect_uri: str = ""
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By login hint: claims of their launch."""
    columns: dict[str, Column] = field(default_factory=dict)
    tokens: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)
    """Until when, and for what."""
    lasts: float = 3600.0
    assertions: set[str] = field(default_factory=set)
    answers: list[int] = field(default_factory=list)
    """Statuses of the next answers of its services, before anything is looked at."""
    down: bool = False
    slow: float = 0.0
    whole_seconds: bool = False
    """Compares times of scores by their seconds, as Moodle does."""
    lists_all: bool = False
    """Ignores which column it is asked for."""
    stumbles_over: str = ""
    """A person at whose scores it breaks."""
    loses: int = 0
    """Answers to the next scores that get lost on the way, after they were taken."""
    asked: list[str] = field(default_factory=list)
    """Requests to its services: `POST /token`."""
    refused: list[str] = field(default_factory=list)
    """What it did not like, in words."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    @property
    def lineitems(self) -> str:
        """With a query, as Moodle's."""
        return f"{self.url}/courses/{CONTEXT}/lineitems?type_id=7"

    def add(self, name: str, *roles: str, **claims: Any) -> None:
        """A person of the course; `claims` are put over the ordinary ones, None takes one away."""
        said = {
            "sub": f"id-of-{name}",
            "name": name.title(),
            "email": f"{name}@school.example",
            f"{LTI}roles": [f"{MEMBERSHIP}#{role}" for role in roles],
            f"{LTI}custom": {"username": name},
        }
        self.people[name] = {**said, **claims}

    def launch(self, name: str, nonce: str, **claims: Any) -> dict[str, Any]:
        """Claims of a launch."""
        moment = int(time.time())
        said = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": moment,
            "exp": moment + 300,
            "nonce": nonce,
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}version": "1.3.0",
            f"{LTI}deployment_id": DEPLOYMENT,
            f"{LTI}target_link_uri": f"{self.redirect_uri}",
            f"{LTI}resource_link": {"id": "link-1"},
            f"{LTI}context": {"id": CONTEXT, "label": "PY1", "title": "Python"},
            f"{AGS}claim/endpoint": {"scope": [LINEITEM, READ, SCORE], "lineitems": self.lineitems},
            **self.people[name],
            **claims,
        }
        return {claim: value for claim, value in said.items() if value is not None}

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "platform-1"})

    def end_tokens(self) -> None:
        """All tokens are over, before their time."""
        self.tokens.clear()

    def scores(self, resource: str) -> dict[str, tuple[float, float]]:
        """Person -> (given, maximum) in the one column of a resource; empty without one."""
        found = [each for each in self.columns.values() if each.body.get("resourceId") == resource]
        assert len(found) <= 1, "the same column twice"
        return {
            person: (score["scoreGiven"], score["scoreMaximum"])
            for column in found
            for person, score in column.scores.items()
        }


class _Base(RequestHandler):
    @property
    def platform(self) -> Platform:
        found: Platform = self.settings["platform"]
        return found

    def refuse(self, status: int, why: str) -> HTTPError:
        self.platform.refused.append(why)
        return HTTPError(status, why)


class _Authorize(_Base):
    """Somebody is signed in here already: it answers with a form that the browser sends on."""

    def get(self) -> None:
        platform = self.platform
        wanted = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": CLIENT_ID,
            "redirect_uri": platform.redirect_uri,
        }
        for name, value in wanted.items():
            if self.get_query_argument(name, "") != value:
                raise self.refuse(400, f"{name} is {self.get_query_argument(name, '')!r}")
        nonce, state = self.get_query_argument("nonce"), self.get_query_argument("state")
        token = platform.sign(platform.launch(self.get_query_argument("login_hint"), nonce))
        self.write({"action": platform.redirect_uri, "id_token": token, "state": state})


class _Keys(_Base):
    def get(self) -> None:
        key = RSAAlgorithm.to_jwk(self.platform.key.public_key(), as_dict=True)
        self.write({"keys": [{**key, "kid": "platform-1", "alg": "RS256", "use": "sig"}]})


class _Service(_Base):
    async def prepare(self) -> None:
        platform = self.platform
        platform.asked.append(f"{self.request.method} {self.request.path}")
        if platform.slow:
            await asyncio.sleep(platform.slow)
        if platform.down:
            raise HTTPError(503)
        if platform.answers:
            status = platform.answers.pop(0)
            if status != 200:
                raise HTTPError(status)

    def require(self, *scopes: str) -> None:
        kind, _, token = self.request.headers.get("Authorization", "").partition(" ")
        until, granted = self.platform.tokens.get(token, (0.0, frozenset[str]()))
        if kind != "Bearer" or until < time.time():
            raise HTTPError(401)
        if not granted & set(scopes):
            raise self.refuse(403, f"needs one of {scopes}")

    def require_type(self, media: str) -> None:
        said = self.request.headers.get("Content-Type", "").partition(";")[0]
        if said != media:
            raise self.refuse(415, f"sent as {said}")

    def require_accepts(self, media: str) -> None:
        said = self.request.headers.get("Accept", "")
        if media not in said:
            raise self.refuse(406, f"accepts {said}")


class _Token(_Service):
    def post(self) -> None:
        platform = self.platform
        if self.get_body_argument("grant_type") != "client_credentials":
            raise self.refuse(400, "grant_type")
        if self.get_body_argument("client_assertion_type") != (
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        ):
            raise self.refuse(400, "client_assertion_type")
        try:
            claims = jwt.decode(
                self.get_body_argument("client_assertion"),
                platform.tool_key,
                algorithms=["RS256"],
                audience=platform.token_url,
                options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"]},
            )
        except jwt.PyJWTError as error:
            raise self.refuse(401, f"client_assertion: {error}") from error
        if claims["iss"] != CLIENT_ID or claims["sub"] != CLIENT_ID or claims["jti"] in platform.assertions:
            raise self.refuse(401, "client_assertion: iss, sub or jti")
        platform.assertions.add(claims["jti"])
        scopes = frozenset(self.get_body_argument("scope").split())
        if not scopes or not scopes <= {LINEITEM, READ, SCORE}:
            raise self.refuse(400, f"scope {sorted(scopes)}")
        token = uuid.uuid4().hex
        platform.tokens[token] = (time.time() + platform.lasts, scopes)
        self.write(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": platform.lasts,
                "scope": " ".join(sorted(scopes)),
            }
        )


class _LineItems(_Service):
    def get(self, course: str) -> None:
        self.require(LINEITEM, READ)
        self.require_accepts(CONTAINER_TYPE)
        if course != CONTEXT or self.get_query_argument("type_id", "") != "7":
            raise self.refuse(404, "which course?")
        wanted = self.get_query_argument("resource_id", "")
        found = [
            each.body
            for each in self.platform.columns.values()
            if self.platform.lists_all or each.body.get("resourceId") == wanted
        ]
        start = int(self.get_query_argument("from", "0"))
        if start + PAGE < len(found):
            query = urlencode({"type_id": 7, "resource_id": wanted, "from": start + PAGE})
            self.set_header("Link", f'<{self.platform.url}/courses/{course}/lineitems?{query}>; rel="next"')
        self.set_header("Content-Type", CONTAINER_TYPE)
        self.write(json.dumps(found[start : start + PAGE]).encode())

    def post(self, course: str) -> None:
        self.require(LINEITEM)
        self.require_type(LINEITEM_TYPE)
        body = json.loads(self.request.body)
        if course != CONTEXT or self.get_query_argument("type_id", "") != "7":
            raise self.refuse(404, "which course?")
        if not body.get("label") or not body.get("scoreMaximum", 0) > 0:
            raise self.refuse(400, "label or scoreMaximum")
        number = len(self.platform.columns) + 1
        path = f"/lineitems/{uuid.uuid4().hex[:8]}-{number}/lineitem"
        made = {**body, "id": f"{self.platform.url}{path}?type_id=7"}
        self.platform.columns[path] = Column(made["id"], made)
        self.set_status(201)
        self.set_header("Content-Type", LINEITEM_TYPE)
        self.write(json.dumps(made).encode())


class _Scores(_Service):
    def post(self, path: str) -> None:
        self.require(SCORE)
        self.require_type(SCORE_TYPE)
        platform = self.platform
        column = platform.columns.get(path)
        if column is None or self.get_query_argument("type_id", "") != "7":
            raise self.refuse(404, "which column?")
        body = json.loads(self.request.body)
        if body["userId"] == platform.stumbles_over:
            raise HTTPError(500)
        known = {person["sub"] for person in platform.people.values()}
        if body["userId"] not in known:
            raise self.refuse(404, "who?")
        if (body["activityProgress"], body["gradingProgress"]) != ("Completed", "FullyGraded"):
            raise self.refuse(400, "progress")
        if not (body["scoreGiven"] >= 0 and body["scoreMaximum"] > 0):
            raise self.refuse(400, "score")
        at = datetime.fromisoformat(body["timestamp"])
        if at.tzinfo is None:
            raise self.refuse(400, "timestamp without a zone")
        before = column.scores.get(body["userId"])
        if before is not None and self._no_later(at, datetime.fromisoformat(before["timestamp"])):
            raise self.refuse(409, "timestamp is not later")
        column.scores[body["userId"]] = body
        column.history.append(body)
        if platform.loses:
            platform.loses -= 1
            raise HTTPError(504)
        self.set_status(204)

    def _no_later(self, at: datetime, than: datetime) -> bool:
        if self.platform.whole_seconds:
            return int(at.timestamp()) <= int(than.timestamp())
        return at <= than


@asynccontextmanager
async def running_platform() -> AsyncIterator[Platform]:
    """A platform with two students and a teacher, on a port of this machine, in this event loop."""
    platform = Platform()
    app = Application(
        [
            ("/authorize", _Authorize),
            ("/jwks", _Keys),
            ("/token", _Token),
            (r"/courses/(\w+)/lineitems", _LineItems),
            (r"(/lineitems/[\w-]+/lineitem)/scores", _Scores),
        ],
        platform=platform,
        log_function=lambda _: None,
    )
    server = HTTPServer(app)
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    platform.port = sockets[0].getsockname()[1]
    for name in ("ada", "ben"):
        platform.add(name, "Learner")
    platform.add("turing", "Instructor")
    try:
        yield platform
    finally:
        server.stop()
        await server.close_all_connections()
