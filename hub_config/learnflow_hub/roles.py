"""Who may do what: the hub's roles, as data.

JupyterHub replaces a default role that is named here, so `user` and `server` repeat their default scopes.
Nobody but the hub's own admins gets admin rights; the services get exactly what they ask the hub for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from learnflow_ext.settings import SERVICE_NAME

from .names import formgrader_service, teachers_group

CULLER = "idle-culler"
ACCESS_SERVICE = f"access:services!service={SERVICE_NAME}"


def roles(courses: Iterable[str]) -> list[dict[str, Any]]:
    """Entries for `c.JupyterHub.load_roles`; `courses` are course ids."""
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
            ],
            "services": [SERVICE_NAME],
        },
        {
            "name": CULLER,
            "description": "Stop servers that nobody uses",
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
            "services": [CULLER],
        },
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
