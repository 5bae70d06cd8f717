"""Who may call an address: the rules that a route may declare, and how each is kept. Pure.

A rule is about a person and a course. What is one student's own beyond that, a submission for instance, is
checked where it is looked up.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from learnflow_ext.contracts.errors import BadRequest, Forbidden, NotFound
from learnflow_ext.service.auth import Person
from learnflow_ext.service.hub_word import NOT_THE_HUB


class Who(StrEnum):
    """Who may call an address; the value is how the documentation says it."""

    ANYONE = "anyone, signed in or not"
    MACHINE = "this machine, and the hub's admins"
    HUB = "the hub itself, by a token that it signs"
    PERSON = "whoever is signed in"
    MEMBER = "members of the course"
    STAFF = "assistants and teachers of the course"
    TEACHER = "teachers of the course"
    ANY_TEACHER = "teachers of any course"
    SELF = "the student, and assistants and teachers of the course"


NO_COURSE = "There is no such course here."
NOT_A_MEMBER = "You are not a member of this course. Ask its teacher to add you."
NOT_FOR_ASSISTANTS = "This is for the teachers of the course alone. Assistants see work, alerts and grades."
NOT_A_TEACHER = "This page is for the teachers of the course. Your own results are in JupyterLab."
NOT_ANY_TEACHER = "Only teachers can run code here. Yours runs in your notebook."
NOT_AN_ADMIN = "The metrics are for the administrators of this hub."
NOT_THEIRS = "You can see your own progress, and that of students in courses you teach."


def check(who: Who, person: Person, courses: Collection[str], *, course: str = "", student: str = "") -> None:
    """Nothing, when `person` may call an address with the rule `who`.

    `courses` are those of the classroom, `course` the one that the request names and `student` the one that
    it is about, each empty when it names none. BadRequest, NotFound or Forbidden otherwise.
    """
    if who in (Who.ANYONE, Who.PERSON):
        return
    if who is Who.HUB:
        # No person is; its own word is looked at in `hub_word`.
        raise Forbidden(NOT_THE_HUB)
    if who is Who.MACHINE:
        if not person.admin:
            raise Forbidden(NOT_AN_ADMIN)
        return
    if who is Who.ANY_TEACHER:
        if not any(person.teaches(each) for each in courses):
            raise Forbidden(NOT_ANY_TEACHER)
        return
    if who is Who.SELF:
        if not course:
            raise BadRequest("Say which course: add `?course=…` to the address.")
        if student not in ("", person.name) and not person.grades(course):
            raise Forbidden(NOT_THEIRS)
    if course not in courses:
        raise NotFound(NO_COURSE)
    if who is Who.TEACHER and not person.teaches(course):
        raise Forbidden(NOT_FOR_ASSISTANTS if person.assists(course) else NOT_A_TEACHER)
    if who is Who.STAFF and not person.grades(course):
        raise Forbidden(NOT_A_TEACHER)
    if not person.belongs(course):
        raise Forbidden(NOT_A_MEMBER)
