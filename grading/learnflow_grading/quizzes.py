"""Puts quiz questions into a notebook that is released: question and choices, and nothing of the key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import Unicode

from learnflow_ext.contracts.quizzes import METADATA, Question, ShownQuestion, placed, read, shown

_MARKED_UP = re.compile(r"([\\*_\[\]<>#~|$&])")
_CODE = re.compile(r"(`[^`]*`)")


class NoKey(Exception):
    """A question of the notebook has no key; the text is a sentence for the teacher."""


class FillQuizzes(Preprocessor):
    """In front of nbgrader's own: each Markdown cell `%quiz ID` becomes that question, locked."""

    folder = Unicode(help="Folder with the keys, a YAML file for each assignment.").tag(config=True)
    course = Unicode(help="Name of the course, which the question carries along.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        places = [(cell, name) for cell in nb.cells if (name := _named(cell)) is not None]
        if places:
            assignment = str(resources["nbgrader"]["assignment"])
            key = read_key(Path(self.folder), assignment)
            for cell, name in places:
                if not name:
                    raise NoKey(
                        f"{assignment} was not released: a cell asks a quiz question without saying which."
                        " Write `%quiz` and the question's id."
                    )
                if name not in key:
                    raise NoKey(
                        f"{assignment} was not released: its notebook asks the quiz question {name!r}, and"
                        f" quizzes/{assignment}.yaml has none of that id."
                    )
                _fill(cell, shown(key[name], self.course, assignment))
        return nb, resources


def read_key(folder: Path, assignment: str) -> dict[str, Question]:
    """The questions of an assignment by id; none where it has no key. NoKey when the key cannot be used."""
    try:
        questions = read((folder / f"{assignment}.yaml").read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise NoKey(f"quizzes/{assignment}.yaml cannot be used. {error}") from error
    return {question.id: question for question in questions}


def _named(cell: NotebookNode) -> str | None:
    return placed(cell.source) if cell.cell_type == "markdown" else None


def _fill(cell: NotebookNode, question: ShownQuestion) -> None:
    cell.source = markdown(question)
    cell.metadata[METADATA] = msgspec.to_builtins(question)
    # No cell of nbgrader's: nothing of it is graded there, so a changed question bothers no submission.
    cell.metadata.pop("nbgrader", None)
    cell.metadata["editable"] = False
    cell.metadata["deletable"] = False


def markdown(question: ShownQuestion) -> str:
    """The question for whoever reads the notebook without LearnFlow's front end."""
    parts = [f"**Quiz:** {_plain(question.question)}"]
    if question.code:
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", question.code)), default=0))
        parts.append(f"{fence}python\n{question.code}\n{fence}")
    parts.append("\n".join(f"- {_plain(choice)}" for choice in question.choices))
    return "\n\n".join(parts)


def _plain(text: str) -> str:
    """Markdown that shows `text` as it is on one line; what stands between backticks stays code."""
    pieces = _CODE.split(" ".join(text.split()))
    return "".join(
        piece if place % 2 else _MARKED_UP.sub(r"\\\1", piece) for place, piece in enumerate(pieces)
    )
