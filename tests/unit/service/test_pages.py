"""What the templates say where little is there, and to whom; a browser looks at the rest."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from learnflow_ext.service import pages
from learnflow_ext.service.auth import Person
from learnflow_ext.service.board import (
    BoardView,
    CellView,
    ColumnView,
    OverviewView,
    PointsView,
    StudentView,
)
from learnflow_ext.service.pages import Pages
from learnflow_ext.service.practice_parts import PARTS
from learnflow_ext.service.standing import Standings, stand
from learnflow_ext.service.tables import Cell, Column, Table, csv_text
from learnflow_ext.service.views.cells import student_link
from learnflow_ext.service.views.practice import Card
from learnflow_ext.service.views.scores import points_table
from learnflow_ext.store.courses import AssignmentInfo, ExerciseInfo
from learnflow_ext.store.evidence import Checked

NOW = datetime(2026, 9, 21, 10, 0, tzinfo=UTC)
COURSE = "python-basics"
SHOWN = Pages("/services/learnflow/", "/hub/")
TEACHER = Person(name="turing", groups=frozenset({f"formgrade-{COURSE}"}))
ASSISTANT = Person(name="asa", groups=frozenset({f"assistant-{COURSE}"}))
NAMELESS = re.compile(
    r"<(?:span|p|b|em|strong|code|dd|dt|li|time)\b(?![^>]*\brole=)[^>]*\baria-label", re.DOTALL
)
"""Elements without a role of their own, which no name may be given to."""

LOOPS = AssignmentInfo(
    course=COURSE,
    assignment="loops",
    title="Loops",
    exercises=(ExerciseInfo(notebook="loops", name="test-ends", max_score=2.0),),
)


def board(*cells: CellView) -> BoardView:
    return BoardView(
        course=COURSE,
        columns=(ColumnView(assignment="loops", title="Loops", exercises=("ends", "sum")),),
        students=tuple(
            StudentView(name=f"s{place}", latest="2026-09-21T09:58:00+00:00", cells=(cell,))
            for place, cell in enumerate(cells)
        ),
        active=len(cells),
        graded=0,
        to_review=0,
    )


def overview(view: BoardView, person: Person) -> str:
    whole = OverviewView(
        board=view,
        everybody=len(view.students),
        found=len(view.students),
        find="",
        number=1,
        pages=1,
    )
    return SHOWN.render("scores.html", course=COURSE, overview=whole, now=NOW, person=person)


def own_page(standing: Standings) -> str:
    return SHOWN.render(
        "me.html",
        person=Person(name="ada"),
        title="Python basics",
        standing=standing,
        alerts=[],
        titles={},
        notes=[],
        requests=[],
        practices=[],
        held=frozenset(),
        deadlines=[],
        time_zone="UTC",
        xsrf="",
        now=NOW,
    )


def begun(*assignments: AssignmentInfo, solved: bool = False) -> Standings:
    """Where somebody stands who has handed in nothing, or everything."""
    names = {(info.assignment, one.name) for info in assignments for one in info.exercises}
    checked = Checked(
        student="ada",
        best=dict.fromkeys((info.assignment for info in assignments), 1.0) if solved else {},
        answers={},
        solved=frozenset(names if solved else ()),
        submitted=(NOW,) if solved else (),
    )
    return stand(checked, assignments, NOW, where=UTC)


@pytest.mark.parametrize(
    "template", sorted((pages.HERE / "templates").glob("*.html")), ids=lambda it: it.name
)
def test_only_what_may_have_a_name_has_one(template: Path) -> None:
    """ARIA lets nobody name a plain `span`: screen readers may leave such a name out."""
    assert NAMELESS.findall(template.read_text(encoding="utf-8")) == []


class TestAnEmptyCourse:
    def test_leads_its_teacher_to_where_people_are_added(self) -> None:
        html = overview(board(), TEACHER)
        assert "No students are in this course yet." in html
        assert f'href="/services/learnflow/courses/{COURSE}/people"' in html
        assert "nbgrader-" not in html, "groups are the hub's business"

    def test_sends_an_assistant_nowhere_they_may_not_go(self) -> None:
        html = overview(board(), ASSISTANT)
        assert "A teacher adds them" in html
        assert "/people" not in html

    def test_has_nothing_solved_in_it(self) -> None:
        html = own_page(begun())
        assert "nothing to do yet" in html
        assert "all solved" not in html
        assert "none yet" in html and "<dd>0</dd>" not in html


class TestTheOverview:
    CELL = CellView(
        state="scored",
        score=3.5,
        max_score=4.0,
        needs_review=True,
        exercises=(
            PointsView(score=2.0, max_score=2.0, band=3),
            PointsView(score=1.5, max_score=2.0, band=2),
        ),
    )
    NOTHING = (PointsView(score=None, max_score=2.0, band=0),) * 2

    def test_every_number_of_the_class_leads_somewhere_the_reader_may_go(self) -> None:
        for person, leads in ((TEACHER, "people"), (ASSISTANT, "progress")):
            html = overview(board(self.CELL), person)
            home = f"/services/learnflow/courses/{COURSE}"
            figures = re.findall(r"<dd>(.*?)</dd>", html)
            assert len(figures) == 4
            assert all("<a href=" in figure for figure in figures), figures
            assert f'"{home}/{leads}"' in figures[0]

    def test_is_a_file_of_plain_numbers(self) -> None:
        untouched, waits = (
            CellView(state=state, exercises=self.NOTHING) for state in ("untouched", "waiting")
        )
        rows = list(csv.reader(io.StringIO(csv_text(points_table(board(self.CELL, untouched, waits))))))
        assert rows[0] == [
            *(
                "Student",
                "Latest activity",
                "Loops",
                "Loops: of",
                "Loops: ends",
                "Loops: sum",
                "Loops: to check",
            )
        ]
        assert [row[2:] for row in rows[1:]] == [
            ["3.5", "4", "2", "1.5", "yes"],
            ["", "", "", "", ""],
            ["being graded", "", "", "", ""],
        ]


def test_no_text_of_a_file_is_a_formula() -> None:
    titles = ("=cmd()", "+1", "-1", "@x", "\t=x", "\n=x", " =x", "\u200b=x", "\uff1dx()", "Loops: =of")
    table = Table(
        name="t", title="", columns=tuple(map(Column, titles)), rows=(tuple(map(Cell, titles)),), empty=""
    )
    head, row = csv.reader(io.StringIO(csv_text(table)))
    assert head == row == [*(f"'{title}" for title in titles[:-1]), titles[-1]]


def test_a_next_step_is_one_until_all_is_solved() -> None:
    assert "ends in Loops" in own_page(begun(LOOPS))
    assert "all solved" in own_page(begun(LOOPS, solved=True))


def test_what_a_model_wrote_is_text_on_the_card_that_a_teacher_reads() -> None:
    evil = "\"'--></textarea></code></pre><x-evil onx=1>{{ 7 * 7 }}"
    parts = dict.fromkeys(PARTS, evil)
    card = Card(
        number=1,
        made_at=NOW.isoformat(),
        edited=False,
        student=evil,
        title=evil,
        about=evil,
        written_by=evil,
        slips=evil,
        measured=evil,
        version=evil,
        parts=parts,
    )
    shown = SHOWN.render(
        "practice_card.html",
        one=card,
        course=COURSE,
        student_link=student_link,
        now=NOW,
        most_chars=10,
        most_code=10,
        most_reason=10,
        problem=evil,
        reason=evil,
        said=parts,
    )
    assert "<x-evil" not in shown
    assert shown.count("&lt;x-evil onx=1&gt;{{ 7 * 7 }}") >= 7 + len(PARTS)
    assert shown.count("</textarea>") == len(PARTS)
