"""Where people arrive after signing in."""

from __future__ import annotations

from typing import Any

from learnflow_ext.settings import SERVICE_NAME

from .names import teachers_group

TEACHERS_PREFIX = teachers_group("")


def landing_page(handler: Any) -> str:
    """Teachers get the dashboard, admins the hub's admin page, everybody else their own server.

    `handler` is the hub's request handler. Empty lets the hub decide as usual.
    """
    user = handler.current_user
    base = handler.hub.base_url.removesuffix("hub/")
    if user is None:
        return ""
    if any(group.name.startswith(TEACHERS_PREFIX) for group in user.groups):
        return f"{base}services/{SERVICE_NAME}/"
    if user.admin:
        return f"{base}hub/admin"
    return ""
