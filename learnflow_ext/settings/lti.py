"""How the classroom is opened from a learning platform, and grades find their way back."""

from __future__ import annotations

from traitlets import Dict, Float, Integer, List, Unicode
from traitlets.config import Configurable


class LearnFlowLti(Configurable):
    """LTI 1.3: Moodle, Canvas, Brightspace and others open the classroom and are told grades. Off until used.

    The platform itself is named by `c.LTI13Authenticator`; `use_lti(c)` puts both together. See
    docs/admins/lti.md.
    """

    courses = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="""Which course of the platform is which of ours: the platform's context id to a course in
        `c.LearnFlow.courses`, for instance `{"42": "python-basics"}`. Two sections may lead to one course.
        Somebody who comes from a course that is not here is refused, with its id on the page.""",
    ).tag(config=True)

    deployments = List(
        Unicode(),
        help="""Deployment ids of this tool at the platform, for instance `["1"]`. A launch from any other is
        refused, with its id in the hub's log: on a platform that many schools share, the id says which one
        it is.""",
    ).tag(config=True)

    token_url = Unicode(
        "",
        help="""Where the platform gives access tokens, for instance
        `https://moodle.school.org/mod/lti/token.php`. Empty passes no grades back.""",
    ).tag(config=True)

    token_audience = Unicode(
        "",
        help="""For whom the signed request for a token is, where the platform wants something else than
        `token_url`: Brightspace wants `https://api.brightspace.com/auth/token`.""",
    ).tag(config=True)

    key_file = Unicode(
        "",
        help="""File with the private RSA key (PEM, 2048 bits or more, no passphrase) with which the service
        shows the platform who it is, readable for the service alone: `openssl genrsa -out lti.pem 3072`. The
        platform finds the public half at `services/learnflow/api/lti/jwks`. Empty passes no grades back.""",
    ).tag(config=True)

    timeout_seconds = Float(
        15.0, min=1.0, help="How many seconds the platform has to answer one request."
    ).tag(config=True)

    tries = Integer(
        8,
        min=1,
        help="""How often a grade that the platform refuses is tried, with longer and longer pauses, before it
        is given up until the student's next grade or launch. While the platform does not answer at all,
        grades wait and no try is counted.""",
    ).tag(config=True)

    @property
    def passes_back(self) -> bool:
        """Whether grades are told to the platform."""
        return bool(self.token_url and self.key_file)
