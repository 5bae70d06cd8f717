"""What the hub itself tells the service: a short-lived token that it signs with what the two have in common.

The hub knows the token that the service shows to it, and nobody else does. It has no account that could
sign in here, and needs none.
"""

from __future__ import annotations

from typing import Any

import jwt

from learnflow_ext.contracts.errors import Forbidden, NotSignedIn
from learnflow_ext.contracts.lti import AUDIENCE, LASTS_S, signing_key

LEEWAY_S = 30
"""How far the clocks of hub and service may be apart."""

NOT_THE_HUB = "This address is for the hub alone."


def read(header: str, service_token: str) -> dict[str, Any]:
    """The claims in the `Authorization` header of a request of the hub's. NotSignedIn where there is none,
    Forbidden where somebody else made it, or where it is too old."""
    kind, _, word = header.partition(" ")
    if kind.lower() != "bearer" or word.count(".") != 2:
        raise NotSignedIn(NOT_THE_HUB)
    try:
        claims: dict[str, Any] = jwt.decode(
            word,
            signing_key(service_token),
            algorithms=["HS256"],
            audience=AUDIENCE,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iat", "aud"]},
        )
    except jwt.PyJWTError as error:
        raise Forbidden(NOT_THE_HUB) from error
    if claims["exp"] - claims["iat"] > LASTS_S:
        raise Forbidden(NOT_THE_HUB)
    return claims
