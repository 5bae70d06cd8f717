"""`learnflow triage`: where messages would go, one JSON object a line."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
import typer

from learnflow_ext.cli.course import text_of
from learnflow_ext.cli.where import CannotRun


class Message(msgspec.Struct, frozen=True):
    """A line that comes in; other fields are passed over."""

    text: str
    traceback: str | None = None


class Routed(msgspec.Struct, frozen=True):
    """A line that goes out."""

    text: str
    intent: str
    confidence: float
    """0 to 1; low where the tutor would ask a question first."""


def triage(
    file: Path | None = typer.Argument(None, metavar="[FILE]", help="The messages. Default: stdin."),
) -> None:
    """Say what students' messages are about, one JSON object a line.

    In come "text" and perhaps "traceback", out go "text", "intent" and "confidence", in the same order.
    """
    # Late: the agents are of no use to the other commands.
    from learnflow_ext.agents.triage import triage as route

    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        try:
            message = msgspec.json.decode(line, type=Message)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise CannotRun(f'Line {number} is no JSON object with a "text": {error}.') from error
        found = route(message.text, message.traceback or None)
        routed = Routed(message.text, found.intent, round(found.confidence, 3))
        typer.echo(msgspec.json.encode(routed).decode())


def _lines(file: Path | None) -> Iterable[str | bytes]:
    return sys.stdin.buffer if file is None else text_of(file).splitlines()
