"""Sign-in from a learning platform: LTI 1.3 by `ltiauthenticator`, with groups of the course it comes from.

The hub says who is in which course, as ever, so the authenticator manages groups: each launch says anew what
its person is in that one course. Where a student's grades may be told is passed on to the service, which
alone keeps it. Of a launch the hub keeps with its user only by whom of the platform the name was taken first:
a name may be what a link's own settings say, and so be anybody's.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from http.client import responses
from typing import Any

import jwt
import msgspec
from jupyterhub import orm
from ltiauthenticator.lti13.auth import LTI13Authenticator
from ltiauthenticator.lti13.error import InvalidAudienceError, ValidationError
from ltiauthenticator.lti13.handlers import LTI13CallbackHandler, LTI13LoginInitHandler
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.web import HTTPError
from traitlets import default

from learnflow_ext.contracts.lti import AUDIENCE, CLAIM, LASTS_S, Launch, signing_key
from learnflow_ext.settings import SERVICE_NAME, LearnFlow, LearnFlowLti

from .lti_claims import CONTEXT, DEPLOYMENT, SOMEBODY_ELSE, Arrival, Refused, Rules, read, shown
from .names import USERNAME_PATTERN
from .services import service_path

TRIES = 8
SESSION_COOKIE = "lti13authenticator-session"
"""Whose session this browser has, and which."""
SESSION_DAYS = 31
"""As old as the hub lets a cookie become that it signed."""
OWNER = "lti"
"""In the hub's `user_info` of a user: whose name it is."""
FIRST_PAUSE_S = 1.0
"""It doubles each time: the service has two minutes to come back. Then the student's next launch tells it."""
TIMEOUT_S = 10
CLOCKS_S = 300.0
"""How much longer than it is good a launch is remembered, for clocks that differ."""

NOT_FROM_HERE = (
    "Please open the classroom from your course on the learning platform: its link there signs you in."
)
ONCE_MORE = (
    "That sign-in from your learning platform cannot be taken: it was too old, or not meant for this"
    " classroom. Please open the link in your course once more, and tell whoever runs the classroom if it"
    " happens again."
)
NOT_OURS = (
    "This link comes from another learning platform than the one that the classroom is connected with, or"
    " under another id. Please tell that to whoever runs the classroom."
)


def _set_across_sites(handler: Any, key: str, value: str, *, days: int) -> None:
    """A cookie that comes with the platform's answer, which is a form that another site sends: browsers keep
    a cookie from it unless it says so, which they take over HTTPS alone."""
    https = handler.authenticator.get_uri_scheme(handler.request) == "https"
    more = {"samesite": "None", "secure": True} if https else {}
    handler._set_cookie(key, value, expires_days=days, httponly=True, encrypted=True, **more)


class Taken:
    """Launches that were taken: none is taken twice, also not by who has the cookies that came with it.

    In memory: the hub is one process, and what it forgets with a restart is good for as long as the platform
    signed it for, minutes.
    """

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def first(self, nonce: str, until: float) -> bool:
        """Whether a launch with that `nonce` comes for the first time; it is good `until` then, in seconds
        since the epoch."""
        at = time.time() - CLOCKS_S
        self._until = {each: end for each, end in self._until.items() if end > at}
        if nonce in self._until:
            return False
        self._until[nonce] = until
        return True


class LoginHandler(LTI13LoginInitHandler):
    """`lti13/oauth_login`: the platform sends a browser here first."""

    def post(self) -> None:
        """On to the platform, which says who it is. Who came by themselves is told where to begin."""
        issuer, client = self.get_argument("iss", ""), self.get_argument("client_id", "")
        ours = self.authenticator
        if not issuer:
            raise HTTPError(400, NOT_FROM_HERE, reason=responses[400])
        if not client and len(ours.client_id) == 1:
            # Some platforms leave it out, and want it in what we ask them.
            (client,) = ours.client_id
            self.request.arguments["client_id"] = [client.encode()]
        if issuer != ours.issuer or client not in ours.client_id:
            self.log.warning("LTI login refused: issuer %s, client %s", shown(issuer), shown(client))
            raise HTTPError(403, NOT_OURS, reason=responses[403])
        super().post()

    get = post

    def _set_oauth_cookie(self, key: str, value: str) -> None:
        _set_across_sites(self, key, value, days=1)


