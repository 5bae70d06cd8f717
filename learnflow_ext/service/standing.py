"""How far students have come: what the store has checked, by the rules of `progress`. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, tzinfo

import msgspec

from learnflow_ext.contracts.grades import part_title
from learnflow_ext.contracts.progress import NextStep, TopicProgress
from learnflow_ext.progress import knowledge
from learnflow_ext.progress.knowledge import SkillParameters
from learnflow_ext.progress.mastery import Evidence, level, mastery, quality_of, with_practice
from learnflow_ext.progress.next_step import Choice, next_best
from learnflow_ext.progress.streak import Streak, days, streak
from learnflow_ext.store.courses import AssignmentInfo
from learnflow_ext.store.evidence import Checked
from learnflow_ext.store.quizzes import Share

MOST_ANSWERS = 200
"""Of a topic that are traced: the latest say the most."""


NOT_FITTED: Mapping[str, SkillParameters] = {}
NOT_ASKED = Share()


class Standings(msgspec.Struct, frozen=True, kw_only=True):
    """Where one student stands."""

    topics: tuple[TopicProgress, ...]
    streak: Streak
    next_step: NextStep | None
    """None when everything is solved, or nothing is there yet."""

    @property
    def next_said(self) -> str:
        """The next step in words."""
        if self.next_step is not None:
            return f"{self.next_step.exercise} in {self.next_step.title}"
        return "all solved" if any(topic.exercises for topic in self.topics) else "nothing to do yet"


def stand(
    checked: Checked,
    assignments: Sequence[AssignmentInfo],
    now: datetime,
    *,
    where: tzinfo,
    holidays: Collection[date] = (),
    skills: Mapping[str, SkillParameters] = NOT_FITTED,
) -> Standings:
    """Topics in course order, the streak in the time zone `where`, and the next step.

    `skills` are the parameters of knowledge tracing by topic; a topic that is missing has sensible ones.
    """
    row = streak(days(checked.submitted, where), now.astimezone(where).date(), holidays)
    topics = []
    choices: list[Choice] = []
    titles: dict[str, str] = {}
    for info in assignments:
        share = checked.best.get(info.assignment)
        practised = checked.practice.get(info.assignment, 0.0)
        asked = checked.quizzes.get(info.assignment, NOT_ASKED)
        quizzes = _quizzes(share if info.is_quiz else None, asked)
        review = checked.reviews.get(info.assignment)
        others = Evidence(quizzes=quizzes, consistency=row.consistency)
        exercises = None if info.is_quiz else with_practice(share, practised, mastery(others))
        evidence = Evidence(
            exercises=exercises,
            quizzes=quizzes,
            quality=None if info.is_quiz else quality_of(review, share),
            consistency=row.consistency if exercises is not None or quizzes is not None else None,
        )
        answers = checked.answers.get(info.assignment, [])[-MOST_ANSWERS:]
        skill = skills.get(info.assignment, knowledge.SENSIBLE)
        known = knowledge.trace(answers, skill)
        titles[info.assignment] = info.title
        topics.append(
            TopicProgress(
                topic=info.assignment,
                title=info.title,
                mastery=mastery(evidence),
                level=level(evidence),
                known=known if answers else None,
                parts={
                    name: value
                    for name, value in msgspec.structs.asdict(evidence).items()
                    if value is not None
                },
                solved=sum((info.assignment, one.name) in checked.solved for one in info.exercises),
                exercises=len(info.exercises),
                quiz_right=asked.right,
                quiz_answered=asked.answered,
                code=review if evidence.quality is not None else None,
            )
        )
        choices += [
            Choice(
                topic=info.assignment,
                name=exercise.name,
                chance=knowledge.p_correct(known, skill),
                known=known,
                begun=bool(answers),
                solved=(info.assignment, exercise.name) in checked.solved,
                notebook=exercise.notebook,
            )
            for exercise in info.exercises
        ]
    chosen = next_best(choices)
    return Standings(
        topics=tuple(topics),
        streak=row,
        next_step=None
        if chosen is None
        else NextStep(
            assignment=chosen.topic,
            title=titles[chosen.topic],
            exercise=part_title(chosen.name),
            notebook=chosen.notebook,
        ),
    )


def _quizzes(points: float | None, asked: Share) -> float | None:
    """Points of a graded quiz and first answers in the notebook, with equal weight; None without either."""
    there = [points] if points is not None else []
    if asked.answered:
        there.append(asked.right / asked.answered)
    return sum(there) / len(there) if there else None
