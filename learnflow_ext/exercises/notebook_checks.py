"""What can be seen of a course's source notebook without running it. Pure: cells in, findings out."""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from learnflow_ext.diagnosis.reading import without_magics

_BEGIN_END = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)\b")
_REGION = r"^[^\n]*BEGIN {0}\b[^\n]*\n(.*?)^[^\n]*END {0}\b[^\n]*"
_HIDDEN = re.compile(_REGION.format("HIDDEN TESTS"), re.DOTALL | re.MULTILINE)
_SOLUTION = re.compile(_REGION.format("SOLUTION"), re.DOTALL | re.MULTILINE)
_POINTS = re.compile(
    r"^(#{1,6}) .*[(\[](\d+(?:\.\d+)?) (?:points?|pts?\.?)[)\]]\W*$", re.MULTILINE | re.IGNORECASE
)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'][^)]*[\"'])?\s*\)")
_IMAGE_TAG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_PICTURE = re.compile(r"!\[((?:[^\[\]]|\[[^\[\]]*\])*)\](?=\(|\[)")
_SAYS_NOTHING = re.compile(
    r"\s*|(?:an? |the )?(?:alt(?: text)?|image|img|picture|photo|figure|screenshot|graphic)[\s\d]*|"
    r"\S+\.(?:png|jpe?g|gif|svg|webp|bmp)",
    re.IGNORECASE,
)
"""Words for a picture that are none: JupyterLab itself writes `image.png` when one is dropped into a cell."""
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
_SECRET_CHARS = 12
"""A line of a hidden test that is shorter says too little to be looked for elsewhere."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something a teacher should put right."""

    assignment: str
    """Empty where it is about the course as a whole."""
    notebook: str = ""
    cell: str = ""
    """The cell's nbgrader name, else its id; empty where it is about the whole notebook."""
    kind: str
    """What kind of problem, for programs: `solution`, `hidden-tests`, `points`, `link`, ..."""
    message: str
    """A sentence or two: what is wrong, and what to do."""

    @property
    def place(self) -> str:
        """Where it is, for people."""
        named = "/".join(filter(None, (self.assignment, self.notebook))) or "the course"
        return f"{named}, cell {self.cell}" if self.cell else named


class CheckedCell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell, as far as the checks read it."""

    kind: str
    """`code`, `markdown`, `raw`."""
    text: str
    id: str = ""
    nbgrader: Mapping[str, Any] = {}
    learnflow: Mapping[str, Any] = {}
    attachments: frozenset[str] = frozenset()
    outputs: str = ""
    """All the text of its outputs."""

    @property
    def name(self) -> str:
        return str(self.nbgrader.get("grade_id") or "") or self.id

    @property
    def is_solution(self) -> bool:
        return bool(self.nbgrader.get("solution")) and self.kind == "code"

    @property
    def is_test(self) -> bool:
        return bool(self.nbgrader.get("grade")) and not self.nbgrader.get("solution") and self.kind == "code"

    @property
    def is_graded(self) -> bool:
        """Whether it carries points: a test, or what a person grades, an answer or a task of nbgrader's."""
        return bool(self.nbgrader.get("grade") or self.nbgrader.get("task"))

    @property
    def is_practice(self) -> bool:
        """The answer or the check of a practice, which earns no points."""
        return self.learnflow.get("practice") is True and self.kind == "code"

    @property
    def hidden(self) -> str:
        """Its hidden tests; empty for none."""
        return "\n".join(_HIDDEN.findall(self.text))

    @property
    def visible(self) -> str:
        """It, without solutions and hidden tests."""
        return _SOLUTION.sub("", _HIDDEN.sub("", self.text))


def read(notebook: Mapping[str, Any]) -> list[CheckedCell]:
    """The cells of a notebook as JSON holds it; what is no cell is left out."""
    cells = notebook.get("cells")
    return [_cell(each) for each in cells if isinstance(each, dict)] if isinstance(cells, list) else []


def first_heading(cells: Iterable[CheckedCell]) -> str:
    """The words of the first heading in their text; empty for none."""
    for cell in cells:
        found = _HEADING.search(cell.text) if cell.kind == "markdown" else None
        if found is not None and found[1]:
            return found[1]
    return ""


def _cell(raw: Mapping[str, Any]) -> CheckedCell:
    metadata = raw.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    ours = metadata.get("learnflow") if isinstance(metadata, dict) else None
    attachments = raw.get("attachments")
    return CheckedCell(
        kind=str(raw.get("cell_type", "")),
        text=_text(raw.get("source", "")),
        id=str(raw.get("id", "")),
        nbgrader=marks if isinstance(marks, dict) else {},
        learnflow=ours if isinstance(ours, dict) else {},
        attachments=frozenset(attachments) if isinstance(attachments, dict) else frozenset(),
        outputs="\n".join(_texts(raw.get("outputs", []))),
    )


def _text(source: object) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        if value and all(isinstance(each, str) for each in value):
            yield "".join(value)
        else:
            for each in value:
                yield from _texts(each)


