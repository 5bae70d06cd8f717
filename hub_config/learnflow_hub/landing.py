"""Where people arrive after signing in."""

from __future__ import annotations

from typing import Any

from learnflow_ext.settings import SERVICE_NAME

from .names import assistants_group, teachers_group

STAFF_PREFIXES = (teachers_group(""), assistants_group(""))


def landing_page(handler: Any) -> str:
    """Teachers and assistants get the dashboard, admins the hub's page, others their own server.

    `handler` is the hub's request handler. Empty lets the hub decide as usual.
    """
    user = handler.current_user
    base = handler.hub.base_url.removesuffix("hub/")
    if user is None:
        return ""
    if any(group.name.startswith(STAFF_PREFIXES) for group in user.groups):
        return f"{base}services/{SERVICE_NAME}/"
    if user.admin:
        return f"{base}hub/admin"
    return ""
