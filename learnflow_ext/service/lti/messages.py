"""What is said to a platform, and when: addresses, bodies, times and pauses. Pure.

Sources: LTI Assignment and Grade Services 2.0 (line items in 3.2, scores in 3.4), 1EdTech Security Framework
1.0 (4.1.1, a token for a signed request; RFC 7523), RFC 8288 for links to further pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import msgspec

from learnflow_ext.contracts.lti import LINEITEM, LINEITEM_READ, SCOPES, safe_url
from learnflow_ext.store.clock import iso

SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
LINEITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
CONTAINER_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

ASSERTION_S = 60
"""How long a signed request for a token is good."""
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
HELD_BACK = timedelta(minutes=1)
"""When to look again at a grade that may not be told yet: a deadline passes without an event."""
TAG = "learnflow"

_NEXT = re.compile(r'<([^<>]*)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)


class LineItem(msgspec.Struct, frozen=True):
    """What we read of a column."""

    id: str
    """Its address."""
    resourceId: str | None = None
    tag: str | None = None


class Granted(msgspec.Struct, frozen=True):
    """What we read of a token response."""

    access_token: str
    expires_in: float = 3600.0


def score(*, subject: str, given: float, maximum: float, as_of: datetime) -> dict[str, Any]:
    """Body of a final score of the person `subject`; `as_of`, aware, orders it among others of theirs."""
    return {
        "userId": subject,
        "scoreGiven": given,
        "scoreMaximum": maximum,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": iso(as_of),
    }


def as_of(graded_at: datetime, told: datetime | None) -> datetime:
    """The time that goes with a score: that of the grade, yet always a whole second after the one told last.

    A platform refuses what is not later than what it has, and some (Moodle) count whole seconds: of two
    grades within one, the second would be lost.
    """
    return graded_at if told is None else max(graded_at, told.replace(microsecond=0) + timedelta(seconds=1))


def resource_id(course: str, assignment: str) -> str:
    """By which we know our column again, within a course of the platform."""
    return f"{course}/{assignment}"


def line_item(*, course: str, assignment: str, title: str, maximum: float) -> dict[str, Any]:
    """Body of a new column."""
    return {
        "label": title or assignment,
        "scoreMaximum": maximum,
        "resourceId": resource_id(course, assignment),
        "tag": TAG,
    }


def mine(items: Sequence[LineItem], course: str, assignment: str) -> str:
    """Address of the assignment's column among `items`; empty for none. A platform may ignore the question
    and list all, those of others too."""
    wanted = resource_id(course, assignment)
    return next(
        (each.id for each in items if each.resourceId == wanted and each.tag == TAG and safe_url(each.id)), ""
    )


def scores_url(column: str) -> str:
    """Where scores of `column` are posted: `/scores` goes after its path, and before its query."""
    parts = urlsplit(column)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/scores"))


def search_url(lineitems: str, course: str, assignment: str) -> str:
    """Where to ask for the assignment's column; what the address asks already stays."""
    parts = urlsplit(lineitems)
    query = [*parse_qsl(parts.query, keep_blank_values=True)]
    query += [("resource_id", resource_id(course, assignment)), ("limit", "50")]
    return urlunsplit(parts._replace(query=urlencode(query)))


def next_page(link: str, base: str) -> str:
    """The next page that the header `Link` of an answer from `base` names; empty for none. It is on the same
    host, or it is none: our token goes there."""
    found = _NEXT.search(link)
    if found is None:
        return ""
    url = urljoin(base, found[1])
    same = urlsplit(url)[:2] == urlsplit(base)[:2]
    return url if same and safe_url(url) else ""


def wanted_scopes(offered: Sequence[str]) -> tuple[str, ...]:
    """What to ask a token for, of what the platform offers: not to read what may be written anyway."""
    covered = {LINEITEM_READ} if LINEITEM in offered else set()
    return tuple(each for each in SCOPES if each in offered and each not in covered)


def assertion(*, client_id: str, audience: str, at: int, mark: str) -> dict[str, Any]:
    """Claims of the signed request for a token; `at` in seconds since the epoch, `mark` used once."""
    return {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": at,
        "exp": at + ASSERTION_S,
        "jti": mark,
    }


def token_request(signed: str, scopes: Sequence[str]) -> str:
    """Body of the request for a token."""
    return urlencode(
        {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": signed,
            "scope": " ".join(scopes),
        }
    )


def pause(tries: int, asked: float | None = None) -> timedelta:
    """How long to wait after so many failures, from 1; at least the seconds that the platform `asked` for, an
    hour at most."""
    doubled = FIRST_PAUSE * (1 << min(max(tries - 1, 0), 20))
    least = timedelta(seconds=min(max(asked or 0.0, 0.0), LONGEST_PAUSE.total_seconds()))
    return min(max(doubled, least), LONGEST_PAUSE)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the platform asks to wait; None where it does not say, or says a date."""
    said = headers.get("Retry-After", "")
    return float(said) if said.isdecimal() and len(said) < 9 else None
