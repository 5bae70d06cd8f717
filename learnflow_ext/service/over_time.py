"""A student's mastery as it was at the end of each day on which evidence came in. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, tzinfo
from itertools import groupby

import msgspec

from learnflow_ext.contracts.grades import CodeReview
from learnflow_ext.contracts.progress import TopicProgress
from learnflow_ext.service.standing import stand
from learnflow_ext.store.courses import AssignmentInfo
from learnflow_ext.store.evidence import Checked, Step
from learnflow_ext.store.quizzes import Share

MOST_DAYS = 60
"""The latest say the most."""


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """Where a student stood at the end of a day."""

    at: datetime
    """Of the day's last piece of evidence, in the time zone of the days."""
    topics: tuple[TopicProgress, ...]
    """In course order, each with its mastery; knowledge is not traced."""


def over_time(
    steps: Sequence[Step],
    assignments: Sequence[AssignmentInfo],
    *,
    where: tzinfo,
    holidays: Collection[date] = (),
) -> list[Day]:
    """The days with evidence, `steps` in order of time, by the rules of `stand`; at most `MOST_DAYS`."""
    best: dict[str, float] = {}
    reviews: dict[str, CodeReview | None] = {}
    practice: dict[str, float] = defaultdict(float)
    right: dict[str, int] = defaultdict(int)
    answered: dict[str, int] = defaultdict(int)
    submitted: list[datetime] = []
    found = []
    by_day = [
        (day, list(of_day)) for day, of_day in groupby(steps, lambda step: step.at.astimezone(where).date())
    ]
    for number, (_, of_day) in enumerate(by_day):
        for step in of_day:
            if step.share is not None:
                if step.share >= best.get(step.assignment, 0.0):
                    reviews[step.assignment] = step.review
                best[step.assignment] = max(best.get(step.assignment, 0.0), step.share)
            if step.handed_in:
                submitted.append(step.at)
            if step.right is not None:
                right[step.assignment] += step.right
                answered[step.assignment] += 1
            if step.practice:
                practice[step.assignment] += step.practice
        if number < len(by_day) - MOST_DAYS:
            continue
        at = of_day[-1].at
        checked = Checked(
            student="",
            best=dict(best),
            answers={},
            solved=frozenset(),
            submitted=tuple(submitted),
            quizzes={name: Share(right[name], count) for name, count in answered.items()},
            practice=dict(practice),
            reviews={name: review for name, review in reviews.items() if review is not None},
        )
        there = stand(checked, assignments, at, where=where, holidays=holidays)
        found.append(Day(at=at.astimezone(where), topics=there.topics))
    return found
