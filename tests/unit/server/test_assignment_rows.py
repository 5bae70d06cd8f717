"""The rows of the Assignment List."""

from __future__ import annotations

from typing import Any

import pytest

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.grades import SubmissionView
from learnflow_ext.server.coursework import assignment_parts, folder_time
from learnflow_ext.server.handlers.assignments import outcome


def submission(**more: Any) -> SubmissionView:
    return SubmissionView(
        **{
            "submission_id": "s",
            "course": "py",
            "assignment": "one",
            "student": "ada",
            "status": "graded",
            "submitted_at": "2026-01-31T09:30:00.1+00:00",
            **more,
        }
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"status": "queued", "position": 3}, "waiting to be graded, place 3 in the queue"),
        ({"status": "queued"}, "waiting to be graded"),
        ({"status": "grading"}, "being graded"),
        ({"score": 4.5, "max_score": 5.0}, "4.5 of 5 points"),
        (
            {"score": 4.0, "max_score": 5.0, "needs_review": True},
            "4 of 5 points; your teacher will look at it",
        ),
        ({"status": "failed", "message": "It never ended."}, "It never ended."),
        ({"status": "failed"}, "could not be graded; your teacher will look at it"),
    ],
)
def test_an_outcome_in_words(more: dict[str, Any], words: str) -> None:
    assert outcome(submission(**more)) == words


def test_a_folder_is_named_after_the_time_in_utc() -> None:
    assert folder_time("2026-01-31T10:30:00.123456+01:00") == "2026-01-31 09:30:00.123456 UTC"
    with pytest.raises(BadRequest):
        folder_time("yesterday")


@pytest.mark.parametrize("pair", [("..", "one"), ("py", "a/b"), ("", "one"), ("py", ".one"), ("py", "")])
def test_ids_that_are_no_names_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(BadRequest):
        assignment_parts(*pair)
