"""Writes what is generated from the event classes: JSON Schema files and the page of the docs.

Run `python -m learnflow_ext.events.reference` in a checkout after changing an event; a test says when.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from learnflow_ext.contracts.events import EVENT_TYPES, TOPICS
from learnflow_ext.events.schemas import PERSONAL, contract_of

ROOT = Path(__file__).parents[2]
SCHEMAS = Path("learnflow_ext/contracts/schemas")
PAGE = Path("docs/events-reference.md")

HEAD = """# Events, field by field

Generated from `learnflow_ext/contracts/events.py`: run `python -m learnflow_ext.events.reference` after
changing it. How events travel, and what is promised on the way, is in `docs/events.md`.

Every event is a CloudEvent 1.0. Its `dataschema` is `urn:learnflow:schema:<type>`; the JSON Schema (2020-12)
of that name is the file `learnflow_ext/contracts/schemas/<type>.json`, which is installed with LearnFlow. It
describes `data` as it travels, and under `$defs.logged` as it is kept in `event_log`.

- **Personal** fields (`x-personal` in the schema) stay in the log. They never travel, and
  `learnflow privacy erase` empties them.
- What a student may have named stays in the log too: on the way `cell_id` and `exercise` are always empty,
  so is an `assignment` that is a folder of the student's own, and an `exception` that is none of Python's
  own is called `Exception`.
- `course` and `student` are in every event. On the stream `student` is a random pseudonym; in the log both
  are columns.
- Within a version no field is renamed or removed, and new ones are optional: ignore those you do not know.
"""


def files(root: Path = ROOT) -> dict[Path, str]:
    """What belongs into the checkout at `root`: path to text."""
    made = {
        root / SCHEMAS / f"{type_}.json": json.dumps(contract_of(type_), indent=2) + "\n"
        for type_ in EVENT_TYPES
    }
    return {**made, root / PAGE: page()}


def page() -> str:
    """The page of the docs, by topic. A topic that carries nothing yet says so."""
    parts = [HEAD]
    for topic in TOPICS:
        parts.append(f"## `{topic}`\n")
        here = [type_ for type_, cls in EVENT_TYPES.items() if topic == cls.TOPIC]
        if not here:
            parts.append("No event type uses it yet.\n")
        parts += [_section(type_) for type_ in here]
    return "\n".join(parts)


def _section(type_: str) -> str:
    contract = contract_of(type_)
    logged = contract["$defs"]["logged"]
    rows = [
        f"| `{name}` | {_type(field)} | {_default(name, field, logged['required'])} "
        f"| {'**yes**' if field.get(PERSONAL) else ''} | {_cell(field.get('description', ''))} |"
        for name, field in logged["properties"].items()
    ]
    return "\n".join(
        [
            f"### `{type_}`\n",
            f"{contract['description']}\n",
            "| field | type | when left out | personal | meaning |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _cell(said: str) -> str:
    return " ".join(said.split()).replace("|", "\\|")


def _type(field: dict[str, Any]) -> str:
    kinds = field.get("anyOf", [field])
    return " or ".join(str(kind["type"]) for kind in kinds)


def _default(name: str, field: dict[str, Any], required: list[str]) -> str:
    return "always there" if name in required else f"`{json.dumps(field.get('default'))}`"


def write(root: Path = ROOT) -> None:
    """Write all files below `root`; schemas of types that are gone go too."""
    made = files(root)
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in (root / SCHEMAS).glob("*.json"):
        if path not in made:
            path.unlink()


if __name__ == "__main__":
    write()
