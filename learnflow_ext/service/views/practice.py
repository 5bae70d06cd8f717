"""Exercises that a teacher reads first: as a card with all of it, and as a row once it is decided. Pure."""

from __future__ import annotations

import msgspec

from learnflow_ext.exercises.choosing import spoken
from learnflow_ext.exercises.exercise import MAX_DIFFICULTY
from learnflow_ext.service import words
from learnflow_ext.service.practice_kept import exercise_of, version
from learnflow_ext.service.practice_parts import parts_of
from learnflow_ext.service.tables import Field, Sheet
from learnflow_ext.service.views.cells import student
from learnflow_ext.store.practice_reviews import Reviewed


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise, as a teacher reads it. All of it is text, which the page escapes."""

    number: int
    student: str
    title: str
    about: str
    """Topic and difficulty."""
    written_by: str
    """The language model that wrote it; empty for a family."""
    slips: str
    measured: str
    """How well its tests notice mistakes."""
    made_at: str
    edited: bool
    version: str
    parts: dict[str, str]
    """By the names of `practice_parts.PARTS`."""


def card(one: Reviewed) -> Card:
    """What `one` is made of, by part."""
    exercise = exercise_of(one.made_of)
    share = 100 * one.killed / one.mutants if one.mutants else 100.0
    return Card(
        number=one.number,
        student=one.student,
        title=one.title,
        about=f"{spoken(one.topic)}, step {one.difficulty} of {MAX_DIFFICULTY}",
        written_by=exercise.model,
        slips="\n\n".join(each.rstrip() for each in exercise.slips),
        measured=(
            f"its tests notice {one.killed} of {one.mutants} small mistakes put into the solution "
            f"({share:.0f} %)"
        ),
        made_at=one.made_at,
        edited=one.edited,
        version=version(exercise),
        parts=parts_of(exercise),
    )


DECIDED = Sheet[Reviewed](
    name="decided",
    title="Decided",
    empty="Nothing was decided yet.",
    fields=(
        Field("Exercise", lambda one: one.title),
        Field("Student", lambda one: student(one.student)),
        Field("Topic", lambda one: spoken(one.topic)),
        Field("Written by", lambda one: exercise_of(one.made_of).model or "built in"),
        Field("Step", lambda one: str(one.difficulty), "number"),
        Field("Outcome", lambda one: "refused" if one.state == "refused" else "given"),
        Field("Reason", lambda one: one.reason or ("as a teacher worded it" if one.edited else ""), "long"),
        Field("By", lambda one: words.shown_name(one.decided_by)),
        Field("When", lambda one: one.decided_at, "time"),
    ),
)
