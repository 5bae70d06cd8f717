"""Who may come in, and how often they may ask."""

from __future__ import annotations

from traitlets import Bool, Float, Integer, Unicode
from traitlets.config import Configurable


class LearnFlowJwt(Configurable):
    """JSON Web Tokens of programs outside the hub. Off until `jwks_url` or a shared secret is set.

    Such a token says who somebody is, and may narrow what they may do; groups of the hub say the rest.
    """

    issuer = Unicode(
        "",
        help="Who signs the tokens: their `iss` claim must be exactly this, for instance `https://id.school`.",
    ).tag(config=True)

    audience = Unicode(
        "learnflow",
        help="""Whom the tokens are for: their `aud` claim must name it. A token made for another program of
        the same issuer is refused.""",
    ).tag(config=True)

    jwks_url = Unicode(
        "",
        help="""Where the issuer publishes its public keys (a JSON Web Key Set), `https://…`. RS256 and ES256
        are taken, each key with its own algorithm only. Asked for every ten minutes, and when a new key
        appears.""",
    ).tag(config=True)

    secret_env = Unicode(
        "LEARNFLOW_JWT_SECRET",
        help="""Environment variable of the service with a shared secret of 32 bytes or more, for HS256. For a
        small site where one script of your own makes the tokens; whoever has the secret can be anybody. Not
        together with `jwks_url`. Never put the secret itself here.""",
    ).tag(config=True)

    secret_file = Unicode(
        "", help="File with that secret, readable for the service alone; goes before the variable."
    ).tag(config=True)

    name_claim = Unicode(
        "sub", help="Which claim has the hub's user name, for instance `sub` or `preferred_username`."
    ).tag(config=True)

    leeway_seconds = Integer(30, min=0, help="How many seconds the issuer's clock and ours may differ.").tag(
        config=True
    )

    longest_minutes = Integer(
        60,
        min=1,
        help="""Longest life of a token that is taken, in minutes, from its `iat` to its `exp`. What is stolen
        is of use for so long.""",
    ).tag(config=True)

    single_use = Bool(
        False,
        help="""Take each token once, by its `jti` claim: right for clients that get a token a request. What
        was used is kept in the database until it expires, so it holds across restarts and replicas. Off, a
        token works until it expires.""",
    ).tag(config=True)


class LearnFlowApi(Configurable):
    """What the service's addresses take from one person and one course."""

    idempotency_hours = Float(
        24.0,
        min=0.1,
        help="""For how many hours the answer to a request with an `Idempotency-Key` is kept, so that a client
        which lost it may ask again without anything being done twice.""",
    ).tag(config=True)

    requests_per_minute = Float(
        1200.0,
        min=0.0,
        help="""How many requests a minute one person may send in the long run; 0 for no limit. A page and a
        notebook stay far below; a script in a loop does not. More are told to wait so many seconds (429).
        Replicas on one PostgreSQL tell each other once a second what they let in, so this holds for all of
        them together; no request waits for that. Health, metrics, static files and whether an exam is on are
        never counted.""",
    ).tag(config=True)

    requests_at_once = Float(
        300.0,
        min=1.0,
        help="""How many requests a person may send at once before `requests_per_minute` holds. Within the
        second in which replicas do not know of each other's yet it may be as many at each; what was too much
        is waited for afterwards.""",
    ).tag(config=True)

    course_requests_per_minute = Float(
        30_000.0,
        min=0.0,
        help="""How many requests a minute all students of a course may send together in the long run, so that
        one course leaves room for the others; 0 for no limit. Teachers are not counted: their dashboard works
        while a class is told to wait.""",
    ).tag(config=True)

    course_requests_at_once = Float(
        6000.0,
        min=1.0,
        help="""How many at once before `course_requests_per_minute` holds: a whole class that opens an
        assignment in the same minute.""",
    ).tag(config=True)
