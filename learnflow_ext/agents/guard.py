"""The leak gate's first half: no reply may hold the reference solution of an exercise.

It looks at everything in a reply that could be code: fenced blocks, code spans, single lines, the bare tokens
of the prose, code told in words, and what comes out when encodings are undone. All of it together, and
together with what was said before, so that a solution in pieces is still one. It runs nothing, and needs some
milliseconds. That a different program may solve the exercise as well, `gate` finds out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from textwrap import dedent
from typing import Literal

import msgspec

from learnflow_ext.agents import disguises, notations, riddles, spoken
from learnflow_ext.agents.code_forms import Form, forms, tokens
from learnflow_ext.agents.references import Reference, references
from learnflow_ext.agents.source import fenced, parse

NEARLY = 0.8
"""The share of a solution, by weight of its statements, that already gives it away."""
SMALL = 15
"""A solution of less weight than this is also known by what it works out, with its own names."""
MAX_LINE = 400
"""Characters of a line that could be a beginner's code."""
MAX_OWN_LINES = 400
"""How much of a student's cell is compared line by line; longer ones are no beginner's."""

_SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_LINE_START = re.compile(r"^\s*(?:(?:[-*+>]|\d+[.)]|In \[\d*\]:|>>>|\.\.\.|\*\*[^*]*\*\*)\s*)*")
_CUT = re.compile(
    r"(?<=[;.:])\s+|(?:^|\s+)(?:(?:then|and|next|finally|first|now|write|put|type|add|use)\s+)+",
    re.IGNORECASE,
)
_COMMA = re.compile(r",\s+")
_CODELIKE = re.compile(r"[=(\[:+\-*/%]|^return\b")
_CONSTANT = re.compile(r"^(\w+) = ('[^']{1,40}'|\"[^\"]{1,40}\"|-?[\d.]+|True|False)$")
_NUMBERED = re.compile(r"^([a-z]+)_?(\d+)$", re.IGNORECASE)


class Verdict(msgspec.Struct, frozen=True):
    """What the guard says about a reply."""

    withheld: bool
    reference: str = ""
    """Name of the exercise whose solution it holds; for the log."""
    how: Literal["", "close", "runs", "tests", "unsure"] = ""
    """`close` to the reference, it `runs` and passes, quotes hidden `tests`, or could not be tried out."""


PASSED = Verdict(False)


class _Known:
    """A reference, taken apart once."""

    def __init__(self, reference: Reference) -> None:
        self.name = reference.name
        self.reference = reference
        self.secrets = _secrets(reference)
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

    def touched_by(self, seen: _Seen, own: _Seen | None = None) -> bool:
        """Whether anything of it is there that is not the student's `own`."""
        return any(pattern.search(seen.text) for pattern in self.answers) or any(
            (seen.has(form) or seen.works_out(form)) and not (own and own.has(form))
            for form in self.statements
        )


@lru_cache(maxsize=256)
def _taken_apart(reference: Reference) -> _Known:
    """Those that come and go with who asks."""
    return _Known(reference)


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
        found = [form for piece in dict.fromkeys(pieces) for form in _forms(piece)]
        self._forms = {form.text for form in found}
        self._cores = {form.core for form in found if form.core}
        spaced = re.sub(r"([+\-*/%])=\s", r"\1= ", text)
        self._anonymous = tokens(spaced, keep_names=False)
        self._named = tokens(text, keep_names=True)

    def quotes(self, secrets: Iterable[str]) -> frozenset[str]:
        """Those of the hidden tests' calls that are there."""
        return frozenset(secret for secret in secrets if secret in self._named)

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


@lru_cache(maxsize=4096)
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
    yield from _strings(whole)
    for match in _SPAN.finditer(text):
        yield from _readings(match.group(2))
    for line in text.splitlines():
        yield from _remembered_line(line) if len(line) <= MAX_LINE else _line(line)


def _line(line: str) -> Iterable[str]:
    bare = _LINE_START.sub("", line).strip()
    yield from _readings(bare)
    if " " in bare:
        for part in _CUT.split(bare):
            yield from _readings(part)
            if "," in part:
                for clause in _COMMA.split(part):
                    yield from _readings(clause)


@lru_cache(maxsize=8192)
def _remembered_line(line: str) -> tuple[str, ...]:
    """A line comes again in each reading of a reply, and with each later reply that it was shown before."""
    return tuple(_line(line))


def _strings(code: str) -> Iterable[str]:
    """Texts inside of code that could be code themselves."""
    tree = parse(code)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) > 5:
            yield dedent(node.value)
            for line in node.value.splitlines():
                yield from _readings(line)


def _pieces_of_code(code: str) -> Iterable[str]:
    """A cell as a whole, and line by line for one that Python cannot read yet."""
    yield code
    if parse(code) is None:
        for line in code.splitlines()[:MAX_OWN_LINES]:
            yield from _readings(line)


