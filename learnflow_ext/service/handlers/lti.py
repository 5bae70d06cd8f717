"""`api/lti/jwks`: our public key, for a learning platform; `api/lti/launches`: who came from there."""

from __future__ import annotations

from typing import Any

import msgspec

from learnflow_ext.contracts.errors import BadRequest, NotFound
from learnflow_ext.contracts.lti import CLAIM, LONGEST, SCOPES, Launch, safe_url
from learnflow_ext.service.handlers.base import ApiHandler
from learnflow_ext.store import lti
from learnflow_ext.store.clock import now

OFF = "This classroom passes no grades to a learning platform."


class KeySet(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `GET api/lti/jwks`: a JSON Web Key Set (RFC 7517)."""

    keys: tuple[dict[str, Any], ...]


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """Body of the answer to a launch."""

    waiting: int
    """Grades of the student that the platform is told now, because it does not know them."""


class KeySetHandler(ApiHandler):
    """`GET api/lti/jwks`, open to all: public keys are."""

    async def get(self) -> None:
        key = self.parts.pass_back.key
        if key is None:
            raise NotFound(OFF)
        # The platform may keep it for a while; a new key comes with a new name.
        self.set_header("Cache-Control", "public, max-age=600")
        self.answer(KeySet(keys=(key.public,)))


class LaunchesHandler(ApiHandler):
    """`POST api/lti/launches`: the hub tells of a student who came; all of it is in its word."""

    async def post(self) -> None:
        if not self.parts.pass_back.on:
            raise NotFound(OFF)
        launch = launch_in(self.hub_word)
        if launch.course not in self.parts.settings.courses:
            raise NotFound("There is no such course here.")
        at = now()
        waiting = await self.parts.db.retrying(lambda conn: lti.remember(conn, launch, at))
        self.log.info("a student came from the learning platform", course=launch.course, grades=waiting)
        self.answer(Remembered(waiting=waiting))


def launch_in(word: dict[str, Any]) -> Launch:
    """The launch that the hub tells of. BadRequest where it does not fit: their versions differ."""
    try:
        launch = msgspec.convert(word.get(CLAIM), Launch)
    except msgspec.ValidationError as error:
        raise BadRequest(f"The launch does not fit: {error}.") from error
    names = (launch.course, launch.user, launch.issuer, launch.client_id, launch.context, launch.subject)
    if not all(0 < len(each) <= LONGEST for each in names) or len(launch.deployment) > LONGEST:
        raise BadRequest("The launch does not fit: a name is missing or too long.")
    if not safe_url(launch.lineitems) or not set(launch.scopes) <= set(SCOPES):
        raise BadRequest("The launch does not fit: its address or its scopes are none that we know.")
    return launch
