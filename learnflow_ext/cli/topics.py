"""`learnflow topics`: the topics on Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import typer

from learnflow_ext.cli.where import ConfigOption, KafkaOption, kafka_settings
from learnflow_ext.events import kafka_clear, kafka_topics
from learnflow_ext.events.kafka_client import KafkaCluster
from learnflow_ext.events.kafka_topics import TopicState
from learnflow_ext.service import words
from learnflow_ext.service.buses import cluster_of

FOUND_A_PROBLEM = 1

WORDS = {
    "fits": "as it should be",
    "missing": "missing",
    "differs": "differs",
    "created": "created",
    "changed": "corrected",
}

app = typer.Typer(no_args_is_help=True, help="Make, list, check and clear the topics on Kafka.")
JsonOption = typer.Option(False, "--json", help="One JSON object a line and topic.")


@app.command()
def create(
    config: ConfigOption = None,
    kafka: KafkaOption = None,
    replication: int | None = typer.Option(
        None, min=1, help="On how many brokers new topics are kept. Default: as configured."
    ),
    as_json: bool = JsonOption,
) -> None:
    """Make missing topics and correct what differs. Safe to repeat; deletes nothing."""
    settings = kafka_settings(config, kafka)
    cluster = _cluster(settings.bootstrap_servers, cluster_of(settings))
    states = asyncio.run(kafka_topics.create(cluster, replication=replication or settings.replication))
    _show(states, as_json=as_json)
    _exit_for(states)


@app.command(name="list")
def list_(config: ConfigOption = None, kafka: KafkaOption = None, as_json: bool = JsonOption) -> None:
    """Show the topics: partitions, how long messages stay, the key, and what each carries."""
    _show(_states(config, kafka), as_json=as_json)


@app.command()
def check(config: ConfigOption = None, kafka: KafkaOption = None, as_json: bool = JsonOption) -> None:
    """Say what is missing or differs; exit code 1 when anything does. Changes nothing."""
    states = _states(config, kafka)
    _show(states, as_json=as_json)
    _exit_for(states)


@app.command()
def clear(
    before: datetime = typer.Option(
        help="Messages that were published before this moment, of UTC. The database's log keeps them.",
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
    ),
    config: ConfigOption = None,
    kafka: KafkaOption = None,
    yes: bool = typer.Option(False, "--yes", help="Really do it. It cannot be undone."),
) -> None:
    """Delete old messages before their time is up, as after an erasure. What a group has not done with stays.

    Without --yes it only says what would go.
    """
    settings = kafka_settings(config, kafka)
    cluster = _cluster(settings.bootstrap_servers, cluster_of(settings))
    found = asyncio.run(kafka_clear.clear(cluster, before.replace(tzinfo=UTC), really=yes))
    for topic in found:
        said = f"{words.many(topic.messages, 'message')} {'deleted' if yes else 'would go'}"
        if topic.waited_for:
            said += f", {topic.waited_for} kept for a group that has not done with them"
        typer.echo(f"{topic.name}  {said}")
    if not found:
        typer.echo("No topic holds a message from before then.")
    elif not yes:
        typer.echo("Nothing was deleted. Repeat this with --yes.")


def _states(config: Path | None, kafka: str | None) -> list[TopicState]:
    settings = kafka_settings(config, kafka)
    return asyncio.run(kafka_topics.states(_cluster(settings.bootstrap_servers, cluster_of(settings))))


def _cluster(address: str, cluster: KafkaCluster | None) -> KafkaCluster:
    assert cluster is not None, f"{address!r} was required to be there"
    return cluster


def _exit_for(states: Iterable[TopicState]) -> None:
    if any(state.problems for state in states):
        raise typer.Exit(FOUND_A_PROBLEM)


def _show(states: list[TopicState], *, as_json: bool) -> None:
    if as_json:
        for state in states:
            typer.echo(msgspec.json.encode(state).decode())
        return
    width = max(len(state.name) for state in states)
    for state in states:
        kept = "for ever" if state.retention_hours < 0 else f"{state.retention_hours / 24:g} days"
        parts = [f"{state.name:<{width}}", f"{WORDS[state.finding]:<15}"]
        if state.partitions:
            parts += [f"{state.partitions} partitions, {state.replication} copies, {kept}"]
        typer.echo("  ".join([*parts, state.carries]).rstrip())
        for problem in state.problems:
            typer.echo(f"{'':<{width}}  {problem}")