class Problem(msgspec.Struct, frozen=True):
    """A finding that does not know its notebook."""

    cell: str
    kind: str
    message: str


def problems(cells: Sequence[CheckedCell], files: Iterable[str] = ()) -> list[Problem]:
    """What is wrong with a notebook. `files` are the paths from its folder that a link may name."""
    found = [*_names(cells), *_marks(cells), *_tests(cells), *_points(cells), *_leaks(cells)]
    return [*found, *_links(cells, frozenset(files)), *_pictures(cells)]


def _names(cells: Sequence[CheckedCell]) -> Iterator[Problem]:
    graded = [cell for cell in cells if cell.nbgrader]
    for name, count in Counter(cell.name for cell in graded).items():
        if count > 1:
            yield Problem(
                name, "name", f"{count} cells have this nbgrader name. Give each a name of its own."
            )
    for cell in graded:
        version = cell.nbgrader.get("schema_version")
        if version != 3:
            yield Problem(
                cell.name,
                "format",
                f"Its nbgrader metadata has version {version!r}, and 3 is needed. Run `nbgrader update` in "
                "the course's folder.",
            )


def _marks(cells: Sequence[CheckedCell]) -> Iterator[Problem]:
    for cell in cells:
        open_ = ""
        for word, kind in _BEGIN_END.findall(cell.text):
            if (word == "BEGIN") == bool(open_) or (word == "END" and kind != open_):
                yield Problem(
                    cell.name,
                    "region",
                    f"`{word} {kind}` stands where it should not: every BEGIN needs its END, one after the "
                    "other. As it is, nbgrader cannot take out what students must not see.",
                )
                break
            open_ = kind if word == "BEGIN" else ""
        else:
            if open_:
                yield Problem(
                    cell.name,
                    "region",
                    f"`BEGIN {open_}` has no END. As it is, students would see what follows.",
                )
        if _SOLUTION.search(cell.text) and not cell.nbgrader.get("solution"):
            yield Problem(
                cell.name,
                "leak",
                "It has a solution, but is not marked as an answer in nbgrader, so students would see it.",
            )
        if cell.hidden and not cell.nbgrader.get("grade"):
            yield Problem(
                cell.name,
                "leak",
                "It has hidden tests, but is not marked as a test in nbgrader, so students would see them.",
            )


def _tests(cells: Sequence[CheckedCell]) -> Iterator[Problem]:
    for place, cell in enumerate(cells):
        if cell.is_practice and cell.is_solution and cell.nbgrader.get("grade"):
            yield Problem(
                cell.name,
                "practice",
                "A practice earns no points. Take its mark as graded away, or `practice` from its metadata.",
            )
        elif cell.is_solution and not cell.nbgrader.get("grade"):
            following = []
            for each in cells[place + 1 :]:
                if each.is_solution:
                    break
                following += [each] if each.is_test or each.is_practice else []
            if cell.is_practice:
                yield from _practice(cell, following)
                continue
            following = [each for each in following if each.is_test]
            if not following:
                yield Problem(
                    cell.name, "no-tests", "No test cell follows this answer, so it earns no points."
                )
                continue
            if not any(_tries(each.hidden) for each in following):
                yield Problem(
                    following[0].name,
                    "hidden-tests",
                    "There are no hidden tests, so whoever writes down the visible results has full "
                    "points. Put "
                    "some between `### BEGIN HIDDEN TESTS` and `### END HIDDEN TESTS`.",
                )
            if not any(_tries(each.visible) for each in following):
                yield Problem(
                    following[0].name,
                    "visible-tests",
                    "All its tests are hidden, so students cannot check anything before they hand "
                    "in. Show one.",
                )


def _practice(answer: CheckedCell, following: Sequence[CheckedCell]) -> Iterator[Problem]:
    """A practice is checked by its student alone, who sees all of the check."""
    check = following[0] if following else None
    if check is None or not check.is_practice or "assert" not in check.text:
        yield Problem(
            answer.name,
            "practice",
            "No check follows this practice. Put a code cell with a few `assert` lines behind it, and "
            '`"learnflow": {"practice": true}` into its metadata.',
        )
    elif check.nbgrader.get("grade"):
        yield Problem(check.name, "practice", "A practice earns no points. Take its mark as a test away.")
    for each in following[1:]:
        if each.is_test:
            yield Problem(
                each.name,
                "practice",
                "The answer before this test is a practice, whose solution the tutor does not guard. Take "
                "`practice` out of the metadata of its cells, or move the practice elsewhere.",
            )


def _tries(text: str) -> bool:
    """Whether some line of it can fail because of an answer: no import, definition, name or print can."""
    try:
        tree = ast.parse(without_magics(text))
    except (SyntaxError, ValueError, RecursionError):
        return any(line.strip() and not line.strip().startswith("#") for line in text.splitlines())
    return any(not _prepares(statement) for statement in tree.body)


