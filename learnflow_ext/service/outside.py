"""JSON Web Tokens of outside clients: a school's own portal, a marking script, a phone.

Such a token says who somebody is, signed by an issuer that the admin named, and may narrow what they may do
here. It can never widen it: groups are the hub's, and looked up as for anybody else.

What is trusted is fixed before a token is looked at: each key goes with the algorithm it is for, so that a
public key is never taken for a shared secret; `none` is no algorithm; keys that a token brings or points to
(`jwk`, `jku`, `x5u`, `x5c`) are ignored; and `kid` only picks one of the known keys by its exact name.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import msgspec
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from learnflow_ext.contracts.errors import Forbidden, NotSignedIn, Unavailable
from learnflow_ext.service import logs
from learnflow_ext.service.auth import Person
from learnflow_ext.settings import LearnFlowJwt

SHORTEST_SECRET = 32
"""Bytes of a shared secret; RFC 7518 asks for as many as the hash has."""
LONGEST_TOKEN = 8192
REFRESH_SECONDS = 600
"""How old the issuer's keys may be."""
AGAIN_SECONDS = 30
"""A `kid` that is not known makes us ask the issuer again, at most this often."""
KEYS_TIMEOUT_SECONDS = 5
LARGEST_KEY_SET = 256 * 1024
MOST_REMEMBERED = 100_000
LONGEST_NAME = 255
READ_METHODS = ("GET", "HEAD")

ROLES = ("student", "teacher")
"""What the claim `role` may be; `teacher` narrows nothing, and gives nothing either."""

NOT_VALID = "The token in the Authorization header is not valid here, or has expired."

NO_SUCH_ROLE = f"The token's `role` is none that is known here. It may be {' or '.join(ROLES)}, or missing."

Spend = Callable[[str, float], Awaitable[bool]]
"""Whether this is the first use of the token with this mark, good until then in seconds since the epoch."""

log = logs.get("learnflow.auth")


class UnknownRole(Exception):
    """A token with a good signature asks for a role that we do not know."""


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What we read of a token that was verified."""

    name: str
    read_only: bool = False
    courses: frozenset[str] | None = None
    """The only courses it is for; None for all that are the person's."""
    as_student: bool = False
    """Whether a teacher's rights are left behind."""

    def narrow(self, person: Person) -> Person:
        """`person` with what this token leaves them: groups are only ever taken away, and admin always is."""
        groups = person.groups
        if self.as_student:
            groups = frozenset(group for group in groups if group.startswith("nbgrader-"))
        if self.courses is not None:
            allowed = {
                f"{kind}-{course}"
                for course in self.courses
                for kind in ("nbgrader", "assistant", "formgrade")
            }
            groups = groups & allowed
        return Person(name=person.name, groups=groups, admin=False)


class Memory:
    """Tokens that were used, as one process knows them."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since the epoch."""
        self._clock = clock
        self._used: dict[str, float] = {}

    async def spend(self, mark: str, until: float) -> bool:
        """As `Spend`."""
        if len(self._used) > MOST_REMEMBERED:
            now = self._clock()
            self._used = {key: end for key, end in self._used.items() if end > now}
        if mark in self._used:
            return False
        self._used[mark] = until
        return True


