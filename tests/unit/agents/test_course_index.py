"""The course as a student may read it, and finding something in it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from learnflow_ext.agents.course_index import CourseIndex, read_course_file
from learnflow_ext.agents.retrieval import Ranking, indexed, stem, terms


def cell(kind: str, source: str, **nbgrader: object) -> dict[str, object]:
    metadata = {"nbgrader": nbgrader} if nbgrader else {}
    return {
        "cell_type": kind,
        "id": source[:5] or "x",
        "metadata": metadata,
        "source": source.splitlines(True),
    }


def write(root: Path, assignment: str, *cells: dict[str, object]) -> Path:
    folder = root / "source" / assignment
    folder.mkdir(parents=True)
    path = folder / f"{assignment}.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def everything(index: CourseIndex) -> str:
    return "\n".join(text for section in index.sections for text in (section.title, *section.paragraphs))


class TestTheShippedCourse:
    def test_has_its_title_order_and_exercises(self, index: CourseIndex) -> None:
        assert index.title == "Python basics"
        assert [section.assignment for section in index.sections] == sorted(
            section.assignment for section in index.sections
        )
        assert len(index.exercises) == 42
        assert index.exercises[1].title == "Exercise 2: how many seconds?"
        assert index.exercises[1].points == 2

    @pytest.mark.parametrize(
        ("question", "title"),
        [
            ("what is a variable", "Names"),
            ("whats a varible", "Names"),
            ("how do loops work", "The `for` loop: once for each item"),
            ("what is a lsit", "Lists"),
            ("what does % do", "Calculating"),
            ("modulo", "Calculating"),
            ("my loop runs forever", "When a loop never ends"),
            ("f-strings", "Working with text"),
            ("difference between print and return", "Showing is not giving back"),
            ("what is recursion", "A function that calls itself"),
            ("how do i read a file", "Reading it again"),
            ("what does except do", "Going on after an error"),
            ("how do i import a module", "What comes with Python"),
            ("what is self", "A class of your own"),
            ("how does range work", "Counting with `range`"),
            ("what is a dictionary", "Dictionaries: found by name"),
            ("what does elif mean", "More than two ways: `elif`"),
            ("how do i write an if", "Choosing inside a loop"),
        ],
    )
    def test_answers_the_questions_it_covers(self, index: CourseIndex, question: str, title: str) -> None:
        assert title in [section.title for section in index.search(question, limit=2)]

    @pytest.mark.parametrize(
        ("question", "cells"),
        [
            ("what's the difference between = and ==", {"if-notes"}),
            ("is it `=` or `==` in an if?", {"if-notes"}),
            ("was ist der Unterschied zwischen = und ==", {"if-notes"}),
            ("qué significa =", {"names"}),
            ("what does = mean", {"names"}),
            ("what is != ?", {"if", "truth", "truth-notes"}),
            ("when do I need <= and when <?", {"if", "truth-notes"}),
            ("what does += do", {"accumulating"}),
            ("why total += 1", {"accumulating"}),
            ("difference between / and //", {"arithmetic"}),
            ("whats 7%2", {"arithmetic"}),
            ("what does ** mean", {"arithmetic"}),
            ("what does [] mean", {"lists", "lists-notes"}),
            ("what is {} for", {"dictionaries", "counting"}),
            ("what is the : for", {"if-else-notes", "for-loops-notes"}),
            ("what does '+' do with strings", {"f-strings"}),
            ("what does # do", {"run-a-cell-notes"}),
            ("what does x = 5 mean", {"names"}),
        ],
    )
    def test_knows_the_signs_that_a_question_asks_for(
        self, index: CourseIndex, question: str, cells: set[str]
    ) -> None:
        assert index.search(question, limit=1)[0].cell_id in cells

    @pytest.mark.parametrize(
        ("question", "cell"),
        [
            ("I don't get it - what is a loop?", "for-loops"),
            ("**help**: what is a list?", "lists"),
            ("why is `if day == 1 or 2` always true", "and-or-not"),
            ("explain and / or", "and-or-not"),
            ("I am 100% sure: what is a list - and/or a loop? https://example.org", "lists"),
        ],
    )
    def test_takes_no_notice_of_signs_in_passing(self, index: CourseIndex, question: str, cell: str) -> None:
        assert index.search(question, limit=1)[0].cell_id == cell

    @pytest.mark.parametrize(
        "question", ["what is inheritance", "decorators", "explain numpy", "", "the of and"]
    )
    def test_says_nothing_about_what_it_does_not_cover(self, index: CourseIndex, question: str) -> None:
        assert index.search(question) == []

    def test_never_holds_a_solution_or_a_test(self, index: CourseIndex) -> None:
        text = everything(index)
        for secret in (
            "BEGIN SOLUTION",
            "HIDDEN",
            "assert ",
            "result.append(number * number)",
            'answer_1 = "b"',
        ):
            assert secret not in text

    def test_looks_only_at_what_is_released(self, index: CourseIndex) -> None:
        assert index.search("lists", released=frozenset({"01-first-steps"})) == [] or all(
            section.assignment == "01-first-steps"
            for section in index.search("lists", released=frozenset({"01-first-steps"}))
        )
        assert index.about("lists", released=frozenset()) == []

    def test_continues_under_the_same_heading_only(self, index: CourseIndex) -> None:
        (names,) = index.about("names")
        following = index.after(names)
        assert following is not None and following.title == "Names" and not following.opens
        assert index.after(following) is None


class TestHostileOrBrokenCourses:
    def test_marked_regions_go_even_where_the_metadata_are_missing(self, tmp_path: Path) -> None:
        write(
            tmp_path,
            "a",
            cell("markdown", "# T\n\ntext\n### BEGIN MARK SCHEME\nsecret scheme\n### END MARK SCHEME\nmore"),
            cell("code", "shown = 1\n### BEGIN HIDDEN TESTS\nsecret = 2\n### END HIDDEN TESTS"),
            cell("code", "### BEGIN SOLUTION\nsecret = 3"),
        )
        text = everything(CourseIndex.from_source(tmp_path))
        assert "secret" not in text
        assert "shown = 1" in text
        assert "more" in text

    @pytest.mark.parametrize("role", ["solution", "grade", "task"])
    def test_answer_cells_go_whatever_they_hold(self, tmp_path: Path, role: str) -> None:
        write(tmp_path, "a", cell("markdown", "# T\n\ntext"), cell("markdown", "secret", **{role: True}))
        assert "secret" not in everything(CourseIndex.from_source(tmp_path))

    def test_a_broken_notebook_is_left_out(self, tmp_path: Path) -> None:
        write(tmp_path, "a", cell("markdown", "# Good\n\ntext"))
        (tmp_path / "source" / "a" / "broken.ipynb").write_text("{not json")
        assert [section.title for section in CourseIndex.from_source(tmp_path).sections] == ["Good"]

    def test_odd_metadata_is_no_concept(self, tmp_path: Path) -> None:
        odd = cell("markdown", "# T\n\ntext")
        for number, value in enumerate([{"learnflow": 3}, {"learnflow": {"concepts": 3}}, {"nbgrader": "x"}]):
            write(tmp_path, f"a{number}", {**odd, "metadata": value})
        assert [section.concepts for section in CourseIndex.from_source(tmp_path).sections] == [(), (), ()]

    def test_a_missing_folder_is_an_empty_course(self, tmp_path: Path) -> None:
        index = CourseIndex.from_source(tmp_path / "nowhere")
        assert (index.sections, index.title, index.search("lists")) == ((), "", [])

    def test_a_broken_course_file_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "course.yaml").write_text("title: [")
        assert read_course_file(tmp_path).title == ""


class TestReadingNotebooks:
    def test_source_may_be_one_string_and_ids_may_lack(self, tmp_path: Path) -> None:
        write(tmp_path, "a", {"cell_type": "markdown", "source": "# T\n\none\n\ntwo", "metadata": {}})
        (section,) = CourseIndex.from_source(tmp_path).sections
        assert (section.title, section.paragraphs, section.cell_id) == ("T", ("one", "two"), "")

    def test_a_heading_inside_a_fence_is_code(self, tmp_path: Path) -> None:
        write(
            tmp_path, "a", cell("markdown", "# T\n\n```python\n# not a heading\n\nx = 1\n```\n\n## U\n\nend")
        )
        first, second = CourseIndex.from_source(tmp_path).sections
        assert first.paragraphs == ("```python\n# not a heading\n\nx = 1\n```",)
        assert second.title == "U"

    def test_text_before_any_heading_belongs_to_the_assignment(self, tmp_path: Path) -> None:
        write(tmp_path, "week-1", cell("code", "x = 1"), cell("markdown", "no heading here"))
        (section,) = CourseIndex.from_source(tmp_path).sections
        assert section.title == "week-1"

    def test_a_code_cell_of_comments_is_no_example(self, tmp_path: Path) -> None:
        write(tmp_path, "a", cell("markdown", "# T\n\ntext"), cell("code", "# type here\n"))
        assert CourseIndex.from_source(tmp_path).sections[0].paragraphs == ("text",)

    def test_an_order_in_the_course_file_wins_over_the_names(self, tmp_path: Path) -> None:
        for name in ("b", "a", "c"):
            write(tmp_path, name, cell("markdown", f"# {name}\n\ntext"))
        (tmp_path / "course.yaml").write_text("assignments: [{name: c}, {name: a}]")
        assert [section.title for section in CourseIndex.from_source(tmp_path).sections] == ["c", "a", "b"]

    def test_release_folders_and_plain_folders_are_read_as_well(self, tmp_path: Path) -> None:
        write(tmp_path, "a", cell("markdown", "# T\n\ntext"))
        (tmp_path / "source").rename(tmp_path / "release")
        assert len(CourseIndex.from_source(tmp_path).sections) == 1
        assert len(CourseIndex.from_source(str(tmp_path / "release")).sections) == 1

    def test_a_course_without_marked_concepts_is_searched_by_its_words(self, tmp_path: Path) -> None:
        write(
            tmp_path,
            "a",
            cell("markdown", "# Turtles\n\nA turtle draws."),
            cell("markdown", "# Snakes\n\nHiss."),
        )
        assert [section.title for section in CourseIndex.from_source(tmp_path).search("turtle")] == [
            "Turtles"
        ]


class TestWords:
    @pytest.mark.parametrize(
        ("word", "base"),
        [("loops", "loop"), ("looping", "loop"), ("boxes", "box"), ("entries", "entry"), ("is", "is")],
    )
    def test_lose_their_endings(self, word: str, base: str) -> None:
        assert stem(word) == base

    def test_of_questions_carry_no_weight(self) -> None:
        assert terms("What is the what of it, please?") == []

    def test_signs_count(self) -> None:
        assert "%" in terms("what does % do")

    def test_signs_between_others_stand_for_nothing_else(self) -> None:
        assert "and" not in terms("when [ ] and when { }?")
        assert {"[]", "{}"} <= set(terms("when [ ] and when { }?"))

    def test_a_sign_that_a_course_names_counts_more_than_one_that_it_uses(self) -> None:
        assert Counter(indexed("The sign `%` is in `7 % 2`:\n\n```python\n%%visualize\nprint(8 % 3)\n```"))[
            "%"
        ] == (2 + Ranking.NAMED_WEIGHT)
        assert not {"**", ":", "`"}.intersection(indexed("**Bold**: `KeyError`: `a` is new."))

    def test_an_empty_ranking_finds_nothing(self) -> None:
        assert Ranking([], []).search("lists", 3) == []
