"""The quiz questions of the course that ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from learnflow_ext.contracts.quizzes import Question, placed, read

COURSE = Path(__file__).parents[3] / "notebooks" / "python-basics"
KEYS = sorted((COURSE / "quizzes").glob("*.yaml"))


def questions(key: Path) -> tuple[Question, ...]:
    return read(key.read_bytes())


def test_every_lesson_asks() -> None:
    lessons = {path.name for path in (COURSE / "source").iterdir() if "quiz" not in path.name}
    assert {key.stem for key in KEYS} == lessons


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.stem)
class TestQuestions:
    def test_each_is_asked_once_in_its_order(self, key: Path) -> None:
        cells = json.loads((COURSE / "source" / key.stem / f"{key.stem}.ipynb").read_text())["cells"]
        asked = [placed("".join(cell["source"])) for cell in cells if cell["cell_type"] == "markdown"]
        assert [name for name in asked if name] == [question.id for question in questions(key)]
        assert len(questions(key)) >= 3

    def test_a_wrong_choices_reason_does_not_name_the_right_one(self, key: Path) -> None:
        for question in questions(key):
            for choice in question.choices:
                if not choice.right:
                    words = choice.reason.replace("`", "").split()
                    assert not [right for right in question.right if right.strip("`") in words], choice.text

    def test_every_reason_is_a_sentence_of_its_own(self, key: Path) -> None:
        for question in questions(key):
            reasons = [choice.reason for choice in question.choices]
            assert len(set(reasons)) == len(reasons)
            assert all(reason[0].isupper() and reason[-1] in ".?!" for reason in reasons)

    def test_a_question_about_what_is_printed_is_true(self, key: Path) -> None:
        import contextlib
        import io

        for question in questions(key):
            if "What does" in question.question and "Error" not in "".join(question.right):
                printed = io.StringIO()
                with contextlib.redirect_stdout(printed):
                    exec(compile(question.code, question.id, "exec"), {})
                assert question.right == {printed.getvalue().strip()}
