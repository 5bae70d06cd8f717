"""Hidden tests and solutions: where they are in a source notebook, and that none of them gets out.

nbgrader removes the regions when an assignment is generated. A marker with a typing error, a copy in a
data file or in an output would let them through, so what is about to be released is compared with the
source before anybody can fetch it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

_MARKER = re.compile(
    r"(?:BEGIN|END)[\W_]{0,3}(?:HIDDEN[\W_]{0,3}TESTS?|(?:REFERENCE[\W_]{0,3})?SOLUTIONS?)\b", re.IGNORECASE
)
_REGIONS = (
    ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS"),
    ("BEGIN SOLUTION", "END SOLUTION"),
    ("BEGIN MARK SCHEME", "END MARK SCHEME"),
)
_SHORT = 8
"""Lines of fewer characters (`else:`, `pass`) prove nothing: they occur in any notebook."""


class NotHidden(Exception):
    """What should stay with the teacher is in what would be released; the text is a sentence."""


def split_hidden(source: str) -> tuple[str, frozenset[int]]:
    """A test cell's text without its hidden region, and that region's line numbers, from 1."""
    visible: list[str] = []
    hidden: set[int] = set()
    begin, end = _REGIONS[0]
    inside = False
    for number, line in enumerate(source.split("\n"), start=1):
        if begin in line:
            inside = True
        if inside:
            hidden.add(number)
        else:
            visible.append(line)
        if end in line:
            inside = False
    return "\n".join(visible), frozenset(hidden)


def _cell_parts(source: str) -> tuple[list[str], list[str]]:
    """A source cell's lines, (secret, open)."""
    secret: list[str] = []
    open_: list[str] = []
    closing = ""
    for line in source.split("\n"):
        if not closing:
            closing = next((end for begin, end in _REGIONS if begin in line), "")
            if not closing:
                open_.append(line.strip())
        elif closing in line:
            closing = ""
        else:
            secret.append(line.strip())
    return secret, open_


def secret_lines(cells: Iterable[str]) -> frozenset[str]:
    """The lines, stripped, that stand in hidden or solution regions of these cells and nowhere else."""
    secret: set[str] = set()
    open_: set[str] = set()
    for source in cells:
        in_region, outside = _cell_parts(source)
        secret.update(line for line in in_region if len(line) >= _SHORT and not line.startswith("#"))
        open_.update(outside)
    return frozenset(secret - open_)


def leaks(secret: frozenset[str], texts: Iterable[str]) -> Iterator[str]:
    """Each marker or secret line that stands in one of `texts`."""
    for text in texts:
        for line in text.split("\n"):
            if _MARKER.search(line) or line.strip() in secret:
                yield line.strip()


def notebook_texts(nb: NotebookNode) -> Iterator[str]:
    """Everything in a notebook that a reader of its file could see: sources, outputs, metadata."""
    for cell in nb.cells:
        yield cell.source
        for output in cell.get("outputs", []):
            yield str(output.get("text", ""))
            yield from (str(text) for text in output.get("data", {}).values())
            yield from (str(text) for text in output.get("traceback", []))


def refuse_leaks(name: str, secret: frozenset[str], texts: Sequence[str]) -> None:
    """NotHidden, naming `name`, when one of `texts` holds a marker or a secret line."""
    found = next(leaks(secret, texts), None)
    if found is not None:
        raise NotHidden(
            f"{name} was not released: this line belongs to a hidden test or a solution and would be seen by"
            f" students: {found[:120]!r}. Check the BEGIN and END marks around it."
        )


class RememberHidden(Preprocessor):
    """First of `generate_assignment`'s preprocessors: notes what must not get out."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, object]
    ) -> tuple[NotebookNode, dict[str, object]]:
        resources["learnflow_secret"] = secret_lines(cell.source for cell in nb.cells)
        return nb, resources


class RefuseHidden(Preprocessor):
    """Last of them: fails when any of it is still there. Holds for the formgrader's buttons as well."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, object]
    ) -> tuple[NotebookNode, dict[str, object]]:
        secret = resources.pop("learnflow_secret")
        assert isinstance(secret, frozenset)
        refuse_leaks(f"{resources['unique_key']}.ipynb", secret, list(notebook_texts(nb)))
        return nb, resources
