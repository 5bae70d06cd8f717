"""What a class keeps getting wrong, by exercise."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from urllib.parse import urlencode

import msgspec

from learnflow_ext.contracts.grades import part_title
from learnflow_ext.service import words
from learnflow_ext.service.charts import MARKS, Chart, axis, colours, counted, told
from learnflow_ext.service.tables import NO_TITLES, Cell, Field, Sheet, Table
from learnflow_ext.service.views.cells import file_name, number_of, student
from learnflow_ext.store.courses import AssignmentInfo
from learnflow_ext.store.errors import CellErrors, ErrorOf, Example

Cells = Mapping[tuple[str, str], str]
"""(assignment, id of a cell) to the exercise that it belongs to."""
MOST_PLACES = 10
"""Bars that are read at a glance."""
OTHERS = "other errors"


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """An error in an exercise, or in the rest of a notebook."""

    assignment: str
    notebook: str
    """Its path, where the exercise is not known; else empty."""
    exercise: str
    """Name of the graded cell; empty for the rest of a notebook."""
    error: str
    students: int
    runs: int
    message: str
    title: str = ""
    """Of the assignment; empty where the course has none of that name."""

    @property
    def place(self) -> str:
        """As a person reads it."""
        called = self.title or self.assignment
        if self.exercise:
            return f"{part_title(self.exercise)} in {called}"
        name = file_name(self.notebook)
        # On one line: Vega draws no chart whose places hold a U+2028, and a student's server says both names.
        rest = " ".join((called if name in ("", self.assignment) else name).split())
        return f"rest of {rest}" if rest else "?"

    @property
    def called(self) -> str:
        """The error as a person reads it."""
        return self.error or "an error"

    @property
    def query(self) -> str:
        """What names it in an address."""
        return urlencode(
            {
                "assignment": self.assignment,
                "exercise": self.exercise,
                "notebook": self.notebook,
                "error": self.error,
            }
        )


def cells_of(assignments: Iterable[AssignmentInfo], known: Cells) -> Cells:
    """The cells of the course's source, `known`, and graded cells whose id is their name."""
    named = {
        (info.assignment, exercise.name): exercise.name for info in assignments for exercise in info.exercises
    }
    return {**named, **known}


def by_exercise(
    found: Iterable[CellErrors], cells: Cells, titles: Mapping[str, str] = NO_TITLES
) -> list[Pattern]:
    """Errors of cells put together by exercise, those of most students first. Nobody counts twice."""
    groups: dict[tuple[str, str, str, str], list[CellErrors]] = {}
    for one in found:
        exercise = cells.get((one.assignment, one.cell_id), "")
        notebook = "" if exercise else one.notebook
        groups.setdefault((one.assignment, notebook, exercise, one.error), []).append(one)
    patterns = [
        Pattern(
            assignment=assignment,
            notebook=notebook,
            exercise=exercise,
            error=error,
            students=len(set().union(*(one.students for one in parts))),
            runs=sum(one.runs for one in parts),
            message=max(parts, key=lambda one: one.runs).message,
            title=titles.get(assignment, ""),
        )
        for (assignment, notebook, exercise, error), parts in groups.items()
    ]
    return sorted(patterns, key=lambda one: (-one.students, -one.runs, one.place, one.error))


def cells_in(cells: Cells, assignment: str, exercise: str) -> list[str]:
    """Ids of the cells of `exercise`; of all exercises of the assignment when it is empty."""
    return sorted(
        cell
        for (where, cell), name in cells.items()
        if where == assignment and (not exercise or name == exercise)
    )


def anonymiser(names: Collection[str]) -> Callable[[str], str]:
    """Puts `someone` in the place of whoever of `names` is named in a text."""
    known = sorted((name for name in names if len(name) > 2), key=len, reverse=True)
    if not known:
        return lambda text: text
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE)
    return lambda text: pattern.sub("someone", text)