def _prepares(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        value = statement.value
        return isinstance(value, ast.Constant) or (
            isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print"
        )
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Pass)
    return isinstance(statement, kinds)


def _points(cells: Sequence[CheckedCell]) -> Iterator[Problem]:
    # Headings that promise something and are not closed yet, those inside of others last.
    open_: list[_Promise] = []
    for cell in cells:
        for signs, promised in _POINTS.findall(cell.text) if cell.kind == "markdown" else ():
            while open_ and open_[-1].level >= len(signs):
                yield from open_.pop().broken()
            open_.append(_Promise(cell.name, len(signs), float(promised)))
        if cell.is_graded:
            points = cell.nbgrader.get("points")
            if isinstance(points, bool) or not isinstance(points, (int, float)) or not 0 <= points < math.inf:
                yield Problem(cell.name, "points", "A graded cell needs its points: a number from 0 on.")
                # What the headings promise cannot be compared with it.
                open_.clear()
            else:
                for each in open_:
                    each.given += points
    for each in reversed(open_):
        yield from each.broken()


class _Promise:
    """A heading with points, and what the cells give until the next of its level."""

    def __init__(self, cell: str, level: int, promised: float) -> None:
        self.cell, self.level, self.promised, self.given = cell, level, promised, 0.0

    def broken(self) -> Iterator[Problem]:
        if not math.isclose(self.promised, self.given, abs_tol=1e-9):
            yield Problem(
                self.cell,
                "points",
                f"Its heading promises {self.promised:g} points, and the cells below it give {self.given:g}.",
            )


def _leaks(cells: Sequence[CheckedCell]) -> Iterator[Problem]:
    secrets = {line for cell in cells for line in secret_lines(cell.hidden)}
    for cell in cells:
        seen = _squeezed(f"{cell.visible}\n{cell.outputs}")
        for line in secrets:
            if line in seen:
                yield Problem(
                    cell.name,
                    "leak",
                    "A line of the hidden tests stands here as well, where students read it. Change "
                    "one of the "
                    "two.",
                )
                break


def secret_lines(hidden: str) -> set[str]:
    """What must not stand anywhere else: the statements of hidden tests, without spaces and messages."""
    lines = (_squeezed(line) for line in hidden.splitlines() if not line.strip().startswith("#"))
    return {line for line in lines if len(line) >= _SECRET_CHARS and "==" in line}


def _squeezed(text: str) -> str:
    """Without spaces, and without the sentence that a test says when it fails."""
    return "".join(re.sub(r",\s*f?([\"']).*?\1\s*$", "", text, flags=re.MULTILINE).split())


def leaked(hidden: Iterable[str], released: str) -> bool:
    """Whether a released notebook's text holds a line of the hidden tests."""
    text = _squeezed(released)
    return any(line in text for each in hidden for line in secret_lines(each))


def _links(cells: Sequence[CheckedCell], files: frozenset[str]) -> Iterator[Problem]:
    anchors = {
        _anchor(title) for cell in cells if cell.kind == "markdown" for title in _HEADING.findall(cell.text)
    }
    for cell in cells:
        if cell.kind != "markdown":
            continue
        for _, _, target in _LINK.findall(_FENCE.sub("", cell.text)):
            trouble = _link_trouble(target, anchors, files, cell.attachments)
            if trouble:
                yield Problem(cell.name, "link", trouble)


def _link_trouble(target: str, anchors: set[str], files: frozenset[str], attachments: frozenset[str]) -> str:
    try:
        parts = urlsplit(target)
    except ValueError:
        return f"The link `{target}` is none."
    if target.startswith("#"):
        wanted = _anchor(unquote(target[1:]))
        return "" if wanted in anchors else f"The link `{target}` leads to no heading of this notebook."
    if parts.scheme == "attachment":
        name = unquote(parts.path)
        return "" if name in attachments else f"The picture `{name}` is not attached to this cell."
    if parts.scheme or parts.netloc:
        if parts.scheme in ("http", "https", "mailto", "data") and (parts.netloc or parts.path):
            return ""
        return f"The link `{target}` leads nowhere."
    path = unquote(parts.path)
    return "" if path in files else f"The link `{target}` leads to a file that is not in the course."


def _anchor(title: str) -> str:
    """As JupyterLab makes ids of headings, apart from capitals and signs."""
    return re.sub(r"[^\w]+", "-", title.lower()).strip("-")


def _pictures(cells: Sequence[CheckedCell]) -> Iterator[Problem]:
    for cell in cells:
        if cell.kind != "markdown":
            continue
        text = _FENCE.sub("", cell.text)
        said = _PICTURE.findall(text)
        for tag in _IMAGE_TAG.findall(text):
            found = _ALT.search(tag)
            said.append("".join(filter(None, found.groups())) if found else "")
        if any(_SAYS_NOTHING.fullmatch(words) for words in said):
            yield Problem(
                cell.name,
                "alt-text",
                "A picture has no words for those who cannot see it: write `![what it shows](...)`.",
            )
