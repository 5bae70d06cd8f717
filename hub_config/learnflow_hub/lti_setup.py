"""`use_lti(c)`: a classroom that is opened from a learning platform."""

from __future__ import annotations

from traitlets.config import Config

from learnflow_ext.contracts.lti import safe_url
from learnflow_ext.settings import LearnFlow, LearnFlowLti

AUTHENTICATOR = "learnflow_hub.lti.LearnFlowLTI13Authenticator"
ADDRESSES = ("authorize_url", "jwks_endpoint")


def use_lti(c: Config) -> None:
    """Sign in by LTI 1.3 alone, with groups as the platform says: call it before `setup_learnflow(c)`.

    The hub needs the extra `lti`. ValueError (a sentence) for settings with which nobody could come in, or
    which would send tokens or names over an open line.
    """
    lti, settings = LearnFlowLti(config=c), LearnFlow(config=c)
    platform = c.LTI13Authenticator
    for name in ("issuer", "client_id", *ADDRESSES):
        if not platform.get(name):
            raise ValueError(f"use_lti: set c.LTI13Authenticator.{name}; the platform shows it. See lti.md.")
    for where, url in (
        *((f"LTI13Authenticator.{name}", str(platform[name])) for name in ADDRESSES),
        ("LearnFlowLti.token_url", lti.token_url),
    ):
        if url and not safe_url(url):
            raise ValueError(f"use_lti: c.{where} must be an address that begins with https://.")
    unknown = sorted({*lti.courses.values()} - {*settings.courses})
    if unknown:
        raise ValueError(f"use_lti: c.LearnFlow.courses has no {', '.join(unknown)}.")
    if bool(lti.token_url) != bool(lti.key_file):
        raise ValueError("use_lti: to pass grades back set both LearnFlowLti.token_url and .key_file.")
    if isinstance(platform.client_id, str):
        platform.client_id = {platform.client_id}
    c.JupyterHub.authenticator_class = AUTHENTICATOR
    c.LearnFlowLTI13Authenticator.manage_groups = True
    if "username_key" not in platform:
        # An address may be changed by its owner, or be given to somebody else. This one never is.
        platform.username_key = "sub"
