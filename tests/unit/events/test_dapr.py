"""What Dapr documents of components, subscriptions and CloudEvents, held against ours. No Dapr runs here."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event

from learnflow_ext.contracts.events import EVENT_TYPES, TOPICS, Envelope, SubmissionGraded
from learnflow_ext.events.topics import ALL_TOPICS
from learnflow_ext.events.wire import to_message

FOLDER = Path(__file__).parents[3] / "hub_config" / "dapr"
FILES: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text()) for path in FOLDER.glob("*.yaml")
}
COMPONENTS = {
    "pubsub": ("pubsub.kafka", "v1", {"brokers", "authType"}),
    "statestore": ("state.postgresql", "v2", {"connectionString"}),
    "configuration": ("configuration.postgresql", "v1", {"connectionString", "table"}),
    "secrets": ("secretstores.local.file", "v1", {"secretsFile"}),
}
"""Type, version, and the fields that Dapr's reference calls required."""


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_has_what_dapr_requires(name: str) -> None:
    component = FILES[name]
    type_, version, required = COMPONENTS[name]
    assert (component["apiVersion"], component["kind"]) == ("dapr.io/v1alpha1", "Component")
    assert (component["spec"]["type"], component["spec"]["version"]) == (type_, version)
    metadata = component["spec"]["metadata"]
    assert required <= {field["name"] for field in metadata}
    for field in metadata:
        assert ("value" in field) != ("secretKeyRef" in field)
        assert isinstance(field.get("value", ""), str), "Dapr takes texts alone"
        if field["name"] == "connectionString":
            assert "secretKeyRef" in field, "a password stands in no component"
            assert component["auth"]["secretStore"] == FILES["secrets"]["metadata"]["name"]


def test_the_subscription_names_our_component_topics_and_types() -> None:
    subscription = FILES["subscription"]
    assert (subscription["apiVersion"], subscription["kind"]) == ("dapr.io/v2alpha1", "Subscription")
    spec = subscription["spec"]
    assert spec["pubsubname"] == FILES["pubsub"]["metadata"]["name"]
    assert spec["topic"] in TOPICS
    assert spec["deadLetterTopic"] in ALL_TOPICS
    for rule in spec["routes"]["rules"]:
        name = rule["match"].removeprefix('event.type == "').removesuffix('"')
        assert EVENT_TYPES[name].TOPIC == spec["topic"]
    assert set(subscription["scopes"]) == set(FILES["pubsub"]["scopes"])


def test_an_envelope_is_what_dapr_hands_on_as_it_is() -> None:
    """Dapr wraps what is no CloudEvent. Ours has the content-type and the attributes by which it sees one."""
    event = SubmissionGraded(
        course="c", student="ada", submission_id="s", assignment="a", status="graded", score=1, max_score=2
    )
    envelope = Envelope(
        id="6b2f5c1e-0000-4000-8000-000000000001", sequence=7, time="2026-03-01T09:00:00.000001Z", event=event
    )
    message = to_message(envelope, "p" * 32)
    assert message.headers["content-type"] == b"application/cloudevents+json"
    body = json.loads(message.value)
    assert {"id", "source", "specversion", "type"} <= set(body)
    assert body["specversion"] == "1.0"
    assert body["datacontenttype"] == "application/json"
    assert isinstance(body["data"], dict), "Dapr passes JSON data as an object, not as text"
    assert all(isinstance(value, str) for name, value in body.items() if name != "data")
    assert all(name.islower() and name.isalnum() for name in body), "as CloudEvents names attributes"
    assert datetime.fromisoformat(body["time"]).tzinfo is not None
    read = from_kafka_event(
        KafkaMessage(headers=message.headers, key=message.key.encode(), value=message.value)
    )
    assert read.get_type() == "org.learnflow.submission.graded.v1"
    assert read.get_extension("partitionkey") == message.key
