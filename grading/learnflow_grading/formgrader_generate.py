"""The formgrader's *Generate*: what cannot be released is refused in a sentence, and what was there stays.

nbgrader deletes the former students' version before it looks at the sources, and leaves nothing when one of
them cannot be converted. Students may be at work on that version, and grading goes by it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.apps.api import NbGraderAPI

from learnflow_ext.contracts.errors import LearnFlowError

from .release import else_as_before, refuse_leaks_in_files, refuse_sources

REFUSED = "refused"
"""In an answer whose `error` is a sentence of ours: about the teacher's own files, and names no student."""


class _Failed(Exception):
    """nbgrader says that it did not work."""


def generated(api: NbGraderAPI, assignment: str) -> dict[str, Any]:
    """Generate `assignment`; what nbgrader's API says of it, or `REFUSED`. When it did not work, the former
    version is there still."""
    course = api.coursedir
    source = Path(course.format_path(course.source_directory, ".", assignment))
    target = Path(course.format_path(course.release_directory, ".", assignment))
    said: dict[str, Any] = {}
    try:
        refuse_sources(source)
        with else_as_before(target):
            said = api.generate_assignment(assignment)
            if not said["success"]:
                raise _Failed
            refuse_leaks_in_files(source, target)
    except LearnFlowError as error:
        return {"success": False, REFUSED: True, "error": error.message}
    except _Failed:
        pass
    return said
