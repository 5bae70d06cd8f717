"""What the course says, as far as a student may read it: sections to quote and exercises to suggest.

Reads nbgrader source or release folders. Solution cells, test cells and marked regions never enter the
index, so
that nothing which is built on it can repeat them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from learnflow_ext.agents.retrieval import Ranking, terms
from learnflow_ext.contracts.help import Citation
from learnflow_ext.contracts.quizzes import placed

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_MARKED = re.compile(
    r"^[^\n]*BEGIN (SOLUTION|HIDDEN TESTS|MARK SCHEME)\b.*?(?:^[^\n]*END \1\b[^\n]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_POINTS = re.compile(r"\s*\((\d+) points?\)\s*$")


class Cell(msgspec.Struct, frozen=True):
    """One cell as nbformat 4 stores it; fields we do not read are dropped."""

    cell_type: str
    source: str | list[str] = ""
    metadata: dict[str, Any] = {}
    id: str = ""

    @property
    def text(self) -> str:
        """The source in one piece."""
        return self.source if isinstance(self.source, str) else "".join(self.source)

    @property
    def nbgrader(self) -> dict[str, Any]:
        """nbgrader's metadata; empty for an ordinary cell."""
        found = self.metadata.get("nbgrader")
        return found if isinstance(found, dict) else {}

    @property
    def practice(self) -> bool:
        """Part of a practice, which earns no points: `"learnflow": {"practice": true}` in the metadata."""
        ours = self.metadata.get("learnflow")
        return self.cell_type == "code" and isinstance(ours, dict) and ours.get("practice") is True

    @property
    def is_answer(self) -> bool:
        """Written by the student (so the source holds the solution), or judging it."""
        return self.practice or any(bool(self.nbgrader.get(key)) for key in ("solution", "grade", "task"))


class Notebook(msgspec.Struct, frozen=True):
    """A notebook, as far as it matters here."""

    cells: list[Cell]


class ListedAssignment(msgspec.Struct, frozen=True):
    """One entry of `course.yaml`."""

    name: str
    title: str = ""


class CourseFile(msgspec.Struct, frozen=True):
    """`course.yaml`."""

    title: str = ""
    description: str = ""
    assignments: list[ListedAssignment] = []


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One text cell of a notebook, or the part of it under a heading, with the examples that follow."""

    kind: Literal["lesson", "exercise", "practice"]
    """A practice is for the student alone: it is neither quoted as an explanation nor suggested as work."""
    title: str
    """The heading that it stands under."""
    notebook_title: str
    assignment: str
    notebook: str
    """Path below the course's source."""
    cell_id: str
    opens: bool = True
    """True right below the heading, where an idea is introduced; False for what follows."""
    concepts: tuple[str, ...] = ()
    """What it teaches, the main thing first: `"learnflow": {"concepts": [...]}` in the cell's metadata."""
    paragraphs: tuple[str, ...] = ()
    """Markdown, in order; written by the teacher. A worked example is a fenced block."""
    points: int = 0
    """Of an exercise, where its heading says so; otherwise 0."""

    @property
    def citation(self) -> Citation:
        """Where to read it."""
        return Citation(
            title=f"{self.notebook_title}: {self.title}", notebook=self.notebook, cell_id=self.cell_id
        )


class _Draft:
    """A section while its cells are read."""

    def __init__(self, title: str, cell_id: str, *, opens: bool) -> None:
        self.title = title
        self.opens = opens
        self.cell_id = cell_id
        self.concepts: list[str] = []
        self.paragraphs: list[str] = []
        self.kind: Literal["lesson", "exercise", "practice"] = "lesson"


