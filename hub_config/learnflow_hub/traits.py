"""Settings that only the hub reads; what the service needs too is in `learnflow_ext.settings`."""

from __future__ import annotations

from traitlets import Integer
from traitlets.config import Configurable


class LearnFlowHub(Configurable):
    """The hub's side of the classroom."""

    idle_minutes = Integer(
        60,
        min=0,
        help="""Minutes without activity after which a user's server is stopped; their files stay, and the
        next visit starts it again. Each idle server holds about 100 MB. 0 never stops one.""",
    ).tag(config=True)
