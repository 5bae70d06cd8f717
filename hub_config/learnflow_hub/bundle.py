"""What ships with the package: the example configuration and the course.

In a wheel they lie inside `learnflow_hub`; in a checkout at the top of the repository.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent.parent


class NotShipped(FileNotFoundError):
    """Something that belongs to the package is not there; the text names it."""


def config_file() -> Path:
    """The classroom's `jupyterhub_config.py`. NotShipped when the installation is incomplete."""
    return _first(PACKAGE / "jupyterhub_config.py", CHECKOUT / "jupyterhub_config.py")


def course_folder(course: str) -> str:
    """Folder with the nbgrader source of a course that ships. NotShipped when there is no such course."""
    return str(_first(PACKAGE / "course" / course, CHECKOUT / "notebooks" / course))


def _first(*places: Path) -> Path:
    for place in places:
        if place.exists():
            return place
    raise NotShipped(f"LearnFlow is not completely installed: {places[0].name} is missing in {PACKAGE}.")