def read_notebook(path: Path) -> Notebook | None:
    """The notebook at `path`; None when it is not one (a teacher's half-saved file must not stop the
    tutor)."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Notebook)
    except (OSError, msgspec.MsgspecError):
        return None


def source_folder(directory: Path) -> Path:
    """Where the assignments lie: `source/` or `release/` below `directory`, or `directory` itself."""
    return next(
        (directory / name for name in ("source", "release") if (directory / name).is_dir()), directory
    )


def notebooks_of(directory: Path) -> Iterator[tuple[str, Path]]:
    """(assignment, path) of every notebook of a course, in order of their names."""
    root = source_folder(directory)
    for path in sorted(root.glob("*/*.ipynb")):
        if not path.parent.name.startswith("."):
            yield path.parent.name, path


class CourseIndex:
    """Sections of one course, searchable."""

    MIN_SCORE = 1.0
    """Below this a section shares hardly more than a passing word with the question."""
    OFF_TOPIC_WEIGHT = 0.3
    OPENING_WEIGHT = 1.3
    MAIN_WEIGHT = 1.3

    def __init__(self, sections: Sequence[Section] = (), *, title: str = "") -> None:
        """An index without sections is fine: it finds nothing."""
        self.title = title
        self.sections = tuple(sections)
        self._marked = any(section.concepts for section in self.sections)
        self._ranking = Ranking(
            [f"{section.title} {' '.join(section.concepts)}" for section in self.sections],
            [" ".join(section.paragraphs) for section in self.sections],
        )

    @classmethod
    def from_source(cls, directory: Path | str) -> CourseIndex:
        """Read a course folder (with `source/` or `release/` in it), or a folder of assignments.

        A folder that is missing or empty gives an empty index. Blocks on disk: call it off the event loop.
        """
        root = Path(directory)
        about = read_course_file(root)
        order = {entry.name: place for place, entry in enumerate(about.assignments)}
        sections: list[Section] = []
        found = sorted(
            notebooks_of(root), key=lambda pair: (order.get(pair[0], len(order)), pair[0], pair[1].name)
        )
        for assignment, path in found:
            notebook = read_notebook(path)
            if notebook is not None:
                sections += _sections(notebook, assignment, f"{assignment}/{path.name}")
        return cls(sections, title=about.title)

    @property
    def exercises(self) -> tuple[Section, ...]:
        """In course order."""
        return tuple(section for section in self.sections if section.kind == "exercise")

    def topical(self, text: str) -> bool:
        """Whether the text names something the course has a heading or concept for."""
        return self._ranking.topical(text)

    def asked(self, text: str) -> frozenset[str]:
        """The words of a question that the course knows, misspelt ones put right."""
        return frozenset(self._ranking.known(text))

    def about(self, concept: str, *, limit: int = 1, released: frozenset[str] | None = None) -> list[Section]:
        """Lessons that the course marks with this concept, those where it is the main one first."""
        marked = [
            section
            for section in self.sections
            if section.kind == "lesson" and concept in section.concepts and visible(section, released)
        ]
        return sorted(marked, key=lambda section: section.concepts.index(concept))[:limit]

    def after(self, section: Section) -> Section | None:
        """What follows under the same heading; None at its end."""
        place = self.sections.index(section) + 1
        if place < len(self.sections):
            following = self.sections[place]
            if (following.notebook, following.title, following.kind) == (
                section.notebook,
                section.title,
                "lesson",
            ):
                return following
        return None

    def search(
        self, text: str, *, limit: int = 2, released: frozenset[str] | None = None, kind: str = "lesson"
    ) -> list[Section]:
        """Sections that fit a question, best first; empty when the course says nothing about it."""
        hits = self._ranking.search(text, limit=len(self.sections))
        asked = frozenset(self._ranking.known(text))
        weighed = [(hit.score * self._weight(self.sections[hit.index], asked), hit.index) for hit in hits]
        fitting = [
            self.sections[index]
            for score, index in sorted(weighed, key=lambda pair: (-pair[0], pair[1]))
            if score >= self.MIN_SCORE
            and self.sections[index].kind == kind
            and visible(self.sections[index], released)
        ]
        return fitting[:limit]

    def _weight(self, section: Section, asked: frozenset[str]) -> float:
        """More for where an idea is introduced; less for welcomes and summaries, if concepts are marked."""
        if not section.concepts:
            return self.OFF_TOPIC_WEIGHT if self._marked else 1.0
        opening = self.OPENING_WEIGHT if section.opens else 1.0
        main = frozenset(terms(section.concepts[0]))
        return opening * (self.MAIN_WEIGHT if main <= asked else 1.0)


def visible(section: Section, released: frozenset[str] | None) -> bool:
    """Whether a student who sees the `released` assignments (None: all) sees this section."""
    return released is None or section.assignment in released


def read_course_file(directory: Path) -> CourseFile:
    """`course.yaml` in the folder; one without entries when it is missing or cannot be read."""
    try:
        return msgspec.yaml.decode((directory / "course.yaml").read_bytes(), type=CourseFile)
    except (OSError, msgspec.MsgspecError):
        return CourseFile()


def _sections(notebook: Notebook, assignment: str, place: str) -> Iterator[Section]:
    notebook_title = assignment
    drafts: list[_Draft] = []
    for cell in notebook.cells:
        if cell.is_answer:
            if drafts:
                drafts[-1].kind = "practice" if cell.practice else "exercise"
        elif cell.cell_type == "markdown" and placed(cell.text) is None:
            for level, title, paragraphs in _split(_MARKED.sub("", cell.text)):
                if title and level == 1 and not drafts:
                    notebook_title = title
                heading = title or (drafts[-1].title if drafts else notebook_title)
                drafts.append(_Draft(heading, cell.id, opens=bool(title)))
                drafts[-1].paragraphs += paragraphs
            if drafts:
                drafts[-1].concepts += _concepts(cell)
        elif cell.cell_type == "code" and drafts:
            example = _MARKED.sub("", cell.text).strip()
            if any(line.strip() and not line.lstrip().startswith("#") for line in example.splitlines()):
                drafts[-1].paragraphs.append(f"```python\n{example}\n```")
    for draft in drafts:
        if draft.paragraphs:
            points = _POINTS.search(draft.title)
            yield Section(
                kind=draft.kind,
                title=_POINTS.sub("", draft.title),
                notebook_title=notebook_title,
                assignment=assignment,
                notebook=place,
                cell_id=draft.cell_id,
                opens=draft.opens,
                concepts=tuple(dict.fromkeys(draft.concepts)),
                paragraphs=tuple(draft.paragraphs),
                points=int(points.group(1)) if points else 0,
            )


def _concepts(cell: Cell) -> list[str]:
    ours = cell.metadata.get("learnflow")
    named = ours.get("concepts", []) if isinstance(ours, dict) else []
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []


def _split(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """(level, heading, paragraphs) of a Markdown cell; the first heading is empty when text comes before
    any."""
    level, title = 0, ""
    lines: list[str] = []
    started = inside = False
    for line in text.splitlines():
        if _FENCE.match(line):
            inside = not inside
        heading = None if inside else _HEADING.match(line)
        if heading:
            if started:
                yield level, title, _paragraphs(lines)
            level, title, lines, started = len(heading.group(1)), heading.group(2), [], True
        else:
            started = started or bool(line.strip())
            lines.append(line)
    if started:
        yield level, title, _paragraphs(lines)


def _paragraphs(lines: Sequence[str]) -> list[str]:
    """Blocks between blank lines; a fenced block stays whole."""
    blocks: list[list[str]] = [[]]
    inside = False
    for line in lines:
        if _FENCE.match(line):
            inside = not inside
        if line.strip() or inside:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]
