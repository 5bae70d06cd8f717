"""Names that become folders and parts of URLs: what is accepted, and the sentence when it is not."""

from __future__ import annotations

import re

USERNAME_PATTERN = r"^[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?$"
"""Of a normalised hub user name that may have a folder here: it never hides, climbs or needs escaping."""

COURSE_PATTERN = r"^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$"
"""Of a course id; it also names groups, roles and a service of the hub."""

RESERVED_USERNAMES = frozenset({"uids.json", "uids.lock"})
"""Files that lie beside the users' folders."""


class UnusableName(ValueError):
    """A name that cannot be used here; the text says why and is safe to show."""


def user_folder_name(username: str) -> str:
    """The folder name of the hub user `username`: the name itself.

    UnusableName where that would be ambiguous or unsafe.
    """
    if re.fullmatch(USERNAME_PATTERN, username) is None or ".." in username or username in RESERVED_USERNAMES:
        raise UnusableName(
            f"The user name {username[:64]!r} cannot be used here. Names have 1 to 64 lower-case letters,"
            " digits and . _ @ -, and begin and end with a letter or digit."
            " Ask whoever runs this hub for another name."
        )
    return username


def course_id(name: str) -> str:
    """`name`, checked. UnusableName when it is no course id."""
    if re.fullmatch(COURSE_PATTERN, name) is None:
        raise UnusableName(
            f"{name[:64]!r} is no course id: use 1 to 48 lower-case letters, digits and -,"
            " beginning and ending with a letter or digit."
        )
    return name


def teachers_group(course: str) -> str:
    """Name of the hub group that teaches `course`."""
    return f"formgrade-{course}"


def assistants_group(course: str) -> str:
    """Name of the hub group that grades `course`, and releases nothing."""
    return f"assistant-{course}"


def students_group(course: str) -> str:
    """Name of the hub group that studies `course`."""
    return f"nbgrader-{course}"


def formgrader_service(course: str) -> str:
    """Name of the hub service with the course's formgrader."""
    return f"formgrader-{course}"