class OutsideTokens:
    """Checks tokens as `LearnFlowJwt` says."""

    def __init__(
        self,
        settings: LearnFlowJwt,
        environment: Mapping[str, str],
        *,
        spend: Spend | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """ValueError (a sentence) when the settings cannot work; `clock` gives seconds since the epoch.

        `spend` remembers what was used where `single_use` asks for it; without, this object does.
        """
        self._settings = settings
        self._clock = clock
        self._secret = _secret(settings, environment)
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = float("-inf")
        self._lock = asyncio.Lock()
        self._spend = spend or Memory(clock).spend
        if self.on and not (settings.issuer and settings.audience):
            raise ValueError("LearnFlowJwt needs `issuer` and `audience` beside its keys.")
        if settings.jwks_url and self._secret:
            raise ValueError("LearnFlowJwt takes either `jwks_url` or a shared secret, not both.")
        if settings.jwks_url and not _safe(settings.jwks_url):
            raise ValueError("LearnFlowJwt.jwks_url begins with https://: keys must come from whom they say.")

    @property
    def on(self) -> bool:
        """Whether such tokens are taken at all."""
        return bool(self._settings.jwks_url or self._secret)

    @staticmethod
    def looks_like_one(token: str) -> bool:
        """Whether `token` has the three parts of a JWT; a token of the hub has none of the dots."""
        return token.count(".") == 2

    async def read(self, token: str, method: str) -> Claims:
        """What `token` says, for a request with `method`.

        NotSignedIn when it is not good, Forbidden when it may only read, Unavailable when the issuer's keys
        cannot be had.
        """
        settings = self._settings
        try:
            if len(token) > LONGEST_TOKEN:
                raise jwt.InvalidTokenError("too long")
            key, algorithms = await self._key_for(jwt.get_unverified_header(token))
            found = jwt.decode(
                token,
                key,
                algorithms=algorithms,
                audience=settings.audience,
                issuer=settings.issuer,
                leeway=settings.leeway_seconds,
                options={"require": ["exp", "iat", "iss", "aud", settings.name_claim]},
            )
            claims = self._claims(found)
        except UnknownRole as error:
            log.info("a token was refused", reason=str(error))
            raise Forbidden(NO_SUCH_ROLE) from error
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            # Why is for the log: whoever tries tokens out is not told how near they came.
            log.info("a token was refused", reason=f"{type(error).__name__}: {error}")
            raise NotSignedIn(NOT_VALID) from error
        await self._refuse_replay(found)
        if claims.read_only and method not in READ_METHODS:
            raise Forbidden("This token may only read.")
        return claims

    def _claims(self, found: dict[str, Any]) -> Claims:
        lifetime = float(found["exp"]) - float(found["iat"])
        if not 0 < lifetime <= self._settings.longest_minutes * 60:
            raise jwt.InvalidTokenError(f"lives {lifetime:.0f} s, which is longer than is taken")
        name = found[self._settings.name_claim]
        # Nothing invisible: no line feeds, no half characters, none without width.
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise jwt.InvalidTokenError("names nobody")
        scope = found.get("scope", "")
        courses = found.get("courses")
        if not isinstance(scope, str) or not (courses is None or isinstance(courses, list)):
            raise jwt.InvalidTokenError("`scope` is a text, `courses` a list")
        role = found.get("role", "teacher")
        if role not in ROLES:
            # Perhaps meant to narrow in a way that we do not know: better none than too much.
            raise UnknownRole(f"`role` is {str(role)[:40]!r}")
        return Claims(
            name=name,
            read_only="learnflow:read" in scope.split(),
            courses=None if courses is None else frozenset(str(each) for each in courses),
            as_student=role == "student",
        )

    async def _key_for(self, header: Mapping[str, Any]) -> tuple[Any, list[str]]:
        if self._secret:
            return self._secret, ["HS256"]
        kid = header.get("kid")
        if not isinstance(kid, str):
            raise jwt.InvalidTokenError("names no key")
        await self._refresh(kid)
        if not self._keys:
            raise Unavailable(
                "We cannot check your token right now. Please try again in a moment.",
                retry_after=AGAIN_SECONDS,
            )
        key = self._keys.get(kid)
        if key is None:
            raise jwt.InvalidTokenError("names a key that the issuer does not have")
        return key.key, [key.algorithm_name]

    async def _refresh(self, kid: str) -> None:
        """Have the issuer's keys, not too old, and asked for again when `kid` is not among them."""
        async with self._lock:
            age = self._clock() - self._fetched
            if age < AGAIN_SECONDS or (age < REFRESH_SECONDS and kid in self._keys):
                return
            try:
                answer = await AsyncHTTPClient().fetch(
                    self._settings.jwks_url,
                    request_timeout=KEYS_TIMEOUT_SECONDS,
                    follow_redirects=False,
                )
                if len(answer.body) > LARGEST_KEY_SET:
                    raise ValueError("the key set is too large")
                self._keys = _keys(msgspec.json.decode(answer.body))
            except (HTTPClientError, OSError, ValueError, msgspec.MsgspecError, jwt.PyJWTError) as error:
                # The keys that we have stay good; without any, `_key_for` says so.
                log.error("the issuer's keys cannot be had", url=self._settings.jwks_url, error=str(error))
            self._fetched = self._clock()

    async def _refuse_replay(self, found: dict[str, Any]) -> None:
        """Where tokens are for one use: NotSignedIn for the second."""
        if not self._settings.single_use:
            return
        number = found.get("jti")
        if isinstance(number, str) and number:
            mark = hashlib.sha256(f"{found['iss']}\n{number}".encode(errors="surrogatepass")).hexdigest()
            if await self._spend(mark, float(found["exp"]) + self._settings.leeway_seconds):
                return
        log.info("a token was refused", reason="used before, or without a `jti`")
        raise NotSignedIn(NOT_VALID)


def _safe(url: str) -> bool:
    """Whether nobody between us and the keys can change them."""
    parsed = urlsplit(url)
    return parsed.scheme == "https" or (parsed.scheme == "http" and parsed.hostname == "127.0.0.1")


def _secret(settings: LearnFlowJwt, environment: Mapping[str, str]) -> bytes:
    if settings.secret_file:
        found = Path(settings.secret_file).read_bytes().strip()
    else:
        found = environment.get(settings.secret_env, "").encode()
    if found and len(found) < SHORTEST_SECRET:
        raise ValueError(f"The secret of LearnFlowJwt needs {SHORTEST_SECRET} bytes or more.")
    return found


def _keys(document: Any) -> dict[str, jwt.PyJWK]:
    """The usable keys of a JSON Web Key Set by their `kid`: RSA and EC keys that sign, nothing shared."""
    found: dict[str, jwt.PyJWK] = {}
    for entry in document["keys"] if isinstance(document, dict) else ():
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or not entry.get("kid"):
            continue
        algorithm = {"RSA": "RS256", "EC": "ES256"}.get(str(entry.get("kty")))
        if algorithm is None or entry.get("alg", algorithm) != algorithm:
            continue
        try:
            found[str(entry["kid"])] = jwt.PyJWK(entry, algorithm)
        except jwt.PyJWTError as error:
            log.warning("a key of the issuer cannot be used", kid=str(entry["kid"])[:64], error=str(error))
    return found
