"""Text for beginners: from marked-up, first-person prose to a few plain sentences."""

from __future__ import annotations

import os
import re
import sys
import sysconfig

MAX_SENTENCES = 4
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_CELL_FILE = re.compile(r"/\S*/ipykernel_\d+/\d+\.py")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[A-Z`\"'(])")
_CODE_LINE = re.compile(r" {4,}\S")
_NUMBERED = re.compile(r"(?:-->)?\s*\d+:")
# Sentences about the tool rather than about the error.
_ABOUT_THE_TOOL = re.compile(
    r"report (?:this|the)|github\.com|www\(|friendly|no additional information|search for this|"
    r"these are just some|might raise other types|guess what caused|"
    r"informative message|might be the following|have written an invalid number|position indicated by \^",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(r"Perhaps you meant(?: to write)?[:.]?|There is an additional possibility\.?")
_REWORDED = (
    (re.compile(r"\bI (?:suspect|am guessing|think|believe) that you\b"), "It looks as if you"),
    (re.compile(r" identified above\b"), ""),
    (re.compile(r"You cannot have write\b"), "You cannot write"),
    (re.compile(r"\s*\*\s+(?=(?:Local scope|Global scope|Python builtins):)"), " "),
    (re.compile(r"In your program, the name of the file"), "The name of the file"),
    (
        re.compile(r"It was expected to be found in the `your folder` directory"),
        "It was looked for in your folder",
    ),
    (
        re.compile(r"The similar name (`[^`]*`) was found in the (?:local|global) scope\."),
        r"A similar name is there: \1.",
    ),
    (
        re.compile(r"Instead of writing `[^`]*`, perhaps you meant one of the following:\s*"),
        "Perhaps you meant one of the following: ",
    ),
    (re.compile(r"(?<=`)\s*(?:Local scope|Global scope|Python builtins):"), ","),
    (re.compile(r"\b(?:Local scope|Global scope|Python builtins):\s*"), ""),
    (
        re.compile(r"(The opening [\w ]+ `.` on line \d+ is not closed)\."),
        r"\1. It was never closed, so Python takes what follows for a part of it.",
    ),
)


def clean(text: str, limit: int) -> str:
    """`text` without colours and control characters, at most `limit` characters, cut with an ellipsis."""
    text = _CONTROL.sub("", _ANSI.sub("", text[: limit * 4 + 1000]))
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def _host_folders() -> list[tuple[str, str]]:
    """Folders of this machine and what is said in their place, longest first."""
    folders = {
        sysconfig.get_path("purelib"): "…",
        sysconfig.get_path("stdlib"): "…",
        sys.prefix: "…",
        sys.base_prefix: "…",
        os.path.expanduser("~"): "~",
    }
    try:
        folders[os.getcwd()] = "your folder"
    except OSError:
        pass  # the folder was removed: then nothing names it either
    usable = [(path, said) for path, said in folders.items() if path and len(path) > 1]
    return sorted(usable, key=lambda pair: -len(pair[0]))


def without_host_paths(text: str) -> str:
    """`text` without the places of this machine's installation, temporary cells and working folder."""
    text = _CELL_FILE.sub("this cell", text)
    for folder, said in _host_folders():
        if folder in text:
            inside = "" if said == "your folder" else f"{said}/"
            text = text.replace(f"{folder}/", inside).replace(folder, said)
    return text


def _blocks(text: str) -> list[tuple[bool, list[str]]]:
    """Runs of prose and runs of indented code, in order: (is code, lines)."""
    blocks: list[tuple[bool, list[str]]] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        code = _CODE_LINE.match(line) is not None
        if blocks and blocks[-1][0] == code:
            blocks[-1][1].append(line)
        else:
            blocks.append((code, [line]))
    return blocks


def _inline(lines: list[str]) -> str:
    """A code block as words within a sentence; empty when it only repeats where the error is, or is long."""
    code = [line.strip() for line in lines if line.strip(" ^-")]
    if not code or len(code) > 2 or any(_NUMBERED.match(line) for line in code):
        return ""
    return " ".join(f"`{line}`" for line in code if "`" not in line)


def prose(text: str) -> str:
    """Marked-up text as running prose: short code inline, long code and its introduction left out."""
    parts: list[str] = []
    for code, lines in _blocks(text):
        if not code:
            said = " ".join(line.strip() for line in lines)
            if parts and parts[-1].endswith("`") and said[0].isupper():
                parts[-1] += "."
            parts.append(said)
            continue
        inline = _inline(lines)
        if inline:
            parts.append(inline)
        elif parts and parts[-1].endswith(":"):
            kept = _SENTENCE_END.split(parts.pop())[:-1]
            parts.extend(kept)
    return " ".join(parts)


def sentences(text: str, limit: int = MAX_SENTENCES) -> str:
    """The first `limit` sentences of `text` that are about the error; empty when none is."""
    for pattern, words in _REWORDED:
        text = pattern.sub(words, text)
    kept = [
        sentence.strip() for sentence in _SENTENCE_END.split(text) if not _ABOUT_THE_TOOL.search(sentence)
    ]
    kept = [sentence for sentence in kept if sentence and not _UNFINISHED.fullmatch(sentence)][:limit]
    said = " ".join(kept).rstrip(" :;,")
    return said if not said or said[-1] in ".?!" else f"{said}."
