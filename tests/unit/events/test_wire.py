"""Events as they travel."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import msgspec
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event

from learnflow_ext.contracts.events import (
    EVENT_TYPES,
    Envelope,
    Event,
    HelpAnswered,
    HelpAsked,
    ProgressChanged,
    RunFinished,
    StruggleDetected,
    SubmissionGraded,
)
from learnflow_ext.events.bus import BusMessage
from learnflow_ext.events.schemas import schema_of
from learnflow_ext.events.topics import dead_letter, require_known
from learnflow_ext.events.wire import WireError, claimed_folder, from_message, to_message

PSEUDONYM = "5f3c" * 8

ASKED = HelpAsked(
    course="python-basics",
    student="ada",
    request_id="r1",
    text="My name is Ada Lovelace, why does this fail?",
    agent="tutor",
    notebook="python-basics/first/first.ipynb",
    exception="NameError",
)


def ran(**changes: Any) -> RunFinished:
    return RunFinished(
        **{
            "course": "python-basics",
            "student": "ada",
            "run_id": "1",
            "notebook": "n.ipynb",
            "ok": False,
            "duration_ms": 1,
            "assignment": "first",
            "cell_id": "adas-cell",
            **changes,
        }
    )


def envelope(event: Event) -> Envelope:
    return Envelope(
        id="0f2ed1a1-1d31-4b6f-a6ee-8c2a3e0a8a11",
        sequence=42,
        time="2026-03-01T12:00:00.123456Z",
        event=event,
    )


def example_of(cls: type[Event]) -> Event:
    """An event of `cls` with something in every field that must be given."""
    samples: dict[Any, object] = {str: "x", int: 1, float: 1.0, bool: True, tuple[str, ...]: ("x",)}
    given = {field.name: samples[field.type] for field in msgspec.structs.fields(cls) if field.required}
    return msgspec.convert(given, cls)


class TestWhatLeaves:
    def test_no_personal_field_and_no_name_travels(self) -> None:
        message = to_message(envelope(ASKED), PSEUDONYM)
        for secret in (b"ada", b"Lovelace", b"first.ipynb"):
            assert secret not in message.value.lower() + message.key.encode()
        assert b"NameError" in message.value

    def test_the_cloudevents_sdk_reads_it(self) -> None:
        message = to_message(envelope(ASKED), PSEUDONYM)
        cloud = from_kafka_event(KafkaMessage(headers=message.headers, key=message.key, value=message.value))
        assert cloud.get_id() == "0f2ed1a1-1d31-4b6f-a6ee-8c2a3e0a8a11"
        assert cloud.get_type() == "org.learnflow.help.asked.v1"
        assert cloud.get_subject() == PSEUDONYM
        assert cloud.get_dataschema() == "urn:learnflow:schema:org.learnflow.help.asked.v1"
        moment = cloud.get_time()
        assert moment is not None
        assert moment.isoformat() == "2026-03-01T12:00:00.123456+00:00"

    def test_the_header_says_structured(self) -> None:
        assert to_message(envelope(ASKED), PSEUDONYM).headers == {
            "content-type": b"application/cloudevents+json"
        }

    def test_the_key_keeps_a_students_events_of_a_course_together(self) -> None:
        assert to_message(envelope(ASKED), PSEUDONYM).key == f"python-basics:{PSEUDONYM}"

    @pytest.mark.parametrize("type_", sorted(EVENT_TYPES))
    def test_every_type_fits_its_schema(self, type_: str) -> None:
        schema = schema_of(type_)
        jsonschema.Draft202012Validator.check_schema(schema)
        message = to_message(envelope(example_of(EVENT_TYPES[type_])), PSEUDONYM)
        body = json.loads(message.value)
        assert body["dataschema"] == schema["$id"]
        jsonschema.validate(body["data"], schema)
        assert not set(EVENT_TYPES[type_].PERSONAL) & set(schema["properties"])

    @pytest.mark.parametrize(
        ("event", "travels"),
        [
            (ran(exception="KeyError"), {"exception": "KeyError", "cell_id": "", "assignment": "first"}),
            (ran(exception="AdasOwnError"), {"exception": "Exception"}),
            (ran(exception=""), {"exception": ""}),
            (
                StruggleDetected(
                    course="c", student="ada", alert_id="1", trigger="t", assignment="a", exercise="adas-cell"
                ),
                {"exercise": "", "assignment": "a"},
            ),
        ],
    )
    def test_nothing_that_a_student_may_have_named(self, event: Event, travels: dict[str, str]) -> None:
        body = json.loads(to_message(envelope(event), PSEUDONYM).value)["data"]
        assert {name: body[name] for name in travels} == travels
        assert "adas" not in str(body).lower()

    def test_nor_a_folder_of_theirs(self) -> None:
        event = ran(assignment="dear-diary")
        assert claimed_folder(event) == ("python-basics", "dear-diary")
        assert b"diary" not in to_message(envelope(event), PSEUDONYM, own_folder=True).value
        changed = ProgressChanged(
            course="c", student="ada", assignment="a", best_score=1, max_score=2, level="Learning"
        )
        assert claimed_folder(changed) is None, "what the service graded is the course's"

    def test_an_unknown_type_has_no_schema(self) -> None:
        with pytest.raises(KeyError):
            schema_of("org.learnflow.nothing.happened.v1")


class TestWhatArrives:
    @pytest.mark.parametrize("type_", sorted(EVENT_TYPES))
    def test_every_type_comes_back_under_the_pseudonym_without_personal_fields(self, type_: str) -> None:
        event = example_of(EVENT_TYPES[type_])
        back = from_message(to_message(envelope(event), PSEUDONYM))
        expected = msgspec.structs.replace(
            event, student=PSEUDONYM, **dict.fromkeys(EVENT_TYPES[type_].PERSONAL, "")
        )
        assert back == envelope(expected)

    def test_somebody_elses_personal_text_is_not_let_in(self) -> None:
        body = json.loads(to_message(envelope(ASKED), PSEUDONYM).value)
        body["data"]["text"] = "smuggled"
        event = from_message(message(body)).event
        assert isinstance(event, HelpAsked)
        assert event.text == ""

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"type": "org.learnflow.help.asked.v2"}, "unknown event type"),
            ({"specversion": "0.3"}, "version"),
            ({"id": ""}, "id"),
            ({"id": "x" * 37}, "id"),
            ({"id": "a\0b"}, "id"),
            ({"id": 7}, "not a CloudEvent"),
            ({"sequence": "-1"}, "sequence"),
            ({"sequence": "9" * 21}, "sequence"),
            ({"sequence": "²"}, "sequence"),
            ({"time": "yesterday"}, "time"),
            ({"time": "2026-03-01T12:00:00"}, "zone"),
            ({"data": {"course": 1}}, "does not fit"),
            ({"data": "text"}, "not a CloudEvent"),
            ({"type": "org.learnflow.submission.graded.v1"}, "does not belong"),
        ],
    )
    def test_a_malformed_event_is_refused_with_its_reason(self, change: dict[str, Any], reason: str) -> None:
        body = {**json.loads(to_message(envelope(ASKED), PSEUDONYM).value), **change}
        with pytest.raises(WireError, match=reason):
            from_message(message(body))

    @pytest.mark.parametrize("value", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100_000])
    def test_bytes_that_are_no_json_object_are_refused(self, value: bytes) -> None:
        with pytest.raises(WireError, match="not a CloudEvent"):
            from_message(
                BusMessage(
                    topic="learning.requests",
                    key="k",
                    value=value,
                    headers={"content-type": b"application/cloudevents+json"},
                )
            )

    @pytest.mark.parametrize(
        "headers", [{}, {"content-type": b"application/json"}, {"content-type": b"\xff"}]
    )
    def test_another_content_type_is_refused(self, headers: dict[str, bytes]) -> None:
        good = to_message(envelope(ASKED), PSEUDONYM)
        with pytest.raises(WireError, match="content-type"):
            from_message(msgspec.structs.replace(good, headers=headers))

    def test_a_charset_beside_the_content_type_is_fine(self) -> None:
        good = to_message(envelope(ASKED), PSEUDONYM)
        headers = {"content-type": b"application/cloudevents+json; charset=utf-8"}
        assert from_message(msgspec.structs.replace(good, headers=headers)).sequence == 42


def message(body: dict[str, Any]) -> BusMessage:
    return BusMessage(
        topic="learning.requests",
        key="k",
        value=json.dumps(body).encode(),
        headers={"content-type": b"application/cloudevents+json"},
    )


def test_a_surrogate_in_a_text_does_not_stop_the_wire() -> None:
    event = HelpAnswered(course="c", student="ada", request_id="r", agent="debug", intent="debug", text="\0")
    assert from_message(to_message(envelope(event), PSEUDONYM)).type == HelpAnswered.TYPE


def test_points_travel_as_numbers() -> None:
    event = SubmissionGraded(
        course="c", student="ada", submission_id="s", assignment="a", status="graded", score=2.5, max_score=3
    )
    back = from_message(to_message(envelope(event), PSEUDONYM)).event
    assert isinstance(back, SubmissionGraded)
    assert (back.score, back.max_score) == (2.5, 3.0)


def test_dead_letters_have_their_own_topics() -> None:
    assert dead_letter("progress.events") == "progress.events.dead-letter"
    assert dead_letter("progress.events.dead-letter") == "progress.events.dead-letter"
    require_known(dead_letter("progress.events"))
    with pytest.raises(ValueError, match="no topic"):
        require_known("progress.event")
