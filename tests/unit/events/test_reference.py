"""What ships about the events is what the classes say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from learnflow_ext.contracts.events import EVENT_TYPES, Event, HelpAsked
from learnflow_ext.events import reference
from learnflow_ext.events.schemas import contract_of
from learnflow_ext.store.outbox import data_of


def example_of(cls: type[Event]) -> Event:
    values: dict[Any, Any] = {str: "text", int: 3, float: 0.5, bool: True}
    values |= {int | None: 4, float | None: 0.5, tuple[str, ...]: ["one", "two"], tuple[bool, ...]: [True]}
    return cls(**{field.name: values[field.type] for field in msgspec.structs.fields(cls)})


def test_files_in_the_checkout_are_up_to_date() -> None:
    """Else run `python -m learnflow_ext.events.reference`."""
    made = reference.files()
    old = [
        str(path)
        for path, text in made.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert not old, "run `python -m learnflow_ext.events.reference`"
    assert set((reference.ROOT / reference.SCHEMAS).glob("*.json")) == {
        path for path in made if path.suffix == ".json"
    }


def test_writing_makes_them_and_takes_away_what_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / reference.SCHEMAS / "org.learnflow.old.gone.v1.json"
    gone.parent.mkdir(parents=True)
    gone.touch()
    reference.write(tmp_path)
    assert not gone.exists()
    assert all(path.read_text(encoding="utf-8") == text for path, text in reference.files(tmp_path).items())


@pytest.mark.parametrize("type_", sorted(EVENT_TYPES))
def test_the_log_fits_the_shipped_schema_and_personal_fields_are_marked(type_: str) -> None:
    cls = EVENT_TYPES[type_]
    schema = json.loads((reference.ROOT / reference.SCHEMAS / f"{type_}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    logged = schema["$defs"]["logged"]
    jsonschema.validate(json.loads(data_of(example_of(cls))), logged)
    marked = {name for name, field in logged["properties"].items() if field.get("x-personal")}
    assert marked == set(cls.PERSONAL)
    assert not marked & set(schema["properties"])


def test_what_does_not_fit_is_refused_by_the_schema() -> None:
    logged = contract_of(HelpAsked.TYPE)["$defs"]["logged"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"request_id": 3, "text": "why?", "agent": "tutor"}, logged)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"request_id": "r", "agent": "tutor"}, logged)


def test_the_page_names_every_type_topic_and_field() -> None:
    page = reference.page()
    for type_, cls in EVENT_TYPES.items():
        section = page.partition(f"### `{type_}`")[2].partition("###")[0]
        for field in set(cls.__struct_fields__) - {"course", "student"}:
            assert f"| `{field}` |" in section
    assert "| `text` | string | always there | **yes** | The question. |" in page
