"""Every `learnflow` command on a page exists, with the options that stand there, and every make target."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from learnflow_ext.cli.commands import app

ROOT = Path(__file__).parents[3]
TEXTS = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
"""Not the changelog, which may speak of what is gone."""
COMMAND = re.compile(r"(?:^|`|&& |\| )(learnflow [a-z][^`\n|&]*)", re.M)


def commands() -> list[str]:
    """All that stand in code, each once, without comments. Blocks of all languages count."""
    found = set()
    for page in TEXTS:
        code = re.findall(r"```[a-z]*\n.*?```|`[^`\n]+`", page.read_text(encoding="utf-8"), re.S)
        for line in COMMAND.findall("\n".join(code)):
            found.add(line.partition(" #")[0].partition(" <")[0].strip())
    return sorted(found)


def wrong_in(line: str) -> str:
    """What of it does not exist; empty when all does."""
    current: Any = typer.main.get_command(app)
    for word in shlex.split(line.replace("[", "").replace("]", ""))[1:]:
        if word.startswith("-") and len(word) > 1:
            known = {option for each in current.params for option in (*each.opts, *each.secondary_opts)}
            known |= set(current.context_settings.get("help_option_names", ()))
            if word.partition("=")[0] not in known:
                return word
        elif children := getattr(current, "commands", {}):
            names = word.split("|")  # `course create|check|sync`
            if not set(names) <= set(children):
                return word
            current = children[names[0]]
    return ""


@pytest.mark.parametrize("line", commands())
def test_it_exists(line: str) -> None:
    assert not (wrong := wrong_in(line)), f"{line!r}: {wrong}"


def test_what_does_not_exist_is_found() -> None:
    assert wrong_in("learnflow doctr") == "doctr"
    assert wrong_in("learnflow course make x") == "make"
    assert wrong_in("learnflow demo --clas 3") == "--clas"
    assert len(commands()) > 40


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for page in TEXTS:
        for words in re.findall(r"(?:^|`)make ((?:[a-z]+ ?)+)", page.read_text(encoding="utf-8"), re.M):
            assert set(words.split()) <= targets, f"{page.name}: make {words}"
