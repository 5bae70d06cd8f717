"""Settings that only the hub reads; what the service needs too is in `learnflow_ext.settings`."""

from __future__ import annotations

from traitlets import Enum, Integer, List, Unicode
from traitlets.config import Configurable


class LearnFlowHub(Configurable):
    """The hub's side of the classroom."""

    idle_minutes = Integer(
        60,
        min=0,
        help="""Minutes without activity after which a user's server is stopped; their files stay, and the
        next visit starts it again. Each idle server holds about 100 MB. 0 never stops one.""",
    ).tag(config=True)

    service_variables = List(
        Unicode(),
        help="""Further environment variables of the hub that LearnFlow's service gets, by name, for instance
        `["KAFKA_PASSWORD"]` where `LearnFlowKafka.client` reads it. The service reads this file too, and sees
        nothing of the hub's environment but what is named here, what `LearnFlowJwt.secret_env`,
        `LearnFlowModel.api_key_env` and `LearnFlowMail.url_env` name, and what PostgreSQL's client, a
        proxy and TLS need. No student's server gets any of it.""",
    ).tag(config=True)

    apart = List(
        Enum(["proxy", "service"]),
        help="""Parts that `learnflow up` starts beside the hub, and the hub does not: each can then be
        started, stopped and updated alone (`learnflow up proxy`). With the proxy apart nobody who works in
        their notebook is cut off while the hub is started again. Empty, the default, the hub starts both,
        which is right for most, and wherever the hub is started in another way than by `learnflow up`.""",
    ).tag(config=True)

    service_address = Unicode(
        "",
        help="""Where LearnFlow's service answers when something else than the hub starts it, as the hub's
        proxy sees it, for instance `http://balancer:8888`: several replicas behind a balancer, in containers
        of their own. Empty, the hub starts one by itself, which is right for one machine.""",
    ).tag(config=True)

    service_token_env = Unicode(
        "LEARNFLOW_SERVICE_TOKEN",
        help="""Environment variable of the hub with the token that such a service shows to it (its replicas
        have the same in JUPYTERHUB_API_TOKEN): 32 random bytes or more, `openssl rand -hex 32`. Whoever has
        it can look up who is in which course. Never put the token itself here.""",
    ).tag(config=True)
