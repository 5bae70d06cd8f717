"""Events as xAPI statements: the form that a learning record store asks for, whatever the event holds."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.contracts.events import (
    EVENT_TYPES,
    Event,
    HelpAsked,
    ProgressChanged,
    QuizAnswered,
    RunFinished,
    StruggleDetected,
    SubmissionGraded,
)
from learnflow_ext.events import xapi

HOME = "https://hub.school.example/services/learnflow"
PSEUDONYM = "5f3c" * 8
ID = "0f2ed1a1-1d31-4b6f-a6ee-8c2a3e0a8a11"
TIME = "2026-03-01T12:00:00.123456Z"

IRI = {"type": "string", "pattern": r"^[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+$"}
WORDS = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string", "minLength": 1}}


def only(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


ACTIVITY = only(
    ["id"],
    objectType={"const": "Activity"},
    id=IRI,
    definition=only([], type=IRI, name=WORDS),
)
FORM = only(
    ["id", "actor", "verb", "object", "timestamp"],
    id={"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
    actor=only(
        ["account"],
        objectType={"const": "Agent"},
        account=only(["homePage", "name"], homePage=IRI, name={"type": "string", "minLength": 1}),
    ),
    verb=only(["id", "display"], id=IRI, display=WORDS),
    object=ACTIVITY,
    result=only(
        [],
        score=only(
            [],
            raw={"type": "number"},
            min={"type": "number"},
            max={"type": "number"},
            scaled={"type": "number", "minimum": -1, "maximum": 1},
        ),
        success={"type": "boolean"},
        completion={"type": "boolean"},
        response={"type": "string"},
        duration={"type": "string", "pattern": r"^PT\d+\.\d{2}S$"},
    ),
    context=only(
        [],
        platform={"type": "string"},
        contextActivities=only([], grouping={"type": "array", "items": ACTIVITY}),
        extensions={
            "type": "object",
            "propertyNames": IRI,
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
    ),
    timestamp={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"},
)
"""Of section 2.4 of xAPI 1.0.3, as far as LearnFlow uses it: no other property, no null, IRIs where due."""


def stated(event: Event) -> xapi.Statement | None:
    return xapi.statement(event, id_=ID, time=TIME, pseudonym=PSEUDONYM, home=HOME)


def sure(event: Event) -> xapi.Statement:
    found = stated(event)
    assert found is not None
    return found


def events() -> st.SearchStrategy[Event]:
    """Any event, with anything in its fields."""
    finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
    kinds: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=20),
        int: st.integers(-5, 10**6),
        float: finite,
        bool: st.booleans(),
        int | None: st.none() | st.integers(0, 99),
        float | None: st.none() | finite,
        tuple[str, ...]: st.lists(st.text(max_size=8), max_size=3).map(tuple),
        tuple[bool, ...]: st.lists(st.booleans(), max_size=3).map(tuple),
    }

    def of(cls: type[Event]) -> st.SearchStrategy[Event]:
        fields = {field.name: kinds[field.type] for field in msgspec.structs.fields(cls)}
        return st.fixed_dictionaries(fields).map(lambda given: cls(**given))

    return st.sampled_from(list(EVENT_TYPES.values())).flatmap(of)


@given(events())
def test_every_statement_has_the_form(event: Event) -> None:
    found = stated(event)
    if found is None:
        return
    jsonschema.validate(found, FORM)
    assert UUID(found["id"]).version == 4
    points = found.get("result", {}).get("score", {})
    if "max" in points:
        assert points["min"] <= points["raw"] <= points["max"]
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("cls", xapi.STEPS, ids=lambda cls: cls.__name__)
def test_nobodys_name_and_nothing_personal_is_in_it(cls: type[Event]) -> None:
    samples: dict[Any, object] = {str: "fine", int: 1, float: 1.0, bool: True, tuple[str, ...]: ("fine",)}
    samples[tuple[bool, ...]] = (True,)
    fields = {field.name: samples.get(field.type) for field in msgspec.structs.fields(cls)}
    fields |= dict.fromkeys(cls.PERSONAL, "Lovelace") | {"student": "Ada"}
    if "status" in fields:
        fields["status"] = "graded"
    words = json.dumps(sure(msgspec.convert(fields, cls)))
    assert PSEUDONYM in words
    assert not re.search("Ada|Lovelace", words)


def test_a_grade() -> None:
    found = sure(
        SubmissionGraded(
            course="python-basics",
            student="ada",
            submission_id="s1",
            assignment="01 first",
            status="graded",
            score=3,
            max_score=4,
        )
    )
    assert found["verb"]["id"] == "http://adlnet.gov/expapi/verbs/scored"
    assert found["object"]["id"] == f"{HOME}/courses/python-basics/assignments/01%20first"
    assert found["result"] == {"score": {"raw": 3, "min": 0, "max": 4, "scaled": 0.75}, "completion": True}
    (course,) = found["context"]["contextActivities"]["grouping"]
    assert course["id"] == f"{HOME}/courses/python-basics"


def test_points_beyond_the_highest_have_no_bounds() -> None:
    assert xapi.score(5, 4) == {"raw": 5}
    assert xapi.score(0, 0) == {"raw": 0}
    assert xapi.score(-1, 4) == {"raw": -1}


def test_a_grading_that_failed_is_no_experience_of_the_student() -> None:
    failed = SubmissionGraded(
        course="c",
        student="ada",
        submission_id="s",
        assignment="a",
        status="failed",
        score=0,
        max_score=0,
    )
    assert stated(failed) is None


def test_what_is_inferred_about_a_student_is_left_out() -> None:
    event = StruggleDetected(course="c", student="ada", alert_id="1", trigger="same_error")
    assert stated(event) is None


def test_a_run_is_called_a_claim() -> None:
    event = RunFinished(course="c", student="ada", run_id="r", notebook="x.ipynb", ok=False, duration_ms=1234)
    found = sure(event)
    assert found["result"] == {"success": False, "duration": "PT1.23S"}
    assert found["context"]["extensions"] == {f"{HOME}/xapi/claimed": True}
    assert found["object"]["id"] == f"{HOME}/courses/c"


@pytest.mark.parametrize(("met", "told"), [("KeyError", "KeyError"), ("AdasOwnError", "Exception")])
def test_an_exception_that_the_student_named_is_not_told(met: str, told: str) -> None:
    event = RunFinished(
        course="c", student="ada", run_id="r", notebook="x.ipynb", ok=False, duration_ms=1, exception=met
    )
    assert sure(event)["context"]["extensions"][f"{HOME}/xapi/exception"] == told


def test_a_quiz_answer_and_mastery() -> None:
    quiz = QuizAnswered(
        course="c", student="ada", assignment="a", question="q/1", choices=("x", "y"), right=True
    )
    assert sure(quiz)["result"] == {"success": True, "response": "x[,]y"}
    assert sure(quiz)["object"]["id"] == f"{HOME}/courses/c/assignments/a/questions/q%2F1"
    standing = ProgressChanged(
        course="c", student="ada", assignment="a", best_score=4, max_score=4, level="Mastered"
    )
    assert sure(standing)["verb"]["display"] == {"en-US": "mastered"}


class TestRowsOfTheLog:
    def test_one_is_the_event_that_it_was(self) -> None:
        event = HelpAsked(course="c", student="ada", request_id="r", text="why?", agent="tutor")
        data = msgspec.to_builtins(event)
        del data["course"], data["student"]
        assert xapi.logged(event.TYPE, data, course="c", student="ada") == event

    @pytest.mark.parametrize("type_", ["org.learnflow.help.asked.v2", HelpAsked.TYPE])
    def test_one_of_another_version_is_none(self, type_: str) -> None:
        assert xapi.logged(type_, {"other": 1}, course="c", student="ada") is None
