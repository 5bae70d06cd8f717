"""What is around a question: it fits the budget, says something, and changes what the student reads."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnflow_ext.agents import concepts, debug, exercise, review
from learnflow_ext.agents.around import around, failed_test, neighbours, repeated_line
from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.agents.references import Reference
from learnflow_ext.agents.remark import Remark
from learnflow_ext.agents.tokens import clipped, tokens
from learnflow_ext.agents.tutor import Tutor
from learnflow_ext.contracts.help import CellError, Diagnosis, HelpRequest
from learnflow_ext.contracts.progress import LEVELS, AssignmentProgress, Level, StudentProgress

HERE = "01-first-steps"
LONG = "for number in range(1, count + 1):\n    result.append(number * number)\n" * 400


def at(level: Level | None, assignment: str = HERE, **more: object) -> HelpContext:
    known = AssignmentProgress(assignment=assignment, best_score=1.0, max_score=2.0, level=level)
    progress = StudentProgress(student="ada", course="py", assignments=(known,))
    return msgspec.structs.replace(HelpContext(progress=progress), **more)


class TestTokens:
    # As the tokeniser of SmolLM2 counts them, the model that `make bench ARGS=local_model` runs.
    @pytest.mark.parametrize(
        ("text", "counted"),
        [
            ("What is a list?", 5),
            (
                "def squares(count):\n    result = []\n    for number in range(1, count + 1):\n"
                "        result.append(number * number)\n    return result",
                34,
            ),
            (
                "The name total has no value yet: names get their value with `=`, in a line before.",
                23,
            ),
            ("weeks_to_save = 12345 // 7", 16),
            ("Warum bekomme ich hier einen Fehler, obwohl die Variable schon da ist?", 24),
            ("\u00bfpor qu\u00e9 no funciona mi funci\u00f3n?", 12),
            ("assert tally(['a', 'b', 'a']) == {'a': 2, 'b': 1}", 24),
        ],
    )
    def test_no_fewer_than_a_tokeniser_finds_and_not_many_more(self, text: str, counted: int) -> None:
        assert counted <= tokens(text) <= 2.5 * counted

    @given(st.text(max_size=300))
    def test_never_more_than_its_bytes_as_json(self, text: str) -> None:
        assert tokens(text) <= len(
            msgspec.json.encode(text.encode("utf-8", "replace").decode("utf-8", "replace"))
        )

    @given(st.text(max_size=400), st.integers(0, 60))
    def test_what_is_clipped_fits(self, text: str, most: int) -> None:
        kept = clipped(text, most)
        assert tokens(kept) <= most
        assert "".join(kept.split()) in "".join(text.split())

    def test_whole_lines_stay_where_there_is_one(self) -> None:
        assert clipped("a = 1\nb = 2\nc = 3", 14) == "a = 1\nb = 2"


class TestBudget:
    REQUEST = HelpRequest(text=LONG, code=LONG, assignment=HERE, nearby={"a": LONG, "b": "total = 1"})
    REFERENCE = Reference(name="a/b", code="x", shown=LONG)

    @pytest.mark.parametrize("budget", [200, 1_000, 3_000, 100_000])
    def test_all_of_it_together_stays_within(self, budget: int) -> None:
        found = around(
            self.REQUEST, at("Beginner"), question=LONG, code=LONG, reference=self.REFERENCE, budget=budget
        )
        assert found.tokens <= budget
        assert found.question and found.code and found.exercise
        assert found.level == "Beginner"

    def test_what_matters_less_goes_first(self) -> None:
        found = around(self.REQUEST, HelpContext(), question="why?", code=LONG, budget=300)
        assert found.question == "why?"
        assert tokens(found.code) > tokens(found.other_cells)

    def test_ideas_alone_keep_the_students_work_here(self) -> None:
        error = Diagnosis(
            exception="NameError",
            message="name 'x'",
            line=1,
            source_line="x",
            cause="c",
            concept="",
            known=True,
        )
        found = around(
            self.REQUEST, HelpContext(), question="why?", code="x", diagnosis=error, ideas_only=True
        )
        assert (found.code, found.error, found.other_cells, found.failed_test) == ("", "", "", "")


class TestNeighbours:
    def test_those_whose_names_are_used_come_first(self) -> None:
        cells = {"1": "other = 3", "2": "prices = [1, 2]", "3": "print('x')", "4": "z = 1", "5": "y = 2"}
        found = neighbours("for price in prices:\n    print(price)", cells)
        assert found[0] == "prices = [1, 2]"
        assert len(found) == 4

    def test_a_failed_check_is_told_where_the_student_can_read_it(self) -> None:
        error = Diagnosis(
            exception="AssertionError",
            message="",
            line=1,
            source_line="assert f(1) == 2",
            cause="c",
            concept="",
            known=True,
        )
        assert failed_test(error, "Write f.\nassert f(1) == 2") == "assert f(1) == 2"
        assert failed_test(error, "Write f.") == failed_test(None, "x") == ""

    def test_lines_that_stand_there_too(self) -> None:
        four = "total = 0\nfor price in prices:\n    total += price\nprint(total / len(prices))"
        assert repeated_line(f"x = 1\n{four}", {"b": f"# mean\n{four}"}) == 2
        assert repeated_line(four, {"b": four}) is None, "it may be an older version of this very cell"
        assert repeated_line(four, {"b": "total = 0"}) is None


NAME_ERROR = CellError(
    exception="NameError", message="name 'prices' is not defined", line=1, code="print(prices)"
)


class TestWhatTheStudentReads:
    def test_a_name_that_another_cell_makes(self, index: CourseIndex) -> None:
        request = HelpRequest(error=NAME_ERROR, nearby={"b": "prices = [1]"})
        text = debug.compose(debug.analyse(request, index), 1).text
        assert "Another cell of this notebook makes `prices`" in text
        text = debug.compose(debug.analyse(HelpRequest(error=NAME_ERROR), index), 1).text
        assert "Another cell" not in text

    def test_a_function_that_another_cell_makes_too(self) -> None:
        request = HelpRequest(
            text="review", code="def area(a):\n    return a * a", nearby={"b": "def area(b):\n    return b"}
        )
        assert (
            "another cell of this notebook makes `area` too" in review.compose(review.analyse(request)).text
        )

    def test_the_cell_itself_is_no_other_one(self, index: CourseIndex) -> None:
        """It stands among the cells that ran, as it last did."""
        code = "def area(a):\n    return a * a"
        older = "def area(a):\n    return a + a"
        for ran in (code, older):
            request = HelpRequest(text="review", code=code, cell_id="a", nearby={"a": ran})
            assert "another cell" not in review.compose(review.analyse(request)).text
        late = "print(prices)\nprices = [1]"
        error = CellError(exception="NameError", message="name 'prices' is not defined", line=1, code=late)
        for request in (
            HelpRequest(error=error, code=late, cell_id="a", nearby={"a": late}),
            HelpRequest(error=error, nearby={"a": late}),
        ):
            assert "Another cell" not in debug.compose(debug.analyse(request, index), 1).text
            assert around(request, HelpContext(), code=late).other_cells == ""

    def test_a_name_that_the_course_knows_nothing_of(self) -> None:
        request = HelpRequest(text="what is zorks?", nearby={"b": "zorks = [1, 2]"})
        text = concepts.compose(concepts.analyse(request, CourseIndex())).text
        assert "`zorks` is a name that a cell of this notebook makes" in text
        kept = concepts.analyse(request, CourseIndex(), look_at_code=False)
        assert "zorks" not in concepts.compose(kept).text

    @pytest.mark.parametrize("rung", range(5))
    def test_who_has_just_begun_reads_more_and_who_is_far_less(self, index: CourseIndex, rung: int) -> None:
        request = HelpRequest(error=NAME_ERROR, assignment=HERE)
        lengths = {
            level: len(debug.compose(debug.analyse(request, index, at(level)), rung).text) for level in LEVELS
        }
        assert lengths["Beginner"] >= lengths["Learning"] >= lengths["Proficient"]
        if rung in (1, 2):
            assert lengths["Beginner"] > lengths["Learning"] > lengths["Proficient"]

    def test_what_is_mastered_need_not_be_read_again(self, index: CourseIndex) -> None:
        section = debug.analyse(HelpRequest(error=NAME_ERROR), index).sections[0]
        found = debug.analyse(HelpRequest(error=NAME_ERROR), index, at("Mastered", section.assignment))
        reply = debug.compose(found, 2)
        assert "Read again" not in reply.text
        assert f"You have mastered this idea already, in *{section.notebook_title}*" in reply.text
        assert reply.citations == ()

    def test_an_idea_that_is_mastered_is_told_in_short(self, index: CourseIndex) -> None:
        request = HelpRequest(text="what is a list?")
        whole = concepts.analyse(request, index)
        best = whole.sections[0].assignment
        short = concepts.compose(concepts.analyse(request, index, mastered=frozenset({best})))
        assert concepts.SHORT_VERSION in short.text
        assert len(short.text) < len(concepts.compose(whole).text)
        began = concepts.compose(concepts.analyse(request, index, level="Beginner")).text
        assert ("```" in began) == (concepts.TRY_IT in began)

    def test_a_beginner_hears_of_two_things(self) -> None:
        remarks = tuple(
            Remark(kind=f"kind {line}", line=line, why="so.", question="Why?", slip=False, weight=9)
            for line in (1, 2, 3)
        )
        for level, count in (("Beginner", 2), ("Learning", 3), (None, 3)):
            found = review.ReviewFindings(lines=3, remarks=remarks, code="a = 1\nb = 2\nc = 3", level=level)  # type: ignore[arg-type]  # levels
            assert review.compose(found).text.count("**Line ") == count
            assert review.analyse(HelpRequest(code="a = 1"), level).level == level  # type: ignore[arg-type]  # levels

    def test_a_mastered_exercise_is_not_recommended(self, index: CourseIndex) -> None:
        first = exercise.analyse(HelpRequest(text="another"), index, HelpContext()).section
        assert first is not None
        then = exercise.analyse(HelpRequest(text="another"), index, at("Mastered", first.assignment)).section
        assert then is not None and then.assignment != first.assignment

    def test_the_tutor_hands_all_that_to_its_agents(self, index: CourseIndex) -> None:
        request = HelpRequest(error=NAME_ERROR, assignment=HERE, nearby={"b": "prices = [1]"})
        found = Tutor(index).plan(request, at("Beginner")).findings
        assert isinstance(found, debug.DebugFindings)
        assert (found.level, found.elsewhere) == ("Beginner", "prices")
