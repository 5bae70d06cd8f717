"""What the hub tells the service about a student's launch from a learning platform (LTI 1.3)."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

import msgspec

AUDIENCE = "learnflow-lti"
"""The `aud` claim of what the hub signs for the service."""
CLAIM = "launch"
"""The claim with the `Launch`."""
LASTS_S = 60
"""How long such a word of the hub's is good."""
LONGEST = 255
LONGEST_URL = 1_000

SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LINEITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LINEITEM_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
SCOPES = (LINEITEM, LINEITEM_READ, SCORE)
"""All that is ever asked of a platform: to find and make columns, and to write scores into them."""

_HERE = ("127.0.0.1", "localhost", "::1")


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """A student came from the platform into one course, and where their grades may be told."""

    course: str
    """Ours, not the platform's."""
    user: str
    """The hub's user name."""
    issuer: str
    """The platform, as it names itself."""
    client_id: str
    """Ours at the platform."""
    deployment: str
    context: str
    """The platform's id of the course."""
    subject: str
    """The platform's id of the person. Personal."""
    lineitems: str
    """Address of the course's gradebook columns."""
    scopes: tuple[str, ...]
    """Which of `SCOPES` the platform offers."""


def safe_url(url: str) -> bool:
    """Whether a token or a grade may be sent there: `https`, or this machine; and no endless text."""
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > LONGEST_URL:
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        # Both raise what no connection should end with: a port or a label that is none.
        _ = parts.port, host.encode("idna")
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _HERE))


def signing_key(service_token: str) -> bytes:
    """The key (HS256) of the hub's word to the service, from the token that the two have in common."""
    return hmac.new(service_token.encode(), AUDIENCE.encode(), hashlib.sha256).digest()
