"""Cells that several tables share, and where they lead. Addresses are below the course's."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from learnflow_ext.contracts.progress import LEVELS, TopicProgress
from learnflow_ext.service.tables import Cell


def student_link(name: str) -> str:
    """The page of one student."""
    return f"students/{quote(name, safe='')}"


def has_page(name: str) -> bool:
    """Whether `name` is a student's, and not the number of a submission that is graded blind: no name has a
    `#`."""
    return "#" not in name


def student(name: str) -> Cell:
    """A student's name; it leads to their page."""
    return Cell(name, student_link(name)) if has_page(name) else Cell(name)


def number_of(count: int, name: str) -> Cell:
    """A count that is made of what one student did."""
    return Cell(str(count), student_link(name))


def handed_in_link(name: str = "", assignment: str = "", state: str = "") -> str:
    """What was handed in: by one student, to one assignment, in one state, or any of these."""
    given = {"student": name, "assignment": assignment, "state": state}
    return f"grading/submissions?{urlencode({key: value for key, value in given.items() if value})}"


def handed_in(text: str, name: str, assignment: str) -> Cell:
    """A number that is made of what one student handed in to one assignment."""
    return Cell(text, handed_in_link(name, assignment)) if text and has_page(name) else Cell(text)


def percent(share: float | None) -> str:
    """Whole percent; empty for None."""
    return "" if share is None else f"{100 * share:.0f}"


def share(topic: TopicProgress, href: str = "") -> Cell:
    """A topic's mastery in percent, in the colour of its level."""
    if topic.mastery is None:
        return Cell("")
    return Cell(percent(topic.mastery), href, LEVELS.index(topic.level or LEVELS[0]))


def file_name(path: str) -> str:
    """`02-loops` of `x/02-loops.ipynb`."""
    return path.rpartition("/")[2].removesuffix(".ipynb")
