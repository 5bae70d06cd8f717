"""Who may do what: the hub's roles, as data.

JupyterHub replaces a default role that is named here, so `user` and `server` repeat their default scopes.
Nobody but the hub's own admins gets admin rights; the services get exactly what they ask the hub for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from learnflow_ext.settings import SERVICE_NAME

from .names import assistants_group, formgrader_service, students_group, teachers_group

CULLER = "idle-culler"
ACCESS_SERVICE = f"access:services!service={SERVICE_NAME}"
_CULLS: dict[str, Any] = {
    "name": CULLER,
    "description": "Stop servers that nobody uses",
    "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    "services": [CULLER],
}


def course_groups(course: str) -> tuple[str, str, str]:
    """The hub groups of `course`: who studies, assists and teaches there."""
    return students_group(course), assistants_group(course), teachers_group(course)


def roles(courses: Iterable[str], *, teachers_enrol: bool, culls: bool = True) -> list[dict[str, Any]]:
    """Entries for `c.JupyterHub.load_roles`; `courses` are course ids.

    `teachers_enrol` gives the service the right to change who is in these courses' groups, and in no others.
    Without `culls` there is no idle culler: the hub does not start with a role for a service it lacks.
    """
    courses = list(courses)
    enrols = [f"groups!group={group}" for course in courses for group in course_groups(course)]
    return [
        {
            "name": "user",
            "description": "Themselves, and the classroom's service",
            "scopes": ["self", ACCESS_SERVICE],
        },
        {
            "name": "server",
            "description": "A user's server: report activity, let its owner in, ask the classroom's service",
            "scopes": ["users:activity!user", "access:servers!server", ACCESS_SERVICE],
        },
        {
            "name": f"{SERVICE_NAME}-service",
            "description": "The classroom's service looks up who is in which course",
            "scopes": [
                "read:users:name",
                "list:users",
                "read:users:groups",
                "read:groups",
                "read:servers",
                *(enrols if teachers_enrol else ()),
            ],
            "services": [SERVICE_NAME],
        },
        *([_CULLS] if culls else ()),
        *(
            {
                "name": formgrader_service(course),
                "description": f"Open the formgrader of {course}",
                "scopes": [f"access:services!service={formgrader_service(course)}"],
                "groups": [teachers_group(course)],
            }
            for course in courses
        ),
    ]
