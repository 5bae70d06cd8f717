"""The leak gate, first version: no reply may hold the reference solution of an exercise.

It looks at everything in a reply that could be code: fenced blocks, code spans, single lines, and the bare
tokens
of the prose. All of it together, so that a solution in pieces is still one. It runs nothing, and needs some
milliseconds. That a different program may solve the exercise as well, it cannot see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import dedent

import msgspec

from learnflow_ext.agents.code_forms import Form, forms, tokens
from learnflow_ext.agents.course_index import notebooks_of, read_notebook
from learnflow_ext.agents.source import fenced, parse

NEARLY = 0.8
"""The share of a solution, by weight of its statements, that already gives it away."""
SMALL = 15
"""A solution of less weight than this is also known by what it works out, with its own names."""
MAX_OWN_LINES = 400
"""How much of a student's cell is compared line by line; longer ones are no beginner's."""

_REGION = re.compile(r"^[^\n]*BEGIN SOLUTION\b[^\n]*\n(.*?)^[^\n]*END SOLUTION\b", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_LINE_START = re.compile(r"^\s*(?:(?:[-*+>]|\d+[.)]|In \[\d*\]:|>>>|\.\.\.|\*\*[^*]*\*\*)\s*)*")
_CUT = re.compile(
    r"(?<=[;.:])\s+|(?:^|\s+)(?:then|and|next|finally|first|write|put|type|add|use)\s+", re.IGNORECASE
)
_COMMA = re.compile(r",\s+")
_CONSTANT = re.compile(r"^(\w+) = ('[^']{1,40}'|\"[^\"]{1,40}\"|-?[\d.]+|True|False)$")
_NUMBERED = re.compile(r"^([a-z]+)_?(\d+)$", re.IGNORECASE)


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """The reference solution of one exercise. Service side only."""

    name: str
    """For the log, never for a student: assignment and grade_id."""
    code: str


class Verdict(msgspec.Struct, frozen=True):
    """What the guard says about a reply."""

    withheld: bool
    reference: str = ""
    """Name of the exercise whose solution it holds; for the log."""


PASSED = Verdict(False)


class _Known:
    """A reference, taken apart once."""

    def __init__(self, reference: Reference) -> None:
        self.name = reference.name
        self.statements = [form for form in forms(reference.code) if form.weight]
        self.weight = sum(form.weight for form in self.statements)
        constants = [_CONSTANT.match(form.named) for form in self.statements]
        self.answers = [
            _answer_pattern(found.group(1), found.group(2).strip("'\""))
            for found in constants
            if found is not None and all(constants)
        ]

    def in_(self, seen: _Seen) -> bool:
        if self.answers:
            told = sum(pattern.search(seen.text) is not None for pattern in self.answers)
            return told >= NEARLY * len(self.answers)
        if not self.weight:
            return False
        found = sum(form.weight for form in self.statements if seen.has(form))
        if found >= NEARLY * self.weight:
            return True
        telling = [form for form in self.statements if form.core]
        return self.weight < SMALL and bool(telling) and all(map(seen.works_out, telling))


def _answer_pattern(name: str, value: str) -> re.Pattern[str]:
    """Matches `answer_1 = "b"`, and the same in words: "the answer to question 1 is b"."""
    numbered = _NUMBERED.match(name)
    called = re.escape(name)
    if numbered:
        called += rf"|(?:{re.escape(numbered.group(1))}|question|number|q|no\.?)[ _#-]*{numbered.group(2)}"
    return re.compile(
        rf"\b(?:{called})\b[^\n]{{0,40}}?(?:=|:|\bis\b|\bbe\b|\bto\b|\bget[s]?\b|[\"'`(*]|\b(?:option|letter)\b)"
        rf"[\s\"'`(*]*(?:option |letter )?[\"'`(*]*{re.escape(value)}(?![\w'])",
        re.IGNORECASE,
    )


class _Seen:
    """Everything in a text that could be code."""

    def __init__(self, text: str, pieces: Iterable[str]) -> None:
        self.text = text
        found = [form for piece in pieces for form in forms(piece)]
        self._forms = {form.text for form in found}
        self._cores = {form.core for form in found if form.core}
        spaced = re.sub(r"([+\-*/%])=\s", r"\1= ", text)
        self._anonymous = tokens(spaced, keep_names=False)
        self._named = tokens(text, keep_names=True)

    def has(self, form: Form) -> bool:
        """Whether the statement is there under any names."""
        if form.text in self._forms:
            return True
        # Bare tokens of prose: only for statements that say enough to be no accident.
        return form.weight >= 5 and _bare(form.text, keep_names=False) in self._anonymous

    def works_out(self, form: Form) -> bool:
        """Whether what the statement works out is there, with its names."""
        return bool(form.core) and (
            form.core in self._cores or _bare(form.core, keep_names=True) in self._named
        )


def _bare(code: str, *, keep_names: bool) -> str:
    """Tokens of a normalised statement, without the `pass` that stands for a body."""
    return tokens(re.sub(r":\s*pass\s*$", ":", code), keep_names=keep_names)


def _pieces(text: str) -> Iterable[str]:
    """Candidates for code, whole blocks first, then lines, spans and parts of sentences."""
    _, blocks = fenced(text)
    whole = dedent(blocks)
    if parse(whole) is not None:
        yield whole
    yield dedent(text)
    for match in _SPAN.finditer(text):
        yield from _readings(match.group(2))
    for line in text.splitlines():
        bare = _LINE_START.sub("", line).strip()
        yield from _readings(bare)
        if " " in bare:
            for part in _CUT.split(bare):
                yield from _readings(part)
                if "," in part:
                    for clause in _COMMA.split(part):
                        yield from _readings(clause)


def _pieces_of_code(code: str) -> Iterable[str]:
    """A cell as a whole, and line by line for one that Python cannot read yet."""
    yield code
    if parse(code) is None:
        for line in code.splitlines()[:MAX_OWN_LINES]:
            yield from _readings(line)


def _readings(piece: str) -> Iterable[str]:
    """A single line as something that can be parsed: `for x in y:` needs a body, `elif` its `if`."""
    line = piece.strip().strip("`*").strip()
    if not re.search(r"[=(\[:+\-*/%]|^return\b", line) or len(line) > 400:
        return
    if line.endswith(":"):
        yield f"{line} pass" if not line.startswith(("elif", "else")) else f"if x: pass\n{line} pass"
    else:
        yield line.rstrip(".,;!?")


class Guard:
    """Knows the reference solutions of a course, and lets none of them through."""

    def __init__(self, reference_solutions: Sequence[Reference] = ()) -> None:
        """Without references everything passes."""
        self._known = [_Known(reference) for reference in reference_solutions]

    @classmethod
    def from_source(cls, directory: Path | str) -> Guard:
        """From a course's nbgrader source; service side only. Blocks on disk: call it off the event loop."""
        return cls(tuple(references(Path(directory))))

    def judge(self, reply: str, *, own_code: str = "") -> Verdict:
        """The whole reply so far. What the student's own code already holds is no secret any more."""
        seen = _Seen(reply, _pieces(reply))
        own: _Seen | None = None
        for known in self._known:
            if known.in_(seen):
                own = own or _Seen(own_code, _pieces_of_code(own_code))
                if not known.in_(own):
                    return Verdict(True, known.name)
        return PASSED


def references(directory: Path) -> Iterable[Reference]:
    """The solutions in a course's source: the marked regions, or else the whole of a solution cell."""
    for assignment, path in notebooks_of(directory):
        notebook = read_notebook(path)
        for cell in notebook.cells if notebook else []:
            if cell.cell_type == "code" and cell.nbgrader.get("solution"):
                regions = [dedent(region) for region in _REGION.findall(cell.text)]
                code = "\n".join(regions) or cell.text
                name = f"{assignment}/{cell.nbgrader.get('grade_id', cell.id)}"
                yield Reference(name=name, code=code if parse(code) is not None else cell.text)
