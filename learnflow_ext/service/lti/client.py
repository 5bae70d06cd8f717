"""Talks to a platform's Assignment and Grade Services. What is said is made by the pure `messages`."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from learnflow_ext.contracts.lti import SCORE, safe_url
from learnflow_ext.service.lti import messages
from learnflow_ext.service.lti.keys import SigningKey
from learnflow_ext.service.lti.messages import Granted, LineItem
from learnflow_ext.settings import LearnFlowLti
from learnflow_ext.store.lti import Place

EARLY_S = 30.0
"""A token that ends within this time is not used any more."""
SHORTEST_S = 5.0
"""A token is used at least so long, whatever the platform says; what it refuses is asked for anew."""
MOST_PAGES = 20
LARGEST_ANSWER = 2**20
AT_ONCE = 8
"""Requests to the platform at the same time; others wait, and nobody else's requests for them."""
REPEATED = 120
"""Characters of a platform's refusal that go to the log."""

Body = TypeVar("Body")


class Away(Exception):
    """The platform does not answer, is busy, or does not know us: it is not about what was said to it."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        """`retry_after` in seconds, where the platform says so."""
        super().__init__(why)
        self.retry_after = retry_after


class Refused(Exception):
    """The platform will not have it; the text says why, for an administrator."""


class ColumnGone(Exception):
    """The platform does not know the column."""


class Newer(Exception):
    """The platform has a score that is as new, or newer: of ours, or a teacher's there."""


class AgsClient:
    """One platform, seen from the service. Not for use from several threads."""

    def __init__(
        self, settings: LearnFlowLti, key: SigningKey, *, clock: Callable[[], float] = time.time
    ) -> None:
        """`clock` gives seconds since the epoch. ValueError for a token address that is not safe."""
        if not safe_url(settings.token_url):
            raise ValueError("LearnFlowLti.token_url must be an address that begins with https://.")
        self._settings = settings
        self._key = key
        self._clock = clock
        self._tokens: dict[tuple[str, tuple[str, ...]], tuple[str, float]] = {}
        self._asking = asyncio.Lock()
        self._http: SimpleAsyncHTTPClient | None = None

    def close(self) -> None:
        """Let go of connections."""
        if self._http is not None:
            self._http.close()
            self._http = None

    async def column(self, place: Place, *, course: str, assignment: str, title: str, maximum: float) -> str:
        """Address of the assignment's column in the gradebook, made when there is none.

        Away or Refused when that cannot be known.
        """
        url: str = messages.search_url(place.lineitems, course, assignment)
        for _ in range(MOST_PAGES):
            answer = await self._ask(place, "GET", url, accept=messages.CONTAINER_TYPE)
            found = messages.mine(_read(answer, list[LineItem]), course, assignment)
            if found:
                return found
            url = messages.next_page(answer.headers.get("Link", ""), url)
            if not url:
                break
        body = messages.line_item(course=course, assignment=assignment, title=title, maximum=maximum)
        answer = await self._ask(
            place, "POST", place.lineitems, body, kind=messages.LINEITEM_TYPE, accept=messages.LINEITEM_TYPE
        )
        made = _read(answer, LineItem).id
        if not safe_url(made):
            raise Refused("it made a column at an address that is none")
        return made

    async def score(self, place: Place, column: str, body: dict[str, Any]) -> None:
        """Tell a score. ColumnGone, Newer, Away or Refused when the platform did not take it."""
        if SCORE not in place.scopes:
            raise Refused("it does not offer the scope to write scores; see what the tool may do there")
        await self._ask(place, "POST", messages.scores_url(column), body, kind=messages.SCORE_TYPE)

    async def _ask(
        self,
        place: Place,
        method: str,
        url: str,
        body: dict[str, Any] | None = None,
        *,
        kind: str = "",
        accept: str = "application/json",
    ) -> HTTPResponse:
        """One request with a token, and once more with a new one where that was refused."""
        for fresh in (False, True):
            token = await self._token(place, fresh=fresh)
            headers = {"Authorization": f"Bearer {token}", "Accept": accept}
            if body is not None:
                headers["Content-Type"] = kind
            sent = None if body is None else msgspec.json.encode(body)
            answer = await self._send(method, url, headers, sent)
            if answer.code != 401:
                break
        if answer.code < 300:
            return answer
        if answer.code == 404 and kind == messages.SCORE_TYPE:
            raise ColumnGone
        if answer.code == 409 and kind == messages.SCORE_TYPE:
            raise Newer
        raise Refused(_said(answer, f"{method} {url.partition('?')[0]}"))

    async def _token(self, place: Place, *, fresh: bool) -> str:
        """An access token, kept until it expires; a `fresh` one in place of it. Away when there is none."""
        key = (place.client_id, messages.wanted_scopes(place.scopes))
        before = self._tokens.get(key)
        async with self._asking:
            kept = self._tokens.get(key)
            # Another may have asked meanwhile.
            usable = kept is not None and kept[1] > self._clock() and not (fresh and kept is before)
            if kept is not None and usable:
                return kept[0]
            self._tokens.pop(key, None)
            granted = await self._grant(*key)
            lasts = max(granted.expires_in - EARLY_S, SHORTEST_S)
            self._tokens[key] = (granted.access_token, self._clock() + lasts)
            return granted.access_token

    async def _grant(self, client_id: str, scopes: tuple[str, ...]) -> Granted:
        url = self._settings.token_url
        claims = messages.assertion(
            client_id=client_id,
            audience=self._settings.token_audience or url,
            at=int(self._clock()),
            mark=uuid.uuid4().hex,
        )
        body = messages.token_request(self._key.sign(claims), scopes).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = await self._send("POST", url, headers, body)
        # Whatever the grade, and until its administrator or ours mends it: another key takes hours to arrive.
        if answer.code != 200:
            raise Away(_said(answer, "it gives no token"))
        try:
            return _read(answer, Granted)
        except Refused as error:
            raise Away(f"it gives no token: {error}") from error

    async def _send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> HTTPResponse:
        """Away when there was no answer, or one that says so. Refused for an address on this machine that is
        none of the platform's: our own parts listen there."""
        if urlsplit(url).scheme == "http" and urlsplit(self._settings.token_url).scheme != "http":
            raise Refused("it names an address on this machine")
        request = HTTPRequest(
            url,
            method=method,
            headers=headers,
            body=body,
            connect_timeout=self._settings.timeout_seconds,
            request_timeout=self._settings.timeout_seconds,
            # A token goes where it was meant to, and nowhere else.
            follow_redirects=False,
        )
        if self._http is None:
            self._http = SimpleAsyncHTTPClient(
                force_instance=True, max_clients=AT_ONCE, max_body_size=LARGEST_ANSWER
            )
        try:
            answer = await self._http.fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as error:
            raise Away(f"{type(error).__name__}: {error}") from error
        if answer.code >= 500 or answer.code in (408, 425, 429):
            raise Away(f"it answered {answer.code}", messages.retry_after(answer.headers))
        return answer


def _read(answer: HTTPResponse, kind: type[Body]) -> Body:
    """Refused for an answer that is none."""
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused(f"its answer cannot be read: {error}") from error


def _said(answer: HTTPResponse, what: str) -> str:
    """For the log and the record. No token is in it: what a platform answers to an error has none."""
    words = answer.body[: 4 * REPEATED].decode(errors="replace")
    words = "".join(each if each.isprintable() else " " for each in words)[:REPEATED].strip()
    return f"{what}: {answer.code} {words}".strip()