PATTERNS = Sheet[Pattern](
    name="errors",
    title="Errors of the last seven days",
    empty="No errors in the last seven days.",
    fields=(
        Field("Exercise", lambda one: Cell(one.place, f"errors/examples?{one.query}")),
        Field("Error", lambda one: one.called, "error"),
        Field("Students", lambda one: Cell(str(one.students), f"errors/students?{one.query}"), "number"),
        Field("Runs", lambda one: Cell(str(one.runs), f"errors/examples?{one.query}"), "number"),
        Field("For example", lambda one: words.quote(one.message), "long"),
    ),
)


def picture(met: Sequence[Pattern]) -> Chart | None:
    """Failed runs by exercise, each bar made of the kinds of errors; None where nothing failed.

    The same numbers are in the table of `PATTERNS`.
    """
    if not met:
        return None
    places, kinds = Counter[str](), Counter[str]()
    for one in met:
        places[one.place] += one.runs
        kinds[one.called] += one.runs
    shown = [place for place, _ in places.most_common(MOST_PLACES)]
    named = [kind for kind, _ in kinds.most_common(len(MARKS) - 1)]
    rank = {kind: place for place, kind in enumerate(named)}
    worst = shown[0]
    there = Counter[str]()
    for one in met:
        if one.place == worst:
            there[one.called] += one.runs
    [(most, _)] = there.most_common(1)
    cut = f" Shown are the {MOST_PLACES} places with the most of them." if len(places) > MOST_PLACES else ""
    return Chart(
        name="errors-picture",
        title="Where runs fail",
        says=(
            f"{words.many(places.total(), 'run')} failed in the last seven days, {places[worst]:,} of them "
            f"in {worst}, there mostly with {most}.{cut}"
        ),
        spec={
            "height": 30 * len(shown),
            "mark": {"type": "bar", "height": 20, "stroke": "--sheet", "strokeWidth": 1, "cursor": "pointer"},
            "encoding": {
                "y": {"field": "place", "type": "nominal", "sort": shown, "axis": axis()},
                "x": counted("runs", "Failed runs", stack="zero"),
                "color": colours([*named, *([OTHERS] if len(kinds) > len(named) else [])]),
                "order": {"field": "rank", "type": "quantitative"},
                "href": {"field": "href"},
                "tooltip": told(place="Exercise", error="Error", runs="Failed runs", students="Students"),
            },
        },
        rows=tuple(
            {
                "place": one.place,
                "error": one.called,
                "kind": one.called if one.called in rank else OTHERS,
                "rank": rank.get(one.called, len(named)),
                "runs": one.runs,
                "students": one.students,
                "href": f"errors/students?{one.query}",
            }
            for one in met
            if one.place in shown
        ),
    )


STUDENTS = Sheet[ErrorOf](
    name="error-students",
    title="Who met it in the last seven days",
    empty="Nobody did.",
    fields=(
        Field("Student", lambda one: student(one.student)),
        Field("Runs", lambda one: number_of(one.runs, one.student), "number"),
        Field("Last", lambda one: one.at, "time"),
        Field("Message", lambda one: words.quote(one.message), "long"),
    ),
)


def messages(found: Sequence[Example], anonymous: Callable[[str], str]) -> Sequence[Example]:
    """`found` without names; what is the same then is put together."""
    merged: dict[str, Example] = {}
    for one in found:
        text = words.quote(anonymous(one.text), 300)
        before = merged.get(text)
        runs = one.runs + (before.runs if before else 0)
        merged[text] = Example(text=text, runs=runs)
    return sorted(merged.values(), key=lambda one: -one.runs)


def what_python_said(found: Iterable[Example], query: str) -> Table:
    """`found`, of the error that `query` names in an address."""
    sheet = Sheet[Example](
        name="messages",
        title="What Python said",
        empty="No examples in the last seven days.",
        fields=(
            Field("Message", lambda one: one.text or "(no message)", "long"),
            Field("Runs", lambda one: Cell(str(one.runs), f"errors/students?{query}"), "number"),
        ),
    )
    return sheet.of(found)


QUESTIONS = Sheet[str](
    name="questions",
    title="What the tutor was asked about it",
    empty="Nobody asked about it in words.",
    fields=(Field("Question", lambda text: text, "long"),),
)
