"""What `learnflow doctor --config` looks at: what the configuration names, by asking it."""

from __future__ import annotations

import asyncio
import os
import urllib.parse
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from learnflow_kernels.doctor import Finding
from sqlalchemy import text
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from traitlets.config import Config

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.events import kafka_clock
from learnflow_ext.events.kafka_client import KafkaCluster
from learnflow_ext.events.kafka_topics import KafkaUnavailable
from learnflow_ext.service.buses import cluster_of
from learnflow_ext.settings import LearnFlow, LearnFlowKafka, LearnFlowModel
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database

PATIENCE_SECONDS = 5
LOOPBACK = "127.0.0.1"
HUB_PORT = 8081
"""JupyterHub's own default."""
MOST_SKEW_SECONDS = 5.0
"""Tokens, deadlines and the order of events bear no more."""


async def examine(config: Config) -> list[Finding]:
    """Database, Kafka and hub with their clocks, the model's endpoint, the hub's address: a sentence each."""
    return [
        *await _database(LearnFlow(config=config)),
        *await _kafka(LearnFlowKafka(config=config)),
        *await _model(LearnFlowModel(config=config)),
        await _hub(config),
        _subdomains(config),
    ]


async def _database(settings: LearnFlow) -> list[Finding]:
    name = "database"
    db = Database(settings.resolved_database_url)
    try:
        state = await db.schema_state()
        if state.condition != "current":
            return [
                Finding(
                    name=name,
                    level="missing",
                    text=f"{db.name} has tables of version {state.found or 'none'}, not {state.expected}.",
                    advice="Run `learnflow db upgrade`; the service does it too when it starts.",
                )
            ]
        found = [Finding(name=name, level="strong", text=f"{db.name} answers, and its tables fit.")]
        if db.url.get_backend_name() == "postgresql":
            await db.open(create=False)
            async with db.connect() as conn:
                theirs: datetime = (await conn.execute(text("SELECT clock_timestamp()"))).scalar_one()
            found.append(clocks("database", (theirs - now()).total_seconds()))
        return found
    except LearnFlowError as error:
        advice = "A new deployment has none yet: the service makes it when it starts."
        return [Finding(name=name, level="missing", text=error.message, advice=advice)]
    finally:
        await db.close()


def clocks(whose: str, ahead: float) -> Finding:
    """How far another machine's clock is `ahead` of ours, in seconds; negative when behind."""
    if abs(ahead) <= MOST_SKEW_SECONDS:
        return Finding(name="clocks", level="strong", text=f"The {whose}'s clock and ours agree.")
    return Finding(
        name="clocks",
        level="missing",
        text=f"The {whose}'s clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} ours.",
        advice="Deadlines and tokens go by the clock: run NTP (chrony, systemd-timesyncd) on both machines.",
    )


async def _kafka(settings: LearnFlowKafka) -> list[Finding]:
    cluster = cluster_of(settings)
    if cluster is None:
        return []
    try:
        client = AdminClient(cluster.common())
        brokers = (await asyncio.to_thread(client.list_topics, timeout=PATIENCE_SECONDS)).brokers
    except (KafkaException, ValueError) as error:
        return [
            Finding(
                name="Kafka",
                level="missing",
                text=f"{settings.bootstrap_servers} does not answer: {error}.",
                advice="Events wait in the database meanwhile, and nothing is lost.",
            )
        ]
    return [
        Finding(name="Kafka", level="strong", text=f"{len(brokers)} broker(s) answer."),
        await _kafka_clock(cluster),
    ]


async def _kafka_clock(cluster: KafkaCluster) -> Finding:
    """A broker deletes events by its clock, and by the times that ours wrote into them."""
    try:
        return clocks("Kafka broker", await kafka_clock.ahead(cluster, PATIENCE_SECONDS))
    except KafkaUnavailable as error:
        return Finding(
            name="clocks",
            level="weak",
            text=f"Kafka's clock is not known: {error.message}",
            advice=f"It takes the right to make, write and delete {cluster.prefix}{kafka_clock.TOPIC}….",
        )


async def _model(settings: LearnFlowModel) -> list[Finding]:
    """Asks for the list of models, which costs nothing."""
    if not settings.base_url:
        return []
    key = os.environ.get(settings.api_key_env, "")
    try:
        if settings.api_key_file:
            key = (await asyncio.to_thread(Path(settings.api_key_file).read_text, "utf-8")).strip()
        request = HTTPRequest(
            settings.base_url.rstrip("/") + "/models",
            headers={"Authorization": f"Bearer {key}"} if key else {},
            follow_redirects=False,
            request_timeout=PATIENCE_SECONDS,
            connect_timeout=PATIENCE_SECONDS,
        )
        status = (await AsyncHTTPClient().fetch(request, raise_error=False)).code
    except (OSError, ValueError, HTTPClientError) as error:
        return [Finding(name="model", level="missing", text=f"The model cannot be asked: {error}.")]
    if status in (401, 403):
        advice = f"Set the variable {settings.api_key_env} for this command and the hub, or api_key_file."
        text_ = "The model's endpoint refuses the key."
        return [Finding(name="model", level="missing", text=text_, advice=advice)]
    if status >= 500 or 300 <= status < 400:
        text_ = f"The model's endpoint answers with {status}."
        advice = "The tutor answers from its analysis alone meanwhile."
        return [Finding(name="model", level="missing", text=text_, advice=advice)]
    return [Finding(name="model", level="strong", text="The model's endpoint answers.")]


async def _hub(config: Config) -> Finding:
    """The hub's clock, which is on its every answer to within a second."""
    said = config.JupyterHub
    host = said.get("hub_connect_ip") or said.get("hub_ip") or LOOPBACK
    host = LOOPBACK if host in ("", "*", "0.0.0.0", "::") else host  # noqa: S104 - compared only
    base = urllib.parse.urlsplit(said.get("bind_url") or said.get("base_url") or "").path.rstrip("/")
    address = f"http://{host}:{said.get('hub_port') or HUB_PORT}"
    request = HTTPRequest(
        f"{said.get('hub_connect_url') or address}{base}/hub/health",
        follow_redirects=False,
        request_timeout=PATIENCE_SECONDS,
        connect_timeout=PATIENCE_SECONDS,
    )
    try:
        answer = await AsyncHTTPClient().fetch(request, raise_error=False)
        theirs = parsedate_to_datetime(answer.headers["Date"])
    except (OSError, ValueError, KeyError, HTTPClientError):
        return Finding(
            name="hub",
            level="weak",
            text=f"The hub does not answer at {request.url}, so its clock was not looked at.",
            advice="Where it should be running: `learnflow status`. Otherwise ask again once it does.",
        )
    return clocks("hub", (theirs - now()).total_seconds())


def _subdomains(config: Config) -> Finding:
    if config.JupyterHub.get("subdomain_host"):
        return Finding(
            name="subdomain_host", level="strong", text="Each user's pages have an address of their own."
        )
    return Finding(
        name="subdomain_host",
        level="weak",
        text="All users' pages share one address, so a page in one server could reach for another's.",
        advice="Before you open the hub to others: a wildcard DNS entry and c.JupyterHub.subdomain_host.",
    )
