"""Who is in a course."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

import msgspec

from learnflow_ext.service.rosters import Role
from learnflow_ext.service.tables import Cell, Field, Sheet
from learnflow_ext.service.views.cells import student_link

ROLES: tuple[Role, ...] = ("teacher", "assistant", "student")
"""In the order of the list."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a course."""

    name: str
    roles: tuple[Role, ...]
    """At least one; the hub may say several."""
    room: str = ""
    """What their extensions give, in words; empty for nothing."""


def members(found: Mapping[Role, Iterable[str]], room: Mapping[str, str] | None = None) -> list[Member]:
    """Everybody in `found`: teachers, assistants, students, each by name. `room` has words by student."""
    roles: dict[str, tuple[Role, ...]] = {}
    for role in ROLES:
        for name in found.get(role, ()):
            roles[name] = (*roles.get(name, ()), role)
    order = sorted(roles, key=lambda name: (ROLES.index(roles[name][0]), name))
    return [Member(name=name, roles=roles[name], room=(room or {}).get(name, "")) for name in order]


def _more_time(member: Member) -> Cell | str:
    """Leads to where it is given; only students have deadlines."""
    if "student" not in member.roles:
        return member.room
    return Cell(member.room or "Give", f"{student_link(member.name)}/time")


_USER = Field[Member]("User", lambda member: member.name)
_ROLE = Field[Member]("Role", lambda member: ", ".join(member.roles))
_TIME = Field[Member]("More time", _more_time, "long")

ROSTER = Sheet[Member](
    name="people",
    title="In this course",
    empty="Nobody is in this course yet.",
    fields=(_USER, _ROLE, Field("More time", lambda member: member.room, "long")),
)
"""As a file."""

PEOPLE = msgspec.structs.replace(ROSTER, fields=(_USER, _ROLE, _TIME))
"""As a page."""

CHANGEABLE = msgspec.structs.replace(
    ROSTER,
    fields=(
        *PEOPLE.fields,
        Field("Change it", lambda member: Cell("Change", f"people?{urlencode({'user': member.name})}#one")),
    ),
)
"""As `PEOPLE`, where roles can be changed."""

WRITTEN = Sheet[str](
    name="written",
    title="Written in course.yaml",
    empty="Nothing for this student.",
    fields=(Field("What", lambda said: said, "long"),),
)
"""What one student has there."""