def _readings(piece: str) -> Iterable[str]:
    """A single line as something that can be parsed: `for x in y:` needs a body, `elif` its `if`."""
    line = piece.strip().strip("`*").strip()
    if not _CODELIKE.search(line) or len(line) > MAX_LINE:
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

    def with_(self, more: Sequence[Reference]) -> Guard:
        """One that knows `more` as well; itself for none."""
        if not more:
            return self
        both = Guard()
        both._known = [*self._known, *map(_taken_apart, more)]
        return both

    @classmethod
    def from_source(cls, directory: Path | str) -> Guard:
        """From a course's nbgrader source; service side only. Blocks on disk: call it off the event loop."""
        return cls(tuple(references(Path(directory))))

    @property
    def known(self) -> tuple[Reference, ...]:
        """The exercises that are guarded."""
        return tuple(known.reference for known in self._known)

    def judge(
        self,
        reply: str,
        *,
        own_code: str = "",
        shown: str = "",
        asked: str = "",
        by_model: bool = False,
    ) -> Verdict:
        """The whole reply so far, with what was `shown` before it.

        What the student's own code or question (`asked`) already holds is no secret any more. A reply that
        adds nothing to what was shown before is not withheld for it. Words `by_model` may not be what only a
        machine can read.
        """
        told = f"{own_code}\n{asked}"
        new = _without_lines(reply, told)
        if notations.is_bytecode(new) or notations.is_acrostic(new) or disguises.are_too_many(reply):
            return Verdict(True, "", "unsure")
        if by_model and _hides(new, told, shown):
            return Verdict(True, "", "unsure")
        seen = _everything(reply)
        if found := self._close(seen, reply, own_code, shown):
            return Verdict(True, found.name, "close")
        for known in self._known:
            if quoted := seen.quotes(known.secrets):
                if quoted - _Seen(told, ()).quotes(known.secrets):
                    return Verdict(True, known.name, "tests")
        return PASSED

    def _close(self, seen: _Seen, reply: str, own_code: str, shown: str) -> _Known | None:
        """The first solution that is given away; None when none is."""
        own: _Seen | None = None
        if not shown.strip():
            for known in self._known:
                if known.in_(seen):
                    own = own or _Seen(own_code, _pieces_of_code(own_code))
                    if not known.in_(own):
                        return known
            return None
        both: _Seen | None = None
        for known in self._known:
            # What was shown before is many times as long, and only matters where the reply adds to it.
            if not known.touched_by(seen):
                continue
            own = own or _Seen(own_code, _pieces_of_code(own_code))
            if not known.touched_by(seen, own):
                continue
            both = both or _everything(once(f"{shown}\n\n{reply}"))
            # Alone too: of a long talk not every riddle is read, nor code beside a block that Python cannot.
            if (known.in_(seen) or known.in_(both)) and not known.in_(own):
                return known
        return None


def _hides(new: str, told: str, shown: str) -> bool:
    """Whether a reply has, or ends, something that nobody can read; what the student wrote is left out."""
    bare = " ".join(run for run in new.split() if not _is_theirs(run.strip("`*\"'()[].,;:!?"), told))
    if riddles.is_opaque(bare):
        return True
    return bool(shown) and riddles.is_strange(bare) and riddles.is_opaque(f"{shown} {bare}")


def _is_theirs(run: str, told: str) -> bool:
    """Whether the student wrote it too. Not what is so short that any program has it: `-` in Morse code."""
    return len(run) > 3 and run in told


def once(text: str) -> str:
    """Without paragraphs that came before: the same analysis in each of ten turns would tear apart what the
    turns tell together, and take ten times as long to look through."""
    seen: set[str] = set()
    whole = []
    for paragraph in text.split("\n\n"):
        # One that opens or closes a block without the other must stay: it says what is code after it.
        if paragraph not in seen or paragraph.count("```") % 2:
            whole.append(paragraph)
        seen.add(paragraph)
    return "\n\n".join(whole)


def _without_lines(text: str, known: str) -> str:
    """Without lines that the student wrote: those are no listing and no riddle of ours."""
    own = {line.strip() for line in known.splitlines()}
    return "\n".join(line for line in text.splitlines() if line.strip("`> \t") not in own)


@lru_cache(maxsize=4096)
def _forms(piece: str) -> tuple[Form, ...]:
    return tuple(forms(piece))


@lru_cache(maxsize=256)
def _everything(text: str) -> _Seen:
    """The text, and all that it says in disguise."""
    texts = disguises.readings(text)
    pieces = [piece for each in texts for piece in _pieces(each)]
    told = [line for each in texts for line in spoken.lines(each)]
    pieces += [reading for line in told for reading in _readings(line)]
    return _Seen("\n".join([*texts, *told]), pieces)


def _secrets(reference: Reference) -> frozenset[str]:
    """The hidden tests' calls with their data, as rows of tokens; not those that the student can read."""
    tree = parse(dedent(reference.hidden))
    if tree is None:
        return frozenset()
    entries = set(reference.entries)
    calls = {
        tokens(ast.unparse(node), keep_names=True)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in entries
        and any(isinstance(each, ast.Constant) for argument in node.args for each in ast.walk(argument))
    }
    readable = tokens(reference.shown, keep_names=True)
    return frozenset(call for call in calls if call not in readable)