class CallbackHandler(LTI13CallbackHandler):
    """`lti13/oauth_callback`: the platform's signed word comes here."""

    async def post(self) -> None:
        """As theirs, but the platform's keys are fetched beside the hub's work, which would stand still."""
        check = super().decode_and_validate_launch_request
        self._checked = asyncio.get_running_loop().run_in_executor(None, check)
        await asyncio.wait([self._checked])
        await super().post()

    def decode_and_validate_launch_request(self) -> dict[str, Any]:
        """The verified claims. HTTPError with a sentence when they are not; the log says what was wrong."""
        try:
            claims: dict[str, Any] = self._checked.result()
            if not self.authenticator.taken.first(str(claims["nonce"]), float(claims["exp"])):
                raise ValidationError("it was taken before")
            return claims
        except (ValidationError, HTTPError) as error:
            status = 401 if isinstance(error, InvalidAudienceError) else 400
            self.log.warning("LTI launch refused: %s", error)
            raise HTTPError(status, ONCE_MORE, reason=responses[status]) from None

    def set_login_cookie(self, user: Any) -> None:
        """As theirs; and whoever came with this browser before is signed in no more, in any part.

        Each part of the classroom keeps a token in a cookie of its own until the hub ends the session that it
        belongs to. Of the hub's cookies, by which it knows the session, none may come with the platform's
        answer.
        """
        kept = (self.get_secure_cookie(SESSION_COOKIE) or b"").decode()
        whose, _, session = kept.partition(":")
        if whose == str(user.id):
            self._session_id = session
        else:
            self._session_id = uuid.uuid4().hex
            if session:
                theirs = {"user_id": int(whose), "session_id": session}
                for token in self.db.query(orm.APIToken).filter_by(**theirs):
                    self.db.delete(token)
                self.db.commit()
        self.set_session_cookie()
        super().set_login_cookie(user)
        _set_across_sites(self, SESSION_COOKIE, f"{user.id}:{self._session_id}", days=SESSION_DAYS)


class LearnFlowLTI13Authenticator(LTI13Authenticator):
    """Lets in who comes from a course that is connected with one of ours, and puts them into its group."""

    login_handler = LoginHandler
    callback_handler = CallbackHandler

    @default("username_pattern")
    def _default_username_pattern(self) -> str:
        return USERNAME_PATTERN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settings, lti = LearnFlow(config=self.config), LearnFlowLti(config=self.config)
        self._rules = Rules(
            courses=dict(lti.courses),
            ours=frozenset(settings.courses),
            deployments=frozenset(lti.deployments),
            name_claim=self.username_key,
        )
        self._passes_back = lti.passes_back
        self._telling: set[asyncio.Task[None]] = set()
        self.taken = Taken()

    async def authenticate(self, handler: Any, data: dict[str, Any] | None = None) -> dict[str, Any]:
        """The person of a verified launch, and their groups. HTTPError 403, with a sentence, for others."""
        claims = data or {}
        try:
            arrival = read(claims, self._rules)
            # As the hub will call them, which has a `username_map`.
            name = self.normalize_username(arrival.name)
            known = handler.find_user(name)
            info = self._owned((known.user_info if known is not None else None) or {}, arrival)
        except Refused as refused:
            self.log.warning(
                "LTI launch refused: %s (context %s, deployment %s)",
                refused,
                shown(str(claims.get(CONTEXT))),
                shown(str(claims.get(DEPLOYMENT))),
            )
            raise HTTPError(403, str(refused), reason=responses[403]) from None
        before = [group.name for group in known.groups] if known is not None else []
        if arrival.launch is not None and self._passes_back:
            launch = msgspec.structs.replace(arrival.launch, user=name)
            task = asyncio.create_task(self._tell(launch))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)
        return {
            "name": arrival.name,
            "auth_state": None,
            "groups": arrival.groups(before),
            "user_info": info,
        }

    def _owned(self, info: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
        """What the hub knows of a user besides, with who they are on the platform. Refused for another person
        than before; on another platform everybody is."""
        owner = {"issuer": self.issuer, "person": hashlib.sha256(arrival.subject.encode()).hexdigest()}
        before = info.get(OWNER)
        if isinstance(before, dict) and before.get("issuer") == self.issuer and before != owner:
            raise Refused(f"{SOMEBODY_ELSE} The name is {shown(arrival.name)}.")
        return {**info, OWNER: owner}

    def check_allowed(self, username: str, authentication: dict[str, Any] | None = None) -> bool:
        """Whoever comes from a connected course, and whom the hub's own settings let in."""
        if authentication is not None and authentication.get("groups"):
            return True
        return bool(super().check_allowed(username, authentication))

    async def _tell(self, launch: Launch) -> None:
        """Tell the service, which may be starting. Nobody waits for it."""
        pause = FIRST_PAUSE_S
        for tried in range(1, TRIES + 1):
            problem = await self._tell_once(launch)
            if not problem:
                return
            self.log.warning("The service was not told of an LTI launch, try %d: %s", tried, problem)
            await asyncio.sleep(pause)
            pause *= 2
        self.log.error("The service was not told of an LTI launch: the student's next one will tell it.")

    async def _tell_once(self, launch: Launch) -> str:
        """Why it did not work; empty when it did."""
        url, token = self._service()
        moment = int(time.time())
        word = {
            "aud": AUDIENCE,
            "iat": moment,
            "exp": moment + LASTS_S,
            CLAIM: msgspec.to_builtins(launch),
        }
        signed = jwt.encode(word, signing_key(token), algorithm="HS256")
        request = HTTPRequest(
            url,
            method="POST",
            headers={"Authorization": f"Bearer {signed}"},
            body=b"",
            request_timeout=TIMEOUT_S,
            follow_redirects=False,
        )
        try:
            answer = await AsyncHTTPClient().fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as error:
            return f"{type(error).__name__}: {error}"
        return "" if answer.code < 300 else f"it answered {answer.code}"

    def _service(self) -> tuple[str, str]:
        """The service's address for launches, and the token that it shows to the hub."""
        (entry,) = [each for each in self.parent.services if each["name"] == SERVICE_NAME]
        return f"{entry['url'].rstrip('/')}{service_path('api/lti/launches')}", entry["api_token"]
